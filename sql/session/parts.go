package session

import (
	"context"
	"fmt"
	"slices"

	"github.com/vexfs/vexstream/engine/action"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/bind"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/plan"
)

// effect is what a statement does to a relation: worked out first, and done when all that belongs together is worked out.
type effect struct {
	c     *change
	given []*batch.Batch // of RETURNING
	count int64
	// refused is what a view's CHECK OPTION says against it. Keys and foreign keys have the word before that.
	refused error
}

// mainPart is the statement behind a WITH.
const mainPart = 0

// runParts runs a statement that changes rows, with what its WITH changes: all of it reads what was there before.
func (s *Session) runParts(ctx context.Context, p *Prepared, args []batch.Column, out Output) (string, error) {
	parts := p.parts()
	var rs []*catalog.Relation
	for _, part := range parts {
		if r := part.relation(); !slices.Contains(rs, r) {
			rs = append(rs, r)
		}
	}
	result := &kept{}
	var last *effect
	defer func() { s.rowsOf = nil }()
	err := s.writesAll(ctx, rs, false, out, func(tx *transaction) error {
		s.rowsOf = map[int][]*batch.Batch{}
		var done []*effect
		taken := map[uint32]map[int64]bool{} // rows that an earlier part changes are left to it
		for _, part := range parts {
			e, err := s.work(ctx, tx, part, args)
			if err != nil {
				return err
			}
			e.leave(taken)
			if done = append(done, e); part.id == mainPart {
				last = e
			} else {
				s.rowsOf[part.id] = s.asWorking(e.given)
			}
		}
		if p.plan != nil {
			if err := s.query(ctx, p.plan, &singly{out: keeping{to: result}}, args); err != nil {
				return err
			}
		}
		for _, e := range done {
			if err := s.done(ctx, tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	if p.plan != nil {
		return "SELECT", sendAll(ctx, result.batches, out)
	}
	return tagOf(p.stmt.Stmt, last.count), sendAll(ctx, last.given, out)
}

func tagOf(st ast.Stmt, count int64) string {
	if _, ok := st.(*ast.Insert); ok {
		return fmt.Sprintf("INSERT 0 %d", count)
	}
	return fmt.Sprintf("%s %d", st.Tag(), count)
}

// statementPart is a statement of a WITH, or the one behind it.
type statementPart struct {
	id     int
	write  *bind.Write
	change *bind.Change
	merge  *bind.Merge
}

func (p *statementPart) relation() *catalog.Relation {
	switch {
	case p.write != nil:
		return p.write.Relation
	case p.change != nil:
		return p.change.Relation
	}
	return p.merge.Relation
}

// parts lists the statements of a WITH and, if it changes rows, the one behind it.
func (p *Prepared) parts() []statementPart {
	var out []statementPart
	for _, x := range p.with {
		out = append(out, statementPart{x.ID, x.Write, x.Change, x.Merge})
	}
	if p.write != nil || p.change != nil || p.merge != nil {
		out = append(out, statementPart{mainPart, p.write, p.change, p.merge})
	}
	return out
}

// work works out what a part does.
func (s *Session) work(ctx context.Context, tx *transaction, p statementPart, args []batch.Column) (*effect, error) {
	r := p.relation()
	w := &writing{s: s, r: r, tx: tx, t: tx.edits[r.ID].t}
	switch {
	case p.write != nil:
		to := &kept{}
		if err := s.insertedRows(ctx, p.write, args, to); err != nil {
			return nil, err
		}
		if r.Kind == catalog.Stream {
			refused, err := s.checked(ctx, p.write.Checks, r, gives(p.write), to.batches, args)
			if err != nil {
				return nil, err
			}
			given, err := s.returned(ctx, p.write.Returning, to.batches, args)
			return &effect{c: &change{r: r, added: to.batches}, given: given, count: to.rows, refused: refused}, err
		}
		x := &insertion{r: r, rows: to.batches, conflict: p.write.Conflict, checks: p.write.Checks, returning: p.write.Returning, gave: gives(p.write), args: args}
		return w.insert(ctx, x)
	case p.change != nil:
		return w.change(ctx, p.change, args)
	}
	return w.merge(ctx, p.merge, args)
}

// leave takes out of an effect what it does to rows that earlier ones change.
func (e *effect) leave(taken map[uint32]map[int64]bool) {
	id := e.c.r.ID
	if taken[id] == nil {
		taken[id] = map[int64]bool{}
	}
	for k, b := range e.c.old {
		var sel batch.Sel
		for i, n := range rowNumbers(b) {
			if !taken[id][n] {
				taken[id][n] = true
				sel = append(sel, uint32(i))
			}
		}
		if len(sel) == b.N {
			continue
		}
		e.count -= int64(b.N - len(sel))
		e.c.old[k] = b.Take(sel)
		for i := range e.c.became {
			p := &e.c.became[i]
			if p.old != b {
				continue
			}
			now := p.now.Take(sel)
			e.c.added[slices.Index(e.c.added, p.now)] = now
			p.old, p.now = e.c.old[k], now
		}
		if k < len(e.given) && e.given[k].N == b.N {
			e.given[k] = e.given[k].Take(sel)
		}
	}
}

// asWorking is rows as a query takes them in.
func (s *Session) asWorking(rows []*batch.Batch) []*batch.Batch {
	ep := &batch.Epoch{Time: s.e.Committer.Now()}
	out := make([]*batch.Batch, len(rows))
	n := uint32(0)
	for i, b := range rows {
		c := *b
		c.Epoch, c.Seq, c.Seq0, c.Diff = ep, nil, n, nil
		n += uint32(b.N)
		out[i] = &c
	}
	return out
}

// overRows runs a plan over rows, which it finds as the Working GivenID, with their numbers as its last column. It gives
// what the plan gives without the numbers, and these.
func (s *Session) overRows(ctx context.Context, p plan.Node, rows []*batch.Batch, args []batch.Column) (out []*batch.Batch, numbers []int64, err error) {
	var in []*batch.Batch
	next := int64(0)
	for _, b := range rows {
		n := batch.NewBuilder(types.Int8, b.N)
		for range b.N {
			batch.Put(n, next)
			next++
		}
		in = append(in, &batch.Batch{N: b.N, Cols: append(slices.Clone(b.Cols), n.Finish())})
	}
	was := s.rowsOf
	parts := map[int][]*batch.Batch{bind.GivenID: s.asWorking(in)}
	for id, rows := range was {
		parts[id] = rows
	}
	s.rowsOf = parts
	defer func() { s.rowsOf = was }()
	to := &kept{}
	if err := s.query(ctx, p, &singly{out: keeping{to: to}}, args); err != nil {
		return nil, nil, err
	}
	for _, b := range to.batches {
		at := len(b.Cols) - 1
		numbers = append(numbers, batch.Values[int64](&b.Cols[at])...)
		out = append(out, &batch.Batch{N: b.N, Cols: b.Cols[:at:at]})
	}
	return out, numbers, nil
}

// inOne gives rows as one batch.
func inOne(rows []*batch.Batch) *batch.Batch {
	if len(rows) == 1 {
		return rows[0]
	}
	out := &batch.Batch{}
	for c := range rows[0].Cols {
		to := batch.NewBuilder(rows[0].Cols[c].Type, batch.MaxRows)
		for _, b := range rows {
			for i := range b.N {
				to.Append(&b.Cols[c], i)
			}
		}
		out.Cols = append(out.Cols, to.Finish())
		out.N = out.Cols[c].N
	}
	return out
}

// inOrder gives rows by the places that they have.
func inOrder(rows []*batch.Batch, places []int) []*batch.Batch {
	if len(rows) == 0 || slices.IsSorted(places) {
		return rows
	}
	at := make([]place, 0, len(places))
	for _, b := range rows {
		for i := range b.N {
			at = append(at, place{b, i})
		}
	}
	order := make([]int, len(places))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return places[a] - places[b] })
	var out []*batch.Batch
	for lo := 0; lo < len(order); lo += batch.MaxRows {
		part := order[lo:min(lo+batch.MaxRows, len(order))]
		b := &batch.Batch{N: len(part)}
		for c := range rows[0].Cols {
			to := batch.NewBuilder(rows[0].Cols[c].Type, len(part))
			for _, i := range part {
				to.Append(&at[i].b.Cols[c], at[i].row)
			}
			b.Cols = append(b.Cols, to.Finish())
		}
		out = append(out, b)
	}
	return out
}

// merge works out a MERGE.
func (w *writing) merge(ctx context.Context, m *bind.Merge, args []batch.Column) (*effect, error) {
	u, err := w.s.rules(w.r)
	if err != nil {
		return nil, err
	}
	for _, a := range m.Actions {
		for i, c := range a.Set {
			if !a.Default[i] {
				u.gave = append(u.gave, c)
			}
		}
	}
	rows := &kept{}
	if err := w.s.query(ctx, m.Plan, &singly{out: keeping{to: rows}}, args); err != nil {
		return nil, err
	}
	e := &effect{c: &change{r: w.r, t: w.t}}
	seen := map[int64]bool{}
	width := len(w.r.Columns)
	for _, b := range rows.batches {
		from := width + 1
		for k, a := range m.Actions {
			var sel batch.Sel
			for i := range b.N {
				if c := &b.Cols[width]; !c.Null(i) && batch.Values[int32](c)[i] == int32(k) {
					sel = append(sel, uint32(i))
				}
			}
			values := from
			from += len(a.Set)
			if len(sel) == 0 || a.Kind == "nothing" {
				continue
			}
			if err := w.act(e, u, a, b.Take(sel), values, seen); err != nil {
				return nil, err
			}
		}
	}
	return e, nil
}

// act adds what one action of a MERGE does to the rows of b. The action's values begin at column values.
func (w *writing) act(e *effect, u *rules, a bind.MergeAction, b *batch.Batch, values int, seen map[int64]bool) error {
	width := len(w.r.Columns)
	if a.Kind != "insert" {
		for _, n := range batch.Values[int64](&b.Cols[width-1]) {
			if seen[n] {
				return sqlerr.New(sqlerr.CardinalityViolation, "MERGE command cannot affect row a second time").
					WithHint("Ensure that not more than one source row matches any one target row.")
			}
			seen[n] = true
		}
	}
	now, b, err := w.acted(e, u, a, b, values)
	if err != nil || b.N == 0 {
		return err
	}
	e.count += int64(b.N)
	if a.Kind != "insert" {
		e.c.old = append(e.c.old, &batch.Batch{N: b.N, Cols: b.Cols[:width:width]})
	}
	if a.Kind == "delete" {
		return nil
	}
	e.c.added = append(e.c.added, w.t.numbered(now, len(w.r.Visible())))
	if a.Kind == "update" {
		e.c.became = append(e.c.became, became{e.c.old[len(e.c.old)-1], e.c.added[len(e.c.added)-1], u.sets(a.Set)})
	}
	return nil
}

// acted is the rows that an action of a MERGE makes, in the visible columns, of those of b that triggers let it.
func (w *writing) acted(e *effect, u *rules, a bind.MergeAction, b *batch.Batch, values int) (now, of *batch.Batch, err error) {
	if a.Kind == "delete" {
		_, sel, err := w.s.e.gate.before(e.c, action.Change{Op: action.Delete}, nil, b)
		return nil, left(b, sel), err
	}
	now = &batch.Batch{N: b.N, Cols: slices.Clone(b.Cols[:len(w.r.Columns)-1])}
	for i, col := range a.Set {
		now.Cols[col] = b.Cols[values+i]
		if a.Default[i] {
			v, err := w.s.preset(w.s.catalog(), &w.r.Columns[col], b)
			if err != nil {
				return nil, nil, err
			}
			now.Cols[col] = v
		}
	}
	as, old := action.Change{Op: action.Insert}, (*batch.Batch)(nil)
	if a.Kind == "update" {
		as, old = action.Change{Op: action.Update, Set: u.sets(a.Set)}, b
	}
	now, sel, err := w.s.e.gate.before(e.c, as, now, old)
	if err != nil {
		return nil, nil, err
	}
	now, err = u.complete(now)
	return now, left(b, sel), err
}
