package pgwire

import (
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// tell says that a notification came.
func (c *conn) tell() {
	select {
	case c.woken <- struct{}{}:
	default: // it was said already
	}
}

// notify sends what came, unless a block is open: its client is told when it ends.
func (c *conn) notify() {
	if c.session.Status() != 'I' || c.overrun != nil {
		return
	}
	notes, err := c.session.Notifications()
	c.overrun = err
	for _, n := range notes {
		c.wire.Send(&pgproto3.NotificationResponse{PID: uint32(n.PID), Channel: n.Channel, Payload: n.Payload})
		c.sent(len(n.Payload) + len(n.Channel))
	}
}

// wait gives the next message. Meanwhile it sends notifications as they come, and ends a connection that is silent for
// longer than its settings allow. Messages that the client has sent ahead count for nothing here: they are there.
func (c *conn) wait() (pgproto3.FrontendMessage, error) {
	if c.ahead != nil {
		return c.next()
	}
	var late <-chan time.Time
	silent := sqlerr.New(sqlerr.IdleSessionTimeout, "terminating connection due to idle-session timeout")
	setting := "idle_session_timeout"
	if c.session.Status() != 'I' {
		silent = sqlerr.New(sqlerr.IdleInTransactionTimeout, "terminating connection due to idle-in-transaction timeout")
		setting = "idle_in_transaction_session_timeout"
	}
	if d := c.session.Timeout(setting); d > 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		late = t.C
	}
	for {
		if c.overrun != nil {
			return nil, c.overrun
		}
		select {
		case m, ok := <-c.messages:
			return c.took(m, ok)
		case <-c.woken:
			if c.idle { // between ReadyForQuery and the next statement
				c.notify()
				c.flush()
			}
		case <-late:
			return nil, silent
		}
	}
}
