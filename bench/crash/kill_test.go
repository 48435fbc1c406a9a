package crash

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// cyclesOfFolder is how often nodes die on one folder before the next one begins, so that checks stay short.
const cyclesOfFolder = 8

// TestKill kills a node at random while rows come in by COPY, INSERT, transactions and changes of tables, with windows,
// joins and views on views over them, and again while it recovers.
func TestKill(t *testing.T) {
	began, cycles := time.Now(), scale(t, 3, 40, 500)
	rows, segments, err := kill(t, seed(t), cycles)
	if err != nil {
		t.Fatal(err)
	}
	if segments == 0 && cycles >= cyclesOfFolder {
		t.Error("no segment of the log was merged")
	}
	line(t, began, cycles, rows, fmt.Sprintf(", %d segments merged", segments))
}

// kill gives how many rows were acknowledged, and how many segments of the logs were merged at the end.
func kill(t *testing.T, seed uint64, cycles int) (rows int64, segments int, err error) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 0))
	for done := 0; done < cycles; done += cyclesOfFolder {
		data := t.TempDir()
		w := newWorld(r.Uint64(), data)
		p := start(t, data)
		w.found(t, p)
		for range min(cyclesOfFolder, cycles-done) {
			if p, err = w.killed(t, p, data, int64(1+r.IntN(250)), r.IntN(4) == 0); err != nil {
				return rows, segments, err
			}
		}
		p.stop(t)
		p = start(t, data)
		if err := w.check(p); err != nil {
			return rows, segments, fmt.Errorf("after a clean stop: %w", err)
		}
		p.kill()
		rows += w.acked.Load()
		segments += merged(t, data)
	}
	return rows, segments, nil
}

// killed lets clients work on a node, kills it when they have done so many steps, once more when it is ready again if
// twice, and checks what the next one has.
func (w *world) killed(t *testing.T, p *process, data string, end int64, twice bool) (*process, error) {
	t.Helper()
	err := w.work(p, func(steps int64) bool {
		if steps == end {
			p.kill()
		}
		return steps >= end
	})
	if err == nil {
		if p = start(t, data); twice {
			p.kill()
			p = start(t, data)
		}
		err = w.check(p)
	}
	if err != nil {
		err = fmt.Errorf("cycle %d: %w\n%s", w.cycle, err, p.said)
	}
	return p, err
}
