package session

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/build"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/live"
	"github.com/vexfs/vexstream/sql/pgcatalog"
	"github.com/vexfs/vexstream/sql/plan"
)

// runQuery runs a query that ends over what every write acknowledged before it has made.
func (s *Session) runQuery(ctx context.Context, p plan.Node, args []batch.Column, out Output) error {
	s.tellFilling(p, out)
	if err := s.query(ctx, p, &singly{out: out}, args); err != nil {
		return err
	}
	s.tellClosing(p, out)
	return nil
}

// query runs a query over what is committed and what the session's block has written.
func (s *Session) query(ctx context.Context, p plan.Node, to stream.Sink, args []batch.Column) error {
	local, st := s.Locale(), s.stateWithin(ctx)
	local.Reg = st.RegText // as others than this goroutine may ask for
	env := &build.Env{Given: s.rowsOf, Locale: local, Catalog: st, Budget: s.e.statementMemory(), Now: local.Now, Params: args, Logger: s.e.journal}
	if s.measures != nil {
		env.Count, env.Clock = true, s.measures.clock
	}
	q, err := s.e.query(ctx, p, to, env, s.own())
	if err == nil && s.measures != nil {
		s.measures.plans = append(s.measures.plans, p)
		maps.Copy(s.measures.counters, q.Counters)
	}
	return err
}

// own is what the session's block has written, for its queries.
type own struct {
	edits map[uint32]*edits
	hold  func() (release func(), err error)
}

func (s *Session) own() own {
	o := own{edits: s.tx.edits, hold: s.tx.hold}
	if s.holds {
		o.hold = func() (func(), error) { return func() {}, nil }
	}
	return o
}

// query drives a bounded query to its end.
func (e *Engine) query(ctx context.Context, p plan.Node, to stream.Sink, env *build.Env, own own) (q *build.Bounded, err error) {
	defer env.Budget.Close()
	defer func() {
		switch limit := recover().(type) {
		case nil:
		case *sqlerr.Error: // of a column with more bytes than there are places
			q, err = nil, limit
		default:
			panic(limit)
		}
	}()
	if q, err = build.Query(p, to, env); err != nil {
		return nil, err
	}
	defer func(q *build.Bounded) { _ = q.Close() }(q)
	if len(q.Inputs) == 0 { // it brings its rows with it
		if err := stopped(q.Feed(ctx, 0)); err != nil {
			return nil, err
		}
		return q, ctx.Err()
	}
	release, err := own.hold() // what is pinned is what the block's changes were held against
	if err != nil {
		return nil, err
	}
	if err := e.index(q.Inputs); err != nil {
		return nil, err
	}
	views, at, err := e.Live.PinAll(ctx, e.viewsAmong(q.Inputs), e.Committer.Last().No)
	release()
	if err != nil {
		return nil, err
	}
	defer func() {
		for _, v := range views {
			v.Release()
		}
	}()
	if err := e.drive(ctx, q, env, own, views, at); err != nil {
		return nil, err
	}
	return q, ctx.Err()
}

// drive gives a query its rows, input by input in the order of its plan.
func (e *Engine) drive(ctx context.Context, q *build.Bounded, env *build.Env, own own, views map[uint32]*live.Snapshot, at uint64) error {
	now := e.Committer.Now()
	for i := range q.Inputs {
		if err := stopped(q.Feed(ctx, i)); err != nil {
			return err
		}
		in := &q.Inputs[i]
		done := scanning(in, env.Clock)
		if err := stopped(e.read(ctx, in, env, views, asOf{at, now}, own.edits[in.Relation])); err != nil {
			return err
		}
		if err := in.Sink.Advance(ctx, stream.Progress{End: true}); err != nil {
			return err
		}
		done()
	}
	return stopped(q.Feed(ctx, len(q.Inputs)))
}

// scanning counts what a scan does, if somebody asks for it, until the function that it gives is called.
func scanning(in *build.Input, clock func() types.Micros) (done func()) {
	if in.Counter == nil {
		return func() {}
	}
	c := &build.ScanCounter{}
	in.Counter.Scan = c
	if clock == nil {
		return func() {}
	}
	began := clock()
	return func() { c.Time = clock() - began }
}

