package pgwire

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// loop answers messages until the client ends, goes away, or the server closes.
func (c *conn) loop() {
	for {
		m, err := c.wait()
		if err == nil {
			if _, ok := m.(*pgproto3.Terminate); ok {
				c.release()
				return
			}
			c.idle = false
			err = c.handle(m)
		}
		switch {
		case err == nil:
			continue
		case c.closing():
			c.fatal(adminShutdown())
		case !errors.Is(err, io.EOF):
			c.fatal(err)
		}
		return
	}
}

// closing says whether somebody other than the client ends the connection.
func (c *conn) closing() bool {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	return c.server.closed || c.doomed || c.server.ctx.Err() != nil
}

// adminShutdown is what the client of such a connection is told.
func adminShutdown() *sqlerr.Error {
	return sqlerr.New(sqlerr.AdminShutdown, "terminating connection due to administrator command")
}

// handle answers one message. It releases the message's memory before anything long begins. An error ends the
// connection; an error of a statement is sent to the client and is none of handle's.
func (c *conn) handle(m pgproto3.FrontendMessage) error {
	wrong := c.decode(m)
	switch m := m.(type) {
	case *pgproto3.Query:
		text := m.String
		c.release()
		if !c.skip {
			c.simple(text, wrong)
		}
	case *pgproto3.Sync:
		c.release()
		c.sync()
	case *pgproto3.Flush:
		c.release()
		c.flush()
	case *pgproto3.FunctionCall:
		c.release()
		if !c.skip {
			c.call()
		}
	case *pgproto3.CopyData, *pgproto3.CopyDone, *pgproto3.CopyFail:
		c.release() // what a client sends after its COPY failed
	default:
		if c.skip {
			c.release()
			return nil
		}
		return c.extended(m, wrong)
	}
	return nil
}

// extended answers a message of the extended protocol; wrong is what is wrong with its text. After an error the rest up to Sync is
// skipped.
func (c *conn) extended(m pgproto3.FrontendMessage, wrong error) error {
	if wrong != nil {
		c.release()
		c.fails(wrong)
		return nil
	}
	var err error
	switch m := m.(type) {
	case *pgproto3.Parse:
		name, text, oids := m.Name, m.Query, append([]uint32(nil), m.ParameterOIDs...)
		c.release()
		err = c.parse(name, text, oids)
	case *pgproto3.Bind:
		bound, bindErr := c.bind(m)
		c.release()
		if err = bindErr; err == nil {
			err = c.keepPortal(bound)
		}
	case *pgproto3.Describe:
		kind, name := m.ObjectType, m.Name
		c.release()
		err = c.describe(kind, name)
	case *pgproto3.Execute:
		name, limit := m.Portal, m.MaxRows
		c.release()
		if over := c.look(); over != nil {
			return over
		}
		open := c.session.Status() != 'I'
		err = c.execute(name, limit)
		if open && c.session.Status() == 'I' { // it ended the transaction, and with it the portals
			c.closePortals()
		}
	case *pgproto3.Close:
		kind, name := m.ObjectType, m.Name
		c.release()
		err = c.closeObject(kind, name)
	default:
		c.release()
		return sqlerr.New(sqlerr.ProtocolViolation, "unexpected message %T", m)
	}
	if err != nil {
		c.fails(err)
	}
	return nil
}

// fails tells of an error in the extended protocol.
func (c *conn) fails(err error) {
	c.wire.Send(c.errorResponse("ERROR", err))
	c.skip, c.failed = true, true
}

// call answers a call of a function by its OID, which is a message of its own and not of the extended protocol.
func (c *conn) call() {
	c.wire.Send(c.errorResponse("ERROR", sqlerr.NotSupported("calling a function by its OID").WithHint("SELECT calls functions.")))
	c.endImplicit(true)
	c.skip, c.failed = false, false
	c.ready()
}

// look reads the message after an Execute. Most often it is Sync, and the statement commits by itself; before anything
// else the statements up to Sync are one transaction. A client has to send something more, if only Flush, to be sure of
// an answer, so there is something to wait for.
func (c *conn) look() error {
	m, err := c.wait()
	if err != nil {
		return err
	}
	c.ahead = m
	if _, ok := m.(*pgproto3.Sync); ok {
		c.release() // it has no memory, and the client going away must be seen while the statement runs
	} else {
		c.session.Pipeline()
	}
	return nil
}

// sync ends the implicit transaction, and with it every portal.
func (c *conn) sync() {
	if c.session.Status() == 'I' || c.failed {
		c.closePortals()
	}
	c.endImplicit(c.failed)
	if c.session.Status() == 'I' {
		c.closePortals()
	}
	c.skip, c.failed = false, false
	c.ready()
}

// endImplicit ends the transaction that the statements up to here are, if they are one.
func (c *conn) endImplicit(failed bool) {
	if err := c.session.Sync(c.ctx, failed, c.output(nil, nil)); err != nil && !failed {
		c.wire.Send(c.errorResponse("ERROR", err))
	}
}

// simple runs the statements of one text in turn, up to the first that fails; err is what is wrong with the text itself.
func (c *conn) simple(text string, err error) {
	delete(c.statements, "") // as what has no name gives way to the next
	if p := c.portals[""]; p != nil {
		p.close()
		delete(c.portals, "")
	}
	if err == nil {
		err = c.runAll(text)
	}
	if err != nil {
		c.wire.Send(c.errorResponse("ERROR", err))
	}
	c.endImplicit(err != nil)
	if c.session.Status() != 'T' {
		c.closePortals()
	}
	c.skip, c.failed = false, false
	c.ready()
}

