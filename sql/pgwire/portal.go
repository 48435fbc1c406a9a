package pgwire

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

// portal is a statement with its parameters, ready to run or half-way through.
type portal struct {
	name     string
	prepared *Prepared
	args     []batch.Column
	formats  []int16

	run  *suspended // set while the statement waits between two Executes
	done bool
}

// bind is the Bind message. What it keeps is copied out of the message.
func (c *conn) bind(m *pgproto3.Bind) (*portal, error) {
	p, err := c.statement(m.PreparedStatement)
	if err != nil {
		return nil, err
	}
	if c.session.Status() == 'E' && !p.Ends {
		return nil, errAborted
	}
	if len(m.Parameters) != len(p.Params) {
		return nil, sqlerr.New(sqlerr.ProtocolViolation, "bind message supplies %d parameters, but prepared statement %q requires %d",
			len(m.Parameters), m.PreparedStatement, len(p.Params))
	}
	if n := len(m.ResultFormatCodes); n > 1 && n != len(p.Schema) {
		return nil, sqlerr.New(sqlerr.ProtocolViolation, "bind message has %d result formats but query has %d columns", n, len(p.Schema))
	}
	if n := len(m.ParameterFormatCodes); n > 1 && n != len(m.Parameters) {
		return nil, sqlerr.New(sqlerr.ProtocolViolation, "bind message has %d parameter formats but %d parameters", n, len(m.Parameters))
	}
	out := &portal{name: m.DestinationPortal, prepared: p, formats: append([]int16(nil), m.ResultFormatCodes...)}
	out.args = slices.Grow(out.args, len(m.Parameters))
	for i, raw := range m.Parameters {
		form := formatOf(m.ParameterFormatCodes, i)
		raw, err := c.decodeValue(p.Params[i], raw, form)
		if err != nil {
			return nil, ofParameter(err, i+1)
		}
		col, err := c.argument(p.Params[i], raw, form)
		if err != nil {
			return nil, ofParameter(err, i+1)
		}
		out.args = append(out.args, col)
	}
	return out, nil
}

var errAborted = sqlerr.New(sqlerr.InFailedTransaction, "current transaction is aborted, commands ignored until end of transaction block")

// ofParameter says which parameter an error is about.
func ofParameter(err error, n int) error {
	e, ok := sqlerr.As(err)
	if !ok {
		return err
	}
	if e.Message == types.BadFormat {
		e.Message = fmt.Sprintf("%s in bind parameter %d", types.BadFormat, n)
	}
	return e.In("portal parameter $%d", n)
}

// argument reads one parameter's value into a column of one row.
func (c *conn) argument(t types.Type, raw []byte, format int16) (batch.Column, error) {
	b := batch.NewBuilder(t, 1)
	var err error
	switch {
	case raw == nil:
		b.Null()
	case format == 1:
		err = value.ParseBinary(b, raw)
	case format == 0 && types.Reg(t):
		var oid int64
		oid, err = c.session.RegValue(t, string(raw))
		batch.Put(b, oid)
	case format == 0:
		err = value.ParseText(b, raw, c.session.Locale())
	default:
		err = badFormat(format)
	}
	return b.Finish(), err
}

// unknown says whether a format is neither text nor binary.
func unknown(format int16) bool { return format != 0 && format != 1 }

func badFormat(format int16) error {
	return sqlerr.New(sqlerr.InvalidParameterValue, "unsupported format code: %d", format)
}

// formatOf gives the i-th of a list of format codes, where an empty list means text and one stands for all.
func formatOf(codes []int16, i int) int16 {
	switch len(codes) {
	case 0:
		return 0
	case 1:
		return codes[0]
	}
	return codes[i]
}

func (c *conn) keepPortal(p *portal) error {
	if old := c.portals[p.name]; old != nil {
		if p.name != "" {
			return sqlerr.New(sqlerr.DuplicateCursor, "cursor %q already exists", p.name)
		}
		old.close()
	}
	if p.name != "" && c.session.HasCursor(p.name) {
		return sqlerr.New(sqlerr.DuplicateCursor, "cursor %q already exists", p.name)
	}
	if len(c.portals) >= maxPortals {
		return sqlerr.New(sqlerr.ConfigurationLimit, "this connection keeps %d portals already", maxPortals)
	}
	c.portals[p.name] = p
	c.wire.Send(&pgproto3.BindComplete{})
	return nil
}

func (c *conn) closePortals() {
	for name, p := range c.portals {
		p.close()
		delete(c.portals, name)
	}
}

// execute is the Execute message. A limit of 0 runs the statement to its end, here; another one runs it in a
// goroutine that waits whenever the limit is reached, so that a statement without an end can be read piece by piece.
func (c *conn) execute(name string, limit uint32) error {
	p := c.portals[name]
	switch {
	case p == nil && c.session.HasCursor(name):
		return c.fetch(name, limit)
	case p == nil:
		return sqlerr.New(sqlerr.InvalidCursorName, "portal %q does not exist", name)
	case p.prepared.Bound == nil:
		c.wire.Send(&pgproto3.EmptyQueryResponse{})
		return nil
	case p.done && p.prepared.Schema != nil && p.run != nil && p.run.err == nil && p.run.tag == "SELECT": // there are no more rows
		c.wire.Send(&pgproto3.CommandComplete{CommandTag: []byte("SELECT 0")})
		return nil
	case p.done:
		return sqlerr.New(sqlerr.ObjectNotInState, "portal %q cannot be run", name)
	case slices.ContainsFunc(p.formats, unknown):
		return badFormat(p.formats[slices.IndexFunc(p.formats, unknown)])
	case p.run != nil || limit > 0 && p.prepared.Schema != nil:
		return c.resume(p, limit)
	}
	p.done = true
	ctx, end := c.begin()
	defer end()
	out := c.output(p.prepared.Schema, p.formats)
	defer out.end()
	tag, err := c.session.Run(ctx, p.prepared, p.args, out)
	if err != nil {
		return c.why(ctx, err)
	}
	return out.finish(tag)
}

