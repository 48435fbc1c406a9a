package op_test

import (
	"testing"

	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/sqlerr"
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
