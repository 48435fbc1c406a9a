package op_test

import (
	"errors"
	"testing"

	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// TestAggregateIsRefusedMemory groups by ever new keys, and counts ever new values of one key.
func TestAggregateIsRefusedMemory(t *testing.T) {
	s := enginetest.Schema("k int8, v int8")
	distinct := call(t, "count", types.Int8, 1)
	distinct.Distinct = true
	for name, spec := range map[string]op.AggregateSpec{
		"groups": {Input: s, Keys: []int{1}, AppendOnly: true},
		"values": {Input: s, Keys: []int{0}, AppendOnly: true, Calls: []agg.Call{distinct}},
	} {
		t.Run(name, func(t *testing.T) {
			budget := mem.New("node", 1<<20)
			a, err := op.NewAggregate(spec, &op.Env{Budget: budget}, enginetest.NewCollect(t))
			if err != nil {
				t.Fatal(err)
			}
			rows := 0
			for err == nil && rows < 10<<20 {
				k, v := batch.MakeValues[int64](batch.MaxRows), batch.MakeValues[int64](batch.MaxRows)
				for i := range v {
					v[i] = int64(rows + i)
				}
				rows += batch.MaxRows
				err = a.Push(t.Context(), &batch.Batch{N: batch.MaxRows, Cols: []batch.Column{batch.FixedOf(types.Int8, k, nil), batch.FixedOf(types.Int8, v, nil)}})
			}
			if sqlerr.CodeOf(err) != sqlerr.OutOfMemory || rows < 1<<13 {
				t.Errorf("after %d rows: %v", rows, err)
			}
			if err := a.Close(); err != nil || budget.Used() != 0 {
				t.Errorf("%d bytes are still reserved after Close: %v", budget.Used(), err)
			}
		})
	}
}

// TestViewsAreRefusedMemory gives ever new rows to the other operators that keep what they get.
func TestViewsAreRefusedMemory(t *testing.T) {
	s := enginetest.Schema("k int8, v int8")
	order := []op.OrderKey{{Col: 0}, {Col: 1}}
	for name, made := range map[string]func(*op.Env, stream.Sink) (in, all stream.Sink){
		"first rows": func(env *op.Env, next stream.Sink) (in, all stream.Sink) {
			top := op.NewTop(op.TopSpec{Input: s, Order: order, Prefix: 1, Limit: 3}, env, next)
			return top, top
		},
		"window functions": func(env *op.Env, next stream.Sink) (in, all stream.Sink) {
			over := op.NewChangingOver(op.OverSpec{Input: s, Partition: []int{0}, Order: order[1:]}, env, next)
			return over, over
		},
		"join": func(env *op.Env, next stream.Sink) (in, all stream.Sink) {
			j, err := op.NewJoin(op.JoinSpec{Left: s, Right: s, LeftKeys: []int{0}, RightKeys: []int{1}, NullSafe: []bool{false}}, env, next)
			if err != nil {
				t.Fatal(err)
			}
			return j.Left(), closers{j.Left(), j.Right()}
		},
	} {
		t.Run(name, func(t *testing.T) {
			budget := mem.New("node", 1<<20)
			in, all := made(&op.Env{Budget: budget}, enginetest.NewCollect(t))
			rows := 0
			var err error
			for err == nil && rows < 10<<20 {
				k, v := batch.MakeValues[int64](batch.MaxRows), batch.MakeValues[int64](batch.MaxRows)
				for i := range v {
					v[i] = int64(rows + i)
				}
				rows += batch.MaxRows
				err = in.Push(t.Context(), &batch.Batch{N: batch.MaxRows, Cols: []batch.Column{batch.FixedOf(types.Int8, k, nil), batch.FixedOf(types.Int8, v, nil)}})
			}
			if sqlerr.CodeOf(err) != sqlerr.OutOfMemory || rows < 1<<13 {
				t.Errorf("after %d rows: %v", rows, err)
			}
			if err := all.Close(); err != nil || budget.Used() != 0 {
				t.Errorf("%d bytes are still reserved after Close: %v", budget.Used(), err)
			}
		})
	}
}

// closers closes two inputs.
type closers struct {
	stream.Sink
	other stream.Sink
}

func (c closers) Close() error { return errors.Join(c.Sink.Close(), c.other.Close()) }
