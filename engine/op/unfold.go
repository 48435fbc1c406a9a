package op

import (
	"context"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// UnfoldSpec is what an Unfold does.
type UnfoldSpec struct {
	Calls      []*expr.SetCall // over the input's columns
	Ordinality bool            // a last column numbers the rows of each input row from 1
	Outer      bool            // an input row that no call gives rows for comes once, with nulls
}

type unfold struct {
	spec   UnfoldSpec
	eval   evaluator
	next   stream.Sink
	calls  []unfoldCall
	out    batch.Batch
	gather Gather

	from  []uint32 // of the rows under way: the input row
	ords  []int64  // and the number among its rows
	begun int      // input rows below are done with
	width int      // columns that the calls give
}

// unfoldCall is one function of an unfold over the batch under way.
type unfoldCall struct {
	cur   *expr.SetCursor
	chunk expr.SetRows
	at    int      // the next row of chunk
	more  bool     // chunk has a row at at
	pick  []uint32 // for each row under way: the row of chunk
	none  []uint32 // the rows under way that have no row of chunk
}

// NewUnfold gives each input row once for each row that set-returning functions give for it, with their columns after
// the input's. Several functions go in step: the shorter ones give nulls.
//
// It keeps nothing: what it gives for a row depends on the row alone, and has the row's weight. A row that fails half-way
// has given what came before in full batches; when it is taken back that is too.
func NewUnfold(spec UnfoldSpec, env *Env, next stream.Sink) stream.Sink {
	u := &unfold{spec: spec, eval: newEvaluator(env, "function"), next: next, calls: make([]unfoldCall, len(spec.Calls))}
	for _, c := range spec.Calls {
		u.width += len(c.Columns())
	}
	return u
}

func (u *unfold) Push(ctx context.Context, b *batch.Batch) error {
	c := u.eval.begin(b)
	u.begun, u.from, u.ords = 0, u.from[:0], u.ords[:0]
	for i := range u.calls {
		k := &u.calls[i]
		k.cur = u.spec.Calls[i].Open(c, b, nil)
		k.pick, k.none = k.pick[:0], k.none[:0]
		k.fill()
	}
	for u.step(b.N) {
		if !u.full() {
			continue
		}
		if err := u.flush(ctx, b); err != nil {
			return err
		}
		for i := range u.calls {
			if k := &u.calls[i]; k.at == k.chunk.Len() {
				k.fill()
			}
		}
	}
	if err := u.flush(ctx, b); err != nil {
		return err
	}
	_, err := u.eval.settle(ctx, b)
	return err
}

func (k *unfoldCall) fill() {
	k.chunk, k.more = k.cur.Next(batch.MaxRows)
	k.at = 0
}

// full says whether the rows under way must leave: no more fit, or a chunk that they lie in is used up.
func (u *unfold) full() bool {
	if len(u.from) == batch.MaxRows {
		return true
	}
	for i := range u.calls {
		if k := &u.calls[i]; k.more && k.at == k.chunk.Len() {
			return true
		}
	}
	return false
}

// step adds the next row: that of the first input row which a call has rows for.
func (u *unfold) step(n int) bool {
	row, ord := uint32(n), int64(0)
	for i := range u.calls {
		k := &u.calls[i]
		if !k.more {
			continue
		}
		if r, o := k.chunk.From[k.at], k.chunk.Ord[k.at]; r < row || r == row && o < ord {
			row, ord = r, o
		}
	}
	if u.spec.Outer {
		for ; u.begun < int(row); u.begun++ {
			if !u.eval.ctx.Failed(u.begun) {
				row, ord = uint32(u.begun), 0
				break
			}
		}
	}
	if int(row) == n {
		return false
	}
	at := uint32(len(u.from))
	u.from, u.ords, u.begun = append(u.from, row), append(u.ords, ord), int(row)+1
	for i := range u.calls {
		k := &u.calls[i]
		if k.more && k.chunk.From[k.at] == row && k.chunk.Ord[k.at] == ord {
			k.pick = append(k.pick, uint32(k.at))
			k.at++
			continue
		}
		k.pick, k.none = append(k.pick, 0), append(k.none, at)
	}
	return true
}

// flush pushes the rows under way, without those of input rows that have failed.
func (u *unfold) flush(ctx context.Context, b *batch.Batch) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if u.eval.ctx.Failures() != nil {
		if u.eval.env.Bounded {
			_, err := u.eval.settle(ctx, b)
			return err
		}
		u.dropFailed()
	}
	n := len(u.from)
	if n == 0 {
		return nil
	}
	rows := u.gather.Rows(b, u.from)
	cols := u.out.Cols
	u.out = *rows
	u.out.Cols = append(cols[:0], rows.Cols...)
	for i := range u.calls {
		u.calls[i].columns(&u.out, n, u.spec.Calls[i].Columns())
	}
	if u.spec.Ordinality {
		u.out.Cols = append(u.out.Cols, u.ordinals())
	}
	err := u.next.Push(ctx, &u.out)
	u.gather.Poison()
	u.from, u.ords = u.from[:0], u.ords[:0]
	return err
}

// columns adds the call's columns for the rows under way, and begins the next ones.
func (k *unfoldCall) columns(out *batch.Batch, n int, schema []expr.SetColumn) {
	var valid batch.Bitmap
	for i := range schema {
		if len(k.none) == n {
			out.Cols = append(out.Cols, batch.NullColumn(schema[i].Type, n))
			continue
		}
		col := k.chunk.Cols[i]
		if len(k.none) > 0 || len(k.pick) != col.N {
			col = col.Take(k.pick)
		}
		if len(k.none) > 0 {
			valid = batch.NewBitmap(n)
			for r := range n {
				if col.Valid == nil || col.Valid.Get(r) {
					valid.Set(r)
				}
			}
			for _, r := range k.none {
				valid.Clear(int(r))
			}
			col.Valid = valid
		}
		out.Cols = append(out.Cols, col)
	}
	k.pick, k.none = k.pick[:0], k.none[:0]
}

// ordinals is the numbers of the rows under way. Zero, of a row that no call gave, is null.
func (u *unfold) ordinals() batch.Column {
	vals := batch.MakeValues[int64](len(u.ords))
	copy(vals, u.ords)
	col := batch.FixedOf(types.Int8, vals, nil)
	if !u.spec.Outer {
		return col
	}
	col.Valid = batch.NewBitmap(len(vals))
	for i, o := range vals {
		if o > 0 {
			col.Valid.Set(i)
		}
	}
	return col
}

// dropFailed leaves out the rows under way whose input row has failed.
func (u *unfold) dropFailed() {
	kept := 0
	for i := range u.calls {
		k := &u.calls[i]
		none, at := k.none[:0], 0
		for old, kept := 0, uint32(0); old < len(u.from); old++ {
			gone := u.eval.ctx.Failed(int(u.from[old]))
			if at < len(k.none) && k.none[at] == uint32(old) {
				at++
				if !gone {
					none = append(none, kept)
				}
			}
			if !gone {
				k.pick[kept] = k.pick[old]
				kept++
			}
		}
		k.none = none
	}
	for old, r := range u.from {
		if !u.eval.ctx.Failed(int(r)) {
			u.from[kept], u.ords[kept] = r, u.ords[old]
			kept++
		}
	}
	u.from, u.ords = u.from[:kept], u.ords[:kept]
	for i := range u.calls {
		u.calls[i].pick = u.calls[i].pick[:kept]
	}
}

func (u *unfold) Advance(ctx context.Context, p stream.Progress) error { return u.next.Advance(ctx, p) }

func (u *unfold) Close() error { return u.next.Close() }
