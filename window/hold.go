package window

import (
	"context"
	"errors"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// Hold keeps rows that have their windows back until these are over: each leaves once, when the watermark has passed its
// window's end by what is allowed. A row that comes after that is late. Its input only adds rows.
type Hold struct {
	close     CloseSpec
	input     batch.Schema
	start     int          // column of the window's start
	end       int          // column of its end
	plus      types.Micros // how long after its end it is over
	next      stream.Sink
	rows      *op.Partitions // by the ends of their windows
	watermark types.Micros
	epoch     uint64
	good      []uint32
	meter     *op.Meter
}

// NewHold makes a Hold over input of the given schema, that of an Assign: the last three columns are the window's.
func NewHold(c CloseSpec, input batch.Schema, env *op.Env, next stream.Sink) *Hold {
	start := len(input) - len(Columns)
	return newHold(c, input, start, start+1, 0, env, next)
}

// NewOrder makes a Hold that keeps rows back until the watermark has passed their time, which is in a column and never
// null: those of an epoch then leave in the order of their times, and no later row is before one that left, or equal to it
// in time.
func NewOrder(c CloseSpec, input batch.Schema, time int, env *op.Env, next stream.Sink) *Hold {
	return newHold(c, input, time, time, 1, env, next)
}

func newHold(c CloseSpec, input batch.Schema, start, end int, plus types.Micros, env *op.Env, next stream.Sink) *Hold {
	return &Hold{
		close: c, input: input, start: start, end: end, plus: plus, next: next, watermark: types.MinTime,
		rows: op.NewPartitions([]op.OrderKey{{Col: end}}, 0, false), meter: op.NewMeter(env, "window"),
	}
}

// SetNext sets where rows go.
func (h *Hold) SetNext(next stream.Sink) { h.next = next }

// Listen does nothing: rows whose windows close are always sent.
func (h *Hold) Listen(bool) {}

// Bytes is the memory of the state.
func (h *Hold) Bytes() int64 { return h.rows.Bytes() }

// limit is the end of windows that are over.
func (h *Hold) limit() types.Micros { return h.watermark.Sub(h.close.Allowed).Sub(h.plus) }

// Push takes in the rows whose windows are not over.
func (h *Hold) Push(ctx context.Context, b *batch.Batch) error {
	if b.Epoch != nil {
		h.rows.SetEpoch(b.Epoch.No)
	}
	good, limit := h.good[:0], h.limit()
	for i, end := range batch.Values[types.Micros](&b.Cols[h.end])[:b.N] {
		if end > limit {
			good = append(good, uint32(i))
		} else if err := h.report(ctx, b, i); err != nil {
			return err
		}
	}
	if h.good = good; len(good) < b.N {
		b = b.Take(good)
	}
	if err := h.rows.Add(b); err != nil {
		return err
	}
	return h.meter.Set(h.Bytes())
}

func (h *Hold) report(ctx context.Context, b *batch.Batch, i int) error {
	if h.close.Late == nil {
		return nil
	}
	late := Late{
		View: h.close.View, Windows: 1, Whole: true, Watermark: h.watermark, Batch: b, Row: i,
		WindowStart: batch.Values[types.Micros](&b.Cols[h.start])[i], WindowEnd: batch.Values[types.Micros](&b.Cols[h.end])[i],
	}
	if len(h.close.Marks) > 0 {
		late.Relation = h.close.Marks[0].Relation
	}
	return h.close.Late.Late(ctx, &late)
}

// Advance gives the rows whose windows are over.
func (h *Hold) Advance(ctx context.Context, p stream.Progress) error {
	if p.Epoch != nil {
		h.epoch = p.Epoch.No
		h.rows.SetEpoch(h.epoch)
	}
	limit := types.MaxTime
	if !p.End {
		h.watermark = max(h.watermark, leastOf(h.close.Marks, p.Watermarks))
		limit = h.limit()
	}
	h.rows.TakeTouched()
	r := h.rows.Take(h.input, "", string(types.AppendOrderedInt([]byte{1}, int64(limit))))
	r.Rows.Epoch = p.Epoch
	for lo := 0; lo < r.Rows.N; lo += batch.MaxRows {
		if err := h.next.Push(ctx, r.Rows.Slice(lo, min(lo+batch.MaxRows, r.Rows.N))); errors.Is(err, stream.ErrStop) {
			break
		} else if err != nil {
			return err
		}
	}
	if err := h.meter.Set(h.Bytes()); err != nil {
		return err
	}
	return h.next.Advance(ctx, p)
}

// Closing says what it waits for.
func (h *Hold) Closing() (c Closing, ok bool) {
	c = Closing{Closes: types.MaxTime, Marks: h.close.Marks}
	h.rows.Now().After(op.Place{}, func(place string) bool {
		end := placeTime(place)
		end += min(h.plus, types.MaxTime-end)
		c.Closes = end + min(h.close.Allowed, types.MaxTime-end)
		return false
	})
	return c, true
}

// Close gives the memory back and closes the next Sink.
func (h *Hold) Close() error {
	h.meter.Close()
	return h.next.Close()
}

// Pin holds the rows that wait as of the last Advance.
func (h *Hold) Pin() state.Pin { return &holdPin{h: h, rows: h.rows.Sorted(), epoch: h.epoch} }

type holdPin struct {
	h     *Hold
	rows  op.Sorted
	epoch uint64
}

func (p *holdPin) Epoch() uint64 { return p.epoch }

// Rows gives the rows that wait.
func (p *holdPin) Rows(ctx context.Context, to stream.Sink) error {
	r := p.rows.Region(p.h.input, "")
	for lo := 0; lo < r.Rows.N; lo += batch.MaxRows {
		if err := to.Push(ctx, r.Rows.Slice(lo, min(lo+batch.MaxRows, r.Rows.N))); errors.Is(err, stream.ErrStop) {
			return nil
		} else if err != nil {
			return err
		}
	}
	return nil
}

func (p *holdPin) Pages(visit func(state.Page) error) error { return p.rows.Pages(visit) }

func (p *holdPin) Release() { p.rows = op.Sorted{} }

// LoadPage takes in a page of a checkpoint.
func (h *Hold) LoadPage(key, data []byte) error { return h.rows.LoadPage(key, data) }

// Loaded ends the loading.
func (h *Hold) Loaded(p stream.Progress) error {
	h.epoch = p.Epoch.No
	h.rows.SetEpoch(h.epoch)
	h.rows.Loaded()
	h.watermark = max(h.watermark, leastOf(h.close.Marks, p.Watermarks))
	return h.meter.Set(h.Bytes())
}
