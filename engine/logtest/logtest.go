// Package logtest is the suite that every epoch.Log passes: it says in tests what the interface says in words. It
// tests nothing that is particular to files (storage/segment does).
package logtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// Run runs the suite. make is called once per test and gives a function that opens one log: the first call makes it
// empty, each later one, after a Close, gives it as a restart would.
func Run(t *testing.T, make func(t *testing.T) (open func() (epoch.Log, error))) {
	for _, c := range []struct {
		name string
		test func(*testing.T, *log)
	}{
		{"Empty", empty},
		{"RoundTrip", roundTrip},
		{"Want", want},
		{"Late", late},
		{"Stage", stage},
		{"AbandonedStage", abandoned},
		{"Reopen", reopen},
		{"Dense", dense},
		{"Fence", fence},
		{"Truncate", truncate},
		{"TruncateWhileReading", truncateWhileReading},
		{"TruncateWhileReading", truncateWhileReading},
		{"Large", large},
		{"VisitError", visitError},
		{"ReadWhileAppending", readWhileAppending},
		{"StageWhileAppending", stageWhileAppending},
		{"Closed", closed},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := &log{t: t, open: make(t)}
			l.reopen()
			defer func() { l.must(l.Close()) }()
			c.test(t, l)
		})
	}
}

// log is the log under test and what it should hold.
type log struct {
	epoch.Log
	t    *testing.T
	open func() (epoch.Log, error)
	all  []epoch.Entry // as Read gives them; all[i] is epoch i+1
}

func (l *log) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

func (l *log) reopen() {
	l.t.Helper()
	if l.Log != nil {
		l.must(l.Close())
	}
	next, err := l.open()
	l.must(err)
	l.Log = next
}

// Entry makes epoch no with blocks of the given sizes, the same for the same arguments.
func Entry(no uint64, sizes ...int) *epoch.Entry {
	r := rand.New(rand.NewPCG(no, 7))
	e := &epoch.Entry{
		Epoch: batch.Epoch{Origin: 3, No: no, Time: types.Micros(no) * types.Second, Catalog: no / 2, Triggers: no / 3},
		Marks: stream.Watermarks{{Relation: 1, At: types.Micros(no)}, {Relation: 9, At: types.MinTime, Idle: true}},
		Meta:  fmt.Appendf(nil, "meta of %d", no),
	}
	for i, n := range sizes {
		e.Blocks = append(e.Blocks, block(r, uint32(i), n))
	}
	return e
}

func block(r *rand.Rand, relation uint32, n int) epoch.Block {
	b := epoch.Block{
		Relation: relation, Lane: r.Uint32(), Rows: uint32(n), Seq0: r.Uint32(), Offset0: r.Int64(),
		MinTime: types.Micros(r.Int64()), MaxTime: types.MaxTime, Data: make([]byte, n),
	}
	for i := range b.Data {
		b.Data[i] = byte(r.Uint32())
	}
	for range n % 5 {
		b.Stats = append(b.Stats, byte(r.Uint32()))
	}
	return b
}

func (l *log) append(e *epoch.Entry, staged ...epoch.Block) {
	l.t.Helper()
	for _, b := range staged {
		ref, err := l.Stage(&b)
		l.must(err)
		h := b
		h.Data = nil
		h.Offset0 += 5
		e.Staged = append(e.Staged, epoch.Staged{Header: h, Ref: ref})
	}
	l.must(l.Append(0, e))
	c := Clone(e)
	c.Staged = nil
	for i := range staged {
		b := staged[i]
		b.Offset0 += 5
		c.Blocks = append(c.Blocks, b)
	}
	l.all = append(l.all, c)
}

// Clone copies an entry that Read lent.
func Clone(e *epoch.Entry) epoch.Entry {
	c := *e
	c.Meta = bytes.Clone(e.Meta)
	c.Blocks = nil
	for _, b := range e.Blocks {
		b.Data, b.Stats = bytes.Clone(b.Data), bytes.Clone(b.Stats)
		c.Blocks = append(c.Blocks, b)
	}
	return c
}

// diff is cmp.Diff for what is seldom different: looking at megabytes byte by byte takes seconds.
func diff(want, got any) string {
	if reflect.DeepEqual(want, got) {
		return ""
	}
	return cmp.Diff(want, got)
}

