package agg

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Sets of words whose weights nobody asks for equal sets of a map, as bits and before: words are added, sets are cloned
// and merged, and a clone never sees what came to the other later.
func TestSeen(t *testing.T) {
	forms := map[bool]int{}
	rapid.Check(t, func(t *rapid.T) {
		type model struct {
			set  *Set
			want map[uint64]bool
		}
		type still struct {
			model
			what string
		}
		ms := []*model{{&Set{}, map[uint64]bool{}}, {&Set{}, map[uint64]bool{}}}
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
			forms[m.set.seen != nil]++
		}
		limit := rapid.SampledFrom([]int{100, 10_000, 30_000}).Draw(t, "words there are")
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			m := ms[rapid.IntRange(0, 1).Draw(t, "set")]
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0, 1:
				for _, w := range rapid.SliceOfN(rapid.Uint64Range(1, uint64(limit)), 1, 200).Draw(t, "words") {
					m.set.mark(w, limit)
					m.want[w] = true
				}
			case 2: // as a writer does when a reader still needs the set
				kept = append(kept, still{model{m.set, maps.Clone(m.want)}, "kept"})
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
	if forms[true] == 0 || forms[false] == 0 {
		t.Errorf("%d sets were bits and %d were not: both are to be tried", forms[true], forms[false])
	}
}

// A set that has become bits tells its size by as much as these take.
func TestSeenBytes(t *testing.T) {
	s, grown := &Set{}, int64(0)
	for w := range uint64(10_000) {
		grown += s.mark(w+1, 10_000)
	}
	if want := int64(3*pageBytes + 3*8); s.seen == nil || grown != want {
		t.Errorf("%d bytes for 10,000 words, want the %d of three pages", grown, want)
	}
}
