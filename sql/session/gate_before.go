package session

import (
	"slices"

	"github.com/vexfs/vexstream/engine/action"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/catalog"
)

// asides keeps what BEFORE triggers of a table add to streams until the transaction commits.
type asides []action.Added

// Beside keeps a copy.
func (a *asides) Beside(t epoch.Target, b *batch.Batch) error {
	*a = append(*a, action.Added{Target: t, Rows: b.Clone()})
	return nil
}

// tell adds what was kept to the statement that commits.
func (a asides) tell(to *epoch.Statement) error {
	for _, x := range a {
		if err := to.Beside(x.Target, x.Rows); err != nil {
			return err
		}
	}
	return nil
}

// before has the BEFORE triggers of a table act on rows of a statement. now is the rows as they become, in the visible columns and without the
// values of generated ones, nil for a DELETE; old is what they were, nil for an INSERT. It gives now as it is left, and which of the rows
// these are; nil: all. What triggers add to streams goes into c. The table's lock is held.
func (g *gate) before(c *change, as action.Change, now, old *batch.Batch) (left *batch.Batch, sel batch.Sel, err error) {
	l := g.list(c.r.ID)
	if l == nil || !l.Changes() {
		return now, nil, nil
	}
	n := len(c.r.Visible())
	as.Width = n
	rows := &batch.Batch{}
	for _, b := range []*batch.Batch{now, old} {
		if b != nil {
			rows.N = b.N
		}
	}
	for i, b := range []*batch.Batch{now, old} {
		switch {
		case b == nil:
			rows.Cols = append(rows.Cols, noRows(c.r, rows.N)...)
		case i == 0:
			rows.Cols = append(rows.Cols, ungenerated(c.r, b).Cols...)
		default:
			rows.Cols = append(rows.Cols, b.Cols[:n]...)
		}
	}
	out, sel, err := l.Before(g.clock(), g.clock, as, rows, &c.asides)
	if err != nil || now == nil {
		return now, sel, err
	}
	return &batch.Batch{N: out.N, Cols: out.Cols[:n:n]}, sel, nil
}

// ungenerated is rows in the visible columns as BEFORE triggers see them: what is generated is not there yet.
func ungenerated(r *catalog.Relation, b *batch.Batch) *batch.Batch {
	out := &batch.Batch{N: b.N, Cols: slices.Clone(b.Cols[:len(r.Visible())])}
	for i, c := range r.Visible() {
		if c.Generated != "" {
			out.Cols[i] = batch.NullColumn(c.Type, b.N)
		}
	}
	return out
}

// left are the rows of b that before has left.
func left(b *batch.Batch, sel batch.Sel) *batch.Batch {
	if sel == nil {
		return b
	}
	return b.Take(sel)
}

// mustFollow is before for rows that a foreign key takes along: a trigger may change them, and not hold them back.
func (g *gate) mustFollow(c *change, f *catalog.ForeignKey, as action.Change, now, old *batch.Batch) (*batch.Batch, error) {
	now, sel, err := g.before(c, as, now, old)
	if err == nil && sel != nil && len(sel) < old.N {
		err = sqlerr.New(sqlerr.TriggeredDataChangeViolation, "a trigger of %q holds back rows that foreign key %q takes along", c.r.Name, f.Name).
			WithHint("Have the trigger's condition leave them out, or the foreign key say NO ACTION.")
	}
	return now, err
}
