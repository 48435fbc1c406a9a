package session

import (
	"context"
	"fmt"
	"slices"

	"github.com/vexfs/vexstream/engine/action"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/bind"
	"github.com/vexfs/vexstream/sql/catalog"
)

// writing is a statement that changes a table. It holds the table's lock from its beginning to its end, so that what it
// read is what it changes. Outside a block that is also the end of the transaction; in a block COMMIT takes the lock
// again, and finds what others have changed in between.
type writing struct {
	s  *Session
	r  *catalog.Relation
	t  *table
	tx *transaction
}

// writes runs body and, outside a block, commits what it changed. onlyAdds says that body takes no rows out and reads none:
// then the next writer need not wait for the log.
func (s *Session) writes(ctx context.Context, r *catalog.Relation, onlyAdds bool, out Output, body func(w *writing) error) error {
	return s.writesAll(ctx, []*catalog.Relation{r}, onlyAdds, out, func(tx *transaction) error {
		return body(&writing{s, r, tx.edits[r.ID].t, tx})
	})
}

// writesAll is writes for a statement that changes several relations, streams among them.
func (s *Session) writesAll(ctx context.Context, rs []*catalog.Relation, onlyAdds bool, out Output, body func(tx *transaction) error) error {
	var own transaction
	tx := &own
	if s.tx.open {
		tx = &s.tx
	}
	if rs = related(s.e.Catalog(), rs); len(rs) > 1 {
		onlyAdds = false
	}
	// The edits are there before the locks are taken, so that each table's is taken in its turn.
	for _, r := range rs {
		var t *table
		if r.Kind == catalog.Table {
			var err error
			if t, err = s.e.tables.get(r.ID); err != nil {
				return err
			}
		}
		if ed := tx.of(r, t); !ed.r.SameShape(r) || ed.t != t {
			return sqlerr.New(sqlerr.SerializationFailure, "could not serialize access: table %q was altered after this block wrote to it", r.Name)
		}
	}
	release, err := tx.hold()
	if err != nil {
		return err
	}
	defer func() { release() }()
	for _, r := range rs {
		if t := tx.edits[r.ID].t; t != nil && !onlyAdds {
			t.settle()
		}
		if !s.e.Catalog().ByID(r.ID).SameShape(r) {
			return sqlerr.New(sqlerr.SerializationFailure, "could not serialize access: table %q was altered meanwhile", r.Name)
		}
	}
	s.holds = true
	defer func() { s.holds = false }()
	err = body(tx)
	if err != nil || tx == &s.tx {
		return err
	}
	return s.publish(ctx, tx, release, out)
}

// insertion is rows on their way into a table, in its visible columns.
type insertion struct {
	r         *catalog.Relation
	rows      []*batch.Batch
	conflict  *bind.Conflict
	checks    *bind.Checks
	returning *bind.Returning
	gave      []int // columns that the statement gives values
	args      []batch.Column

	count int64
	given []*batch.Batch // of RETURNING
}

func (s *Session) insertIntoTable(ctx context.Context, ins *bind.Write, args []batch.Column, out Output) (string, error) {
	x := &insertion{r: ins.Relation, conflict: ins.Conflict, checks: ins.Checks, returning: ins.Returning, gave: gives(ins), args: args}
	to := &kept{}
	w, err := s.newWriter(ins.Relation, to)
	if err != nil {
		return "", err
	}
	if err := s.query(ctx, ins.Plan, w, args); err != nil {
		return "", err
	}
	x.rows = to.batches
	if _, err := s.insertRows(ctx, x, out); err != nil {
		return "", err
	}
	if err := sendAll(ctx, x.given, out); err != nil {
		return "", err
	}
	return fmt.Sprintf("INSERT 0 %d", x.count), nil
}

