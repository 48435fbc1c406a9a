package epoch_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/storage/memstore"
)

const dedupWindow = 1000

// byKey has the second column of relation 7 be its key.
var byKey = epoch.Dedup{Columns: []int{1}, Window: dedupWindow}

// keyed makes rows of a number and a key; a key below 0 is null.
func keyed(first int64, keys ...int64) *batch.Batch {
	no, k := batch.NewBuilder(types.Int8, len(keys)), batch.NewBuilder(types.Int8, len(keys))
	for i, v := range keys {
		batch.Put(no, first+int64(i))
		if v < 0 {
			k.Null()
		} else {
			batch.Put(k, v)
		}
	}
	return &batch.Batch{N: len(keys), Cols: []batch.Column{no.Finish(), k.Finish()}}
}

// deduping is a committer beside what it should have stored.
type deduping struct {
	c       *epoch.Committer
	log     *refusing
	clock   *clock
	next    int64
	rows    []string
	first   map[int64]types.Micros // when the row that others repeat was committed, by key
	dropped int64
}

func (d *deduping) start(t *rapid.T) {
	var err error
	d.c, err = epoch.Open(t.Context(), epoch.Config{Log: d.log, Origin: 1, Fence: 1, Clock: d.clock.read, Time: &greatest{}})
	if err == nil {
		err = d.c.SetDedup(t.Context(), 7, byKey)
	}
	if err != nil {
		t.Fatal(err)
	}
}

var anyKeys = rapid.SliceOfN(rapid.Int64Range(-1, 12), 1, 6)

// begin is a statement of a few batches, not committed yet, and its rows.
func (d *deduping) begin(t *rapid.T) (s *epoch.Statement, all []int64, first int64) {
	s, first = d.c.Begin(), d.next
	for range rapid.IntRange(1, 3).Draw(t, "batches") {
		keys := anyKeys.Draw(t, "keys")
		if err := s.Add(epoch.Target{Relation: 7, EventTime: -1}, keyed(d.next, keys...)); err != nil {
			t.Fatal(err)
		}
		d.next += int64(len(keys))
		all = append(all, keys...)
	}
	return s, all, first
}

// expect takes in what a statement should store whose rows were added and committed at these times, and gives how many of
// its rows it should not.
func (d *deduping) expect(keys []int64, first int64, added, at types.Micros) (repeats int64) {
	for i, k := range keys {
		before, is := d.first[k]
		if k >= 0 && is && added-before < dedupWindow {
			repeats++
			continue
		}
		if k >= 0 {
			d.first[k] = at
		}
		d.rows = append(d.rows, fmt.Sprint(first+int64(i)))
	}
	d.dropped += repeats
	return repeats
}

