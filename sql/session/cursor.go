package session

import (
	"context"
	"io"
	"iter"
	"strconv"
	"time"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
)

// Limits of a session's cursors: how many there are, and how many rows one keeps that can go backward.
const (
	maxCursors    = 1_000
	maxScrollRows = 1_000_000
)

func itoa(n int) string { return strconv.Itoa(n) }

// cursor is a query half-way through. It runs as a coroutine: only while a FETCH waits for it.
type cursor struct {
	name   string
	text   string       // of its DECLARE
	made   types.Micros // when it was declared
	schema batch.Schema
	hold   bool
	binary bool            // its rows are fetched in binary form
	ctx    context.Context // the query's, from DECLARE to the end
	cancel context.CancelCauseFunc
	next   func() (*batch.Batch, error, bool)
	stop   func()

	rest *batch.Batch // what is left of the last batch, borrowed from the query
	at   int          // the next row of rest
	pos  int64        // the number of the last row fetched, 0 before the first
	done bool

	changes *following    // of SUBSCRIBE: next gives no batch when nothing came in time
	wait    time.Duration // how long next may wait for changes; negative: for ever

	scroll bool
	kept   []*batch.Batch // of a scrolling cursor: every row
	rows   int64          // in kept
}

// newCursor gives a cursor without a query. What the query starts beside itself lives as long as the cursor does, so its
// context is not that of the statement that made it.
func newCursor(ctx context.Context, d *ast.DeclareCursor) *cursor {
	c := &cursor{name: d.Name, hold: d.Hold, binary: d.Binary, scroll: d.Scroll}
	c.ctx, c.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	return c
}

// run makes next and stop of what gives the cursor's batches.
func (c *cursor) run(batches iter.Seq2[*batch.Batch, error]) {
	next, stop := iter.Pull2(batches)
	c.next = next
	c.stop = func() {
		c.cancel(context.Canceled)
		stop()
	}
}

// during lets a statement that ends too early end the query with it. The caller calls done when it has its rows.
func (c *cursor) during(ctx context.Context) (done func() bool) {
	return context.AfterFunc(ctx, func() { c.cancel(context.Cause(ctx)) })
}

// handing is an Output that hands each batch to the coroutine's reader.
type handing struct {
	yield func(*batch.Batch, error) bool
}

func (h handing) Rows(ctx context.Context, b *batch.Batch) error {
	if !h.yield(b, nil) {
		return stream.ErrStop
	}
	return ctx.Err()
}
func (handing) Notice(string, *sqlerr.Error) {}
func (handing) Parameter(string, string)     {}

func (handing) CopyIn(int, bool) (io.Reader, error) {
	return nil, sqlerr.NotSupported("COPY in a cursor")
}

func (handing) CopyOut(int, bool) (io.Writer, error) {
	return nil, sqlerr.NotSupported("COPY in a cursor")
}

// declare binds a cursor's query and starts it, so that it reads what is committed at this moment.
func (s *Session) declare(ctx context.Context, p *Prepared, x *ast.DeclareCursor, args []batch.Column) error {
	changes, follows := x.Stmt.(*ast.Subscribe)
	switch {
	case p.plan == nil && !follows:
		return sqlerr.NotSupported("DECLARE CURSOR FOR %s", x.Stmt.Tag()).At(x.Position())
	case follows && x.Scroll:
		return sqlerr.New(sqlerr.FeatureNotSupported, "DECLARE SCROLL CURSOR FOR SUBSCRIBE is not supported").At(x.Position()).
			WithDetail("What a subscription has given is not kept.")
	case !x.Hold && !s.inBlock():
		return sqlerr.New(sqlerr.NoActiveTransaction, "DECLARE CURSOR can only be used in transaction blocks")
	case s.cursors[x.Name] != nil:
		return sqlerr.New(sqlerr.DuplicateCursor, "cursor %q already exists", x.Name)
	case len(s.cursors) >= maxCursors:
		return sqlerr.New(sqlerr.ConfigurationLimit, "a session keeps at most %d cursors", maxCursors)
	}
	if follows {
		return s.declareChanges(ctx, changes, x)
	}
	c := newCursor(ctx, x)
	defer c.during(ctx)()
	c.schema = p.plan.Schema()
	c.run(func(yield func(*batch.Batch, error) bool) {
		if err := s.query(c.ctx, p.plan, &singly{out: handing{yield}}, args); err != nil {
			yield(nil, err)
		}
	})
	if err := c.begin(); err != nil {
		c.stop()
		return err
	}
	if s.cursors == nil {
		s.cursors = map[string]*cursor{}
	}
	s.cursors[x.Name] = c
	return nil
}

// begin reads the first batch, or all of them where the cursor must be able to go back.
func (c *cursor) begin() error {
	if !c.scroll {
		_, err := c.more()
		return err
	}
	for {
		b, err, ok := c.next()
		switch {
		case !ok:
			return nil
		case err != nil:
			return err
		}
		if c.rows += int64(b.N); c.rows > maxScrollRows {
			return sqlerr.New(sqlerr.ConfigurationLimit, "a cursor that scrolls keeps at most %d rows", maxScrollRows).
				WithHint("Declare it with NO SCROLL.")
		}
		c.kept = append(c.kept, b.Take(span(0, b.N)))
	}
}

func span(lo, hi int) batch.Sel {
	sel := make(batch.Sel, hi-lo)
	for i := range sel {
		sel[i] = uint32(lo + i)
	}
	return sel
}

