package node

import (
	"net"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/flight"
	"github.com/vexfs/vexstream/sql/pgwire"
)

// listenFlight binds the address of Flight. token is what HTTP asks for, too.
func (n *Node) listenFlight(token string) error {
	l, err := net.Listen("tcp", n.set.FlightAddr)
	if err != nil {
		return portTaken(err, "--flight-addr", n.set.FlightAddr)
	}
	cfg := flight.Config{
		Open: n.sessionOver, Verifier: n.verifier, Token: token, Version: n.set.Version, Journal: n.set.Journal,
		Refused: func(role, remote string, err error) { n.engine.NoteLogin(role, remote, err) },
	}
	if near, _ := Loopback(n.set.FlightAddr); !near {
		cfg.TLS = n.tls
	}
	n.flight = flight.Serve(l, cfg)
	return nil
}

// verifier gives what is stored of the password of a role that may log in. Who is far away has come under TLS.
func (n *Node) verifier(role string) (string, error) {
	if err := n.Ready(); err != nil {
		return "", sqlerr.New(sqlerr.CannotConnectNow, "the node is not ready: %s", oneLine(err))
	}
	l := n.login(pgwire.Startup{User: role, TLS: true})
	switch {
	case l.Refuse != nil:
		return "", l.Refuse
	case l.Verifier == "":
		return "", sqlerr.New(sqlerr.InvalidPassword, "password authentication failed for user %q", role)
	}
	return l.Verifier, nil
}

// FlightAddr is the address of Arrow Flight; empty: none.
func (n *Node) FlightAddr() string {
	if n.flight == nil {
		return ""
	}
	return n.flight.Addr()
}