// Collect reads epochs into memory.
func Collect(l epoch.Log, from, to uint64, want func(*epoch.Block) bool) (all []epoch.Entry, err error) {
	err = l.Read(context.Background(), from, to, want, func(e *epoch.Entry) error {
		all = append(all, Clone(e))
		return nil
	})
	return all, err
}

func (l *log) check(from, to uint64) {
	l.t.Helper()
	got, err := Collect(l, from, to, nil)
	l.must(err)
	if to == 0 {
		to = uint64(len(l.all))
	}
	if d := diff(l.all[from-1:to], got); d != "" {
		l.t.Fatalf("epochs %d..%d differ (-want +got):\n%s", from, to, d)
	}
}

func (l *log) bounds(first, last uint64) {
	l.t.Helper()
	if f, n := l.Bounds(); f != first || n != last {
		l.t.Fatalf("bounds %d..%d, want %d..%d", f, n, first, last)
	}
}

func empty(t *testing.T, l *log) {
	if _, last := l.Bounds(); last != 0 {
		t.Fatalf("the last epoch of an empty log is %d", last)
	}
	got, err := Collect(l, 1, 0, nil)
	l.must(err)
	if len(got) != 0 {
		t.Fatalf("%d epochs in an empty log", len(got))
	}
	l.reopen()
	if _, last := l.Bounds(); last != 0 {
		t.Fatalf("the last epoch of an empty log is %d after a restart", last)
	}
}

func roundTrip(t *testing.T, l *log) {
	for no := uint64(1); no <= 20; no++ {
		l.append(Entry(no, int(no), 0, 1000))
		l.bounds(1, no)
	}
	l.must(l.Append(0, &epoch.Entry{Epoch: batch.Epoch{No: 21}}))
	l.all = append(l.all, epoch.Entry{Epoch: batch.Epoch{No: 21}})
	l.check(1, 0)
	l.check(7, 9)
	l.check(21, 21)
	if _, err := Collect(l, 1, 22, nil); !errors.Is(err, epoch.ErrTruncated) {
		t.Fatalf("reading a missing epoch gives %v", err)
	}
}

func want(t *testing.T, l *log) {
	e := Entry(1, 10, 20, 30)
	l.append(e, block(rand.New(rand.NewPCG(1, 1)), 7, 40), block(rand.New(rand.NewPCG(1, 2)), 8, 50))
	var lens []int
	got, err := Collect(l, 1, 1, func(b *epoch.Block) bool {
		lens = append(lens, b.Len)
		return b.Relation == 1 || b.Relation == 8
	})
	l.must(err)
	if d := cmp.Diff([]int{10, 20, 30, 40, 50}, lens); d != "" {
		t.Fatal(d)
	}
	exp := l.all[0]
	exp.Blocks = []epoch.Block{exp.Blocks[1], exp.Blocks[4]}
	if d := diff([]epoch.Entry{exp}, got); d != "" {
		t.Fatal(d)
	}
}

// late asks for blocks whose bytes the reader takes itself, every other one of an epoch with staged blocks.
func late(t *testing.T, l *log) {
	l.append(Entry(1, 10, 20, 30), block(rand.New(rand.NewPCG(1, 1)), 7, 40), block(rand.New(rand.NewPCG(1, 2)), 8, 70_000))
	l.append(Entry(2, 50))
	n, exp := 0, append(append([]epoch.Block(nil), l.all[0].Blocks...), l.all[1].Blocks...)
	l.must(l.Read(t.Context(), 1, 2, func(b *epoch.Block) bool {
		n++
		b.Late = n%2 == 0
		return true
	}, func(e *epoch.Entry) error {
		for _, b := range e.Blocks {
			data := b.Data
			if b.Bytes != nil {
				if data = make([]byte, b.Len); len(data) > 0 {
					if _, err := b.Bytes.ReadAt(data, 0); err != nil {
						return err
					}
				}
			}
			if !bytes.Equal(data, exp[0].Data) {
				t.Errorf("a block of epoch %d has %d bytes, want %d", e.Epoch.No, len(data), len(exp[0].Data))
			}
			exp = exp[1:]
		}
		return nil
	}))
	if len(exp) > 0 || n != 6 {
		t.Errorf("%d blocks are missing, %d were offered", len(exp), n)
	}
}

