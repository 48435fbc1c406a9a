package build

import (
	"context"
	"errors"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/value"
	"github.com/vexfs/vexstream/sql/plan"
)

// maxRounds is after how many rounds a recursive query is taken for one that never ends.
const maxRounds = 1_000_000

// recursion runs a Recursive. What its step reads besides the working rows is kept in memory, and read again in each
// round by operators made anew.
type recursion struct {
	n      *plan.Recursive
	env    *Env
	next   stream.Sink
	budget *mem.Budget
	held   int64 // of what a round gave and what was seen
	kept   int64 // of the stores

	working  []*batch.Batch // of the round before
	fresh    []*batch.Batch // of this round
	outer    map[int][]*batch.Batch
	stored   []*store // what the step's inputs read
	seen     map[string]bool
	key      []byte
	full     bool // next has enough
	inputs   int  // that have not ended
	closed   int
	arrivals uint32
}

// seenSize is about what a row that was seen takes beside its key.
const seenSize = 64

// store keeps the rows of one input of a recursion's step.
type store struct {
	r       *recursion
	batches []*batch.Batch
}

// recursive builds a Recursive: its start's rows come to the recursion itself.
func (b *builder) recursive(n *plan.Recursive, next stream.Sink) error {
	r := &recursion{n: n, env: b.env, next: next, budget: b.ops.Budget.Child("WITH RECURSIVE", 0), outer: b.working, inputs: 1}
	if !n.All {
		r.seen = map[string]bool{}
	}
	if err := b.into(n.Start, r); err != nil {
		return err
	}
	trial, err := r.round(&received{})
	if err != nil {
		return err
	}
	for _, in := range trial.inputs {
		s := &store{r: r}
		r.stored = append(r.stored, s)
		r.inputs++
		in.Sink = s
		b.inputs = append(b.inputs, in)
	}
	return nil
}

// round makes the operators of the step.
func (r *recursion) round(to stream.Sink) (*builder, error) {
	quiet := *r.env
	quiet.Count = false
	b := newBuilder(&quiet, true)
	b.working = map[int][]*batch.Batch{r.n.ID: r.working}
	for id, rows := range r.outer {
		b.working[id] = rows
	}
	return b, b.into(r.n.Step, to)
}

// Push takes rows of the start.
func (r *recursion) Push(ctx context.Context, b *batch.Batch) error { return r.take(ctx, b) }

// take passes rows on, and keeps them for the next round; of a UNION those that were not there before.
func (r *recursion) take(ctx context.Context, b *batch.Batch) error {
	kept := b
	if r.seen != nil {
		var sel batch.Sel
		size := 0
		for i := range b.N {
			r.key = r.key[:0]
			for c := range b.Cols {
				r.key = value.Key(r.key, &b.Cols[c], i)
			}
			if !r.seen[string(r.key)] {
				r.seen[string(r.key)] = true
				sel = append(sel, uint32(i))
				size += len(r.key) + seenSize
			}
		}
		if err := r.reserve(int64(size)); err != nil {
			return err
		}
		kept = b.Take(sel)
		kept.Diff = nil
	} else {
		kept = b.Clone()
	}
	if kept.N == 0 {
		return nil
	}
	if err := r.reserve(int64(kept.Bytes())); err != nil {
		return err
	}
	kept.Seq, kept.Seq0 = nil, r.arrivals
	r.arrivals += uint32(kept.N)
	r.fresh = append(r.fresh, kept)
	if r.full {
		return stream.ErrStop
	}
	err := r.next.Push(ctx, kept)
	if errors.Is(err, stream.ErrStop) {
		r.full = true
	}
	return err
}

func (r *recursion) reserve(n int64) error {
	if err := r.budget.Reserve(n); err != nil {
		return err
	}
	r.held += n
	return nil
}

// Advance ends the start.
func (r *recursion) Advance(ctx context.Context, p stream.Progress) error {
	if !p.End {
		return nil
	}
	return r.ended(ctx, p)
}

// ended counts an input that has ended, and runs the rounds when all have.
func (r *recursion) ended(ctx context.Context, p stream.Progress) error {
	if r.inputs--; r.inputs > 0 {
		return nil
	}
	for n := 0; len(r.fresh) > 0 && !r.full; n++ {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if n == maxRounds {
			return sqlerr.New(sqlerr.StatementTooComplex, "recursive query %q has not ended after %d rounds", r.n.Name, maxRounds).
				WithHint("Let the recursive term give no rows at some point, or use UNION, which drops rows that were there before.")
		}
		if err := r.run(ctx); err != nil {
			return err
		}
	}
	r.drop()
	return r.next.Advance(ctx, p)
}

// run is one round.
func (r *recursion) run(ctx context.Context) error {
	r.working, r.fresh = r.fresh, nil
	if r.seen == nil { // what later rounds need is reserved anew, beside the rows that this one reads
		working := r.held
		r.held = 0
		defer r.budget.Release(working)
	}
	b, err := r.round(&received{r})
	if err != nil {
		return err
	}
	for i := range b.feeds {
		if err := b.feeds[i].run(ctx); err != nil {
			return err
		}
	}
	for i := range b.inputs {
		f := feed{batches: r.stored[i].batches, to: b.inputs[i].Sink}
		if err := f.run(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (r *recursion) drop() {
	r.working, r.fresh, r.seen = nil, nil, nil
	for _, s := range r.stored {
		s.batches = nil
	}
	r.budget.Release(r.held + r.kept)
	r.held, r.kept = 0, 0
}

// Close closes the next Sink when the start and every input of the step are closed.
func (r *recursion) Close() error {
	if r.closed++; r.closed <= len(r.stored) {
		return nil
	}
	r.drop()
	return r.next.Close()
}

// Push keeps rows.
func (s *store) Push(_ context.Context, b *batch.Batch) error {
	c := b.Clone()
	s.batches = append(s.batches, c)
	if err := s.r.budget.Reserve(int64(c.Bytes())); err != nil {
		return err
	}
	s.r.kept += int64(c.Bytes())
	return nil
}

func (s *store) Advance(ctx context.Context, p stream.Progress) error {
	if !p.End {
		return nil
	}
	return s.r.ended(ctx, p)
}

func (s *store) Close() error { return s.r.Close() }

// received takes the rows of a round.
type received struct{ r *recursion }

func (t *received) Push(ctx context.Context, b *batch.Batch) error { return t.r.take(ctx, b) }

func (t *received) Advance(context.Context, stream.Progress) error { return nil }

func (t *received) Close() error { return nil }
