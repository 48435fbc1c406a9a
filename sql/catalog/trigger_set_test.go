package catalog

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTriggerSet compares sets after random changes with a list that is sorted anew each time. Older sets stay as they were.
func TestTriggerSet(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	s, have := Empty(), map[uint32]*Trigger{}
	names := func(ts []*Trigger) (out []string) {
		for _, x := range ts {
			out = append(out, fmt.Sprint(x.Priority, x.Name))
		}
		return out
	}
	old, oldNames := s, []string(nil)
	for i := range 5000 {
		id := uint32(r.IntN(2000) + 1)
		if x := have[id]; x != nil && r.IntN(3) == 0 {
			s = s.WithoutTrigger(1, x)
			delete(have, id)
		} else {
			x := &Trigger{ID: id, Relation: 7, Name: fmt.Sprintf("t%d.%d", id, i), Priority: r.IntN(3)}
			s, have[id] = s.WithTrigger(1, x), x
			if s.Trigger(7, x.Name) != x {
				t.Fatalf("%s is not found", x.Name)
			}
		}
		if i%500 != 0 {
			continue
		}
		var all []*Trigger
		for _, x := range have {
			all = append(all, x)
		}
		slices.SortFunc(all, triggerOrder)
		if d := cmp.Diff(names(all), names(s.Triggers(7))); d != "" || s.TriggerCount() != len(all) {
			t.Fatalf("%d of %d triggers: %s", s.TriggerCount(), len(all), d)
		}
		if d := cmp.Diff(oldNames, names(old.Triggers(7))); d != "" {
			t.Fatal(d)
		}
		put, gone := s.TriggerChanges(old, 7)
		changed := map[uint32]*Trigger{}
		for _, x := range old.Triggers(7) {
			changed[x.ID] = x
		}
		for _, id := range gone {
			if have[id] != nil || changed[id] == nil {
				t.Fatalf("%d is said to be gone", id)
			}
			delete(changed, id)
		}
		for _, x := range put {
			if changed[x.ID] == x {
				t.Fatalf("%s has not changed", x.Name)
			}
			changed[x.ID] = x
		}
		if !maps.Equal(changed, have) {
			t.Fatal("the changes do not make the new set of the old one")
		}
		old, oldNames = s, names(s.Triggers(7))
	}
}

// TestTriggerSetOfMany counts how many triggers are put in order anew while many are made one by one.
func TestTriggerSetOfMany(t *testing.T) {
	const n = 40_000
	s, sorted := Empty(), 0
	var last *Trigger
	lastLen := 0
	for i := range n {
		s = s.WithTrigger(1, &Trigger{ID: s.NextID, Relation: 7, Name: fmt.Sprintf("t%d", i)})
		layers := s.triggers[7].layers
		if l := &layers[len(layers)-1]; l.all[0] != last || len(l.all) != lastLen {
			last, lastLen = l.all[0], len(l.all)
			sorted += lastLen
		}
	}
	if sorted > 12*n || s.TriggerCount() != n {
		t.Fatalf("%d triggers were put in order %d times in all", s.TriggerCount(), sorted)
	}
	t.Logf("each was put in order %.1f times", float64(sorted)/n)
}
