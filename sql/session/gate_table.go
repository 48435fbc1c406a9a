package session

import (
	"slices"

	"github.com/vexfs/vexstream/engine/action"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/sql/catalog"
)

// changed has the triggers of tables see what a transaction commits, statement by statement: what they add goes into the
// same epoch. The tables' locks are held.
func (g *gate) changed(to *epoch.Statement, changes []*change) error {
	for _, c := range changes {
		if c.t == nil || c.untold {
			continue
		}
		if err := c.asides.tell(to); err != nil {
			return err
		}
		l := g.list(c.r.ID)
		if l == nil || l.Len() == 0 {
			continue
		}
		err := c.each(func(as action.Change, rows *batch.Batch) error {
			return l.After(g.clock(), g.clock, as, rows, to)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// each visits what becomes of the rows of a change: rows as they become, and behind those columns as they were, in the
// visible columns.
func (c *change) each(visit func(as action.Change, rows *batch.Batch) error) error {
	n := len(c.r.Visible())
	for _, b := range c.old {
		if b.N == 0 || slices.ContainsFunc(c.became, func(p became) bool { return p.old == b }) {
			continue
		}
		rows := &batch.Batch{N: b.N, Cols: append(noRows(c.r, b.N), b.Cols[:n]...)}
		if err := visit(action.Change{Op: action.Delete, Width: n}, rows); err != nil {
			return err
		}
	}
	for _, b := range c.added {
		if b.N == 0 {
			continue
		}
		as, rows := action.Change{Op: action.Insert, Width: n}, &batch.Batch{N: b.N, Cols: slices.Clone(b.Cols[:n])}
		if i := slices.IndexFunc(c.became, func(p became) bool { return p.now == b }); i >= 0 {
			as.Op, as.Set = action.Update, c.became[i].set
			rows.Cols = append(rows.Cols, c.became[i].old.Cols[:n]...)
		} else {
			rows.Cols = append(rows.Cols, noRows(c.r, b.N)...)
		}
		if err := visit(as, rows); err != nil {
			return err
		}
	}
	return nil
}

// noRows are the visible columns of n rows that are not there: nulls.
func noRows(r *catalog.Relation, n int) []batch.Column {
	out := make([]batch.Column, 0, 2*len(r.Visible()))
	for _, c := range r.Visible() {
		out = append(out, batch.NullColumn(c.Type, n))
	}
	return out
}
