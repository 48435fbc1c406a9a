package op

import (
	"math/bits"
	"math/rand/v2"
	"testing"

	"github.com/vexfs/vexstream/engine/types"
)

// Finding a time's span looks at none of the spans before the latest when times come in order, and at a logarithm of them else.
func TestSpansLookAtFew(t *testing.T) {
	const n = 1 << 14
	rnd := rand.New(rand.NewPCG(1, 2))
	inOrder, reversed, mixed := make([]types.Micros, n), make([]types.Micros, n), make([]types.Micros, n)
	for i := range n {
		inOrder[i], reversed[n-1-i] = types.Micros(10*i), types.Micros(10*i)
	}
	for i, at := range rnd.Perm(n) {
		mixed[i] = types.Micros(4 * at) // in the end all are one
	}
	for name, ts := range map[string][]types.Micros{"in order": inOrder, "reversed": reversed, "mixed": mixed} {
		s := NewSpans(5)
		p := s.New()
		groups := uint32(0)
		met := 0
		for _, at := range ts {
			before := s.looked
			_, _, both := s.Place(p, at, func() uint32 { groups++; return groups })
			if both {
				met++
			}
			if steps := s.looked - before; steps > 12*bits.Len(n) {
				t.Fatalf("%s: %d spans looked at for one time of %d", name, steps, n)
			}
		}
		spans := s.earlier.Len() + 1
		if want := map[string]int{"in order": n, "reversed": n, "mixed": 1}[name]; spans != want || int(groups)-met != want {
			t.Errorf("%s: %d spans, %d groups of which %d are gone, want %d spans", name, spans, groups, met, want)
		}
		// A time of the latest span is found without looking at others.
		before, out := s.looked, make([]uint32, 1)
		if got := s.Run([]uint32{p}, []types.Micros{s.latest[p].Last}, out); got != 1 || s.looked != before {
			t.Errorf("%s: Run took %d rows and looked at %d spans, want 1 and none", name, got, s.looked-before)
		}
	}
}