// gives are the columns that an INSERT gives values, itself or by DO UPDATE.
func gives(ins *bind.Write) []int {
	var out []int
	for i, given := range ins.Given {
		if given {
			out = append(out, i)
		}
	}
	if ins.Conflict != nil {
		out = append(out, ins.Conflict.Set...)
	}
	return out
}

// insertRows puts rows into a table.
func (s *Session) insertRows(ctx context.Context, x *insertion, out Output) (int64, error) {
	err := s.writes(ctx, x.r, x.conflict == nil, out, func(w *writing) error {
		e, err := w.insert(ctx, x)
		if err != nil {
			return err
		}
		w.t.settleFor(x.r, e.c.added)
		x.given, x.count = e.given, e.count
		return s.done(ctx, w.tx, e)
	})
	return x.count, err
}

// insert works out an INSERT.
func (w *writing) insert(ctx context.Context, x *insertion) (*effect, error) {
	u, err := w.s.rules(x.r)
	if err != nil {
		return nil, err
	}
	u.gave = x.gave
	e := &effect{c: &change{r: x.r, t: w.t}}
	for i, b := range x.rows {
		if b, _, err = w.s.e.gate.before(e.c, action.Change{Op: action.Insert}, b, nil); err != nil {
			return nil, err
		}
		if x.rows[i], err = u.complete(b); err != nil {
			return nil, err
		}
	}
	x.rows = slices.DeleteFunc(x.rows, func(b *batch.Batch) bool { return b.N == 0 })
	if x.conflict != nil {
		return e, w.upsert(ctx, x, u, e)
	}
	for _, b := range x.rows {
		e.c.added = append(e.c.added, w.t.numbered(b, len(x.r.Visible())))
	}
	return e, w.finish(ctx, e, x, nil)
}

// finish counts the rows that are new, and computes RETURNING. places are those of the rows among the statement's; nil:
// they are in order.
func (w *writing) finish(ctx context.Context, e *effect, x *insertion, places []int) (err error) {
	rows := e.c.added
	for _, b := range rows {
		e.count += int64(b.N)
	}
	if e.refused, err = w.s.checked(ctx, x.checks, x.r, x.gave, visibleOf(x.r, rows), x.args); err != nil {
		return err
	}
	if x.returning == nil {
		return nil
	}
	if places != nil {
		rows = inOrder(rows, places)
	}
	e.given, err = w.s.returned(ctx, x.returning, visibleOf(x.r, rows), x.args)
	return err
}

// visibleOf is rows of a table without their numbers.
func visibleOf(r *catalog.Relation, rows []*batch.Batch) []*batch.Batch {
	out := make([]*batch.Batch, len(rows))
	for i, b := range rows {
		n := len(r.Visible())
		out[i] = &batch.Batch{N: b.N, Cols: b.Cols[:n:n]}
	}
	return out
}

// runChange is UPDATE and DELETE.
func (s *Session) runChange(ctx context.Context, c *bind.Change, args []batch.Column, out Output) (string, error) {
	var e *effect
	err := s.writes(ctx, c.Relation, false, out, func(w *writing) (err error) {
		if e, err = w.change(ctx, c, args); err != nil {
			return err
		}
		return s.done(ctx, w.tx, e)
	})
	if err != nil {
		return "", err
	}
	if err := sendAll(ctx, e.given, out); err != nil {
		return "", err
	}
	if c.Set == nil {
		return fmt.Sprintf("DELETE %d", e.count), nil
	}
	return fmt.Sprintf("UPDATE %d", e.count), nil
}