// suspended is a statement that runs in a goroutine of its own, which goes on only while an Execute waits for it: between
// two of them it stands still, and the session is others'.
type suspended struct {
	cancel context.CancelCauseFunc
	rows   chan *batch.Batch // one at a time: the goroutine waits for taken before it goes on
	taken  chan struct{}
	ended  chan struct{} // closed when the statement is over; then tag and err are set
	tag    string
	err    error

	mu   sync.Mutex                // guards what follows
	said []pgproto3.BackendMessage // notices and settings that the client was not told of

	rest *batch.Batch // what the last Execute did not send yet
	next int
	out  *output
}

// resume sends up to limit rows (0: all) of a portal.
func (c *conn) resume(p *portal, limit uint32) error {
	if p.run == nil {
		p.run = c.launch(p)
	}
	r := p.run
	r.out.rows = 0 // the tag counts those of one Execute
	ctx, end := c.begin()
	defer end()
	sent := uint32(0)
	for {
		if r.rest != nil && r.next == r.rest.N {
			r.rest = nil
			r.proceed()
		}
		if r.rest == nil {
			r.tell(c)
			select {
			case b := <-r.rows:
				r.rest, r.next = b, 0
			case <-r.ended:
				p.done = true
				r.tell(c)
				if r.err != nil {
					return c.why(ctx, r.err)
				}
				return r.out.finish(r.tag)
			case <-ctx.Done():
				p.end(ctx.Err())
				p.done = true
				return c.why(ctx, ctx.Err())
			}
		}
		n := r.rest.N - r.next
		if limit > 0 {
			n = min(n, int(limit-sent))
		}
		if err := r.out.write(r.rest, r.next, r.next+n); err != nil {
			p.end(err)
			p.done = true
			return err
		}
		r.next += n
		sent += uint32(n)
		if limit > 0 && sent == limit {
			c.wire.Send(&pgproto3.PortalSuspended{})
			return nil
		}
	}
}

// proceed lets the statement go on, unless it ended on its own because the client is gone.
func (r *suspended) proceed() {
	select {
	case r.taken <- struct{}{}:
	case <-r.ended:
	}
}

// tell sends what the statement had to say beside its rows.
func (r *suspended) tell(c *conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.said {
		c.wire.Send(m)
	}
	r.said = nil
}

// launch starts a portal's statement.
func (c *conn) launch(p *portal) *suspended {
	ctx, cancel := context.WithCancelCause(c.ctx)
	r := &suspended{cancel: cancel, rows: make(chan *batch.Batch), taken: make(chan struct{}), ended: make(chan struct{})}
	r.out = newOutput(c, p.prepared.Schema, p.formats)
	go func() {
		defer close(r.ended)
		defer c.fence("running a portal")
		r.err = sqlerr.New(sqlerr.InternalError, "internal error: the cause is in the server's journal") // unless Run comes back
		r.tag, r.err = c.session.Run(ctx, p.prepared, p.args, relay{r})
	}()
	return r
}

// close ends a statement whose rows nobody wants any more.
func (p *portal) close() { p.end(stream.ErrStop) }

// end ends a statement that waits, and waits for its end.
func (p *portal) end(why error) {
	r := p.run
	if r == nil {
		return
	}
	r.cancel(why)
	for {
		select {
		case <-r.rows:
			r.proceed()
		case <-r.ended:
			p.run = nil
			return
		}
	}
}

// relay is the Output of a suspended statement: rows wait for an Execute that wants them.
type relay struct{ r *suspended }

func (o relay) Rows(ctx context.Context, b *batch.Batch) error {
	select {
	case o.r.rows <- b:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-o.r.taken:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Notice and Parameter come from another goroutine than the one that writes, which sends them when it comes by.
func (o relay) Notice(severity string, e *sqlerr.Error) {
	if o.r.out.c.session.Tells(severity) {
		o.say(noticeResponse(severity, e))
	}
}

// Parameter tells the client of a changed setting.
func (o relay) Parameter(name, value string) {
	o.say(&pgproto3.ParameterStatus{Name: name, Value: value})
}

func (o relay) say(m pgproto3.BackendMessage) {
	o.r.mu.Lock()
	defer o.r.mu.Unlock()
	if len(o.r.said) < maxSaid {
		o.r.said = append(o.r.said, m)
	}
}

func (o relay) CopyIn(int, bool) (io.Reader, error) { return nil, errNoCopy }

func (o relay) CopyOut(int, bool) (io.Writer, error) { return nil, errNoCopy }

var errNoCopy = sqlerr.New(sqlerr.FeatureNotSupported, "COPY in a portal with a row limit is not supported")
