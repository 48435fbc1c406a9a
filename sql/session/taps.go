package session

import (
	"context"
	"slices"
	"sync"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/build"
	"github.com/vexfs/vexstream/window"
)

// Samples kept of what went aside, per view; past them only the counts go on.
const maxSamples = 100

// LateRow is a row that came too late for windows of a view.
type LateRow struct {
	View                   string
	WindowStart, WindowEnd types.Micros
	Windows                int64
	Watermark              types.Micros
	Row                    *batch.Batch // one row
	Columns                []string     // its columns' names
}

// DeadLetter is a row that a view could not evaluate.
type DeadLetter struct {
	View, Operator string
	Code           sqlerr.Code
	Message        string
	Row            *batch.Batch
	Columns        []string
}

// Aside is what went aside of one view: counts by weight, so that a row taken back takes its report back.
type Aside struct {
	View     string
	Late     int64
	Dead     int64
	LateRows []LateRow
	DeadRows []DeadLetter

	recent []lateEpoch
}

// taps collects rows that went aside.
type taps struct {
	mu sync.Mutex        // guards by
	by map[uint32]*Aside // by view
}

func (t *taps) of(view uint32) *Aside {
	if t.by == nil {
		t.by = map[uint32]*Aside{}
	}
	if t.by[view] == nil {
		t.by[view] = &Aside{}
	}
	return t.by[view]
}

func (t *taps) drop(view uint32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.by, view)
}

// viewTap reports the rows that one view leaves aside. The view's group calls it from one goroutine at a time.
type viewTap struct {
	t       *taps
	view    uint32
	name    func() string                  // the view's, which may change
	columns func(relation uint32) []string // names of a relation's visible columns

	stream   *lateStream  // nil: late rows go nowhere but into the samples
	relation uint32       // whose rows the view is being given
	rows     *batch.Batch // all columns of them; borrowed
}

// whole notes the rows that the view is being given.
func (v *viewTap) whole(relation uint32, rows *batch.Batch) { v.relation, v.rows = relation, rows }

// row copies a row that was left aside: as it stands in the relation that it comes from, where that is known, and else
// as the operator was given it.
func (v *viewTap) row(b *batch.Batch, row int, at build.Aside) (*batch.Batch, []string) {
	if place, ok := v.placeOf(b, row, at); ok {
		return v.rows.Take(batch.Sel{uint32(place)}), v.columns(v.relation)
	}
	return b.Take(batch.Sel{uint32(row)}), names(at.Schema)
}

// placeOf finds a row that was left aside among those that the view is being given.
func (v *viewTap) placeOf(b *batch.Batch, row int, at build.Aside) (place int, ok bool) {
	if v.rows == nil || at.Relation != v.relation {
		return 0, false
	}
	return placeOf(v.rows, b.SeqAt(row))
}

// placeOf finds the one row of b that has place seq in its epoch.
func placeOf(b *batch.Batch, seq uint32) (place int, ok bool) {
	if n := int64(seq) - int64(b.Seq0); b.Seq == nil && len(b.Diff) == 0 { // they stand one after the other
		return int(n), n >= 0 && n < int64(b.N)
	}
	for i := range b.N {
		if b.SeqAt(i) != seq {
			continue
		}
		if ok {
			return 0, false // the rows of a view may share places
		}
		place, ok = i, true
	}
	return place, ok
}

// late keeps a sample of a row that came too late, and counts it.
func (v *viewTap) late(_ context.Context, r *window.Late, at build.Aside) error {
	if v.stream != nil {
		if err := v.write(r, at); err != nil {
			return err
		}
	}
	v.t.mu.Lock()
	defer v.t.mu.Unlock()
	a := v.t.of(v.view)
	a.Late += r.Batch.Weight(r.Row)
	a.count(r.Batch.Epoch, r.Batch.Weight(r.Row), r.Watermark)
	if len(a.LateRows) < maxSamples {
		row, columns := v.row(r.Batch, r.Row, at)
		a.LateRows = append(a.LateRows, LateRow{
			WindowStart: r.WindowStart, WindowEnd: r.WindowEnd, Windows: r.Windows,
			Watermark: r.Watermark, Row: row, Columns: columns,
		})
	}
	return nil
}

// write gives a late row to the stream that is to have them.
func (v *viewTap) write(r *window.Late, at build.Aside) error {
	if place, ok := v.placeOf(r.Batch, r.Row, at); ok {
		return v.stream.add(v.name(), r, v.rows, place, at.Relation, nil)
	}
	return v.stream.add(v.name(), r, r.Batch, r.Row, 0, at.Schema)
}

func names(s batch.Schema) []string {
	out := make([]string, len(s))
	for i, f := range s {
		out[i] = f.Name
	}
	return out
}

// dead keeps a sample of a row that could not be evaluated, and counts it.
func (v *viewTap) dead(_ context.Context, op string, err error, b *batch.Batch, row int, at build.Aside) {
	v.t.mu.Lock()
	defer v.t.mu.Unlock()
	a := v.t.of(v.view)
	a.Dead += b.Weight(row)
	if len(a.DeadRows) == maxSamples {
		return
	}
	d := DeadLetter{Operator: op, Code: sqlerr.CodeOf(err), Message: err.Error()}
	if e, ok := sqlerr.As(err); ok {
		d.Message = e.Message
	}
	d.Row, d.Columns = v.row(b, row, at)
	a.DeadRows = append(a.DeadRows, d)
}

// named is a copy with the view's name, which may have changed since.
func (a *Aside) named(view string) Aside {
	c := *a
	c.View, c.LateRows, c.DeadRows = view, slices.Clone(a.LateRows), slices.Clone(a.DeadRows)
	for i := range c.LateRows {
		c.LateRows[i].View = view
	}
	for i := range c.DeadRows {
		c.DeadRows[i].View = view
	}
	return c
}

// Asides gives what went aside, of every view that had any.
func (e *Engine) Asides() []Aside {
	e.taps.mu.Lock()
	defer e.taps.mu.Unlock()
	var out []Aside
	for _, r := range e.Catalog().Relations() {
		a := Aside{View: r.QualifiedName()}
		if tapped := e.taps.by[r.ID]; tapped != nil {
			a = tapped.named(a.View)
		}
		if e.letters.add(r.ID, &a); a.Late != 0 || a.Dead != 0 || len(a.LateRows)+len(a.DeadRows) > 0 {
			out = append(out, a)
		}
	}
	return out
}
