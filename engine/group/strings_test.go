package group

import (
	"fmt"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// TestStringsReset numbers other strings after a Reset as a new Strings would, small and large ones.
func TestStringsReset(t *testing.T) {
	s := NewStrings()
	for round := range 3 {
		n := []int{1000, 3, 5000}[round]
		for range 2 {
			for i := range n {
				v := fmt.Sprintf("%d of a round of %d, long enough to be hashed", i, n)[:1+i%40]
				if i%40 < 12 {
					v = fmt.Sprint(i, n)
				}
				before := s.Len()
				code := s.Code([]byte(v))
				if got := string(s.At(code)); got != v {
					t.Fatalf("round %d: %q has the code of %q", round, v, got)
				}
				if int(code) > before || s.Len() > before+1 {
					t.Fatalf("round %d: %q has code %d of %d", round, v, code, before)
				}
			}
		}
		s.Reset()
		if s.Len() != 0 {
			t.Fatalf("%d strings after a Reset", s.Len())
		}
	}
}

// TestColumnOfStrings compares the codes of columns, of short and of long strings with nulls among them, with those that strings get one
// by one.
func TestColumnOfStrings(t *testing.T) {
	for _, form := range []string{"%d", "k%07d", "/data/a/path/of/some/length/%d", "%032d%d"} {
		one, all := NewStrings(), NewStrings()
		for round := range 20 {
			b := batch.NewBuilder(types.Text, 1000)
			var want []uint64
			for i := range 1000 {
				v := fmt.Sprintf(form, i*(round+1)%(300*(round+1)), i%2)
				if i%7 == 3 {
					b.Null()
					want = append(want, 0)
					continue
				}
				b.String(v)
				want = append(want, uint64(one.Code([]byte(v)))+1)
			}
			c := b.Finish()
			got := all.Column(&c, nil)
			for i, w := range want {
				if w == 0 && got[i] != 0 || w != 0 && string(all.At(uint32(got[i]-1))) != string(one.At(uint32(w-1))) {
					t.Fatalf("%q: row %d of round %d has another string's code", form, i, round)
				}
			}
		}
		if extra := all.Len() - one.Len(); extra != 0 && extra != 1 { // nulls are empty strings
			t.Errorf("%q: %d strings, want %d", form, all.Len(), one.Len())
		}
	}
}
