package live

import (
	"context"
	"maps"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// steps is a Sink that knows what it had by epoch.
type steps struct {
	now map[string]int64
	all map[uint64]map[string]int64
}

func (s *steps) Push(_ context.Context, b *batch.Batch) error {
	for i := range b.N {
		key := string(b.Cols[0].At(i))
		if s.now[key] += b.Weight(i); s.now[key] == 0 {
			delete(s.now, key)
		}
	}
	return nil
}

func (s *steps) Advance(_ context.Context, p stream.Progress) error {
	s.all[p.Epoch.No], s.now = s.now, map[string]int64{}
	return nil
}

func (s *steps) Close() error { return nil }

// TestPace folds epochs at random times, and crashes: each epoch gets the net of its interval if it is the first of the next one,
// and nothing else does; an epoch that is folded again gets what it got.
func TestPace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type epoch struct {
			time types.Micros
			rows []*batch.Batch
		}
		const every interval = 10
		var log []epoch
		var pages []state.Page
		var stored int // epochs that the checkpoint stands for
		sent := &steps{now: map[string]int64{}, all: map[uint64]map[string]int64{}}
		begin := func() *Pace { return NewPace(types.Micros(every), func(types.Micros) {}, sent) }
		fold := func(p *Pace, no int) {
			e := log[no]
			for _, b := range e.rows {
				if err := p.Push(t.Context(), b); err != nil {
					t.Fatal(err)
				}
			}
			was, again := sent.all[uint64(no)]
			if err := p.Advance(t.Context(), stream.Progress{Epoch: &batch.Epoch{No: uint64(no), Time: e.time}}); err != nil {
				t.Fatal(err)
			}
			want := map[string]int64{}
			if no == 0 || every.next(log[no-1].time) <= e.time {
				for i := no; i >= 0 && (i == no || i > 0 && every.next(log[i-1].time) > log[i].time); i-- {
					for _, b := range log[i].rows {
						for r := range b.N {
							want[string(b.Cols[0].At(r))] += b.Weight(r)
						}
					}
				}
			}
			maps.DeleteFunc(want, func(_ string, n int64) bool { return n == 0 })
			if got := sent.all[uint64(no)]; !maps.Equal(got, want) || again && !maps.Equal(got, was) {
				t.Fatalf("epoch %d at %d gets %v, want %v; before it was %v", no, e.time, got, want, was)
			}
		}
		p := begin()
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			switch rapid.SampledFrom([]string{"fold", "fold", "fold", "store", "crash"}).Draw(t, "step") {
			case "fold":
				e := epoch{}
				if n := len(log); n > 0 {
					e.time = log[n-1].time
				}
				e.time += types.Micros(rapid.IntRange(1, 7).Draw(t, "later"))
				for range rapid.IntRange(0, 3).Draw(t, "changes") {
					w := rapid.SampledFrom([]int64{-1, 1, 2}).Draw(t, "weight")
					e.rows = append(e.rows, change(w, strconv.Itoa(rapid.IntRange(0, 3).Draw(t, "row"))))
				}
				log = append(log, e)
				fold(p, len(log)-1)
			case "store":
				pages = nil
				stored = len(log)
				if err := p.Pin().Pages(func(pg state.Page) error {
					data, err := pg.Encode(nil)
					pages = append(pages, state.Page{Key: data})
					return err
				}); err != nil {
					t.Fatal(err)
				}
			case "crash":
				p = begin()
				for _, pg := range pages {
					if err := p.LoadPage(nil, pg.Key); err != nil {
						t.Fatal(err)
					}
				}
				if stored > 0 {
					if err := p.Loaded(stream.Progress{Epoch: &batch.Epoch{No: uint64(stored - 1), Time: log[stored-1].time}}); err != nil {
						t.Fatal(err)
					}
				}
				for no := stored; no < len(log); no++ {
					fold(p, no)
				}
			}
		}
	})
}

// TestPaceIsBounded: what is more than an interval may hold goes at the end of its epoch.
func TestPaceIsBounded(t *testing.T) {
	sent := &steps{now: map[string]int64{}, all: map[uint64]map[string]int64{}}
	p := NewPace(1000, func(types.Micros) {}, sent)
	long := strings.Repeat("x", 1<<20)
	for no := range uint64(20) {
		if err := p.Push(t.Context(), change(1, strconv.FormatUint(no, 10)+long)); err != nil {
			t.Fatal(err)
		}
		if err := p.Advance(t.Context(), stream.Progress{Epoch: &batch.Epoch{No: no, Time: types.Micros(no + 1)}}); err != nil {
			t.Fatal(err)
		}
		if p.Bytes() > maxHeldBytes {
			t.Fatalf("%d bytes are held after epoch %d", p.Bytes(), no)
		}
	}
	if len(sent.all[0]) != 1 || len(sent.all[16]) != 16 {
		t.Errorf("epoch 0 gets %d rows and epoch 16 %d", len(sent.all[0]), len(sent.all[16]))
	}
}
