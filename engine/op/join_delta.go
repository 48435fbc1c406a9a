package op

import (
	"context"
	"iter"
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/group"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// DeltaJoin is the join of a query that goes on. Both sides are kept with their weights; what comes in on one side
// meets what the other holds at that moment, so that all meetings of an epoch add up to the change of the product:
//
//	d(L x R) = dL x R + (L + dL) x dR
//
// A row that is given when nothing matches it (LEFT, FULL, Anti, Mark) counts the weight of its matches; it is given
// or taken back when that count leaves or reaches zero. An epoch may give a row and take it back. With Once it is given when
// its time to be met has passed, and never taken back.
type DeltaJoin struct {
	spec  JoinSpec
	env   *Env
	next  stream.Sink
	ends  []stream.Sink // an Advance for each side
	sides [2]*deltaSide
	eval  evaluator
	epoch uint64

	waiting []*batch.Batch // AsOf: left rows of an epoch in which the right side has not ended
	ended   bool           // the right side has, in this epoch

	own, other []uint32 // the pairs under way: rows of the batch, rows kept of the other side
	met        []int64  // by row of the batch: the weight of its matches
	out        *changes
	meter      *Meter
}

func newDeltaJoin(spec JoinSpec, env *Env, next stream.Sink) (*DeltaJoin, error) {
	switch {
	case spec.Single:
		return nil, sqlerr.NotSupported("a subquery as a value in a materialized view, where it may give more than one row").
			WithHint("Make it an aggregate: max(...), min(...).")
	case spec.NullAware:
		return nil, sqlerr.NotSupported("IN or NOT IN (subquery) over values that may be null, in a materialized view").
			WithHint("Use EXISTS or NOT EXISTS.")
	}
	j := &DeltaJoin{spec: spec, env: env, next: next, eval: newEvaluator(env, "join"), meter: NewMeter(env, "join")}
	strings := group.NewStrings()
	var err error
	if j.sides[0], err = newDeltaSide(strings, spec.Left, spec.LeftKeys, spec.NullSafe); err != nil {
		return nil, err
	}
	if j.sides[1], err = newDeltaSide(strings, spec.Right, spec.RightKeys, spec.NullSafe); err != nil {
		return nil, err
	}
	j.sides[0].lone = spec.Kind != Inner
	j.sides[1].lone = spec.Kind == Full
	for i, e := range spec.Ends {
		if e != nil {
			j.sides[i].ends = newJoinEnds(e)
		}
	}
	if err := j.once(); err != nil {
		return nil, err
	}
	j.out = newChanges(spec.Schema(), false)
	j.ends = NewUnion(2, (*deltaEnd)(j))
	return j, nil
}

// once has rows without a match wait until there can be none.
func (j *DeltaJoin) once() error {
	if !j.spec.Once {
		return nil
	}
	l, r := j.sides[0], j.sides[1]
	if l.ends == nil || r.ends == nil || j.spec.Kind == Mark {
		return sqlerr.New(sqlerr.InternalError, "a join that gives each row once must know when rows of both sides go")
	}
	l.ends.other, r.ends.other = r.ends, l.ends
	for _, s := range j.sides {
		if s.lone && j.spec.Kind != Semi {
			s.ends.lone = newTimedRows()
		}
	}
	return nil
}

// Left is the left input.
func (j *DeltaJoin) Left() stream.Sink { return deltaInput{j, 0} }

// Right is the right input.
func (j *DeltaJoin) Right() stream.Sink { return deltaInput{j, 1} }

// SetNext sets where the result goes.
func (j *DeltaJoin) SetNext(next stream.Sink) { j.next = next }

// Listen has nothing to switch: a join has no contents of its own, only changes.
func (j *DeltaJoin) Listen(bool) {}

// Bytes is the memory of both sides.
func (j *DeltaJoin) Bytes() int64 {
	n := j.sides[0].shape.Strings.Bytes() + j.sides[1].shape.Strings.Bytes()
	for _, s := range j.sides {
		n += s.groups.Bytes() + s.table.Bytes() + s.ends.bytes() + int64(4*(len(s.heads)+len(s.after)+len(s.before)+len(s.key))+8*len(s.met))
	}
	return n
}

type deltaInput struct {
	j    *DeltaJoin
	side int
}

func (i deltaInput) Push(ctx context.Context, b *batch.Batch) error {
	if b.N == 0 {
		return nil
	}
	if i.j.spec.AsOf && i.side == 0 && !i.j.ended {
		i.j.waiting = append(i.j.waiting, b.Clone())
		return nil
	}
	return i.j.push(ctx, i.side, b)
}

func (i deltaInput) Advance(ctx context.Context, p stream.Progress) error {
	if i.j.spec.AsOf && i.side == 1 {
		if err := i.j.rightEnded(ctx); err != nil {
			return err
		}
	}
	return i.j.ends[i.side].Advance(ctx, p)
}

func (i deltaInput) Close() error { return i.j.ends[i.side].Close() }

// rightEnded lets the left rows pass that came before the right side was what it is in their epoch.
func (j *DeltaJoin) rightEnded(ctx context.Context) error {
	j.sides[1].settle()
	j.ended = true
	rows := j.waiting
	j.waiting = nil
	for _, b := range rows {
		if err := j.push(ctx, 0, b); err != nil {
			return err
		}
	}
	return nil
}

// deltaEnd is what comes after both sides have ended an epoch.
type deltaEnd DeltaJoin

func (e *deltaEnd) Push(context.Context, *batch.Batch) error { return nil }

func (e *deltaEnd) Advance(ctx context.Context, p stream.Progress) error {
	if p.Epoch != nil {
		e.epoch = p.Epoch.No
	}
	e.ended = false
	for _, s := range e.sides {
		s.settle()
		s.ends.passed(p)
	}
	for side := range e.sides {
		if err := (*DeltaJoin)(e).decide(ctx, side, p); err != nil {
			return err
		}
	}
	for _, s := range e.sides {
		s.expire(p)
	}
	if err := e.meter.Set((*DeltaJoin)(e).Bytes()); err != nil {
		return err
	}
	return e.next.Advance(ctx, p)
}

func (e *deltaEnd) Close() error {
	e.meter.Close()
	return e.next.Close()
}

// push meets a batch with the other side, and then keeps it.
func (j *DeltaJoin) push(ctx context.Context, side int, b *batch.Batch) error {
	s, o := j.sides[side], j.sides[1-side]
	b, err := o.ends.inTime(ctx, b)
	if err != nil || b.N == 0 {
		return err
	}
	if b.Epoch != nil && b.Epoch.No > s.groups.Pages.Epoch() {
		s.groups.Pages.SetEpoch(b.Epoch.No)
	}
	s.keys.read(b)
	j.met = sized(j.met, b.N)
	clear(j.met)
	for i := range b.N {
		for r := o.first(s.keys, i); r != 0; r = o.after[r-1] {
			j.own, j.other = append(j.own, uint32(i)), append(j.other, r-1)
			if len(j.own) == batch.MaxRows {
				if err := j.meet(ctx, side, b); err != nil {
					return err
				}
			}
		}
	}
	if err := j.meet(ctx, side, b); err != nil {
		return err
	}
	if s.lone {
		waits := s.ends != nil && s.ends.lone != nil
		for i := range b.N {
			if waits && !s.decided(b, i) {
				continue
			}
			if err := j.alone(ctx, side, b.Cols, i, j.met[i], b.Weight(i), b.Epoch); err != nil {
				return err
			}
		}
	}
	if kept := s.lasting(b, j.met); kept.N > 0 && (!j.spec.AsOf || side == 1) {
		if kept != b {
			s.keys.read(kept)
		}
		s.keep(kept, j.met)
	}
	if err := j.meter.Set(j.Bytes()); err != nil {
		return err
	}
	return j.out.Flush(ctx, j.next, b.Epoch)
}

// meet gives the pairs that have gathered, as far as On lets them, and what they mean for the rows on the other side.
func (j *DeltaJoin) meet(ctx context.Context, side int, b *batch.Batch) error {
	if len(j.own) == 0 {
		return nil
	}
	defer func() { j.own, j.other = j.own[:0], j.other[:0] }()
	o := j.sides[1-side]
	strings := o.shape.Strings.Freeze()
	kept := o.columns(j.other, strings)
	p := &batch.Batch{Epoch: b.Epoch, N: len(j.own), Diff: make([]int64, len(j.own))}
	for i := range b.Cols {
		p.Cols = append(p.Cols, b.Cols[i].Take(j.own))
	}
	if side == 0 {
		p.Cols = append(p.Cols, kept...)
	} else {
		p.Cols = append(slices.Clone(kept), p.Cols...)
	}
	for n, r := range j.other {
		p.Diff[n] = b.Weight(int(j.own[n])) * o.weight(r)
	}
	keep, err := j.matching(ctx, p)
	if err != nil {
		return err
	}
	var sel []uint32
	for n := range j.own {
		if keep != nil && !keep.Get(n) {
			continue
		}
		i, r := int(j.own[n]), j.other[n]
		j.met[i] += o.weight(r)
		if p.Diff[n] != 0 {
			sel = append(sel, uint32(n))
		}
		if o.lone {
			was := o.met[r]
			o.met[r] += b.Weight(i)
			if err := j.turn(ctx, 1-side, kept, n, was, o.met[r], o.weight(r), b.Epoch); err != nil {
				return err
			}
		}
	}
	if len(sel) == 0 || j.spec.Kind == Semi || j.spec.Kind == Anti || j.spec.Kind == Mark {
		return nil
	}
	return j.next.Push(ctx, p.Take(sel))
}

// matching evaluates On over pairs; nil: all match.
func (j *DeltaJoin) matching(ctx context.Context, p *batch.Batch) (batch.Bitmap, error) {
	if j.spec.On == nil {
		return nil, nil
	}
	c := j.eval.begin(p)
	col := j.spec.On.Eval(c, p, nil)
	failed, err := j.eval.settle(ctx, p)
	if err != nil {
		return nil, err
	}
	keep := slices.Clone(col.Bits)
	for i := range keep {
		if col.Valid != nil {
			keep[i] &= col.Valid[i]
		}
	}
	if failed {
		for _, f := range j.eval.ctx.Failures() {
			keep.Clear(f.Row)
		}
	}
	return keep, nil
}

// turn gives what it means for a kept row of weight w that the weight of its matches went from was to is.
func (j *DeltaJoin) turn(ctx context.Context, side int, cols []batch.Column, row int, was, is, w int64, ep *batch.Epoch) error {
	if (was == 0) == (is == 0) || j.spec.Once && j.spec.Kind != Semi {
		return nil
	}
	if err := j.alone(ctx, side, cols, row, was, -w, ep); err != nil {
		return err
	}
	return j.alone(ctx, side, cols, row, is, w, ep)
}

// alone gives w times what a row says for itself when its matches weigh met.
func (j *DeltaJoin) alone(ctx context.Context, side int, cols []batch.Column, row int, met, w int64, ep *batch.Epoch) error {
	if w == 0 || j.spec.Kind == Semi && met == 0 || j.spec.Kind != Semi && j.spec.Kind != Mark && met != 0 {
		return nil
	}
	first, after := 0, len(j.spec.Right) // where the row stands, how many nulls come behind it
	if side == 1 {
		first, after = len(j.spec.Left), 0
		for _, c := range j.out.Cols[:first] {
			c.Null()
		}
	}
	for i := range cols {
		j.out.Cols[first+i].Append(&cols[i], row)
	}
	switch j.spec.Kind {
	case Semi, Anti:
		after = 0
	case Mark:
		after = 0
		j.out.Cols[len(cols)].Bool(met != 0)
	}
	for _, c := range j.out.Cols[len(j.out.Cols)-after:] {
		c.Null()
	}
	j.out.Diff = append(j.out.Diff, w)
	if j.out.Full() {
		return j.out.Flush(ctx, j.next, ep)
	}
	return nil
}

// Plain gives s with types that are equal when their bytes are: how whole rows are told apart. Floats stay what they are:
// ExactSpelling tells them apart.
func Plain(s batch.Schema) batch.Schema {
	out := append(batch.Schema(nil), s...)
	for i := range out {
		out[i].Type = types.Plain(out[i].Type)
	}
	return out
}

// Pin holds both sides as of the last Advance, for a checkpoint.
func (j *DeltaJoin) Pin() state.Pin {
	return &deltaPin{epoch: j.epoch, sides: [2]Frozen{j.sides[0].groups.Freeze(), j.sides[1].groups.Freeze()}}
}

type deltaPin struct {
	epoch uint64
	sides [2]Frozen
}

func (p *deltaPin) Epoch() uint64 { return p.epoch }

func (p *deltaPin) Rows(context.Context, stream.Sink) error {
	return sqlerr.New(sqlerr.InternalError, "a join has no contents to read")
}

func (p *deltaPin) Pages(visit func(state.Page) error) error {
	for i, f := range p.sides {
		if err := f.Pages([]byte{byte(i)}, visit); err != nil {
			return err
		}
	}
	return nil
}

func (p *deltaPin) Release() { p.sides = [2]Frozen{} }

// Expect makes room for the pages of a checkpoint.
func (j *DeltaJoin) Expect(keys iter.Seq[[]byte]) {
	var n [len(j.sides)]int
	for key := range keys {
		if len(key) > 0 && int(key[0]) < len(n) {
			n[key[0]]++
		}
	}
	for i, s := range j.sides {
		s.groups.Expect(n[i])
	}
}

// LoadPage takes in a page of a checkpoint; the first byte of its key says of which side.
func (j *DeltaJoin) LoadPage(key, data []byte) error {
	if len(key) == 0 || key[0] > 1 {
		return sqlerr.New(sqlerr.DataCorrupted, "a page of the checkpoint is of no side of a join")
	}
	return j.sides[key[0]].groups.LoadPage(data)
}

// Loaded ends the loading: rows find each other again.
func (j *DeltaJoin) Loaded(p stream.Progress) error {
	j.epoch = p.Epoch.No
	for _, s := range j.sides {
		s.groups.Pages.SetEpoch(p.Epoch.No)
		s.ends.passed(p)
	}
	for _, s := range j.sides {
		s.relink()
	}
	if err := j.meter.Set(j.Bytes()); err != nil {
		return err
	}
	return j.recount()
}

// recount makes the weights of matches anew.
func (j *DeltaJoin) recount() error {
	l, r := j.sides[0], j.sides[1]
	if !l.lone && !r.lone {
		return nil
	}
	var own, other []uint32
	flush := func() error {
		if len(own) == 0 {
			return nil
		}
		p := &batch.Batch{Epoch: &batch.Epoch{No: j.epoch}, N: len(own)}
		p.Cols = append(p.Cols, l.columns(own, l.shape.Strings.Freeze())...)
		p.Cols = append(p.Cols, r.columns(other, r.shape.Strings.Freeze())...)
		c := j.eval.begin(p)
		var keep batch.Bitmap
		if j.spec.On != nil {
			col := j.spec.On.Eval(c, p, nil)
			keep = slices.Clone(col.Bits)
			for i := range keep {
				if col.Valid != nil {
					keep[i] &= col.Valid[i]
				}
			}
			for _, f := range c.Failures() {
				keep.Clear(f.Row)
			}
		}
		for n := range own {
			if keep == nil || keep.Get(n) {
				l.met[own[n]] += r.weight(other[n])
				r.met[other[n]] += l.weight(own[n])
			}
		}
		own, other = own[:0], other[:0]
		return nil
	}
	for at, n := uint32(0), uint32(l.groups.Pages.Len()); at < n; at++ {
		if l.weight(at) == 0 {
			continue
		}
		b := &batch.Batch{N: 1, Cols: l.columns([]uint32{at}, l.shape.Strings.Freeze())}
		l.keys.read(b)
		for o := r.first(l.keys, 0); o != 0; o = r.after[o-1] {
			own, other = append(own, at), append(other, o-1)
			if len(own) == batch.MaxRows {
				if err := flush(); err != nil {
					return err
				}
			}
		}
	}
	return flush()
}
