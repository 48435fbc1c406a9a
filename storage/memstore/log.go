package memstore

import (
	"bytes"
	"context"
	"slices"
	"sync"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// MaxStagedBytes is how much may be staged without an epoch that names it.
const MaxStagedBytes = 1 << 30

// Log is an epoch.Log in memory. Close ends this handle; Reopen gives the same epochs again, as a restart would.
type Log struct {
	mu     sync.RWMutex
	first  uint64
	epochs []epoch.Entry // epochs[i] is number first+i, its staged blocks among its Blocks
	staged map[int64]epoch.Block
	next   int64 // the next staged block's Offset
	held   int64 // bytes in staged
	bytes  int64
	fence  uint64
	closed bool
}

// NewLog makes an empty Log.
func NewLog() *Log { return &Log{first: 1, staged: map[int64]epoch.Block{}} }

// Reopen gives a Log with the epochs of a closed one: staged blocks that no epoch names are gone.
func (l *Log) Reopen() *Log {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return &Log{
		first: l.first, epochs: slices.Clone(l.epochs), staged: map[int64]epoch.Block{}, next: l.next,
		bytes: l.bytes - l.held, fence: l.fence,
	}
}

// Bounds gives the first and last epoch's numbers.
func (l *Log) Bounds() (first, last uint64) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.first, l.last()
}

func (l *Log) last() uint64 { return l.first + uint64(len(l.epochs)) - 1 }

// Stage keeps a copy of a block until an epoch names it.
func (l *Log) Stage(b *epoch.Block) (epoch.Ref, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return epoch.Ref{}, epoch.ErrClosed
	}
	n := int64(len(b.Data))
	if l.held+n > MaxStagedBytes {
		return epoch.Ref{}, sqlerr.New(sqlerr.ConfigurationLimit, "more than %d bytes are staged in the log", MaxStagedBytes).
			WithHint("Commit in smaller pieces.")
	}
	ref := epoch.Ref{Segment: 1, Offset: l.next, Len: n}
	l.next += n + 1
	l.staged[ref.Offset] = cloneBlock(b)
	l.held += n
	l.bytes += n
	return ref, nil
}

// Unstage forgets a staged block.
func (l *Log) Unstage(ref epoch.Ref) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b, ok := l.staged[ref.Offset]; ok {
		l.held -= int64(len(b.Data))
		l.bytes -= int64(len(b.Data))
		delete(l.staged, ref.Offset)
	}
}

// Append keeps a copy of an epoch.
func (l *Log) Append(fence uint64, e *epoch.Entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return epoch.ErrClosed
	case fence < l.fence:
		return epoch.ErrFenced
	case e.Epoch.No != l.last()+1:
		return sqlerr.New(sqlerr.InternalError, "epoch %d cannot follow epoch %d in the log", e.Epoch.No, l.last())
	}
	for i := range e.Staged {
		if b, ok := l.staged[e.Staged[i].Ref.Offset]; !ok || int64(len(b.Data)) != e.Staged[i].Ref.Len {
			return sqlerr.New(sqlerr.ObjectNotInState, "a block that epoch %d names was never staged", e.Epoch.No)
		}
	}
	l.fence = fence
	c := epoch.Entry{Epoch: e.Epoch, Marks: slices.Clone(e.Marks), Meta: bytes.Clone(e.Meta)}
	for i := range e.Blocks {
		c.Blocks = append(c.Blocks, cloneBlock(&e.Blocks[i]))
		l.bytes += int64(len(e.Blocks[i].Data))
	}
	for i := range e.Staged {
		b := e.Staged[i].Header
		b.Stats = bytes.Clone(b.Stats)
		b.Data = l.staged[e.Staged[i].Ref.Offset].Data
		c.Blocks = append(c.Blocks, b)
	}
	for i := range e.Staged {
		if b, ok := l.staged[e.Staged[i].Ref.Offset]; ok {
			l.held -= int64(len(b.Data))
			delete(l.staged, e.Staged[i].Ref.Offset)
		}
	}
	l.bytes += int64(len(e.Meta))
	l.epochs = append(l.epochs, c)
	return nil
}

// Read visits epochs.
func (l *Log) Read(ctx context.Context, from, to uint64, want func(*epoch.Block) bool, visit func(*epoch.Entry) error) error {
	l.mu.RLock()
	if l.closed {
		l.mu.RUnlock()
		return epoch.ErrClosed
	}
	first, last := l.first, l.last()
	if to == 0 {
		to = last
	}
	if from < first || to > last {
		l.mu.RUnlock()
		return epoch.ErrTruncated
	}
	if from > to {
		l.mu.RUnlock()
		return nil
	}
	// The entries never change, and the slice is only cut at its front or grown at its end.
	entries := l.epochs[from-first : to-first+1]
	l.mu.RUnlock()
	for i := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		e := entries[i]
		if want != nil {
			e.Blocks = slices.DeleteFunc(slices.Clone(e.Blocks), func(b epoch.Block) bool {
				h := b
				h.Data, h.Len = nil, len(b.Data)
				return !want(&h)
			})
		}
		if err := visit(&e); err != nil {
			return err
		}
	}
	return nil
}

// Truncate forgets the epochs before the given one.
func (l *Log) Truncate(before uint64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return epoch.ErrClosed
	}
	for len(l.epochs) > 0 && l.first < before {
		for _, b := range l.epochs[0].Blocks {
			l.bytes -= int64(len(b.Data))
		}
		l.bytes -= int64(len(l.epochs[0].Meta))
		l.epochs = l.epochs[1:]
		l.first++
	}
	return nil
}

// Size is the bytes of all blocks held.
func (l *Log) Size() int64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.bytes
}

// Close ends the Log; it may come twice.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	return nil
}

func cloneBlock(b *epoch.Block) epoch.Block {
	c := *b
	c.Data, c.Stats = bytes.Clone(b.Data), bytes.Clone(b.Stats)
	return c
}

var _ epoch.Log = (*Log)(nil)
