package batch_test

import (
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// TestResetAfterPoison fills a builder again whose last column was borrowed and overwritten, as the invariants tag does.
func TestResetAfterPoison(t *testing.T) {
	b := batch.NewBuilder(types.Text, 8)
	for _, want := range [][]string{{"a", "bc"}, {"", "def", "g"}} {
		for _, v := range want {
			b.String(v)
		}
		c := b.Finish()
		for i, v := range want {
			if got := c.Str(i); got != v {
				t.Errorf("row %d is %q, not %q", i, got, v)
			}
		}
		(&batch.Batch{N: c.N, Cols: []batch.Column{c}}).Poison()
		b.Reset()
	}
}