// stopped takes a receiver that has enough for a good end.
func stopped(err error) error {
	if errors.Is(err, stream.ErrStop) {
		return nil
	}
	return err
}

// viewsAmong gives the relations of inputs whose contents are kept.
func (e *Engine) viewsAmong(inputs []build.Input) []uint32 {
	var ids []uint32
	for i := range inputs {
		if r := e.Catalog().ByID(inputs[i].Relation); r != nil && (r.Kind == catalog.MaterializedView || r.Kind == catalog.Table) {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// asOf is the point that a statement reads: the newest epoch that counts, and the time by which rows are too old.
type asOf struct {
	epoch uint64
	now   types.Micros
}

// read pushes a relation's rows, as of then, into an input. views are the contents of kept relations then.
func (e *Engine) read(ctx context.Context, in *build.Input, env *build.Env, views map[uint32]*live.Snapshot, then asOf, own *edits) error {
	r := e.Catalog().ByID(in.Relation)
	if r == nil {
		return sqlerr.New(sqlerr.UndefinedTable, "a relation of the query was dropped meanwhile")
	}
	switch r.Kind {
	case catalog.System:
		if st, ok := env.Catalog.(*pgcatalog.State); ok && pgcatalog.Has(r.ID) {
			return st.Relation(ctx, r.ID, picked{in.Sink, in.Columns})
		}
		return e.system.Rows(ctx, r.ID, picked{in.Sink, in.Columns})
	case catalog.SequenceKind:
		return e.readSequence(ctx, r, picked{in.Sink, in.Columns})
	case catalog.MaterializedView, catalog.Table:
		if v := views[r.ID]; v != nil {
			if err := contents(ctx, v, in.Find, without{picked{in.Sink, in.Columns}, own}); err != nil {
				return err
			}
			return own.push(ctx, picked{in.Sink, in.Columns})
		}
		return sqlerr.New(sqlerr.UndefinedTable, "a relation of the query was dropped meanwhile")
	}
	stored, at := storedColumns(in.Columns, len(r.Visible()))
	scan := epoch.Scan{Relation: r.ID, Columns: stored, MinTime: in.MinTime, MaxTime: in.MaxTime, NoWeights: r.Kind == catalog.Stream}
	scan.Ranges = columnRanges(r, in.Values)
	var err error
	if scan.Since, err = e.keptSince(ctx, r, then.now); err != nil {
		return err
	}
	if in.Counter != nil {
		scan.Stats = &epoch.ScanStats{}
		defer func() { in.Counter.Scan.Blocks = blocksText(scan.Stats) }()
	}
	err = e.Committer.Scan(ctx, scan, then.epoch, func(p epoch.Part) error {
		if err := in.Sink.Push(ctx, live.Scan(p.Rows, len(stored), at, p.Offset0)); err != nil {
			return err
		}
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	return own.push(ctx, uncommitted{in, len(r.Visible()), e.Committer.Now()})
}

// index makes the tables findable by the keys that inputs ask for.
func (e *Engine) index(inputs []build.Input) error {
	for i := range inputs {
		if r := e.Catalog().ByID(inputs[i].Relation); r != nil && inputs[i].Find != nil {
			if err := e.indexBy(r, inputs[i].Find.Columns); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *Engine) indexBy(r *catalog.Relation, cols []int) error {
	ts := make([]types.Type, len(cols))
	for i, c := range cols {
		ts[i] = r.Columns[c].Type
	}
	return e.Live.Index(r.ID, cols, ts)
}

// contents pushes the rows of a kept relation: those that find speaks of, and maybe others.
func contents(ctx context.Context, v *live.Snapshot, find *build.Find, to stream.Sink) error {
	if find == nil {
		return v.Rows(ctx, to)
	}
	keys, ok := find.Keys, true
	if find.Late != nil {
		keys, ok = find.Late()
	}
	if ok {
		if found, err := v.Find(ctx, find.Columns, keys, to); found || err != nil {
			return err
		}
	}
	return v.Rows(ctx, to)
}

// uncommitted gives an input rows of a stream that have no place in the log yet: their _offset is unknown.
type uncommitted struct {
	in      *build.Input
	visible int
	now     types.Micros
}

func (u uncommitted) Push(ctx context.Context, b *batch.Batch) error {
	out := *b
	out.Epoch = &batch.Epoch{Time: u.now}
	return u.in.Sink.Push(ctx, live.Scan(&out, u.visible, u.in.Columns, -1-int64(b.N)))
}

// Advance and Close are the input's.
func (u uncommitted) Advance(context.Context, stream.Progress) error { return nil }

// Close does nothing.
func (u uncommitted) Close() error { return nil }

// push gives the rows that a block has added.
func (ed *edits) push(ctx context.Context, to stream.Sink) error {
	if ed == nil {
		return nil
	}
	for _, b := range ed.added {
		if b = ed.still(b); b.N == 0 {
			continue
		}
		if err := to.Push(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

// without leaves out the rows that a block has taken out.
type without struct {
	picked
	own *edits
}

func (w without) Push(ctx context.Context, b *batch.Batch) error {
	if w.own == nil || len(w.own.gone) == 0 {
		return w.picked.Push(ctx, b)
	}
	var sel batch.Sel
	for i, n := range rowNumbers(b) {
		if _, gone := w.own.gone[n]; !gone {
			sel = append(sel, uint32(i))
		}
	}
	if len(sel) == 0 {
		return nil
	}
	return w.picked.Push(ctx, b.Take(sel))
}

func blocksText(s *epoch.ScanStats) string {
	return fmt.Sprintf("%d read, %d kept decoded, %d by their headers, %d outside the ranges", s.Read, s.Kept, s.Headers, s.Outside)
}

// columnRanges gives the ranges of values that a scan of a log knows.
func columnRanges(r *catalog.Relation, values []build.ValueRange) (out []epoch.ColumnRange) {
	for _, v := range values {
		c := epoch.ColumnRange{Column: v.Column, Min: v.Min, Max: v.Max}
		switch {
		case r.Columns[v.Column].Name == "_offset" && r.Columns[v.Column].Hidden:
			c.Column = epoch.OffsetColumn
		case r.Columns[v.Column].Hidden || !epoch.Zoned(r.Columns[v.Column].Type):
			continue
		}
		out = append(out, c)
	}
	return out
}

// storedColumns gives those of cols that the log stores, and where each of cols is among them and the hidden ones behind
// them. visible is how many columns a row of the log has.
func storedColumns(cols []int, visible int) (stored, at []int) {
	at = make([]int, len(cols))
	for i, c := range cols {
		if c < visible {
			at[i] = len(stored)
			stored = append(stored, c)
		}
	}
	for i, c := range cols {
		if c >= visible {
			at[i] = len(stored) + c - visible
		}
	}
	return stored, at
}

// picked gives an input the columns it asked for.
type picked struct {
	stream.Sink
	cols []int
}

func (p picked) Push(ctx context.Context, b *batch.Batch) error {
	out := *b
	out.Cols = make([]batch.Column, len(p.cols))
	for i, c := range p.cols {
		out.Cols[i] = b.Cols[c]
	}
	if err := p.Sink.Push(ctx, &out); err != nil {
		return err
	}
	return ctx.Err()
}

// singly hands rows to the protocol, each as often as its weight says.
type singly struct{ out Output }

func (s *singly) Push(ctx context.Context, b *batch.Batch) error {
	if b.Diff == nil {
		return s.out.Rows(ctx, b)
	}
	var sel batch.Sel
	for i, d := range b.Diff {
		if d < 0 {
			return sqlerr.New(sqlerr.InternalError, "a row of the result has weight %d", d)
		}
		for range d {
			if sel = append(sel, uint32(i)); len(sel) == batch.MaxRows {
				if err := s.give(ctx, b, sel); err != nil {
					return err
				}
				sel = sel[:0]
			}
		}
	}
	return s.give(ctx, b, sel)
}

func (s *singly) give(ctx context.Context, b *batch.Batch, sel batch.Sel) error {
	if len(sel) == 0 {
		return nil
	}
	out := b.Take(sel)
	out.Diff = nil
	return s.out.Rows(ctx, out)
}

// Advance and Close have nothing to do: the protocol knows when the statement is over.
func (s *singly) Advance(context.Context, stream.Progress) error { return nil }

// Close does nothing.
func (s *singly) Close() error { return nil }
