package window

import (
	"container/heap"
	"context"
	"errors"
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// sessionRows gathers rows with the bounds of their sessions into batches.
type sessionRows struct {
	op.Outgoing
	spec *SessionSpec
}

func newSessionRows(spec *SessionSpec, input batch.Schema) *sessionRows {
	schema := append(slices.Clone(input[:len(input)-spec.Drop]), boundsSchema(input[spec.Time].Type)...)
	return &sessionRows{Outgoing: op.NewOutgoing(schema), spec: spec}
}

// add appends the rows of a region, and pushes what has gathered if it is a batch.
func (o *sessionRows) add(ctx context.Context, r *op.Region, to stream.Sink, ep *batch.Epoch) error {
	cols := append(slices.Clone(r.Rows.Cols[:len(r.Rows.Cols)-o.spec.Drop]), o.spec.bounds(&r.Rows)...)
	for i := range r.Rows.N {
		for c := range cols {
			o.Cols[c].Append(&cols[c], i)
		}
		if o.Diff = append(o.Diff, r.Rows.Weight(i)); len(o.Diff) < batch.MaxRows {
			continue
		}
		if err := o.Flush(ctx, to, ep); err != nil {
			return err
		}
	}
	return nil
}

// Pin holds the rows of open sessions as of the last Advance.
func (s *ClosingSession) Pin() state.Pin {
	return &sessionPin{s: s, rows: s.rows.Sorted(), floors: s.floors.Sorted(), epoch: s.epoch}
}

type sessionPin struct {
	s            *ClosingSession
	rows, floors op.Sorted
	epoch        uint64
}

func (p *sessionPin) Epoch() uint64 { return p.epoch }

// Rows gives the rows of open sessions, with the bounds that these have so far.
func (p *sessionPin) Rows(ctx context.Context, to stream.Sink) error {
	out := newSessionRows(&p.s.spec, p.s.input)
	err := p.rows.Partitions(func(partition string) error { return out.add(ctx, p.rows.Region(p.s.input, partition), to, nil) })
	if err == nil {
		err = out.Flush(ctx, to, nil)
	}
	if errors.Is(err, stream.ErrStop) {
		return nil
	}
	return err
}

// The first byte of a page's key says what the page holds.
const (
	rowsPage  = 0
	floorPage = 1
)

func (p *sessionPin) Pages(visit func(state.Page) error) error {
	for kind, s := range []op.Sorted{rowsPage: p.rows, floorPage: p.floors} {
		err := s.Pages(func(pg state.Page) error {
			pg.Key = append([]byte{byte(kind)}, pg.Key...)
			return visit(pg)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *sessionPin) Release() { p.rows, p.floors = op.Sorted{}, op.Sorted{} }

// LoadPage takes in a page of a checkpoint.
func (s *ClosingSession) LoadPage(key, data []byte) error {
	switch {
	case len(key) > 1 && key[0] == rowsPage:
		return s.rows.LoadPage(key[1:], data)
	case len(key) > 1 && key[0] == floorPage:
		return s.floors.LoadPage(key[1:], data)
	}
	return sqlerr.New(sqlerr.DataCorrupted, "a page of a session's checkpoint has a key of %d bytes", len(key))
}

// Loaded ends the loading.
func (s *ClosingSession) Loaded(p stream.Progress) error {
	s.epoch = p.Epoch.No
	s.rows.SetEpoch(s.epoch)
	s.floors.SetEpoch(s.epoch)
	s.rows.Loaded()
	s.floors.Loaded()
	s.watermark = max(s.watermark, leastOf(s.close.Marks, p.Watermarks))
	s.kept = s.rows.Sorted()
	err := s.kept.Partitions(func(partition string) error {
		s.kept.After(op.Place{Partition: partition, At: partition}, func(place string) bool {
			s.schedule(partition, placeTime(place)+s.spec.Gap)
			return false
		})
		return nil
	})
	s.floors.Each(func(r string) {
		heap.Push(&s.stale, appointment{types.Micros(types.OrderedInt([]byte(r[len(r)-8:]))) + s.spec.Gap, r[:len(r)-8]})
	})
	if err != nil {
		return err
	}
	return s.meter.Set(s.Bytes())
}
