package pgwire

import (
	"net"
	"time"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// failures counts the wrong passwords that each address gave since its last right one. From freeFailures on the answer to
// another one comes late, twice as late each time; and an address has at most maxLate clients that wait for theirs, so that
// asking many times at once is no way around it.
type failures struct {
	by    map[string]*failing
	order []string // of by, the oldest first
}

type failing struct{ count, late int }

// begin says whether an address may try a password, and whether it is one of maxLate; over follows if it may.
func (f *failures) begin(addr string) (waits bool, err error) {
	x := f.by[addr]
	switch {
	case x == nil || x.count < freeFailures:
		return false, nil
	case x.late >= maxLate:
		return false, sqlerr.New(sqlerr.TooManyConnections, "too many wrong passwords from %s", addr).
			WithHint("%d clients of this address wait for the answer to their password. Try again when they have it.", maxLate)
	}
	x.late++
	return true, nil
}

// failed notes a wrong password, and says how late the answer to it is to come.
func (f *failures) failed(addr string) time.Duration {
	x := f.by[addr]
	if x == nil {
		if len(f.order) >= maxFailing { // the oldest makes room
			delete(f.by, f.order[0])
			f.order = f.order[1:]
		}
		if f.by == nil {
			f.by = map[string]*failing{}
		}
		x = &failing{}
		f.by[addr], f.order = x, append(f.order, addr)
	}
	if x.count++; x.count <= freeFailures {
		return 0
	}
	return min(firstLateness<<min(x.count-freeFailures-1, 16), mostLateness)
}

// over ends what begin began; right says that the password was right.
func (f *failures) over(addr string, waits, right bool) {
	x := f.by[addr]
	if x == nil {
		return
	}
	if waits && x.late > 0 { // an address that was forgotten meanwhile begins anew
		x.late--
	}
	if right {
		x.count = 0
	}
}

// guarded has the client prove who it is, and lets those wait that were wrong too often.
func (c *conn) guarded(s Startup, l Login) error {
	addr := s.Remote
	if host, _, err := net.SplitHostPort(addr); err == nil {
		addr = host
	}
	f := &c.server.failures
	c.server.mu.Lock()
	waits, err := f.begin(addr)
	c.server.mu.Unlock()
	if err != nil {
		return err
	}
	err = c.prove(s.User, l)
	wrong := sqlerr.CodeOf(err) == sqlerr.InvalidPassword
	var late time.Duration
	c.server.mu.Lock()
	if wrong {
		late = f.failed(addr)
	}
	c.server.mu.Unlock()
	if late > 0 {
		t := time.NewTimer(late)
		defer t.Stop()
		select {
		case <-t.C:
		case <-c.ctx.Done():
		}
	}
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	f.over(addr, waits, err == nil)
	return err
}
