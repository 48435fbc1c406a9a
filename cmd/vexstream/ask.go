package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/vexfs/vexstream/cmd/node"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// askNode has the node that runs on a data folder run a statement, through the socket there, and gives what its notice says.
func askNode(ctx context.Context, data, user, sql string) (notice string, err error) {
	sockets, err := filepath.Glob(filepath.Join(data, ".s.PGSQL.*[0-9]"))
	if err != nil || len(sockets) == 0 {
		return "", sqlerr.New(sqlerr.ObjectInUse, "the data folder %s is in use by a process that has no socket there", data).
			WithHint("Stop it, or say it in psql: %s", sql)
	}
	l, err := dial(ctx, sockets[0], user)
	if err != nil {
		return "", err
	}
	defer l.close()
	if err := l.run(sql, answers{}); err != nil {
		return "", err
	}
	return l.notice, nil
}

// withNode calls do with a connection to the node of a data folder: the one that runs on it, through its socket, or, if none
// does, one that runs for so long.
func withNode(ctx context.Context, data, user string, do func(*link) error) (err error) {
	if _, err := os.Stat(data); err != nil { // a node would make the folder
		return sqlerr.Wrap(sqlerr.InvalidParameterValue, err, "cannot read the data folder %s", data).
			WithHint("Name the folder that serve --data names.")
	}
	own, err := os.MkdirTemp("", "vexstream-")
	if err != nil {
		return sqlerr.Wrap(sqlerr.IOError, err, "cannot make a folder for a socket").WithHint("Set TMPDIR to a folder with room.")
	}
	defer func() { err = errors.Join(err, os.RemoveAll(own)) }()
	dir := own
	n, err := node.Open(ctx, node.Settings{Data: data, PgAddr: "127.0.0.1:0", PgSocket: own, Version: sqlVersion()})
	switch {
	case sqlerr.CodeOf(err) == sqlerr.ObjectInUse:
		dir = data
	case err != nil:
		return err
	default:
		defer func() { err = errors.Join(err, n.Close()) }()
	}
	sockets, err := filepath.Glob(filepath.Join(dir, ".s.PGSQL.*[0-9]"))
	if err != nil || len(sockets) == 0 {
		return sqlerr.New(sqlerr.ObjectInUse, "the data folder %s is in use by a process that has no socket there", data).WithHint("Stop it first.")
	}
	l, err := dial(ctx, sockets[0], user)
	if err != nil {
		return err
	}
	defer l.close()
	return do(l)
}
