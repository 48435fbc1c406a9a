package session

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/pgcatalog"
)

// activityText is how many bytes of a statement other sessions see.
const activityText = 1_024

// activity is what other sessions see of one.
type activity struct {
	mu   sync.Mutex // guards what follows
	is   pgcatalog.Activity
	stmt ast.Stmt // what Statement is the text of
}

// attendance is the sessions of clients that have a number. The protocol bounds how many clients there are.
type attendance struct {
	mu   sync.Mutex // guards what follows
	here map[*activity]struct{}
}

// Appear shows the session to others, until Close, under the number pid and the address that its client came from: "local" for a
// Unix socket. It is called before the first statement.
func (s *Session) Appear(pid int32, client string) {
	s.PID, s.Client = pid, client
	now := s.e.clock()
	a := &activity{is: pgcatalog.Activity{
		PID: pid, Login: s.login, Database: s.Database, Application: s.settings.values["application_name"], Since: now, Changed: now, State: "idle",
	}}
	if from, err := netip.ParseAddrPort(client); err == nil {
		a.is.From = netip.AddrPortFrom(from.Addr().Unmap().WithZone(""), from.Port())
	}
	s.activity = a
	at := &s.e.attendance
	at.mu.Lock()
	defer at.mu.Unlock()
	if at.here == nil {
		at.here = map[*activity]struct{}{}
	}
	at.here[a] = struct{}{}
}

// vanish takes the session from what others see.
func (s *Session) vanish() {
	at := &s.e.attendance
	at.mu.Lock()
	defer at.mu.Unlock()
	delete(at.here, s.activity)
}

// works tells others what the session runs now.
func (s *Session) works(st ast.Stmt, text string) {
	a := s.activity
	if a == nil {
		return
	}
	now := s.e.clock()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.is.Block == 0 {
		a.is.Block = now
	}
	a.is.State, a.is.Statement, a.is.Began, a.is.Changed, a.stmt = "active", text, now, now, st
}

// rests tells others that the session waits for its client.
func (s *Session) rests() {
	a := s.activity
	if a == nil {
		return
	}
	now := s.e.clock()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.is.Changed, a.is.Application = now, s.settings.values["application_name"]
	switch s.Status() {
	case 'T':
		a.is.State = "idle in transaction"
	case 'E':
		a.is.State, a.is.Block = "idle in transaction (aborted)", 0
	default:
		a.is.State, a.is.Block = "idle", 0
	}
}

// Activities are the sessions of all clients, by their numbers.
func (a asked) Activities() []pgcatalog.Activity {
	at := &a.s.e.attendance
	at.mu.Lock()
	defer at.mu.Unlock()
	out := make([]pgcatalog.Activity, 0, len(at.here))
	for x := range at.here {
		x.mu.Lock()
		is, stmt := x.is, x.stmt
		x.mu.Unlock()
		if is.Statement = withoutSecrets(stmt, is.Statement); len(is.Statement) > activityText {
			is.Statement = strings.ToValidUTF8(is.Statement[:activityText], "")
		}
		out = append(out, is)
	}
	slices.SortFunc(out, func(x, y pgcatalog.Activity) int { return cmp.Compare(x.PID, y.PID) })
	return out
}
