package action

import (
	"fmt"
	"testing"
)

// TestRanks has IDs that lie together, and such as lie far apart.
func TestRanks(t *testing.T) {
	for _, step := range []uint32{1, 3, farApart / 2, 1 << 20} {
		var all []*Trigger
		for i := range uint32(20) {
			tr := &Trigger{ID: 7 + (19-i)*step, Counts: &Counts{}}
			if i%5 != 0 {
				tr.On(operation(t, "=", fmt.Sprint(i)))
			}
			all = append(all, tr)
		}
		r := newRanks(all)
		if (r.far != nil) != (step > farApart) {
			t.Errorf("IDs that are %d apart: a map %t", step, r.far != nil)
		}
		for i, tr := range all {
			if rank, known := r.of(tr.ID); known != (i%5 != 0) || known && rank != uint32(i) {
				t.Errorf("ID %d of step %d: rank %d %t, want %d", tr.ID, step, rank, known, i)
			}
		}
		for _, id := range []uint32{0, 6, 7 + 20*step, 1 << 31} {
			if _, known := r.of(id); known {
				t.Errorf("ID %d is known", id)
			}
		}
	}
	if _, known := (&ranks{}).of(0); known {
		t.Error("there is a rank in nothing")
	}
}
