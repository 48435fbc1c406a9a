package live

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/vexfs/vexstream/engine/codec"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
)

// Pin holds what waits still.
func (f *Feedback) Pin() state.Pin {
	f.mu.Lock()
	defer f.mu.Unlock()
	return &feedbackPin{epoch: f.epoch, pending: slices.Clone(f.pending)}
}

// feedbackPin is what waited at an epoch. What is written meanwhile is told by its number when it is loaded.
type feedbackPin struct {
	epoch   uint64
	pending []returned
}

// Epoch is the number of the epoch.
func (p *feedbackPin) Epoch() uint64 { return p.epoch }

// Rows gives none: they are the stream's.
func (p *feedbackPin) Rows(context.Context, stream.Sink) error { return nil }

// Release has nothing to do.
func (p *feedbackPin) Release() {}

// Pages gives a page for each statement that waits: its number and its rows, as blocks with their length before each.
func (p *feedbackPin) Pages(visit func(state.Page) error) error {
	for _, r := range p.pending {
		key := binary.BigEndian.AppendUint64(nil, r.sequence)
		if err := visit(state.Page{Key: key, Stamp: r.sequence / piecesOf, Encode: r.encode}); err != nil {
			return err
		}
	}
	return nil
}

func (r returned) encode(dst []byte) ([]byte, error) {
	for _, b := range r.rows {
		data, err := codec.EncodeBlock(nil, b)
		if err != nil {
			return nil, err
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
		block := d.Bytes(d.Uint())
		if d.Bad {
			return errDamaged
		}
		b, err := codec.DecodeBlock(block, nil)
		if err != nil {
			return fmt.Errorf("read rows that wait for a stream: %w", err)
		}
		r.rows, r.bytes = append(r.rows, b), r.bytes+int64(b.Bytes())
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
