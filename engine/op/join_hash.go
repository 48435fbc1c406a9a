package op

import (
	"context"
	"errors"
	"math/bits"
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/group"
	"github.com/vexfs/vexstream/engine/stream"
)

// hashJoin is the join of a query that ends: the right side is one large batch with its rows sorted by key, and the
// left side passes by it batch by batch.
//
//	right rows, by key   starts   0    2       5
//	                     rows     7 9  0 3 4   1
//	left batch ─ find the key ─ pairs (left row, right row) ─ On ─ next
type hashJoin struct {
	spec  JoinSpec
	next  stream.Sink
	meter *Meter

	strings       *group.Strings
	table         *group.Table
	left, right   *joinKeys
	cols          []*batch.Builder
	built         batch.Batch // the right side, once it is there
	starts, rows  []uint32
	nullRight     bool // a right row has a null key
	complete      bool
	waiting       []*batch.Batch // left batches that came before the right side was there
	leftEnd       *stream.Progress
	closed        int
	eval          evaluator
	gatherL       Gather
	gatherR       Gather
	lsel, rsel    []uint32
	found, unsure batch.Bitmap // of the left batch: rows with a match, rows with a null one
	met           batch.Bitmap // right rows with a match, for Full
	pair          batch.Batch
	seq           uint32
}

func newHashJoin(spec JoinSpec, env *Env, next stream.Sink) (*hashJoin, error) {
	j := &hashJoin{spec: spec, next: next, meter: NewMeter(env, "join"), strings: group.NewStrings(), eval: newEvaluator(env, "join")}
	var err error
	if j.left, err = newJoinKeys(j.strings, spec.Left, spec.LeftKeys, spec.NullSafe); err != nil {
		return nil, err
	}
	if j.right, err = newJoinKeys(j.strings, spec.Right, spec.RightKeys, spec.NullSafe); err != nil {
		return nil, err
	}
	j.table = group.NewTable(j.right.keys)
	for _, f := range spec.Right {
		j.cols = append(j.cols, batch.NewBuilder(f.Type, 64))
	}
	return j, nil
}

// Left is the left input.
func (j *hashJoin) Left() stream.Sink { return (*hashLeft)(j) }

// Right is the right input.
func (j *hashJoin) Right() stream.Sink { return (*hashRight)(j) }

// Bytes is the memory held.
func (j *hashJoin) Bytes() int64 { return j.meter.held }

type (
	hashLeft  hashJoin
	hashRight hashJoin
)

func (r *hashRight) Advance(ctx context.Context, p stream.Progress) error {
	if !p.End || r.complete {
		return nil
	}
	j := (*hashJoin)(r)
	if err := j.build(ctx); err != nil {
		return err
	}
	j.complete = true
	for _, b := range j.waiting {
		if err := j.probe(ctx, b); errors.Is(err, stream.ErrStop) {
			break
		} else if err != nil {
			return err
		}
	}
	j.waiting = nil
	if j.leftEnd != nil {
		return j.finish(ctx, *j.leftEnd)
	}
	return nil
}

func (r *hashRight) Close() error { return (*hashJoin)(r).close() }

func (l *hashLeft) Push(ctx context.Context, b *batch.Batch) error {
	j := (*hashJoin)(l)
	if j.complete {
		return j.probe(ctx, b)
	}
	if err := j.meter.Grow(int64(b.Bytes())); err != nil {
		return err
	}
	j.waiting = append(j.waiting, b.Clone())
	return nil
}

func (l *hashLeft) Advance(ctx context.Context, p stream.Progress) error {
	if !p.End {
		return nil
	}
	j := (*hashJoin)(l)
	if !j.complete {
		j.leftEnd = &p
		return nil
	}
	return j.finish(ctx, p)
}

func (l *hashLeft) Close() error { return (*hashJoin)(l).close() }

// close closes the next Sink when both inputs are closed.
func (j *hashJoin) close() error {
	if j.closed++; j.closed < 2 {
		return nil
	}
	j.meter.Close()
	j.waiting, j.built = nil, batch.Batch{}
	j.starts, j.rows, j.table, j.strings = nil, nil, nil, nil
	return j.next.Close()
}

// probe joins one left batch.
func (j *hashJoin) probe(ctx context.Context, b *batch.Batch) error {
	j.found, j.unsure = cleared(j.found, b.N), cleared(j.unsure, b.N)
	if len(j.spec.LeftKeys) > 0 {
		j.left.read(b)
	}
	// A match is enough where nobody sees the pairs.
	whole := j.spec.On == nil && (j.spec.Kind == Semi || j.spec.Kind == Anti || j.spec.Kind == Mark)
	for i := range b.N {
		lo, hi := j.candidates(i)
		if whole {
			if lo < hi {
				j.found.Set(i)
			}
			continue
		}
		for lo < hi {
			n := min(hi-lo, uint32(batch.MaxRows-len(j.lsel)))
			for _, r := range j.rows[lo : lo+n] {
				j.lsel, j.rsel = append(j.lsel, uint32(i)), append(j.rsel, r)
			}
			lo += n
			if len(j.lsel) == batch.MaxRows {
				if err := j.pairs(ctx, b); err != nil {
					return err
				}
			}
		}
	}
	if err := j.pairs(ctx, b); err != nil {
		return err
	}
	return j.alone(ctx, b)
}

