package live

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/vexfs/vexstream/engine/codec"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// Pin holds what waits still.
func (f *Feedback) Pin() state.Pin {
	f.mu.Lock()
	defer f.mu.Unlock()
	return &feedbackPin{epoch: f.epoch, pending: slices.Clone(f.pending), target: f.target}
}

// feedbackPin is what waited at an epoch. What is written meanwhile is told by its number when it is loaded.
type feedbackPin struct {
	epoch   uint64
	pending []returned
	target  epoch.Target
}

// Epoch is the number of the epoch.
func (p *feedbackPin) Epoch() uint64 { return p.epoch }

// Rows gives none: they are the stream's.
func (p *feedbackPin) Rows(context.Context, stream.Sink) error { return nil }

// Release has nothing to do.
func (p *feedbackPin) Release() {}

// Pages gives a page for each statement that waits: its number and its rows, as blocks with their length before each.
// Before that of a block for another stream than the one that f is made for stand a zero and where it goes.
func (p *feedbackPin) Pages(visit func(state.Page) error) error {
	for _, r := range p.pending {
		key := binary.BigEndian.AppendUint64(nil, r.sequence)
		if err := visit(state.Page{Key: key, Stamp: r.sequence / piecesOf, Encode: func(dst []byte) ([]byte, error) { return r.encode(dst, p.target) }}); err != nil {
			return err
		}
	}
	return nil
}

func (r returned) encode(dst []byte, usual epoch.Target) ([]byte, error) {
	for _, o := range r.rows {
		data, err := codec.EncodeBlock(nil, o.rows)
		if err != nil {
			return nil, err
		}
		if o.to != usual {
			dst = binary.AppendUvarint(binary.AppendUvarint(append(dst, 0), uint64(o.to.Relation)), uint64(o.to.Lane))
			dst = binary.AppendVarint(binary.AppendVarint(dst, int64(o.to.EventTime)), int64(o.to.MaxSkew))
		}
		dst = append(binary.AppendUvarint(dst, uint64(len(data))), data...)
	}
	return dst, nil
}

// LoadPage takes a statement in. Pages may come in any order.
func (f *Feedback) LoadPage(key, data []byte) error {
	if len(key) != 8 {
		return errDamaged
	}
	r := returned{sequence: binary.BigEndian.Uint64(key)}
	d := state.Decoder{Data: data}
	for len(d.Data) > 0 {
		o, size := outgoing{to: f.target}, d.Uint()
		if size == 0 {
			o.to = epoch.Target{Relation: uint32(d.Uint()), Lane: uint32(d.Uint()), EventTime: int(d.Int()), MaxSkew: types.Micros(d.Int())}
			size = d.Uint()
		}
		block := d.Bytes(size)
		if d.Bad {
			return errDamaged
		}
		var err error
		if o.rows, err = codec.DecodeBlock(block, nil); err != nil {
			return fmt.Errorf("read rows that wait for a stream: %w", err)
		}
		r.rows, r.bytes = append(r.rows, o), r.bytes+int64(o.rows.Bytes())
	}
	if err := f.budget.Reserve(r.bytes); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	at := len(f.pending)
	for at > 0 && f.pending[at-1].sequence > r.sequence {
		at--
	}
	f.pending = slices.Insert(f.pending, at, r)
	return nil
}

// Loaded has what was loaded written.
func (f *Feedback) Loaded(p stream.Progress) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.epoch = p.Epoch.No
	f.wake()
	return nil
}
