package crash

import (
	"math/rand/v2"
	"testing"
)

// cyclesOfFolder is how often nodes die on one folder before the next one begins, so that checks stay short.
const cyclesOfFolder = 8

// TestKill kills a node at random while rows come in by COPY, INSERT, transactions and changes of tables, with windows,
// joins and views on views over them, and again while it recovers.
func TestKill(t *testing.T) {
	s := seed(t)
	r := rand.New(rand.NewPCG(s, 0))
	cycles, rows := scale(t, 3, 40, 500), int64(0)
	for done := 0; done < cycles; done += cyclesOfFolder {
		w, data := newWorld(r.Uint64()), t.TempDir()
		p := start(t, data)
		w.found(t, p)
		for range min(cyclesOfFolder, cycles-done) {
			p = killed(t, w, p, data, int64(1+r.IntN(250)), r.IntN(4) == 0)
		}
		p.stop(t)
		p = start(t, data)
		if err := w.check(p); err != nil {
			t.Fatalf("after a clean stop: %v", err)
		}
		p.kill()
		rows += w.acked.Load()
	}
	t.Logf("%d cycles, %d rows acknowledged, none lost, none doubled", cycles, rows)
}

// killed lets clients work on a node, kills it when they have done so many steps, once more when it is ready again if
// twice, and checks what the next one has.
func killed(t *testing.T, w *world, p *process, data string, end int64, twice bool) *process {
	t.Helper()
	if err := w.work(p, func(steps int64) bool {
		if steps == end {
			p.kill()
		}
		return steps >= end
	}); err != nil {
		t.Fatalf("cycle %d: %v\n%s", w.cycle, err, p.said)
	}
	if p = start(t, data); twice {
		p.kill()
		p = start(t, data)
	}
	if err := w.check(p); err != nil {
		t.Fatalf("cycle %d: %v\n%s", w.cycle, err, p.said)
	}
	return p
}
