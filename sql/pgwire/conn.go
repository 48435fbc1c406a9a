package pgwire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime/debug"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/auth"
)

// conn is one client.
type conn struct {
	server *Server
	net    net.Conn // raw, or TLS over it
	raw    net.Conn
	frames *framer
	wire   *sender
	id     uint32
	secret []byte
	peer   auth.Peer
	secure bool   // under TLS
	holder string // in the certificate that the client showed; "": it showed none
	user   string // who logged in; "" before
	doomed bool   // pg_terminate_backend ends it; the server's mu guards it

	ctx    context.Context // done when the client is gone or the server closes
	cancel context.CancelFunc

	session    Session
	statements map[string]*Prepared
	portals    map[string]*portal
	skip       bool  // an extended-protocol error: skip to Sync
	failed     bool  // something failed since the last Sync
	idle       bool  // the client was told that the server waits for it
	overrun    error // more notifications wait than may: the connection ends
	unsent     int   // bytes given to the backend since the last flush
	out        output
	said       messages

	within context.Context // of the statements without a time limit, until one of them is stopped; nil: to be made
	halt   context.CancelCauseFunc
	over   func() // ends

	inbox   inbox
	ahead   pgproto3.FrontendMessage // what follows the Execute under way
	readErr error                    // why there will be no more messages

	mu      sync.Mutex // guards what follows
	stop    context.CancelCauseFunc
	going   bool
	follows bool  // the statement under way sends what comes, for ever
	leaves  bool  // the client said goodbye
	down    error // why no statement runs any more; nil: they do
}

var errCancelled = errors.New("cancel request")

func newConn(s *Server, nc net.Conn, id uint32) *conn {
	c := &conn{
		server: s, net: nc, raw: nc, id: id,
		statements: map[string]*Prepared{}, portals: map[string]*portal{},
	}
	c.inbox.raw, c.over = nc, c.ends
	c.ctx, c.cancel = context.WithCancel(s.ctx)
	c.frames = newFramer(nc, s)
	c.wire = &sender{Backend: pgproto3.NewBackend(c.frames, nc), c: c}
	c.wire.SetMaxBodyLen(maxLoginMessage)
	return c
}

// serve runs the connection from its first byte to its last. Nothing that a client does ends more than its own
// connection.
func (c *conn) serve() {
	defer func() { _ = c.net.Close() }() // it may have become a TLS connection
	defer c.cancel()
	defer c.fence("starting a connection")
	c.peer = auth.PeerOf(c.net)
	tooLong := time.AfterFunc(startupTimeout, func() { _ = c.raw.Close() })
	ok, err := c.startup()
	tooLong.Stop()
	if err != nil {
		c.fatal(err)
		return
	}
	if !ok {
		return
	}
	defer c.session.Close()
	c.frames.max = MaxMessage
	c.wire.SetMaxBodyLen(MaxMessage)
	defer c.frames.drop()
	c.inbox.open(c.wire.Receive, c.watched)
	c.fenced(c.loop)
	c.fenced(c.closePortals)
	_ = c.net.Close() // ends the watcher
	c.inbox.close()
}

// fence keeps a panic from ending more than the connection, which ends by it. It is deferred.
func (c *conn) fence(doing string) {
	if p := recover(); p != nil {
		c.server.cfg.Journal.Error("panic in a connection", "doing", doing, "panic", p, "stack", string(debug.Stack()))
	}
}

// fenced runs do; after a panic the client is told that the connection is over.
func (c *conn) fenced(do func()) {
	over := false
	defer func() {
		if over {
			return
		}
		c.fatal(sqlerr.New(sqlerr.InternalError, "internal error: the connection is closed").
			WithHint("The cause is in the server's journal. What was acknowledged is kept."))
	}()
	defer c.fence("serving a client")
	do()
	over = true
}

// ready says that the server waits for the next statement.
func (c *conn) ready() {
	c.notify()
	c.idle = true
	c.said.ready.TxStatus = c.session.Status()
	c.wire.Send(&c.said.ready)
	c.flush()
}

func (c *conn) flush() {
	c.unsent = 0
	if err := c.wire.Flush(); err != nil {
		c.cancel() // the client is gone
	}
}