// candidates gives the right rows with the key of left row i, as a range of j.rows.
func (j *hashJoin) candidates(i int) (lo, hi uint32) {
	id := uint32(0)
	if len(j.spec.LeftKeys) > 0 {
		key, ok := j.left.key(i)
		if !ok {
			if j.spec.NullAware && j.built.N > 0 {
				j.unsure.Set(i)
			}
			return 0, 0
		}
		if id, ok = j.table.Find(key); !ok {
			if j.spec.NullAware && j.nullRight {
				j.unsure.Set(i)
			}
			return 0, 0
		}
	}
	return j.starts[id], j.starts[id+1]
}

// pairs evaluates On over the pairs that have gathered, and gives those that match.
func (j *hashJoin) pairs(ctx context.Context, b *batch.Batch) error {
	n := len(j.lsel)
	if n == 0 {
		return nil
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	defer func() { j.lsel, j.rsel = j.lsel[:0], j.rsel[:0] }()
	p := j.paired(b)
	keep := batch.NewBitmapSet(n)
	if j.spec.On != nil {
		c := j.eval.begin(p)
		col := j.spec.On.Eval(c, p, nil)
		if _, err := j.eval.settle(ctx, p); err != nil {
			return err
		}
		copy(keep, col.Bits)
		for i := range keep {
			if col.Valid == nil {
				continue
			}
			for w := ^col.Valid[i]; j.spec.NullAware && w != 0; w &= w - 1 {
				if at := i*64 + bits.TrailingZeros64(w); at < n {
					j.unsure.Set(int(j.lsel[at]))
				}
			}
			keep[i] &= col.Valid[i]
		}
	}
	sel := keep.Select(nil, n)
	for _, s := range sel {
		l := int(j.lsel[s])
		if j.spec.Single && j.found.Get(l) {
			return errSecondRow
		}
		j.found.Set(l)
		if j.met != nil {
			j.met.Set(int(j.rsel[s]))
		}
	}
	switch {
	case j.spec.Kind == Semi, j.spec.Kind == Anti, j.spec.Kind == Mark, len(sel) == 0:
		return nil
	case len(sel) == n:
		return j.give(ctx, p)
	}
	return j.give(ctx, p.Take(sel))
}

// paired is the pairs as one batch, borrowed.
func (j *hashJoin) paired(b *batch.Batch) *batch.Batch {
	l, r := j.gatherL.Rows(b, j.lsel), j.gatherR.Rows(&j.built, j.rsel)
	j.pair = batch.Batch{Epoch: b.Epoch, N: len(j.lsel), Cols: append(append(j.pair.Cols[:0], l.Cols...), r.Cols...), Diff: l.Diff}
	return &j.pair
}

// give numbers the rows and pushes them.
func (j *hashJoin) give(ctx context.Context, b *batch.Batch) error {
	b.Seq, b.Seq0 = nil, j.seq
	j.seq += uint32(b.N)
	return j.next.Push(ctx, b)
}

// alone gives the left rows of a batch that say something without, or instead of, their pairs.
func (j *hashJoin) alone(ctx context.Context, b *batch.Batch) error {
	switch j.spec.Kind {
	case Mark:
		out := *b
		mark := batch.BitsOf(b.N, slices.Clone(j.found), nil)
		if j.spec.NullAware {
			mark.Valid = batch.NewBitmapSet(b.N)
			for i := range mark.Valid {
				mark.Valid[i] &= j.found[i] | ^j.unsure[i]
			}
		}
		out.Cols = append(slices.Clip(out.Cols), mark)
		return j.give(ctx, &out)
	case Semi:
		return j.some(ctx, b, j.found.Select(nil, b.N), false)
	case Left, Full, Anti:
		lone := batch.NewBitmapSet(b.N)
		for i := range lone {
			lone[i] &^= j.found[i] | j.unsure[i]
		}
		return j.some(ctx, b, lone.Select(nil, b.N), j.spec.Kind != Anti)
	}
	return nil
}

// some gives chosen left rows, with nulls beside them if extended.
func (j *hashJoin) some(ctx context.Context, b *batch.Batch, sel []uint32, extended bool) error {
	if len(sel) == 0 {
		return nil
	}
	out := *j.gatherL.Rows(b, sel)
	if extended {
		out.Cols = append(slices.Clip(out.Cols), nullColumns(j.spec.Right, len(sel))...)
	}
	return j.give(ctx, &out)
}

// finish gives the right rows that nobody met, and ends the stream.
func (j *hashJoin) finish(ctx context.Context, p stream.Progress) error {
	if j.spec.Kind == Full {
		if err := j.lonely(ctx, p.Epoch); err != nil && !errors.Is(err, stream.ErrStop) {
			return err
		}
	}
	return j.next.Advance(ctx, p)
}

func (j *hashJoin) lonely(ctx context.Context, ep *batch.Epoch) error {
	var sel []uint32
	for i := range j.built.N {
		if !j.met.Get(i) {
			sel = append(sel, uint32(i))
		}
	}
	for part := range slices.Chunk(sel, batch.MaxRows) {
		out := *j.gatherR.Rows(&j.built, part)
		out.Epoch, out.Diff = ep, nil
		out.Cols = append(nullColumns(j.spec.Left, len(part)), out.Cols...)
		if err := j.give(ctx, &out); err != nil {
			return err
		}
	}
	return nil
}

func cleared(m batch.Bitmap, n int) batch.Bitmap {
	m = sized(m, (n+63)/64)
	clear(m)
	return m
}
