package session

import (
	"maps"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// nodeSettings say how the node was started, or what it has not. They are PostgreSQL's, and why it does not let them be set: "postmaster",
// before it starts anew, "sighup", by a statement.
var nodeSettings = map[string]string{
	"archive_mode": "postmaster", "autovacuum": "sighup", "cluster_name": "postmaster", "fsync": "sighup", "listen_addresses": "postmaster", "max_connections": "postmaster",
	"max_prepared_transactions": "postmaster", "port": "postmaster", "ssl": "sighup", "superuser_reserved_connections": "postmaster", "track_commit_timestamp": "postmaster",
}

// addNode adds the settings of the node that started says, and those of what it never has.
func (s settings) addNode(started map[string]string) {
	maps.Copy(s.values, map[string]string{
		"archive_mode": "off", "autovacuum": "off", "cluster_name": "", "fsync": "on", "max_prepared_transactions": "0", "track_commit_timestamp": "off",
	})
	maps.Copy(s.values, started)
}

// ofNode is the error of setting a setting of the node; nil: it is none.
func ofNode(name string) error {
	switch nodeSettings[name] {
	case "postmaster":
		return sqlerr.New(sqlerr.CantChangeParameter, "parameter %q cannot be changed without restarting the server", name)
	case "sighup":
		return sqlerr.New(sqlerr.CantChangeParameter, "parameter %q cannot be changed now", name)
	}
	return nil
}
