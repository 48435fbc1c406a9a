package op

import (
	"context"
	"encoding/binary"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/codec"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
)

// appendedPin is a reader's hold on an Appended.
type appendedPin struct {
	schema batch.Schema
	pieces []*piece
	open   *piece // nil: there is none
	epoch  uint64
}

func (p *appendedPin) Epoch() uint64 { return p.epoch }

func (p *appendedPin) Rows(ctx context.Context, to stream.Sink) error {
	at := uint32(0)
	return quiet(p.each(func(x *piece) error {
		rows, err := x.batch(p.schema)
		if err != nil {
			return err
		}
		b := *rows
		b.Seq0 = at
		at += uint32(b.N)
		return to.Push(ctx, &b)
	}))
}

func (p *appendedPin) each(visit func(*piece) error) error {
	for _, x := range p.pieces {
		if err := visit(x); err != nil {
			return err
		}
	}
	if p.open != nil {
		return visit(p.open)
	}
	return nil
}

// pieceKey is what keys of pieces begin with: those of groups' pages are four bytes long.
const pieceKey = 'r'

// Pages gives each piece as a page, a block of the codec.
func (p *appendedPin) Pages(visit func(state.Page) error) error {
	return p.each(func(x *piece) error {
		return visit(state.Page{
			Key:    binary.BigEndian.AppendUint32([]byte{pieceKey}, x.no),
			Stamp:  x.stamp,
			Encode: func(dst []byte) ([]byte, error) { return x.encode(dst) },
		})
	})
}

func (p *appendedPin) Release() { p.pieces, p.open = nil, nil }

// LoadPage takes in a page: rows as they are, or, from before there was an Appended, groups with every column as a key.
func (a *Appended) LoadPage(key, data []byte) error {
	if len(key) == 0 || key[0] != pieceKey || len(key) != 5 {
		return a.loadGroups(data)
	}
	b, err := codec.DecodeBlock(data, nil)
	if err != nil || len(b.Cols) != len(a.schema) {
		return damagedPage()
	}
	for i := range b.Cols {
		b.Cols[i].Type = a.schema[i].Type
	}
	return a.keep(b)
}

func (a *Appended) loadGroups(data []byte) error {
	keys := make([]int, len(a.schema))
	for i := range keys {
		keys[i] = i
	}
	g, err := NewAggregate(AggregateSpec{Input: a.schema, Keys: keys, AppendOnly: true, Weighted: true}, &Env{}, a.next)
	if err != nil {
		return err
	}
	if err := g.LoadPage(nil, data); err != nil {
		return err
	}
	return g.contents(context.Background(), g.groups.Freeze(), &keeping{Sink: a.next, to: a}, nil)
}

// keeping gives rows to an Appended without sending them on.
type keeping struct {
	stream.Sink
	to *Appended
}

func (k *keeping) Push(_ context.Context, b *batch.Batch) error { return k.to.keep(b) }
