package enginetest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"unsafe"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// Collect is a Sink that keeps what it gets as rows, and fails its test when who pushes breaks a rule of stream.Sink: a
// Push or Advance after Close or after the end, an epoch ended twice, a watermark that moves back, an empty or oversized
// batch, columns that do not fit, a weight of zero.
type Collect struct {
	t       testing.TB
	Epochs  []Table // the rows of each epoch that ended, as they came
	Pending Table   // the rows since
	Last    stream.Progress
	StopAt  int   // after so many rows Push gives ErrStop; 0: never
	Fail    error // what Push returns, if set
	Closed  int   // how often Close was called
	count   int
}

// NewCollect makes a Collect that complains to t.
func NewCollect(t testing.TB) *Collect { return &Collect{t: t} }

// Push keeps the rows of b.
func (c *Collect) Push(_ context.Context, b *batch.Batch) error {
	c.t.Helper()
	switch {
	case c.Closed > 0:
		c.t.Errorf("Push after Close")
	case c.Last.End:
		c.t.Errorf("Push after the end of the stream")
	}
	if err := Fits(b); err != nil {
		c.t.Errorf("pushed batch: %v", err)
		return nil
	}
	if c.Fail != nil {
		return c.Fail
	}
	c.Pending = append(c.Pending, Rows(b)...)
	if c.count += b.N; c.StopAt > 0 && c.count >= c.StopAt {
		return stream.ErrStop
	}
	return nil
}

// Advance ends the epoch.
func (c *Collect) Advance(_ context.Context, p stream.Progress) error {
	c.t.Helper()
	switch {
	case c.Closed > 0:
		c.t.Errorf("Advance after Close")
	case c.Last.End:
		c.t.Errorf("Advance after the end of the stream")
	case p.Epoch != nil && c.Last.Epoch != nil && p.Epoch.No <= c.Last.Epoch.No:
		c.t.Errorf("Advance to epoch %d after epoch %d", p.Epoch.No, c.Last.Epoch.No)
	}
	for _, m := range c.Last.Watermarks {
		if at := p.Watermarks.Of(m.Relation); at < m.At {
			c.t.Errorf("watermark of relation %d moves back from %s to %s", m.Relation, formatTime(m.At), formatTime(at))
		}
	}
	c.Epochs = append(c.Epochs, c.Pending)
	c.Pending, c.Last = nil, p
	return nil
}

// Close counts.
func (c *Collect) Close() error {
	c.Closed++
	return nil
}

// All is the rows of all epochs.
func (c *Collect) All() Table {
	var all Table
	for _, e := range c.Epochs {
		all = append(all, e...)
	}
	return append(all, c.Pending...)
}

// String is the net rows of each epoch, sorted, each epoch ended by a line "--".
func (c *Collect) String() string { return text(c.Epochs, Table.Net) }

// Ordered is the rows of each epoch as they came, each epoch ended by a line "--".
func (c *Collect) Ordered() string { return text(c.Epochs, func(t Table) Table { return t }) }

func text(epochs []Table, of func(Table) Table) string {
	var sb strings.Builder
	for _, e := range epochs {
		sb.WriteString(of(e).String())
		sb.WriteString("--\n")
	}
	return sb.String()
}

// Fits says what is wrong with the shape of b, nil if nothing is.
func Fits(b *batch.Batch) error {
	switch {
	case b.N < 1 || b.N > batch.MaxRows:
		return fmt.Errorf("%d rows", b.N)
	case b.Diff != nil && len(b.Diff) != b.N:
		return fmt.Errorf("%d weights for %d rows", len(b.Diff), b.N)
	case b.Seq != nil && len(b.Seq) != b.N:
		return fmt.Errorf("%d places for %d rows", len(b.Seq), b.N)
	}
	for i, d := range b.Diff {
		if d == 0 {
			return fmt.Errorf("row %d has weight 0", i)
		}
	}
	for i := range b.Cols {
		if err := fitsColumn(&b.Cols[i], b.N); err != nil {
			return fmt.Errorf("column %d: %w", i, err)
		}
	}
	return nil
}

func fitsColumn(c *batch.Column, n int) error {
	w := c.Type.Layout().Width()
	bad := c.N != n || c.Valid != nil && len(c.Valid)*64 < n
	switch {
	case c.Type.Layout() == types.LayoutBool:
		bad = bad || len(c.Bits)*64 < n
	case w > 0:
		bad = bad || len(c.Fixed) != n*w
	case c.Dict != nil:
		bad = bad || len(c.Codes) != n
		for i := 0; i < n && !bad; i++ {
			bad = !c.Null(i) && int(c.Codes[i]) >= c.Dict.Len()
		}
	default:
		bad = bad || len(c.Offsets) < n+1
		for i := 0; i < n && !bad; i++ {
			bad = c.Offsets[i] < 0 || c.Offsets[i] > c.Offsets[i+1] || int(c.Offsets[i+1]) > len(c.Data)
		}
	}
	if bad {
		return fmt.Errorf("buffers of type %s do not fit %d rows", c.Type.Name(), n)
	}
	return nil
}

// Lend pushes a copy of b and overwrites it when Push returns, so that who kept a borrowed slice shows it.
func Lend(ctx context.Context, b *batch.Batch, to stream.Sink) error {
	c := b.Clone()
	err := to.Push(ctx, c)
	scribble(c)
	return err
}

type lender struct{ stream.Sink }

// NewLender is a Sink to put between two operators: it hands batches on as Lend does.
func NewLender(next stream.Sink) stream.Sink { return lender{next} }

func (l lender) Push(ctx context.Context, b *batch.Batch) error { return Lend(ctx, b, l.Sink) }

func scribble(b *batch.Batch) {
	for i := range b.Cols {
		c := &b.Cols[i]
		overwrite(c.Valid)
		overwrite(c.Bits)
		overwrite(c.Fixed)
		overwrite(c.Offsets)
		overwrite(c.Data)
		overwrite(c.Codes)
	}
	overwrite(b.Diff)
	overwrite(b.Seq)
	b.N, b.Seq0 = 0, ^uint32(0)
}

func overwrite[T any](s []T) {
	if len(s) == 0 {
		return
	}
	raw := unsafe.Slice((*byte)(unsafe.Pointer(&s[0])), uintptr(len(s))*unsafe.Sizeof(s[0]))
	for i := range raw {
		raw[i] = 0xdb
	}
}

// Contents is the rows that a pin holds, net and sorted.
func Contents(t testing.TB, pin state.Pin) string {
	t.Helper()
	c := NewCollect(t)
	if err := pin.Rows(context.Background(), c); err != nil {
		t.Errorf("pin: %v", err)
	}
	return c.All().Net().String()
}
