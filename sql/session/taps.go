package session

import (
	"context"
	"slices"
	"sync"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
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
	Row                    *batch.Batch // one row, in the columns that the view's window reads
	Columns                []string     // their names
}

// DeadLetter is a row that a view could not evaluate.
type DeadLetter struct {
	View, Operator string
	Code           sqlerr.Code
	Message        string
	Row            *batch.Batch
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

type lateTap struct {
	t    *taps
	view uint32
}

func (t *taps) late(view uint32) window.LateSink { return lateTap{t, view} }

// Late keeps a sample and counts.
func (l lateTap) Late(_ context.Context, r *window.Late) error {
	l.t.mu.Lock()
	defer l.t.mu.Unlock()
	a := l.t.of(l.view)
	a.Late += r.Batch.Weight(r.Row)
	a.count(r.Batch.Epoch, r.Batch.Weight(r.Row), r.Watermark)
	if len(a.LateRows) < maxSamples {
		a.LateRows = append(a.LateRows, LateRow{
			WindowStart: r.WindowStart, WindowEnd: r.WindowEnd, Windows: r.Windows,
			Watermark: r.Watermark, Row: r.Batch.Take(batch.Sel{uint32(r.Row)}), Columns: names(r.Schema),
		})
	}
	return nil
}

func names(s batch.Schema) []string {
	out := make([]string, len(s))
	for i, f := range s {
		out[i] = f.Name
	}
	return out
}

func (t *taps) deadLetter(view uint32) func(ctx context.Context, op string, err error, b *batch.Batch, row int) {
	return func(_ context.Context, op string, err error, b *batch.Batch, row int) {
		t.mu.Lock()
		defer t.mu.Unlock()
		a := t.of(view)
		a.Dead += b.Weight(row)
		if len(a.DeadRows) < maxSamples {
			message := err.Error()
			if e, ok := sqlerr.As(err); ok {
				message = e.Message
			}
			a.DeadRows = append(a.DeadRows, DeadLetter{
				Operator: op, Code: sqlerr.CodeOf(err), Message: message,
				Row: b.Take(batch.Sel{uint32(row)}),
			})
		}
	}
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
		if a := e.taps.by[r.ID]; a != nil {
			out = append(out, a.named(r.QualifiedName()))
		}
	}
	return out
}
