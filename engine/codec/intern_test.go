package codec

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// TestInterns encodes plain strings, which come back with a dictionary where few of them differ.
func TestInterns(t *testing.T) {
	among := func(k int) func(int) int { return func(i int) int { return i * 2654435761 >> 13 % k } }
	for name, c := range map[string]struct {
		n, most int // rows, and entries of the dictionary; 0: none
		t       types.Type
		value   func(row int) int
	}{
		"few":          {batch.MaxRows, 8, types.Text, among(8)},
		"many":         {batch.MaxRows, 1000, types.Varchar, among(1000)},
		"all differ":   {batch.MaxRows, 0, types.Text, func(i int) int { return i }},
		"most differ":  {batch.MaxRows, 0, types.Text, func(i int) int { return max(i, fewRows) }},
		"numbers":      {batch.MaxRows, 0, types.Numeric, among(8)},
		"too few rows": {minInternRows - 1, 0, types.Text, among(1)},
		"enough rows":  {minInternRows, 1, types.Text, among(1)},
	} {
		for _, nulls := range []int{1, 3, 7} { // one row in so many; 1: none
			b := batch.NewBuilder(c.t, c.n)
			for i := range c.n {
				if nulls > 1 && i%nulls == 0 {
					b.Null()
				} else {
					b.String(fmt.Sprint("a word, number ", c.value(i)))
				}
			}
			in := &batch.Batch{N: c.n, Cols: []batch.Column{b.Finish()}}
			data, err := EncodeBlock(nil, in)
			if err != nil {
				t.Fatal(err)
			}
			out, err := DecodeBlock(data, nil)
			if err != nil {
				t.Fatal(err)
			}
			out.Check()
			if !reflect.DeepEqual(rows(out), rows(in)) {
				t.Errorf("%s, nulls %d: the rows differ", name, nulls)
			}
			if d := out.Cols[0].Dict; (d != nil) != (c.most > 0) || d != nil && d.Len() > c.most {
				t.Errorf("%s, nulls %d: is a dictionary: %t", name, nulls, d != nil)
			}
		}
	}
}
