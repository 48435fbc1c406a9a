package session

import (
	"context"

	"github.com/vexfs/vexstream/engine/action"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/value"
	"github.com/vexfs/vexstream/sql/build"
	"github.com/vexfs/vexstream/sql/catalog"
)

// pair is a row that was to be inserted, and the number of the one that is there in its place: they have a key in common.
type pair struct {
	b      *batch.Batch
	row    uint32
	number int64
	key    int // of the relation's
	place  int // of the row among the statement's
}

// upsert works out INSERT ... ON CONFLICT, into e.
func (w *writing) upsert(ctx context.Context, x *insertion, u *rules, e *effect) error {
	fresh, places, met, err := w.sort(x)
	if err != nil {
		return err
	}
	var changed []*batch.Batch
	if len(met) > 0 && x.conflict.Update {
		var of []int
		if e.c.old, changed, of, err = w.meet(ctx, x, u, met, e.c); err != nil {
			return err
		}
		places = append(places, of...)
	}
	for _, b := range append(fresh, changed...) {
		e.c.added = append(e.c.added, w.t.numbered(b, len(w.r.Visible())))
	}
	for i, b := range e.c.old {
		e.c.became = append(e.c.became, became{b, e.c.added[len(fresh)+i], u.sets(x.conflict.Set)})
	}
	return w.finish(ctx, e, x, places)
}

// sort tells the rows that are new from those whose key another row has: one in the table, or an earlier one of the same
// statement. places are those of the new rows among the statement's.
func (w *writing) sort(x *insertion) (fresh []*batch.Batch, places []int, met []pair, err error) {
	arbiters := x.conflict.Keys
	if arbiters == nil {
		for k := range w.r.Keys {
			arbiters = append(arbiters, k)
		}
	}
	ed := w.tx.of(w.r, w.t)
	own := make([]map[string]struct{}, len(w.r.Keys))
	for _, k := range arbiters {
		own[k] = map[string]struct{}{}
	}
	hit := map[int64]struct{}{}
	twice := func() error {
		return sqlerr.New(sqlerr.CardinalityViolation, "ON CONFLICT DO UPDATE command cannot affect row a second time").
			WithHint("Ensure that no rows proposed for insertion within the same command have duplicate constrained values.")
	}
	var buf []byte
	first := 0
	for _, b := range x.rows {
		var sel batch.Sel
	rows:
		for i := range b.N {
			for _, k := range arbiters {
				key, ok := keyOf(buf[:0], b, i, w.r.Keys[k].Columns)
				if buf = key; !ok {
					continue
				}
				if _, mine := own[k][string(key)]; mine {
					if x.conflict.Update {
						return nil, nil, nil, twice()
					}
					continue rows
				}
				if n, taken := ed.owner(k, key); taken {
					if _, again := hit[n]; again && x.conflict.Update {
						return nil, nil, nil, twice()
					}
					hit[n] = struct{}{}
					met = append(met, pair{b, uint32(i), n, k, first + i})
					continue rows
				}
			}
			for _, k := range arbiters {
				if key, ok := keyOf(buf[:0], b, i, w.r.Keys[k].Columns); ok {
					own[k][string(key)] = struct{}{}
					buf = key
				}
			}
			sel, places = append(sel, uint32(i)), append(places, first+i)
		}
		if first += b.N; len(sel) > 0 {
			fresh = append(fresh, b.Take(sel))
		}
	}
	return fresh, places, met, nil
}

// meet gives the rows that DO UPDATE changes, as they were and as they become, and the places of those that they were
// to be. What triggers add to streams goes into c.
func (w *writing) meet(ctx context.Context, x *insertion, u *rules, met []pair, c *change) (old, now []*batch.Batch, places []int, err error) {
	there, err := w.rowsNumbered(ctx, met)
	if err != nil {
		return nil, nil, nil, err
	}
	width, visible := len(w.r.Columns), len(w.r.Visible())
	for lo := 0; lo < len(met); lo += batch.MaxRows {
		part := met[lo:min(lo+batch.MaxRows, len(met))]
		b := side(w.r, part, there)
		values, sel, err := w.conflictValues(ctx, x, b)
		if err != nil {
			return nil, nil, nil, err
		}
		if len(sel) == 0 {
			continue
		}
		b = b.Take(sel)
		next := &batch.Batch{N: b.N, Cols: append([]batch.Column(nil), b.Cols[:visible]...)}
		for i, col := range x.conflict.Set {
			next.Cols[col] = values.Cols[i].Clone()
		}
		next, stay, err := w.s.e.gate.before(c, action.Change{Op: action.Update, Set: u.sets(x.conflict.Set)}, next, b)
		if err != nil {
			return nil, nil, nil, err
		}
		if next, err = u.complete(next); err != nil {
			return nil, nil, nil, err
		}
		if b = left(b, stay); b.N == 0 {
			continue
		}
		for i, k := range stay {
			sel[i] = sel[k]
		}
		sel = sel[:b.N]
		old, now = append(old, &batch.Batch{N: b.N, Cols: b.Cols[:width]}), append(now, next)
		for _, i := range sel {
			places = append(places, part[i].place)
		}
	}
	return old, now, places, nil
}

