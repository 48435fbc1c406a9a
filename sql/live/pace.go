package live

import (
	"context"
	"encoding/binary"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/codec"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// Pace is a Sink that gives what comes next the net changes of an interval at once, with the first epoch of the next one,
// and every epoch's end. Which epoch that is, and what it brings, depends on the log alone, for what comes next leaves out the
// epochs that it has had: its group is given every epoch, and unlike what subscribers get, nothing is sent early because memory is short. It is one of the
// operators that survive a restart. What it holds is bounded by maxHeldBytes at the end of each epoch.
type Pace struct {
	stream.Sink // what comes next

	every interval
	due   func(at types.Micros)
	// before is the time of the newest epoch. There is none before the first: then rows pass at once, as they are what
	// there was when the sink was made.
	before types.Micros
	begun  bool
	no     uint64 // of the newest epoch
	stamp  uint64 // of the newest that changed what is held
	hold   hold
	pinned []state.Page // of what is held; nil: it has changed since
}

// NewPace makes a Pace before next. due asks for an epoch of a time, so that an interval ends though nobody writes.
func NewPace(every types.Micros, due func(at types.Micros), next stream.Sink) *Pace {
	return &Pace{Sink: next, every: interval(every), due: due, hold: hold{rows: map[string]int64{}}}
}

// Push holds rows back.
func (p *Pace) Push(ctx context.Context, b *batch.Batch) error {
	if !p.begun {
		return p.Sink.Push(ctx, b)
	}
	p.hold.add([]*batch.Batch{b})
	p.pinned = nil
	return nil
}

// Advance sends what is held if an interval has ended, or if it is too much to be held.
func (p *Pace) Advance(ctx context.Context, at stream.Progress) error {
	edge := !p.begun || p.every.edge(p.before, at.Epoch.Time)
	if !edge && p.hold.bytes > maxHeldBytes {
		p.hold.prune()
		edge = p.hold.bytes > maxHeldBytes
	}
	if edge && len(p.hold.order) > 0 {
		u, _ := p.hold.take(at.Epoch)
		p.pinned = nil
		for _, b := range u.Rows {
			if err := p.Sink.Push(ctx, b); err != nil {
				return err
			}
		}
	}
	p.begun, p.before, p.no = true, at.Epoch.Time, at.Epoch.No
	if p.pinned == nil {
		p.stamp = p.no
	}
	if p.hold.differs() {
		p.due(p.every.next(p.before))
	}
	return p.Sink.Advance(ctx, at)
}

// Bytes is the memory of what is held. It is called as Pin is.
func (p *Pace) Bytes() int64 { return p.hold.bytes }

// Pin holds what is held back still.
func (p *Pace) Pin() state.Pin {
	if p.pinned == nil {
		p.pinned = []state.Page{}
		for i, b := range p.hold.batches(nil) {
			p.pinned = append(p.pinned, state.Page{
				Key: binary.BigEndian.AppendUint32(nil, uint32(i)), Stamp: p.stamp,
				Encode: func(dst []byte) ([]byte, error) { return codec.EncodeBlock(dst, b) },
			})
		}
	}
	return pacePin{epoch: p.no, pages: p.pinned}
}

// pacePin is what was held back at an epoch.
type pacePin struct {
	epoch uint64
	pages []state.Page
}

// Epoch is the number of the epoch.
func (p pacePin) Epoch() uint64 { return p.epoch }

// Rows gives none: they are for what comes next.
func (p pacePin) Rows(context.Context, stream.Sink) error { return nil }

// Release has nothing to do.
func (p pacePin) Release() {}

// Pages gives a page for each batch that is held.
func (p pacePin) Pages(visit func(state.Page) error) error {
	for _, page := range p.pages {
		if err := visit(page); err != nil {
			return err
		}
	}
	return nil
}

// LoadPage takes rows that were held back.
func (p *Pace) LoadPage(_, data []byte) error {
	b, err := codec.DecodeBlock(data, nil)
	if err != nil {
		return err
	}
	p.hold.add([]*batch.Batch{b})
	return nil
}

// Loaded says where the log goes on.
func (p *Pace) Loaded(at stream.Progress) error {
	p.begun, p.before, p.no, p.stamp = true, at.Epoch.Time, at.Epoch.No, at.Epoch.No
	if p.hold.differs() {
		p.due(p.every.next(p.before))
	}
	return nil
}