// change works out an UPDATE or DELETE.
func (w *writing) change(ctx context.Context, c *bind.Change, args []batch.Column) (*effect, error) {
	u, err := w.s.rules(c.Relation)
	if err != nil {
		return nil, err
	}
	u.gave = c.Set
	rows, err := w.read(ctx, c, args)
	if err != nil {
		return nil, err
	}
	e := &effect{c: &change{r: c.Relation, t: w.t}}
	var after []*batch.Batch
	width := len(c.Relation.Columns)
	for _, b := range rows {
		now, b, err := w.changed(e, c, b, u)
		if err != nil {
			return nil, err
		}
		if b.N == 0 {
			continue
		}
		e.count += int64(b.N)
		e.c.old = append(e.c.old, &batch.Batch{N: b.N, Cols: b.Cols[:width]})
		if c.Set != nil {
			e.c.added = append(e.c.added, w.t.numbered(now, len(c.Relation.Visible())))
			e.c.became = append(e.c.became, became{e.c.old[len(e.c.old)-1], e.c.added[len(e.c.added)-1], u.sets(c.Set)})
		}
		visible := now.Cols[:len(c.Relation.Visible())]
		after = append(after, &batch.Batch{N: b.N, Cols: append(visible[:len(visible):len(visible)], b.Cols[width+len(c.Set):]...)})
	}
	if e.refused, err = w.s.checked(ctx, c.Checks, c.Relation, c.Set, visibleOf(c.Relation, e.c.added), args); err != nil {
		return nil, err
	}
	e.given, err = w.s.returned(ctx, c.Returning, after, args)
	return e, err
}

// read gives the rows that a statement changes. A row that joins with several others is changed once, with the first.
func (w *writing) read(ctx context.Context, c *bind.Change, args []batch.Column) ([]*batch.Batch, error) {
	to := &kept{}
	seen := map[int64]struct{}{}
	number := len(c.Relation.Columns) - 1
	err := w.s.query(ctx, c.Plan, each(func(b *batch.Batch) error {
		var sel batch.Sel
		for i, n := range batch.Values[int64](&b.Cols[number]) {
			if _, twice := seen[n]; !twice {
				seen[n] = struct{}{}
				sel = append(sel, uint32(i))
			}
		}
		if len(sel) == 0 {
			return nil
		}
		rows := b.Take(sel)
		rows.Diff = nil
		to.rows += int64(rows.N)
		to.batches = append(to.batches, rows)
		return nil
	}), args)
	return to.batches, err
}

// changed makes the new rows of an UPDATE, in the visible columns, of those of b that triggers let it change; a DELETE's are b's.
func (w *writing) changed(e *effect, c *bind.Change, b *batch.Batch, u *rules) (now, of *batch.Batch, err error) {
	width := len(c.Relation.Columns)
	if c.Set == nil {
		_, sel, err := w.s.e.gate.before(e.c, action.Change{Op: action.Delete}, nil, b)
		of = left(b, sel)
		return &batch.Batch{N: of.N, Cols: of.Cols[:width-1]}, of, err
	}
	now = &batch.Batch{N: b.N, Cols: append([]batch.Column(nil), b.Cols[:width-1]...)}
	for i, col := range c.Set {
		now.Cols[col] = b.Cols[width+i]
		if c.Default[i] {
			v, err := w.s.preset(w.s.catalog(), &c.Relation.Columns[col], b)
			if err != nil {
				return nil, nil, err
			}
			now.Cols[col] = v
		}
	}
	now, sel, err := w.s.e.gate.before(e.c, action.Change{Op: action.Update, Set: u.sets(c.Set)}, now, b)
	if err != nil {
		return nil, nil, err
	}
	now, err = u.complete(now)
	return now, left(b, sel), err
}

// preset is the default of a column for each row of b.
func (s *Session) preset(snap *catalog.Snapshot, c *catalog.Column, b *batch.Batch) (batch.Column, error) {
	x, err := bind.ColumnDefault(c, s.bindEnv(snap, nil))
	if err != nil {
		return batch.Column{}, err
	}
	local := s.Locale()
	eval := &expr.Ctx{Now: local.Now, Locale: local, Catalog: s.state()}
	out, err := project([]expr.Expr{x}, b, eval)
	if err != nil {
		return batch.Column{}, err
	}
	return out.Cols[0].Clone(), nil
}
