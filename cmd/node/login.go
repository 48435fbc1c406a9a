package node

import (
	"net"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/pgwire"
)

// login says what a client must prove. A process of the node's own user, or of root, on this machine has nothing to
// prove: it could read the data folder. It may take any name, and under one that is no role it may do everything. Others
// on a Unix socket are the role that has their user's name. Everybody else knows a role's password, or holds a certificate that names
// the role, under TLS if from another machine. With NoTrust everybody is of this last kind.
func (n *Node) login(s pgwire.Startup) pgwire.Login {
	role := n.engine.Catalog().Role(s.User)
	l := pgwire.Login{Limit: -1}
	switch {
	case s.Peer.Own() && !n.set.NoTrust:
		l.Trusted = true
		if role == nil {
			l.Super = true
			return l
		}
	case s.Peer.Unix && !n.set.NoTrust:
		l.Trusted = true
		if s.Peer.Name() != s.User {
			l.Refuse = sqlerr.New(sqlerr.InvalidAuthorization, "Peer authentication failed for user %q", s.User)
			return l
		}
	case !s.TLS && !s.Peer.Unix && !nearby(s.Remote):
		l.Trusted = true // there is nothing to ask for
		host, _, _ := net.SplitHostPort(s.Remote)
		l.Refuse = sqlerr.New(sqlerr.InvalidAuthorization, "connections from host %q need TLS", host).WithHint("Connect with sslmode=require, or better verify-full.")
		return l
	case s.Certificate != "" && s.Certificate == s.User:
		l.Trusted = true
	case role != nil && !expired(role.Until, n.set.Clock()):
		l.Verifier = role.Verifier
	}
	switch {
	case role == nil:
		l.Refuse = sqlerr.New(sqlerr.InvalidAuthorization, "role %q does not exist", s.User)
	case !role.Login:
		l.Refuse = sqlerr.New(sqlerr.InvalidAuthorization, "role %q is not permitted to log in", s.User)
	default:
		l.Super, l.Limit = role.Super, role.ConnLimit
		l.Refuse = n.engine.MayConnect(s.User, s.Database)
	}
	return l
}

// refused notes a client that was not let in.
func (n *Node) refused(s pgwire.Startup, err error) { n.engine.NoteLogin(s.User, client(s), err) }

func nearby(remote string) bool {
	host, _, err := net.SplitHostPort(remote)
	ip := net.ParseIP(host)
	return err == nil && ip != nil && ip.IsLoopback()
}

// expired says whether VALID UNTIL is over.
func expired(until string, now types.Micros) bool {
	if until == "" {
		return false
	}
	at, err := types.ParseTimestamptz(until, nil)
	return err != nil || at <= now
}