// conflictValues gives the values of SET for the pairs that WHERE lets pass, and which these are.
func (w *writing) conflictValues(ctx context.Context, x *insertion, b *batch.Batch) (*batch.Batch, batch.Sel, error) {
	width, visible := len(w.r.Columns), len(w.r.Visible())
	if p := x.conflict.Plan; p != nil {
		out, numbers, err := w.s.overRows(ctx, p, []*batch.Batch{over(b, width, visible)}, x.args)
		if err != nil || len(out) == 0 {
			return nil, nil, err
		}
		sel := make(batch.Sel, len(numbers))
		for i, n := range numbers {
			sel[i] = uint32(n)
		}
		return inOne(out), sel, nil
	}
	local := w.s.Locale()
	eval := &expr.Ctx{Now: local.Now, Locale: local, Params: x.args, Catalog: w.s.stateWithin(ctx)}
	sel := make(batch.Sel, b.N)
	for i := range sel {
		sel[i] = uint32(i)
	}
	if x.conflict.Where != nil {
		var err error
		if sel, err = passing(x.conflict.Where, b, width, visible, eval); err != nil {
			return nil, nil, err
		}
		b = b.Take(sel)
	}
	if b.N == 0 {
		return nil, nil, nil
	}
	values, err := project(x.conflict.Values, over(b, width, visible), eval)
	return values, sel, err
}

// over is the visible columns of both rows of the pairs in b.
func over(b *batch.Batch, width, visible int) *batch.Batch {
	cols := append(append([]batch.Column(nil), b.Cols[:visible]...), b.Cols[width:]...)
	return &batch.Batch{N: b.N, Cols: cols}
}

func passing(cond expr.Expr, b *batch.Batch, width, visible int, eval *expr.Ctx) (batch.Sel, error) {
	out, err := project([]expr.Expr{cond}, over(b, width, visible), eval)
	if err != nil {
		return nil, err
	}
	var sel batch.Sel
	for i := range b.N {
		if !out.Cols[0].Null(i) && out.Cols[0].Bits.Get(i) {
			sel = append(sel, uint32(i))
		}
	}
	return sel, nil
}

// place is where a row lies.
type place struct {
	b   *batch.Batch
	row int
}

// side puts pairs side by side: all columns of the row that is there, and the visible ones of the other.
func side(r *catalog.Relation, pairs []pair, there map[int64]place) *batch.Batch {
	var to []*batch.Builder
	for _, c := range append(append([]catalog.Column(nil), r.Columns...), r.Visible()...) {
		to = append(to, batch.NewBuilder(c.Type, len(pairs)))
	}
	width := len(r.Columns)
	for _, p := range pairs {
		at := there[p.number]
		for i := range r.Columns {
			to[i].Append(&at.b.Cols[i], at.row)
		}
		for i := range r.Visible() {
			to[width+i].Append(&p.b.Cols[i], int(p.row))
		}
	}
	b := &batch.Batch{N: len(pairs)}
	for _, k := range to {
		b.Cols = append(b.Cols, k.Finish())
	}
	return b
}

// rowsNumbered finds rows by their numbers: among those that the block added, then in the table's contents.
func (w *writing) rowsNumbered(ctx context.Context, met []pair) (map[int64]place, error) {
	want := map[int64]bool{}
	for _, p := range met {
		want[p.number] = true
	}
	out := map[int64]place{}
	find := func(b *batch.Batch, copied bool) {
		for i, n := range rowNumbers(b) {
			if !want[n] {
				continue
			}
			if _, found := out[n]; found {
				continue
			}
			if copied {
				out[n] = place{b.Take(batch.Sel{uint32(i)}), 0}
			} else {
				out[n] = place{b, i}
			}
		}
	}
	for _, b := range w.tx.of(w.r, w.t).added {
		find(b, false)
	}
	for k := range w.r.Keys {
		if err := w.findBy(ctx, k, met, out, func(b *batch.Batch) { find(b, true) }); err != nil {
			return nil, err
		}
	}
	if len(out) < len(want) {
		return nil, concurrent()
	}
	return out, nil
}

// findBy visits the table's rows that pairs have key k in common with, and maybe others, unless they have been found.
func (w *writing) findBy(ctx context.Context, k int, met []pair, found map[int64]place, visit func(*batch.Batch)) error {
	f := build.Find{Columns: w.r.Keys[k].Columns}
	for _, p := range met {
		if _, there := found[p.number]; there || p.key != k {
			continue
		}
		var key []byte
		for _, c := range f.Columns {
			key = value.WideKey(key, &p.b.Cols[c], int(p.row))
		}
		f.Keys = append(f.Keys, key)
	}
	if f.Keys == nil {
		return nil
	}
	if err := w.s.e.indexBy(w.r, f.Columns); err != nil {
		return err
	}
	pins, _, err := w.s.e.Live.PinAll(ctx, []uint32{w.r.ID}, w.s.e.Committer.Last().No)
	if err != nil {
		return err
	}
	defer pins[w.r.ID].Release()
	return contents(ctx, pins[w.r.ID], &f, each(func(b *batch.Batch) error {
		visit(b)
		return nil
	}))
}