// more makes rest hold a row, if there is one more.
func (c *cursor) more() (bool, error) {
	for c.rest == nil || c.at >= c.rest.N {
		if c.done {
			return false, nil
		}
		b, err, ok := c.next()
		if !ok || err != nil {
			c.rest, c.done = nil, true
			return false, err
		}
		if c.rest, c.at = b, 0; b == nil { // nothing came in time
			return false, nil
		}
	}
	return true, nil
}

// HasCursor says whether there is a cursor of this name.
func (s *Session) HasCursor(name string) bool { return s.cursors[name] != nil }

func (s *Session) cursorNamed(name string) (*cursor, error) {
	if c := s.cursors[name]; c != nil {
		return c, nil
	}
	return nil, sqlerr.New(sqlerr.InvalidCursorName, "cursor %q does not exist", name)
}

// runFetch is FETCH and MOVE.
func (s *Session) runFetch(ctx context.Context, x *ast.Fetch, out Output) (string, error) {
	c, err := s.cursorNamed(x.Cursor)
	if err != nil {
		return "", err
	}
	defer c.during(ctx)()
	if c.changes != nil {
		return s.fetchChanges(ctx, c, x, out)
	}
	if len(x.With) > 0 {
		return "", sqlerr.NotSupported("%s ... WITH of a cursor that is not of SUBSCRIBE", x.Tag()).At(x.Position())
	}
	if x.Move {
		out = nowhere{out}
	}
	var n int64
	if c.scroll {
		n, err = c.scrolled(ctx, x, out)
	} else {
		n, err = c.forward(ctx, x, out)
	}
	return x.Tag() + " " + strconv.FormatInt(n, 10), err
}

// forward gives the rows that a FETCH of a cursor that cannot go back asks for.
func (c *cursor) forward(ctx context.Context, x *ast.Fetch, out Output) (int64, error) {
	skip, want := int64(0), x.Count
	switch x.Where {
	case "first":
		skip, want = -c.pos, 1
	case "absolute":
		skip, want = x.Count-c.pos-1, 1
	case "relative":
		skip, want = x.Count-1, 1
	case "last":
		return 0, c.backward()
	}
	if x.All {
		want = 1<<63 - 1
	}
	if skip < 0 || want <= 0 || x.All && x.Count < 0 {
		return 0, c.backward()
	}
	if _, err := c.give(ctx, skip, nowhere{out}); err != nil {
		return 0, err
	}
	return c.give(ctx, want, out)
}

func (c *cursor) backward() error {
	return sqlerr.New(sqlerr.ObjectNotInState, "cursor can only scan forward").
		WithHint("Declare it with SCROLL option to enable backward scan.")
}

func (c *cursor) give(ctx context.Context, want int64, out Output) (n int64, err error) {
	for n < want {
		ok, err := c.more()
		if !ok || err != nil {
			return n, err
		}
		k := int(min(want-n, int64(c.rest.N-c.at)))
		if err := out.Rows(ctx, c.rest.Take(span(c.at, c.at+k))); err != nil {
			return n, err
		}
		c.at += k
		c.pos += int64(k)
		n += int64(k)
	}
	return n, nil
}

// scrolled gives the rows that a FETCH of a scrolling cursor asks for. pos is 0 before the first row and rows+1 after
// the last.
func (c *cursor) scrolled(ctx context.Context, x *ast.Fetch, out Output) (n int64, err error) {
	step, want := int64(1), x.Count
	switch {
	case x.Where != "":
		at := map[string]int64{"first": 1, "last": c.rows, "absolute": x.Count, "relative": c.pos + x.Count}[x.Where]
		if x.Where == "absolute" && at < 0 {
			at += c.rows + 1
		}
		c.pos = min(max(at, 0), c.rows+1)
		return c.one(ctx, out)
	case x.All && x.Count < 0:
		step, want = -1, c.rows+1
	case x.All:
		want = c.rows + 1
	case want == 0:
		return c.one(ctx, out)
	case want < 0:
		step, want = -1, -want
	}
	for n < want {
		next := c.pos + step
		c.pos = min(max(next, 0), c.rows+1)
		if next < 1 || next > c.rows {
			return n, nil
		}
		if _, err := c.one(ctx, out); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// one gives the row at pos.
func (c *cursor) one(ctx context.Context, out Output) (int64, error) {
	if c.pos < 1 || c.pos > c.rows {
		return 0, nil
	}
	i := int(c.pos - 1)
	for _, b := range c.kept {
		if i < b.N {
			return 1, out.Rows(ctx, b.Take(span(i, i+1)))
		}
		i -= b.N
	}
	return 0, nil
}

// runClose closes one cursor, or all.
func (s *Session) runClose(x *ast.CloseCursor) (string, error) {
	if x.Name == "" {
		s.closeCursors(func(*cursor) bool { return true })
		return "CLOSE CURSOR ALL", nil
	}
	c, err := s.cursorNamed(x.Name)
	if err != nil {
		return "", err
	}
	c.stop()
	delete(s.cursors, x.Name)
	return x.Tag(), nil
}

// closeCursors ends the cursors that doomed names.
func (s *Session) closeCursors(doomed func(*cursor) bool) {
	for name, c := range s.cursors {
		if doomed(c) {
			c.stop()
			delete(s.cursors, name)
		}
	}
}
