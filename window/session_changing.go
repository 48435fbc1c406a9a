package window

import (
	"context"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// ChangingSession is session windows over rows that come and go, in any order: a row may join two sessions, and where one
// goes a session may fall apart. What it gives are rows with the bounds of their sessions, taken back when these change.
type ChangingSession struct {
	*op.Recompute
	times finite
}

// NewChangingSession makes a ChangingSession over input of the given schema. Rows whose time is infinite, or so far away
// that its session has no end, are dead letters.
func NewChangingSession(spec SessionSpec, input batch.Schema, env *op.Env, next stream.Sink) *ChangingSession {
	r := op.RecomputeSpec{
		Name: "session", Input: input, Order: spec.order(), Prefix: len(spec.Keys), Drop: spec.Drop,
		Cut: func(a, b string) bool { return placeTime(b)-placeTime(a) >= spec.Gap }, Results: boundsSchema(input[spec.Time].Type),
		Compute: func(r *op.Region) ([]batch.Column, error) { return spec.bounds(&r.Rows), nil },
	}
	return &ChangingSession{Recompute: op.NewRecompute(r, env, next), times: finite{col: spec.Time, gap: spec.Gap, env: env}}
}

// Push puts rows in their places.
func (s *ChangingSession) Push(ctx context.Context, b *batch.Batch) error {
	b = s.times.only(ctx, b)
	if b.N == 0 {
		return nil
	}
	return s.Recompute.Push(ctx, b)
}

// order is by keys and then by time.
func (s *SessionSpec) order() []op.OrderKey {
	var out []op.OrderKey
	for _, k := range s.Keys {
		out = append(out, op.OrderKey{Col: k})
	}
	return append(out, op.OrderKey{Col: s.Time})
}

// placeTime is the time at the end of a place in that order.
func placeTime(place string) types.Micros {
	return types.Micros(types.OrderedInt([]byte(place[len(place)-8:])))
}

func boundsSchema(t types.Type) batch.Schema {
	var out batch.Schema
	for _, name := range Columns {
		out = append(out, batch.Field{Name: name, Type: t, NotNull: true})
	}
	return out
}

// bounds gives window_start, window_end and window_time of rows of one key that are in order.
func (s *SessionSpec) bounds(rows *batch.Batch) []batch.Column {
	ts := batch.Values[types.Micros](&rows.Cols[s.Time])[:rows.N]
	starts, ends, lasts := batch.MakeValues[types.Micros](rows.N), batch.MakeValues[types.Micros](rows.N), batch.MakeValues[types.Micros](rows.N)
	for lo := 0; lo < len(ts); {
		hi := lo + 1
		for hi < len(ts) && ts[hi]-ts[hi-1] < s.Gap {
			hi++
		}
		for i := lo; i < hi; i++ {
			starts[i], ends[i], lasts[i] = ts[lo], ts[hi-1]+s.Gap, ts[hi-1]+s.Gap-1
		}
		lo = hi
	}
	t := rows.Cols[s.Time].Type
	return []batch.Column{batch.FixedOf(t, starts, nil), batch.FixedOf(t, ends, nil), batch.FixedOf(t, lasts, nil)}
}

// finite leaves out rows without a time that a session can have.
type finite struct {
	col  int
	gap  types.Micros
	env  *op.Env
	good []uint32
}

// only gives the rows with a time that a session can have; the others are dead letters.
func (f *finite) only(ctx context.Context, b *batch.Batch) *batch.Batch {
	c := &b.Cols[f.col]
	ts := batch.Values[types.Micros](c)[:b.N]
	if c.Valid == nil && f.all(ts) {
		return b
	}
	good := f.good[:0]
	for i, t := range ts {
		if !c.Null(i) && t >= MinEventTime && t <= MaxEventTime-f.gap {
			good = append(good, uint32(i))
			continue
		}
		if f.env.DeadLetter != nil {
			err := sqlerr.New(sqlerr.DatetimeFieldOverflow, "a row without a finite event time belongs to no window")
			f.env.DeadLetter(ctx, "window", err, b, i)
		}
	}
	if f.good = good; len(good) == b.N {
		return b
	}
	return b.Take(good)
}

// all says whether every time is one that a session can have, by the least and the greatest of them.
func (f *finite) all(ts []types.Micros) bool {
	least, greatest := MinEventTime, MaxEventTime-f.gap
	for _, t := range ts {
		least, greatest = min(least, t), max(greatest, t)
	}
	return least == MinEventTime && greatest == MaxEventTime-f.gap
}