func stage(_ *testing.T, l *log) {
	r := rand.New(rand.NewPCG(5, 5))
	l.append(Entry(1, 5), block(r, 1, 100), block(r, 2, 0), block(r, 3, 70_000))
	l.append(Entry(2), block(r, 1, 9))
	l.append(Entry(3, 1))
	l.check(1, 0)
	l.reopen()
	l.check(1, 0)
}

func abandoned(t *testing.T, l *log) {
	r := rand.New(rand.NewPCG(6, 6))
	b := block(r, 1, 500)
	_, err := l.Stage(&b)
	l.must(err)
	l.append(Entry(1, 3))
	ref, err := l.Stage(&b)
	l.must(err)
	l.reopen()
	l.bounds(1, 1)
	l.check(1, 0)
	l.append(Entry(2, 3))
	gone := Entry(3)
	gone.Staged = []epoch.Staged{{Header: epoch.Block{Relation: 1}, Ref: epoch.Ref{Segment: ref.Segment + 99, Offset: ref.Offset, Len: ref.Len}}}
	if err := l.Append(0, gone); err == nil {
		t.Fatal("an epoch may name a block that is not there")
	}
	l.append(Entry(3, 1))
	l.check(1, 0)
}

func reopen(_ *testing.T, l *log) {
	for no := uint64(1); no <= 12; no++ {
		l.append(Entry(no, 100*int(no), 1))
		if no%3 == 0 {
			l.reopen()
			l.bounds(1, no)
			l.check(1, 0)
		}
	}
}

func dense(t *testing.T, l *log) {
	if l.Append(0, Entry(2, 1)) == nil {
		t.Fatal("epoch 2 may come first")
	}
	l.append(Entry(1, 1))
	for _, no := range []uint64{0, 1, 3} {
		if l.Append(0, Entry(no, 1)) == nil {
			t.Fatalf("epoch %d may follow 1", no)
		}
	}
	l.append(Entry(2, 1))
	l.bounds(1, 2)
	l.check(1, 0)
}

func fence(t *testing.T, l *log) {
	l.must(l.Append(4, Entry(1, 1)))
	for range 2 {
		if err := l.Append(3, Entry(2, 1)); !errors.Is(err, epoch.ErrFenced) {
			t.Fatalf("a lower fence gives %v", err)
		}
		l.reopen()
	}
	l.must(l.Append(4, Entry(2, 1)))
	l.must(l.Append(9, Entry(3, 1)))
	l.bounds(1, 3)
}

func truncate(t *testing.T, l *log) {
	r := rand.New(rand.NewPCG(8, 8))
	for no := uint64(1); no <= 40; no++ {
		l.append(Entry(no, 3000), block(r, 5, 2000))
	}
	before := l.Size()
	l.must(l.Truncate(30))
	first, last := l.Bounds()
	if first > 30 || last != 40 {
		t.Fatalf("bounds %d..%d after Truncate(30)", first, last)
	}
	if l.Size() > before {
		t.Fatalf("%d bytes after Truncate, %d before", l.Size(), before)
	}
	l.check(first, 0)
	if first > 1 {
		if _, err := Collect(l, first-1, 0, nil); !errors.Is(err, epoch.ErrTruncated) {
			t.Fatalf("reading epoch %d gives %v", first-1, err)
		}
	}
	l.reopen()
	l.bounds(first, 40)
	l.check(first, 0)
	l.append(Entry(41, 1))
	l.must(l.Truncate(42))
	if first, last := l.Bounds(); first > 42 || last != 41 {
		t.Fatalf("bounds %d..%d after Truncate(42)", first, last)
	}
	l.append(Entry(42, 1))
	l.check(42, 42)
}

