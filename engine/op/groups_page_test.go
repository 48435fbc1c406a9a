package op_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// TestLoadManyPages has an aggregate take in the pages of two others, some of whose groups are the same: whatever it was told
// to expect, it then has what one that got all rows has.
func TestLoadManyPages(t *testing.T) {
	in := batch.Schema{{Name: "i", Type: types.Int8}, {Name: "t", Type: types.Text}, {Name: "v", Type: types.Int8}}
	for _, keys := range [][]int{{0}, {1}, {0, 1}} {
		aggregate := func() *op.Aggregate {
			a, err := op.NewAggregate(op.AggregateSpec{
				Input: in, Keys: keys, Calls: []agg.Call{call(t, "count", types.Int8, -1), call(t, "max", types.Int8, 2)},
			}, &op.Env{}, nowhere{})
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		// push gives a row of each of the groups from to to-1.
		push := func(a *op.Aggregate, from, to int) {
			for ; from < to; from += 1000 {
				n := min(1000, to-from)
				var cols [3]*batch.Builder
				for i, f := range in {
					cols[i] = batch.NewBuilder(f.Type, n)
				}
				for g := from; g < from+n; g++ {
					batch.Put(cols[0], int64(g))
					cols[1].String(fmt.Sprint("group ", g))
					batch.Put(cols[2], int64(g%7))
				}
				b := &batch.Batch{N: n, Cols: []batch.Column{cols[0].Finish(), cols[1].Finish(), cols[2].Finish()}}
				if err := a.Push(context.Background(), b); err != nil {
					t.Fatal(err)
				}
			}
		}
		want := aggregate()
		var names, pages [][]byte
		for _, part := range [][2]int{{0, 9000}, {7000, 20000}} {
			a := aggregate()
			push(a, part[0], part[1])
			push(want, part[0], part[1])
			if err := a.Pin().Pages(func(p state.Page) error {
				data, err := p.Encode(nil)
				names, pages = append(names, slices.Clone(p.Key)), append(pages, data)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		for _, expect := range []int{-1, 0, 1, 17, len(pages), len(pages) + 1, 100 * len(pages)} {
			a := aggregate()
			if expect >= 0 {
				a.Expect(slices.Values(make([][]byte, expect)))
			}
			for i := range pages {
				if err := a.LoadPage(names[i], pages[i]); err != nil {
					t.Fatal(err)
				}
			}
			if err := a.Loaded(stream.Progress{Epoch: &batch.Epoch{No: 1}}); err != nil {
				t.Fatal(err)
			}
			if got, want := enginetest.Contents(t, a.Pin()), enginetest.Contents(t, want.Pin()); got != want {
				t.Errorf("keys %v, %d pages, %d expected: %d bytes of contents, want %d", keys, len(pages), expect, len(got), len(want))
			}
		}
	}
}
