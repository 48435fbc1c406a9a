package codec

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// TestDecodeAt reads columns one by one and compares with the block read whole, also with a directory that is longer
// than what is read first.
func TestDecodeAt(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	ts := []types.Type{types.Text, types.Int8, types.Bool, types.Varchar, types.Timestamptz}
	for _, n := range []int{1, 700, batch.MaxRows} {
		for _, width := range []int{5, 200} {
			b := &batch.Batch{N: n}
			for i := range width {
				b.Cols = append(b.Cols, column(r, ts[i%len(ts)], n, i%2 == 0, i%3 == 0))
			}
			if n == 700 {
				for range n {
					b.Diff = append(b.Diff, 1+r.Int64N(3))
				}
			}
			data, err := EncodeBlock(nil, b)
			if err != nil {
				t.Fatal(err)
			}
			d := Decoder{Give: true}
			for _, cols := range [][]int{nil, {}, {2, 0}, {width - 1}, {0, 3}} {
				want, err := DecodeBlock(data, cols)
				if err != nil {
					t.Fatal(err)
				}
				got, err := d.DecodeAt(bytes.NewReader(data), len(data), cols)
				if err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(rows(got), rows(want)) {
					t.Fatalf("%d rows of columns %v differ", n, cols)
				}
			}
			if _, err := d.DecodeAt(bytes.NewReader(data[:len(data)-1]), len(data), nil); err == nil {
				t.Error("a block that is cut short was read")
			}
		}
	}
}
