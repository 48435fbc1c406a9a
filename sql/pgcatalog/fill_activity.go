package pgcatalog

import (
	"net/netip"

	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/catalog"
)

// Activity is the session of a client, as pg_stat_activity shows it.
type Activity struct {
	PID                          int32
	Login, Database, Application string
	From                         netip.AddrPort // of the client; not valid: it came through a Unix socket
	// Since when it is there, its block is open, its statement runs, its state is what it is; 0: there is no such thing.
	Since, Block, Began, Changed types.Micros
	State, Statement             string
}

// Witness knows the sessions of clients.
type Witness interface {
	// Activities are those of all clients, by their numbers.
	Activities() []Activity
}

// statActivity has the sessions of clients. What they do is for their own roles and for those that may read all figures.
func (s *State) statActivity(out *rows) {
	rights := s.Session.Rights(s.Snapshot)
	for _, a := range s.Session.Activities() {
		known := []any{
			"datid", oidDatabase, "datname", s.Session.Database(), "pid", a.PID, "usesysid", s.roleID(a.Login), "usename", a.Login,
			"application_name", a.Application,
		}
		if !rights.Has(a.Login) && !rights.Has(catalog.ReadAllStats) {
			out.add(append(known, "query", "<insufficient privilege>")...)
			continue
		}
		known = append(known, "backend_start", a.Since, "xact_start", orNull(a.Block), "query_start", orNull(a.Began),
			"state_change", orNull(a.Changed), "state", a.State, "query", a.Statement, "backend_type", "client backend")
		if a.From.IsValid() {
			known = append(known, "client_addr", a.From.Addr(), "client_port", int32(a.From.Port()))
		} else {
			known = append(known, "client_port", int32(-1))
		}
		if a.State != "active" {
			known = append(known, "wait_event_type", "Client", "wait_event", "ClientRead")
		}
		out.add(known...)
	}
}

// orNull is a time, or null for none.
func orNull(t types.Micros) any {
	if t == 0 {
		return nil
	}
	return t
}