// truncateWhileReading forgets epochs that a scan has not come to yet. The scan gets them; whoever comes later does not.
func truncateWhileReading(t *testing.T, l *log) {
	for no := uint64(1); no <= 40; no++ {
		l.append(Entry(no, 3000, 2000))
	}
	var got []epoch.Entry
	l.must(l.Read(t.Context(), 1, 0, nil, func(e *epoch.Entry) error {
		if e.Epoch.No == 2 {
			l.must(l.Truncate(30))
			l.must(l.Truncate(35))
		}
		got = append(got, Clone(e))
		return nil
	}))
	if d := diff(l.all, got); d != "" {
		t.Fatalf("the scan differs (-want +got):\n%s", d)
	}
	first, _ := l.Bounds()
	l.reopen()
	l.bounds(first, 40)
	l.check(first, 0)
}

func large(_ *testing.T, l *log) {
	l.append(Entry(1, 5<<20, 1))
	l.append(Entry(2, 1), block(rand.New(rand.NewPCG(1, 9)), 1, 3<<20))
	l.append(Entry(3, 10))
	l.check(1, 0)
	l.reopen()
	l.check(1, 0)
}

func visitError(t *testing.T, l *log) {
	l.append(Entry(1, 1))
	l.append(Entry(2, 1))
	stop, n := errors.New("enough"), 0
	err := l.Read(context.Background(), 1, 0, nil, func(*epoch.Entry) error { n++; return stop })
	if !errors.Is(err, stop) || n != 1 {
		t.Fatalf("%d visits and %v after an error of visit", n, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := l.Read(ctx, 1, 0, nil, func(*epoch.Entry) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Fatalf("a canceled Read gives %v", err)
	}
}

func readWhileAppending(t *testing.T, l *log) {
	const n = 200
	var wg sync.WaitGroup
	done := make(chan struct{})
	for range 2 {
		wg.Go(func() {
			for more := true; more; {
				select {
				case <-done:
					more = false
				default:
				}
				first, last := l.Bounds()
				got, err := Collect(l, first, last, nil)
				if err != nil {
					t.Errorf("reading %d..%d: %v", first, last, err)
					return
				}
				for i := range got {
					e := Entry(first+uint64(i), 100, 300)
					if d := diff(*e, got[i]); d != "" {
						t.Errorf("epoch %d: %s", first+uint64(i), d)
						return
					}
				}
			}
		})
	}
	for no := uint64(1); no <= n; no++ {
		if err := l.Append(0, Entry(no, 100, 300)); err != nil {
			t.Error(err)
			break
		}
	}
	close(done)
	wg.Wait()
}

func stageWhileAppending(t *testing.T, l *log) {
	var wg sync.WaitGroup
	refs := make([][]epoch.Staged, 3)
	for i := range refs {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 0))
			for range 30 {
				b := block(r, uint32(i), 500)
				ref, err := l.Stage(&b)
				if err != nil {
					t.Error(err)
					return
				}
				refs[i] = append(refs[i], epoch.Staged{Header: epoch.Block{Relation: uint32(i), Rows: 500}, Ref: ref})
			}
		})
	}
	for no := uint64(1); no <= 30; no++ {
		l.append(Entry(no, 50))
	}
	wg.Wait()
	e := Entry(31)
	for i := range refs {
		e.Staged = append(e.Staged, refs[i]...)
	}
	l.must(l.Append(0, e))
	l.reopen()
	got, err := Collect(l, 31, 31, nil)
	l.must(err)
	if len(got[0].Blocks) != 90 {
		t.Fatalf("%d blocks, want 90", len(got[0].Blocks))
	}
	for i := range refs {
		r := rand.New(rand.NewPCG(uint64(i), 0))
		for k := range 30 {
			if b := block(r, 0, 500); !bytes.Equal(b.Data, got[0].Blocks[i*30+k].Data) {
				t.Fatalf("staged block %d of writer %d differs", k, i)
			}
		}
	}
}

func closed(t *testing.T, l *log) {
	l.append(Entry(1, 1))
	l.must(l.Close())
	l.must(l.Close())
	b := epoch.Block{}
	_, stageErr := l.Stage(&b)
	_, readErr := Collect(l, 1, 0, nil)
	for _, err := range []error{l.Append(0, Entry(2, 1)), stageErr, readErr, l.Truncate(1)} {
		if !errors.Is(err, epoch.ErrClosed) {
			t.Fatalf("a closed log gives %v", err)
		}
	}
}