func (c *conn) runAll(text string) error {
	stmts, err := c.session.Parse(text)
	if err != nil {
		return err
	}
	if len(stmts) == 0 {
		c.wire.Send(&pgproto3.EmptyQueryResponse{})
		return nil
	}
	for _, s := range stmts {
		if err := c.runSimple(s); err != nil {
			return err
		}
		if c.session.Status() == 'I' { // it ended the transaction, and with it the portals
			c.closePortals()
		}
	}
	return nil
}

func (c *conn) runSimple(s Statement) error {
	ctx, end := c.begin()
	defer end()
	p, err := c.session.Prepare(ctx, s, nil)
	if err != nil {
		c.tellCut(s)
		return c.why(ctx, err)
	}
	if len(p.Params) > 0 {
		return sqlerr.New(sqlerr.UndefinedParameter, "there is no parameter $1")
	}
	var formats []int16
	if p.Binary {
		formats = []int16{1}
	}
	out := c.output(p.Schema, formats)
	defer out.end()
	if p.Schema != nil {
		c.wire.Send(c.said.describe(p.Schema, formats))
	}
	tag, err := c.session.Run(ctx, p, nil, out)
	if err != nil {
		return c.why(ctx, err)
	}
	return out.finish(tag)
}

// why says what ended a statement: a cancel request and a shutdown look like any cancelled context further down.
func (c *conn) why(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	var e *sqlerr.Error
	if cause := context.Cause(ctx); errors.As(cause, &e) {
		return e
	}
	if sqlerr.CodeOf(err) == sqlerr.InternalError {
		return sqlerr.New(sqlerr.QueryCanceled, "canceling statement due to user request")
	}
	return err
}

// tellCut tells of the names of a statement that were too long.
func (c *conn) tellCut(s Statement) {
	for _, n := range s.Cut() {
		if !c.session.Tells("NOTICE") {
			return
		}
		c.wire.Send(noticeResponse("NOTICE", n))
	}
}

// parse is the Parse message.
func (c *conn) parse(name, text string, oids []uint32) error {
	if name == "" {
		delete(c.statements, "") // also when what is to take its place cannot
	} else if c.statements[name] != nil {
		return sqlerr.New(sqlerr.DuplicatePreparedStmt, "prepared statement %q already exists", name)
	}
	if len(c.statements) >= maxStatements {
		return sqlerr.New(sqlerr.ConfigurationLimit, "this connection keeps %d prepared statements already", maxStatements).
			WithHint("Close some with DEALLOCATE.")
	}
	stmts, err := c.session.Parse(text)
	if err != nil {
		return err
	}
	if len(stmts) > 1 {
		return sqlerr.New(sqlerr.SyntaxError, "cannot insert multiple commands into a prepared statement")
	}
	p := &Prepared{}
	if len(stmts) == 1 {
		declared := make([]types.Type, len(oids))
		for i, oid := range oids {
			declared[i] = types.Type{OID: types.OID(oid)}
		}
		ctx, end := c.begin()
		p, err = c.session.Prepare(ctx, stmts[0], declared)
		end()
		if err != nil {
			c.tellCut(stmts[0])
			return err
		}
	}
	if name != "" {
		p.Since = c.session.Locale().Now
	}
	c.statements[name] = p
	c.wire.Send(&pgproto3.ParseComplete{})
	return nil
}

func (c *conn) statement(name string) (*Prepared, error) {
	p := c.statements[name]
	if p == nil {
		if name == "" {
			return nil, sqlerr.New(sqlerr.InvalidStatementName, "unnamed prepared statement does not exist")
		}
		return nil, sqlerr.New(sqlerr.InvalidStatementName, "prepared statement %q does not exist", name)
	}
	return p, nil
}

// describe is the Describe message.
func (c *conn) describe(kind byte, name string) error {
	if kind == 'S' {
		p, err := c.statement(name)
		if err != nil {
			return err
		}
		if c.session.Status() == 'E' && p.Schema != nil {
			return errAborted
		}
		oids := make([]uint32, len(p.Params))
		for i, t := range p.Params {
			oids[i] = uint32(t.OID)
		}
		c.wire.Send(&pgproto3.ParameterDescription{ParameterOIDs: oids})
		c.sendDescription(p.Schema, nil)
		return nil
	}
	p := c.portals[name]
	switch {
	case kind != 'P':
		return sqlerr.New(sqlerr.ProtocolViolation, "invalid DESCRIBE message subtype %d", kind)
	case p == nil && c.session.HasCursor(name):
		return c.describeCursor(name)
	case p == nil:
		return sqlerr.New(sqlerr.InvalidCursorName, "portal %q does not exist", name)
	}
	c.sendDescription(p.prepared.Schema, p.formats)
	return nil
}

func (c *conn) sendDescription(s batch.Schema, formats []int16) {
	if s == nil {
		c.wire.Send(&pgproto3.NoData{})
		return
	}
	c.wire.Send(c.said.describe(s, formats))
}

// named gives each prepared statement that has a name and is not empty.
func (c *conn) named(yield func(name string, p *Prepared)) {
	for _, name := range slices.Sorted(maps.Keys(c.statements)) {
		if p := c.statements[name]; name != "" && p.Bound != nil {
			yield(name, p)
		}
	}
}

// forget drops a prepared statement by name, as DEALLOCATE asks; all for an empty name. It says whether there was one.
func (c *conn) forget(name string) bool {
	if name == "" {
		clear(c.statements)
		return true
	}
	_, ok := c.statements[name]
	delete(c.statements, name)
	return ok
}
