package op

import (
	"context"
	"errors"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
)

// Constant gives the rows that a continuous query brings with it: once in its life, with its first epoch.
type Constant struct {
	batches []*batch.Batch
	next    stream.Sink
	given   bool
	since   uint64 // the epoch that they were given in
	epoch   uint64
}

// NewConstant makes a Constant, which takes the batches over. It takes no rows, only epochs.
func NewConstant(next stream.Sink, batches ...*batch.Batch) *Constant {
	return &Constant{batches: batches, next: next}
}

// SetNext sets where the rows go.
func (c *Constant) SetNext(next stream.Sink) { c.next = next }

// Listen has nothing to switch: the rows are always sent.
func (c *Constant) Listen(bool) {}

// Bytes is the memory of the rows.
func (c *Constant) Bytes() (n int64) {
	for _, b := range c.batches {
		n += int64(b.Bytes())
	}
	return n
}

// Push takes nothing.
func (c *Constant) Push(context.Context, *batch.Batch) error {
	return sqlerr.New(sqlerr.InternalError, "rows for what is constant")
}

// Advance gives the rows with the first epoch.
func (c *Constant) Advance(ctx context.Context, p stream.Progress) error {
	if p.Epoch != nil {
		c.epoch = p.Epoch.No
	}
	if !c.given {
		c.given, c.since = true, c.epoch
		if err := c.rows(ctx, c.next, p.Epoch); err != nil && !errors.Is(err, stream.ErrStop) {
			return err
		}
	}
	return c.next.Advance(ctx, p)
}

func (c *Constant) rows(ctx context.Context, to stream.Sink, ep *batch.Epoch) error {
	for _, b := range c.batches {
		out := *b
		out.Epoch = ep
		if err := to.Push(ctx, &out); err != nil {
			return err
		}
	}
	return nil
}

// Close closes the next Sink.
func (c *Constant) Close() error { return c.next.Close() }

// Pin holds the rows.
func (c *Constant) Pin() state.Pin {
	return &constantPin{c: c, given: c.given, since: c.since, epoch: c.epoch}
}

type constantPin struct {
	c            *Constant
	given        bool
	since, epoch uint64
}

func (p *constantPin) Epoch() uint64 { return p.epoch }

// Rows gives the rows, if they have been given.
func (p *constantPin) Rows(ctx context.Context, to stream.Sink) error {
	if !p.given {
		return nil
	}
	if err := p.c.rows(ctx, to, nil); !errors.Is(err, stream.ErrStop) {
		return err
	}
	return nil
}

// Pages visits one page that says that the rows have been given.
func (p *constantPin) Pages(visit func(state.Page) error) error {
	if !p.given {
		return nil
	}
	return visit(state.Page{Key: []byte{0}, Stamp: p.since, Encode: func(dst []byte) ([]byte, error) { return append(dst, 1), nil }})
}

func (p *constantPin) Release() {}

// LoadPage takes in that page.
func (c *Constant) LoadPage(_, _ []byte) error {
	c.given = true
	return nil
}

// Loaded ends the loading.
func (c *Constant) Loaded(p stream.Progress) error {
	c.epoch = p.Epoch.No
	if c.given {
		c.since = c.epoch
	}
	return nil
}
