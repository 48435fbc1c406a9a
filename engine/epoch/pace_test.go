package epoch_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/storage/memstore"
)

// slow is a log whose appends take a while.
type slow struct {
	epoch.Log
	takes time.Duration
}

func (l *slow) Append(fence uint64, e *epoch.Entry) error {
	<-time.After(l.takes)
	return l.Log.Append(fence, e)
}

// paced commits statements of so many rows each, a millisecond apart, and gives their epochs and how long each took.
func paced(t *testing.T, pace epoch.Pace, takes time.Duration, statements, rows int) (nos []uint64, took []time.Duration) {
	t.Helper()
	c, err := epoch.Open(t.Context(), epoch.Config{
		Log: &slow{memstore.NewLog(), takes}, Origin: 1, Fence: 1, Clock: (&clock{now: 1000}).read, Time: &greatest{}, Pace: pace,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	nos, took = make([]uint64, statements), make([]time.Duration, statements)
	var all sync.WaitGroup
	for i := range statements {
		s := c.Begin()
		if err := s.Add(target, rowsAt(make([]int64, rows)...)); err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			began := time.Now()
			ep, err := s.Commit(t.Context())
			if err != nil {
				t.Error(err)
			}
			nos[i], took[i] = ep.No, time.Since(began)
		})
		<-time.After(time.Millisecond)
	}
	all.Wait()
	return nos, took
}

// TestPaces has statements come a millisecond apart: alone, at once and together, and while an epoch is being written.
func TestPaces(t *testing.T) {
	for _, c := range []struct {
		name  string
		pace  epoch.Pace
		takes time.Duration
		rows  int
		want  [8]uint64 // the epochs of eight statements
		most  time.Duration
	}{
		{"balanced, idle: each is an epoch", epoch.Balanced, 0, 1, [8]uint64{1, 2, 3, 4, 5, 6, 7, 8}, 0},
		{"latency, idle: each is an epoch", epoch.Low, 0, 1, [8]uint64{1, 2, 3, 4, 5, 6, 7, 8}, 0},
		{"throughput: those of five milliseconds are one", epoch.High, 0, 1, [8]uint64{1, 1, 1, 1, 1, 2, 2, 2}, 5 * time.Millisecond},
		{"throughput: a batch of rows waits for nothing", epoch.High, 0, batch.MaxRows, [8]uint64{1, 2, 3, 4, 5, 6, 7, 8}, 0},
		{"throughput: a batch of rows ends the wait", epoch.High, 0, batch.MaxRows / 2, [8]uint64{1, 1, 2, 2, 3, 3, 4, 4}, time.Millisecond},
		{"balanced, loaded: what waits is one", epoch.Balanced, 9500 * time.Microsecond, batch.MaxRows, [8]uint64{1, 2, 2, 2, 2, 2, 2, 2}, 19 * time.Millisecond},
		{"latency, loaded: a batch's rows are one", epoch.Low, 9500 * time.Microsecond, batch.MaxRows / 2, [8]uint64{1, 2, 2, 3, 3, 4, 4, 5}, 42 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				nos, took := paced(t, c.pace, c.takes, len(c.want), c.rows)
				if [8]uint64(nos) != c.want {
					t.Errorf("epochs %v, want %v", nos, c.want)
				}
				for i, d := range took {
					if d > c.most {
						t.Errorf("statement %d took %v, at most %v", i, d, c.most)
					}
				}
			})
		})
	}
}

// TestPaceOfAClose does not wait for rows where the committer ends.
func TestPaceOfAClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := epoch.Open(t.Context(), epoch.Config{
			Log: memstore.NewLog(), Origin: 1, Fence: 1, Clock: (&clock{now: 1000}).read, Time: &greatest{}, Pace: epoch.High,
		})
		if err != nil {
			t.Fatal(err)
		}
		s := c.Begin()
		if err := s.Add(target, rowsAt(1)); err != nil {
			t.Fatal(err)
		}
		stored := make(chan error)
		go func() {
			_, err := s.Commit(t.Context())
			stored <- err
		}()
		synctest.Wait()
		began := time.Now()
		go c.Close()
		if err := <-stored; err != nil || time.Since(began) > 0 {
			t.Errorf("the statement ends after %v: %v", time.Since(began), err)
		}
	})
}

func TestParsePace(t *testing.T) {
	for name, want := range map[string]epoch.Pace{"": epoch.Balanced, "balanced": epoch.Balanced, "latency": epoch.Low, "throughput": epoch.High} {
		if got, err := epoch.ParsePace(name); err != nil || got != want {
			t.Errorf("%q: %v, %v", name, got, err)
		}
	}
	if _, err := epoch.ParsePace("fast"); err == nil {
		t.Error("fast is a pace")
	}
}
