package pgwire

import (
	"errors"
	"io"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// tell says that a notification came. Any goroutine may call it.
func (c *conn) tell() { c.inbox.call() }

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
	var late *atomic.Bool
	setting := "idle_session_timeout"
	if c.session.Status() != 'I' {
		setting = "idle_in_transaction_session_timeout"
	}
	if d := c.session.Timeout(setting); d > 0 {
		late = new(atomic.Bool)
		t := time.AfterFunc(d, func() {
			late.Store(true)
			c.inbox.call()
		})
		defer t.Stop()
	}
	for {
		if c.overrun != nil {
			return nil, c.overrun
		}
		m, err := c.take()
		switch {
		case !errors.Is(err, errCalled):
			return m, err
		case late != nil && late.Load():
			return nil, c.silent()
		case c.idle: // between ReadyForQuery and the next statement
			c.notify()
			c.flush()
		}
	}
}

// silent is why a client is cut off that says nothing for too long.
func (c *conn) silent() error {
	if c.session.Status() != 'I' {
		return sqlerr.New(sqlerr.IdleInTransactionTimeout, "terminating connection due to idle-in-transaction timeout")
	}
	return sqlerr.New(sqlerr.IdleSessionTimeout, "terminating connection due to idle-session timeout")
}

// next gives the next message; its memory is the loop's until release.
func (c *conn) next() (pgproto3.FrontendMessage, error) {
	if m := c.ahead; m != nil {
		c.ahead = nil
		return m, nil
	}
	for {
		if m, err := c.take(); !errors.Is(err, errCalled) {
			return m, err
		}
	}
}

// take reads a message, and says why when there will be none.
func (c *conn) take() (pgproto3.FrontendMessage, error) {
	if c.readErr != nil {
		return nil, c.readErr
	}
	m, err := c.inbox.next()
	switch {
	case err == nil:
		return m, nil
	case errors.Is(err, errCalled) && c.ctx.Err() == nil && !c.closing():
		return nil, err
	}
	c.cancel()
	c.readErr = io.EOF
	var tooLong *pgproto3.ExceededMaxBodyLenErr
	if errors.As(err, &tooLong) {
		c.readErr = sqlerr.New(sqlerr.ProgramLimitExceeded, "a message of %d bytes is too long: the limit is %d", tooLong.ActualBodyLen, tooLong.MaxExpectedBodyLen).
			WithHint("Send large data with COPY, which takes it in pieces.")
	} else if e, ok := sqlerr.As(err); ok {
		c.readErr = e
	}
	return nil, c.readErr
}

// release gives a message's memory back, unless that was done ahead of time.
func (c *conn) release() { c.inbox.release() }

// watched hears of what a client sends while a statement runs: one that is gone has no use for the rest.
func (c *conn) watched(m pgproto3.FrontendMessage, err error) {
	if _, ok := m.(*pgproto3.Terminate); ok {
		c.leave()
	}
	if err != nil {
		c.cancel()
	}
}
