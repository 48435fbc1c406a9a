package epoch_test

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/storage/memstore"
)

// TestUsage counts what the log holds of each relation while it grows and forgets, and compares with a look at every
// epoch.
func TestUsage(t *testing.T) {
	log, time := memstore.NewLog(), &clock{now: 1000}
	c, err := epoch.Open(t.Context(), epoch.Config{Log: log, Clock: time.read, Time: &greatest{}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r := rand.New(rand.NewPCG(5, 6))
	for round := range 60 {
		for range r.IntN(400) {
			s := c.Begin()
			for range r.IntN(3) {
				target := epoch.Target{Relation: 7 + uint32(r.IntN(3)), EventTime: 0}
				if err := s.Add(target, rowsAt(make([]int64, 1+r.IntN(5))...)); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := s.Commit(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if first, last := log.Bounds(); round%5 == 4 {
			if err := log.Truncate(first + uint64(r.IntN(int(last-first+1)))); err != nil {
				t.Fatal(err)
			}
		}
		want := map[uint32]epoch.Usage{}
		first, last := log.Bounds()
		err := log.Read(t.Context(), first, last, nil, func(e *epoch.Entry) error {
			for _, b := range e.Blocks {
				u, there := want[b.Relation]
				if !there {
					u.Oldest = types.MaxTime
				}
				want[b.Relation] = epoch.Usage{Bytes: u.Bytes + int64(len(b.Data)), Rows: u.Rows + int64(b.Rows), Oldest: min(u.Oldest, e.Epoch.Time)}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.Usage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("round %d, epochs %d..%d (-want +got):\n%s", round, first, last, d)
		}
	}
}