// sent counts output and flushes when enough has gathered.
func (c *conn) sent(bytes int) {
	if c.unsent += bytes; c.unsent >= flushBytes {
		c.flush()
	}
}

// begin gives the context of one statement: it ends with the connection and with a cancel request. The one of a statement
// that nothing has stopped serves the next, too, as to make one takes a good part of what a short statement does; so
// whoever waits for its end has to stop waiting when the statement ends.
func (c *conn) begin() (context.Context, func()) {
	if d := c.session.Timeout("statement_timeout"); d > 0 {
		limited, free := context.WithTimeoutCause(c.ctx, d, sqlerr.New(sqlerr.QueryCanceled, "canceling statement due to statement timeout"))
		ctx, stop := context.WithCancelCause(limited)
		c.goes(stop)
		return ctx, func() {
			c.ends()
			stop(nil)
			free()
		}
	}
	if c.within == nil || c.within.Err() != nil {
		c.within, c.halt = context.WithCancelCause(c.ctx)
	}
	c.goes(c.halt)
	return c.within, c.over
}

// goes notes that a statement is under way, and how it is stopped.
func (c *conn) goes(stop context.CancelCauseFunc) {
	c.mu.Lock()
	c.stop, c.going, c.follows = stop, true, false
	if c.down != nil { // the one before ended before it was stopped
		stop(c.down)
	}
	c.mu.Unlock()
}

// ends notes that none is any more.
func (c *conn) ends() {
	c.mu.Lock()
	c.going = false
	c.mu.Unlock()
}

// leave ends a statement that would not end by itself when its client says goodbye. Others run to their end.
func (c *conn) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.leaves = true; c.going && c.follows {
		c.stop(errCancelled)
	}
}

// follow notes that the statement under way has no end.
func (c *conn) follow() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.follows = true; c.leaves && c.going {
		c.stop(errCancelled)
	}
}

func (c *conn) cancelStatement() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.going {
		c.stop(errCancelled)
	}
}

// shutdown makes the client see 57P01 after the statement under way, or now when there is none.
func (c *conn) shutdown() {
	c.mu.Lock()
	c.down = adminShutdown()
	if c.going {
		c.stop(c.down)
	}
	c.mu.Unlock()
	c.inbox.stop()
}

// fatal sends err as the last message.
func (c *conn) fatal(err error) {
	c.wire.Send(c.errorResponse("FATAL", err))
	_ = c.wire.Flush()
}

// errorResponse makes the message for err. What nobody foresaw becomes XX000 with an id that is in the journal.
func (c *conn) errorResponse(severity string, err error) *pgproto3.ErrorResponse {
	e, ok := sqlerr.As(err)
	switch {
	case ok:
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		e = sqlerr.New(sqlerr.QueryCanceled, "canceling statement due to user request")
	default:
		e = sqlerr.Wrap(sqlerr.InternalError, err, "internal error")
	}
	if e.Cause != nil && (e.Code == sqlerr.InternalError || e.Code == sqlerr.IOError) {
		id := fmt.Sprintf("%08x", newSecret(4))
		c.server.cfg.Journal.Error("a statement failed", "id", id, "err", err)
		e = &sqlerr.Error{Code: e.Code, Message: e.Message, Detail: e.Detail, Hint: e.Hint, Pos: e.Pos, Where: e.Where, Byte: e.Byte}
		if e.Detail == "" {
			e.Detail = "The cause is in the server's journal under id " + id + "."
		}
	}
	return &pgproto3.ErrorResponse{
		Severity: severity, SeverityUnlocalized: severity, Code: string(e.Code), Message: e.Message, Detail: e.Detail,
		Hint: e.Hint, Position: int32(e.Pos), Where: e.Context(),
		SchemaName: e.Schema, TableName: e.Table, ColumnName: e.Column, ConstraintName: e.Constraint,
	}
}

func noticeResponse(severity string, e *sqlerr.Error) *pgproto3.NoticeResponse {
	return &pgproto3.NoticeResponse{
		Severity: severity, SeverityUnlocalized: severity, Code: string(e.Code), Message: e.Message, Detail: e.Detail,
		Hint: e.Hint, Position: int32(e.Pos), Where: e.Context(),
	}
}
