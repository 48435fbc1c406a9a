package op

import (
	"sync/atomic"

	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// Idle says which groups of an Aggregate are forgotten: those whose newest row has a time of Limit or before. Who listens
// is told. A row as old as that does not count. The input only adds rows.
type Idle struct {
	Time int // a column of the input, a timestamp
	// Limit never falls. It moves in steps, because all groups are looked at when it does.
	Limit func(stream.Watermarks) types.Micros
}

// idling is an Aggregate's Idle at work. The time of a group's newest row is a call behind those of the result.
type idling struct {
	*Idle
	call   int
	limit  types.Micros // as of the last Advance
	good   []uint32
	gone   []uint32
	lapsed atomic.Int64 // groups that were forgotten, and rows that were too old
}

// calls adds to calls the time of a group's newest row.
func (i *Idle) calls(in batch.Schema, calls []agg.Call) ([]agg.Call, error) {
	newest, err := agg.Resolve("max", []types.Type{in[i.Time].Type}, false)
	return append(calls[:len(calls):len(calls)], agg.Call{Func: newest, Column: i.Time, Filter: -1}), err
}

// inTime leaves out rows that are too old.
func (i *idling) inTime(b *batch.Batch) *batch.Batch {
	i.good = timely(i.good[:0], b, i.Time, i.limit)
	if len(i.good) == b.N {
		return b
	}
	i.lapsed.Add(int64(b.N - len(i.good)))
	return b.Take(i.good)
}

// timely gives the rows of b whose time is later than limit, or unknown.
func timely(dst []uint32, b *batch.Batch, col int, limit types.Micros) []uint32 {
	c := &b.Cols[col]
	for i, at := range batch.Values[types.Micros](c)[:b.N] {
		if at > limit || c.Null(i) {
			dst = append(dst, uint32(i))
		}
	}
	return dst
}

// lapse moves the limit, and makes the groups empty that it has passed. They are still to be released.
func (a *Aggregate) lapse(w stream.Watermarks) {
	e := a.idling
	limit := max(e.limit, e.Limit(w))
	if e.gone = e.gone[:0]; limit == e.limit {
		return
	}
	e.limit = limit
	f := a.groups.Freeze()
	newest := batch.NewBuilder(a.shape.Layout.Calls[e.call].Result, 64)
	var rows []uint32
	for r := range uint32(f.View.Len()) {
		if f.Live(r) && f.Shape.Layout.Append(newest, e.call, f.View.Row(r), nil, f.Strings) == nil {
			rows = append(rows, r)
		}
	}
	c := newest.Finish()
	for i, at := range batch.Values[types.Micros](&c)[:len(rows)] {
		if at <= limit && !c.Null(i) {
			e.gone = append(e.gone, rows[i])
		}
	}
	for _, weight := range a.groups.Pages.Touch(e.gone, nil) {
		*state.At[uint64](weight, 0) = 0
	}
	if a.groups.Track {
		a.groups.mark(e.gone)
	}
	e.lapsed.Add(int64(len(e.gone)))
}

// Lapsed counts the groups that were forgotten, and the rows that were too old, since the Aggregate was made. It may be
// called from any goroutine.
func (a *Aggregate) Lapsed() int64 {
	if a.idling == nil {
		return 0
	}
	return a.idling.lapsed.Load()
}
