package node

import (
	"crypto/tls"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"github.com/vexfs/vexstream/engine/invariant"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/httpapi"
	"github.com/vexfs/vexstream/sql/pgwire"
)

// maxSocketPath is how long the name of a Unix socket may be on Linux.
const maxSocketPath = 107

// listen binds the addresses; HTTP answers from here on that the node is not ready yet.
func (n *Node) listen() (err error) {
	if n.set.PgAddr == "" && n.set.HTTPAddr == "" && n.set.FlightAddr == "" {
		return nil
	}
	if n.tls, err = n.certificate(); err != nil {
		return err
	}
	if n.pgTLS, err = n.clientTLS(); err != nil {
		return err
	}
	if n.set.PgAddr != "" {
		if n.pgListener, err = net.Listen("tcp", n.set.PgAddr); err != nil {
			return portTaken(err, "--pg-addr", n.set.PgAddr)
		}
		if err := n.listenSocket(); err != nil {
			return err
		}
	}
	if n.set.FlightAddr != "" {
		token, err := n.token()
		if err != nil {
			return err
		}
		if err := n.listenFlight(token); err != nil {
			return err
		}
	}
	if n.set.HTTPAddr == "" {
		return nil
	}
	l, err := net.Listen("tcp", n.set.HTTPAddr)
	if err != nil {
		return portTaken(err, "--http-addr", n.set.HTTPAddr)
	}
	cfg := httpapi.Config{Ready: n.Ready, Metrics: n.metrics(), Journal: n.set.Journal, Names: n.tls.Certificates[0].Leaf.DNSNames, SQL: n.runHTTP, Append: n.appendHTTP}
	if cfg.SQLToken, err = n.token(); err != nil {
		return errors.Join(err, l.Close())
	}
	if near, _ := Loopback(n.set.HTTPAddr); !near {
		l = tls.NewListener(l, n.tls)
		cfg.Token = cfg.SQLToken
	}
	n.http = httpapi.Serve(l, cfg)
	return nil
}

// asStarted is what settings of PostgreSQL's say of how the node was started. Nobody listens: none.
func (n *Node) asStarted() map[string]string {
	if n.pgListener == nil {
		return nil
	}
	host, port, err := net.SplitHostPort(n.pgListener.Addr().String())
	invariant.Check(err == nil, "a listener has no port: %v", err)
	return map[string]string{
		"port": port, "listen_addresses": host, "ssl": "on", "max_connections": strconv.Itoa(pgwire.DefaultConnections + pgwire.ReservedConnections),
		"superuser_reserved_connections": strconv.Itoa(pgwire.ReservedConnections),
	}
}

func portTaken(err error, flag, addr string) error {
	return sqlerr.Wrap(sqlerr.ObjectInUse, err, "cannot listen on %s", addr).
		WithHint("Something else uses the address. Give another one with %s; port 0 picks a free one.", flag)
}

// listenSocket makes the Unix socket, under the name by which clients look for it. One in the data folder, which nobody
// asked for, may be left out where its name would be too long.
func (n *Node) listenSocket() error {
	dir := n.set.PgSocket
	if dir == "" {
		dir = n.set.Data
	}
	if dir == "" || dir == "none" {
		return nil
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(n.pgListener.Addr().String())
	if err != nil {
		return err
	}
	path := filepath.Join(dir, ".s.PGSQL."+port)
	if len(path) > maxSocketPath {
		if n.set.PgSocket == "" {
			n.set.Journal.Info("no Unix socket: the name of the data folder is too long for one", "dir", dir)
			return nil
		}
		return sqlerr.New(sqlerr.InvalidParameterValue, "the name of the Unix socket %s is too long: at most %d bytes are possible", path, maxSocketPath).
			WithHint("Name a folder with a shorter name with --pg-socket, such as /tmp.")
	}
	if c, err := net.Dial("unix", path); err == nil {
		_ = c.Close() // it was to see whether somebody answers
		return portTaken(fs.ErrExist, "--pg-socket", path)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a process that was killed
		return sqlerr.Wrap(sqlerr.IOError, err, "cannot use the Unix socket %s", path)
	}
	if n.socket, err = net.Listen("unix", path); err != nil {
		return sqlerr.Wrap(sqlerr.IOError, err, "cannot make the Unix socket %s", path).
			WithHint("Name a folder that is there and that this user can write to with --pg-socket, or none.")
	}
	if err := os.Chmod(path, 0o777); err != nil { //nolint:gosec // who may connect is decided by who is at the other end
		return sqlerr.Wrap(sqlerr.IOError, err, "cannot use the Unix socket %s", path)
	}
	return nil
}

// guarded refuses to listen where other machines can reach while nobody could prove who it is.
func (n *Node) guarded() error {
	for flag, addr := range map[string]string{"--pg-addr": n.set.PgAddr, "--http-addr": n.set.HTTPAddr} {
		if near, err := Loopback(addr); err != nil || near {
			continue
		}
		if flag == "--pg-addr" && !hasPassword(n.engine.Catalog()) {
			return sqlerr.New(sqlerr.InvalidAuthorization, "%s %s can be reached from other machines, and no role has a password", flag, addr).
				WithHint("Make a role that can log in: vexstream passwd --data DIR NAME. Or listen on 127.0.0.1 only.")
		}
	}
	return nil
}

func hasPassword(snap *catalog.Snapshot) bool {
	for _, r := range snap.Roles() {
		if r.Login && r.Verifier != "" {
			return true
		}
	}
	return false
}
