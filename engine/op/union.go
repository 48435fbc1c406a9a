package op

import (
	"context"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

type union struct {
	next   stream.Sink
	inputs []unionInput
	closed int
	marks  stream.Watermarks
}

type unionInput struct {
	u        *union
	progress stream.Progress
	advanced bool // has ended the epoch that is under way, or the stream
	fresh    bool // advanced gives its progress for this epoch, not for one that ended the stream earlier
	closed   bool
}

// NewUnion gives n inputs whose rows all go to next, which may come from n places that take turns in one goroutine.
// Next advances when every input has; an input that has ended holds nobody back. The watermark of a relation is the
// least that an input gives for it. Next is closed when every input is.
func NewUnion(n int, next stream.Sink) []stream.Sink {
	u := &union{next: next, inputs: make([]unionInput, n)}
	sinks := make([]stream.Sink, n)
	for i := range u.inputs {
		u.inputs[i].u = u
		sinks[i] = &u.inputs[i]
	}
	return sinks
}

func (in *unionInput) Push(ctx context.Context, b *batch.Batch) error {
	if in.advanced {
		return sqlerr.New(sqlerr.InternalError, "union: an input gave rows of epoch %d before the others ended theirs", epochNo(b.Epoch))
	}
	return in.u.next.Push(ctx, b)
}

func (in *unionInput) Advance(ctx context.Context, p stream.Progress) error {
	if in.advanced {
		return sqlerr.New(sqlerr.InternalError, "union: an input ended epoch %d before the others ended theirs", epochNo(p.Epoch))
	}
	in.advanced, in.fresh, in.progress = true, true, p
	return in.u.turn(ctx)
}

func (in *unionInput) Close() error {
	if in.closed {
		return nil
	}
	in.closed = true
	in.u.closed++
	if in.u.closed < len(in.u.inputs) {
		return nil
	}
	return in.u.next.Close()
}

// turn ends the epoch if every input has ended it.
func (u *union) turn(ctx context.Context) error {
	for i := range u.inputs {
		if !u.inputs[i].advanced {
			return nil
		}
	}
	p := stream.Progress{End: true}
	u.marks = u.marks[:0:0]
	for i := range u.inputs {
		in := &u.inputs[i]
		if p.Epoch == nil || later(in.progress.Epoch, p.Epoch) {
			p.Epoch = in.progress.Epoch
		}
		p.End = p.End && in.progress.End
		if in.fresh {
			u.marks = least(u.marks, in.progress.Watermarks)
		}
		in.advanced, in.fresh = in.progress.End, false
	}
	p.Watermarks = u.marks
	return u.next.Advance(ctx, p)
}

// least merges two lists of marks; a relation in both gets the lower one, and is idle if both say so.
func least(a, b stream.Watermarks) stream.Watermarks {
	if len(a) == 0 {
		return append(a, b...)
	}
	out := make(stream.Watermarks, 0, max(len(a), len(b)))
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0].Relation < b[0].Relation:
			out, a = append(out, a[0]), a[1:]
		case a[0].Relation > b[0].Relation:
			out, b = append(out, b[0]), b[1:]
		default:
			m := a[0]
			m.At, m.Idle = min(m.At, b[0].At), m.Idle && b[0].Idle
			out, a, b = append(out, m), a[1:], b[1:]
		}
	}
	return append(append(out, a...), b...)
}

func later(a, b *batch.Epoch) bool { return a != nil && a.No > b.No }

func epochNo(e *batch.Epoch) uint64 {
	if e == nil {
		return 0
	}
	return e.No
}

// MarkOf is the least watermark of several relations: that of a row which came from all of them.
func MarkOf(w stream.Watermarks, relations []uint32) types.Micros {
	at := types.MaxTime
	for _, r := range relations {
		at = min(at, w.Of(r))
	}
	return at
}
