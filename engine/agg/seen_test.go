package agg

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Sets of words whose weights nobody asks for equal sets of a map, as bits and before: words are added, sets are cloned
// and merged, and a clone never sees what came to the other later.
func TestSeen(t *testing.T) {
	forms := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		type model struct {
			set  *Set
			want map[uint64]bool
		}
		type still struct {
			model
			what string
		}
		ms := []*model{{set: &Set{}, want: map[uint64]bool{}}, {set: &Set{}, want: map[uint64]bool{}}}
		var kept []still
		compare := func(m *model, what string) {
			var got []uint64
			m.set.Each(func(w uint64, n int64) {
				if n <= 0 {
					t.Fatalf("%s: word %d weighs %d", what, w, n)
				}
				got = append(got, w)
			})
			if want := slices.Sorted(maps.Keys(m.want)); !slices.Equal(got, want) || m.set.Len() != len(want) {
				t.Fatalf("%s: %d words %v, want %v", what, m.set.Len(), got, want)
			}
			form := "tree"
			switch {
			case m.set.seen != nil:
				form = "bits"
			case m.set.scattered:
				form = "tree again"
			}
			forms[form]++
		}
		limit := rapid.SampledFrom([]uint64{100, 10_000, 30_000, 1 << 40}).Draw(t, "words there are")
		begins := []uint64{1, 1<<63 - 50, 1 << 20}[:rapid.IntRange(1, 3).Draw(t, "ranges")]
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			m := ms[rapid.IntRange(0, 1).Draw(t, "set")]
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0, 1:
				begin := rapid.SampledFrom(begins).Draw(t, "begin")
				rnd := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
				for range rapid.SampledFrom([]int{1, 5, 100, 300}).Draw(t, "words") {
					w := begin + rnd.Uint64N(limit)
					m.set.mark(w)
					m.want[w] = true
				}
			case 2: // as a writer does when a reader still needs the set
				kept = append(kept, still{model{set: m.set, want: maps.Clone(m.want)}, "kept"})
				m.set = m.set.Clone()
			case 3:
				other := ms[0]
				if other == m {
					other = ms[1]
				}
				m.set.merge(other.set)
				maps.Copy(m.want, other.want)
			}
		}
		for _, m := range ms {
			compare(m, "set")
		}
		for _, k := range kept {
			compare(&k.model, k.what)
		}
	})
	for _, form := range []string{"tree", "bits", "tree again"} {
		if forms[form] == 0 {
			t.Errorf("no set was a %s: all forms are to be tried, were %v", form, forms)
		}
	}
}

// A set tells its size by what it takes: as bits, and as a tree again when a word comes that is far away.
func TestSeenBytes(t *testing.T) {
	s, grown := &Set{}, int64(0)
	for w := range uint64(10_000) {
		grown += s.mark(w + 1)
	}
	if want := int64(3*pageBytes + 3*slotBytes); s.seen == nil || grown != want {
		t.Errorf("%d bytes for 10,000 words, want the %d of three pages", grown, want)
	}
	grown += s.mark(1 << 62)
	if want := int64(10_001 * weightBytes); s.seen != nil || grown != want || s.Len() != 10_001 {
		t.Errorf("%d bytes for %d words as a tree, want %d", grown, s.Len(), want)
	}
}
