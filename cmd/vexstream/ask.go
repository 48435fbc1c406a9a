package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/vexfs/vexstream/cmd/node"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// asked is the node that a command asks, by its data folder, and the role that it asks as.
type asked struct{ data, user string }

// askedFlags gives a command the flags that say so.
func askedFlags(cmd *cobra.Command) *asked {
	a := &asked{data: "./data", user: "admin"}
	cmd.Flags().StringVar(&a.data, "data", a.data, "the data folder")
	cmd.Flags().StringVar(&a.user, "user", a.user, "the role to ask as")
	return a
}

// dialNode connects to the node that runs on the data folder, through the socket in dir. hint says what to do without one.
func (a asked) dialNode(ctx context.Context, dir, hint string) (*link, error) {
	sockets, err := filepath.Glob(filepath.Join(dir, ".s.PGSQL.*[0-9]"))
	if err != nil || len(sockets) == 0 {
		return nil, sqlerr.New(sqlerr.ObjectInUse, "the data folder %s is in use by a process that has no socket there", a.data).WithHint("%s", hint)
	}
	return dial(ctx, sockets[0], a.user)
}

// askNode has the node that runs on a data folder run a statement, and gives what its notice says.
func askNode(ctx context.Context, who asked, sql string) (notice string, err error) {
	l, err := who.dialNode(ctx, who.data, "Stop it, or say it in psql: "+sql)
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
func withNode(ctx context.Context, who asked, do func(*link) error) (err error) {
	if _, err := os.Stat(who.data); err != nil { // a node would make the folder
		return sqlerr.Wrap(sqlerr.InvalidParameterValue, err, "cannot read the data folder %s", who.data).
			WithHint("Name the folder that serve --data names.")
	}
	own, err := os.MkdirTemp("", "vexstream-")
	if err != nil {
		return sqlerr.Wrap(sqlerr.IOError, err, "cannot make a folder for a socket").WithHint("Set TMPDIR to a folder with room.")
	}
	defer func() { err = errors.Join(err, os.RemoveAll(own)) }()
	dir := own
	n, err := node.Open(ctx, node.Settings{Data: who.data, PgAddr: "127.0.0.1:0", PgSocket: own, Version: sqlVersion()})
	switch {
	case sqlerr.CodeOf(err) == sqlerr.ObjectInUse:
		dir = who.data
	case err != nil:
		return err
	default:
		defer func() { err = errors.Join(err, n.Close()) }()
	}
	l, err := who.dialNode(ctx, dir, "Stop it first.")
	if err != nil {
		return err
	}
	defer l.close()
	return do(l)
}

// newFile makes a file that only its owner reads, whole and on the disk or not at all.
func newFile(path string, write func(io.Writer) error) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return sqlerr.Wrap(sqlerr.IOError, err, "cannot write %s", path).WithHint("Name a file that is not there yet.")
	}
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}
