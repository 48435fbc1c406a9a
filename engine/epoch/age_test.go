package epoch_test

import (
	"math/rand/v2"
	"testing"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/storage/memstore"
)

// TestSince asks for the first epoch since a time, in any order, while the log grows and forgets, and compares with a look
// at every epoch.
func TestSince(t *testing.T) {
	log, time := memstore.NewLog(), &clock{now: 1000}
	c, err := epoch.Open(t.Context(), epoch.Config{Log: log, Clock: time.read, Time: &greatest{}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if no, err := c.Since(t.Context(), 5); no != 1 || err != nil {
		t.Fatalf("an empty log gives %d, %v", no, err)
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		time.mu.Lock()
		time.now += types.Micros(r.IntN(40))
		time.mu.Unlock()
		if _, err := c.Begin().Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		if r.IntN(20) == 0 {
			first, last := log.Bounds()
			if err := log.Truncate(first + uint64(r.IntN(int(last-first+1)))); err != nil {
				t.Fatal(err)
			}
		}
		at := time.read() - types.Micros(r.IntN(600)) + 20
		first, last := log.Bounds()
		want := last + 1
		err := log.Read(t.Context(), first, last, nil, func(e *epoch.Entry) error {
			if e.Epoch.Time >= at {
				want = min(want, e.Epoch.No)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second answer may be remembered
			if no, err := c.Since(t.Context(), at); no != want || err != nil {
				t.Fatalf("of epochs %d..%d the first since %d is %d, not %d, %v", first, last, at, want, no, err)
			}
		}
	}
}