func (d *deduping) stored(t *rapid.T) (out []string) {
	s := epoch.Scan{Relation: 7, Columns: []int{0}, MinTime: types.MinTime, MaxTime: types.MaxTime, NoWeights: true}
	err := d.c.Scan(t.Context(), s, d.c.Last().No, func(p epoch.Part) error {
		for i, v := range batch.Values[int64](&p.Rows.Cols[0]) {
			if p.Offset0+int64(i) != int64(len(out)) {
				t.Fatalf("row %d has offset %d", len(out), p.Offset0+int64(i))
			}
			out = append(out, fmt.Sprint(v))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestDedup has statements of few keys, alone and two at once, between pauses, restarts and full disks.
func TestDedup(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := &deduping{log: &refusing{Log: memstore.NewLog()}, clock: &clock{now: 1_000_000}, first: map[int64]types.Micros{}}
		d.start(t)
		defer func() { d.c.Close() }()
		t.Repeat(map[string]func(*rapid.T){
			"write": func(t *rapid.T) {
				added := d.c.Now()
				var all []*epoch.Statement
				var keys [][]int64
				var first []int64
				for range rapid.IntRange(1, 3).Draw(t, "statements") {
					s, k, f := d.begin(t)
					all, keys, first = append(all, s), append(keys, k), append(first, f)
				}
				for _, s := range all {
					if err := s.Submit(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				for i, s := range all {
					ep, err := s.Wait(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					if want := d.expect(keys[i], first[i], added, ep.Time); s.Dropped() != want {
						t.Fatalf("%d rows were dropped, not %d", s.Dropped(), want)
					}
				}
			},
			"full disk": func(t *rapid.T) {
				d.log.err = sqlerr.New(sqlerr.DiskFull, "no room")
				s, _, _ := d.begin(t)
				if _, err := s.Commit(t.Context()); sqlerr.CodeOf(err) != sqlerr.DiskFull {
					t.Fatal(err)
				}
				d.log.err = nil
			},
			"pause": func(t *rapid.T) {
				d.clock.mu.Lock()
				defer d.clock.mu.Unlock()
				d.clock.now += types.Micros(rapid.SampledFrom([]int{1, 300, 700, dedupWindow - 1, dedupWindow}).Draw(t, "pause"))
			},
			"restart": func(t *rapid.T) {
				d.c.Close()
				d.log.Log = d.log.Log.Reopen()
				d.start(t)
			},
			"": func(t *rapid.T) {
				if got := d.stored(t); !slices.Equal(got, d.rows) {
					t.Fatalf("stored\n%v\nwant\n%v", got, d.rows)
				}
				if got := d.c.Dedups(); len(got) != 1 || got[0].Dropped != d.dropped || got[0].Keys > len(d.first) {
					t.Fatalf("%+v, want %d dropped, at most %d keys", got, d.dropped, len(d.first))
				}
			},
		})
	})
}

// TestDedupSetLater sets the key of a relation that has rows, changes it while a statement is written, and takes it away.
func TestDedupSetLater(t *testing.T) {
	c := open(t, memstore.NewLog())
	at := epoch.Target{Relation: 7, EventTime: -1}
	commit := func(s *epoch.Statement, b *batch.Batch, dropped int64) {
		t.Helper()
		if err := s.Add(at, b); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Commit(t.Context()); err != nil || s.Dropped() != dropped {
			t.Errorf("%d rows were dropped, not %d: %v", s.Dropped(), dropped, err)
		}
	}
	set := func(d epoch.Dedup) {
		t.Helper()
		if err := c.SetDedup(t.Context(), 7, d); err != nil {
			t.Fatal(err)
		}
	}
	commit(c.Begin(), keyed(1, 5, 5), 0)
	s := c.Begin()
	if err := s.Add(at, keyed(3, 6, 6, 5)); err != nil {
		t.Fatal(err)
	}
	set(byKey)
	commit(s, keyed(6, 6, 7), 3) // of the rows before it was set too
	set(epoch.Dedup{Columns: []int{0, 1}, Window: dedupWindow})
	commit(c.Begin(), keyed(7, 7, 8), 1)
	set(epoch.Dedup{})
	commit(c.Begin(), keyed(7, 7), 0)
	if all := c.Dedups(); len(all) != 0 {
		t.Errorf("%+v", all)
	}
}

// TestDedupStaged has a statement whose blocks are in the log already repeat what another has committed meanwhile.
func TestDedupStaged(t *testing.T) {
	log := memstore.NewLog()
	c := open(t, log)
	if err := c.SetDedup(t.Context(), 7, epoch.Dedup{Columns: []int{0}, Window: types.Hour}); err != nil {
		t.Fatal(err)
	}
	staged := func() *epoch.Statement {
		s := c.Begin()
		for at, before := int64(0), log.Size(); log.Size() == before; {
			times := make([]int64, 8192)
			for i := range times {
				times[i], at = at, at+1
			}
			b := rowsAt(times...)
			b.Cols = append(b.Cols, b.Cols[0], b.Cols[0], b.Cols[0])
			if err := s.Add(target, b); err != nil {
				t.Fatal(err)
			}
		}
		return s
	}
	s := staged()
	write(t, c, 0)
	if _, err := s.Commit(t.Context()); sqlerr.CodeOf(err) != sqlerr.SerializationFailure {
		t.Fatalf("it gives %v", err)
	}
	again := staged()
	if _, err := again.Commit(t.Context()); err != nil || again.Dropped() != 1 {
		t.Errorf("%d rows were dropped: %v", again.Dropped(), err)
	}
}
