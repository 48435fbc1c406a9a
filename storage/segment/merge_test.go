package segment

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/logtest"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

func noPace(context.Context, int64) error { return nil }

// mergeAll merges whatever can be merged, and gives how many segments became smaller.
func mergeAll(t testing.TB, l *Log) (n int) {
	t.Helper()
	for {
		m, err := l.Merge(context.Background(), 1, noPace)
		check(t, err)
		if m.Segment == 0 {
			return n
		}
		if m.Became < m.Was {
			n++
		}
	}
}

// history is a log under test and what it should hold.
type history struct {
	t     *rapid.T
	l     *Log
	dir   string
	opt   Options
	want  []epoch.Entry // of epochs first..
	first uint64
	seed  uint64
	// staged waits for an epoch to name it
	staged []epoch.Staged
	data   [][]byte
	scan   *paused
}

// paused is a scan that stands in the middle of the log.
type paused struct {
	step chan bool // closed when it is over
	went chan bool
	got  []epoch.Entry
	want []epoch.Entry
	err  error
}

func (h *history) must(err error) {
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *history) stage() {
	h.seed++
	b := logtest.Entry(1000+h.seed, rapid.IntRange(1, 900).Draw(h.t, "staged")).Blocks[0]
	ref, err := h.l.Stage(&b)
	h.must(err)
	h.data = append(h.data, b.Data)
	b.Data = nil
	h.staged = append(h.staged, epoch.Staged{Header: b, Ref: ref})
}

func (h *history) append() {
	sizes := rapid.SliceOfN(rapid.SampledFrom([]int{0, 1, 30, 31, 400, 3000}), 0, 4).Draw(h.t, "blocks")
	e := logtest.Entry(h.l.last+1, sizes...)
	w := logtest.Clone(e)
	if rapid.Bool().Draw(h.t, "names") {
		e.Staged = h.staged
		for i, s := range h.staged {
			b := s.Header
			b.Data = h.data[i]
			w.Blocks = append(w.Blocks, b)
		}
		h.staged, h.data = nil, nil
	}
	h.must(h.l.Append(0, e))
	h.want = append(h.want, w)
}

func (h *history) truncate() {
	h.must(h.l.Truncate(h.first + rapid.Uint64Range(0, uint64(len(h.want))).Draw(h.t, "before")))
	first, _ := h.l.Bounds()
	h.want, h.first = h.want[first-h.first:], first
	kept := h.staged[:0]
	var data [][]byte
	for i, s := range h.staged {
		if s.Ref.Segment >= h.l.segments[0].id {
			kept, data = append(kept, s), append(data, h.data[i])
		}
	}
	h.staged, h.data = kept, data
}

func (h *history) restart(kill bool) {
	h.finish()
	if kill {
		crash(h.l)
	} else {
		h.must(h.l.Close())
	}
	v, found := verifyAll(h.dir)
	if v == nil || len(found) > 0 || len(h.want) > 0 && v.Last != h.first+uint64(len(h.want))-1 {
		h.t.Fatalf("verify: %+v %v", v, found)
	}
	l, err := Open(h.dir, h.opt)
	h.must(err)
	h.l, h.staged, h.data = l, nil, nil
}

func verifyAll(dir string) (*Verified, []Damage) {
	var found []Damage
	v, err := Verify(dir, func(*epoch.Block) error { return nil }, func(d Damage) { found = append(found, d) })
	if err != nil {
		found = append(found, Damage{What: err.Error()})
	}
	return v, found
}

func (h *history) same(l *Log, want []epoch.Entry) {
	h.t.Helper()
	if len(want) == 0 {
		return
	}
	got, err := logtest.Collect(l, want[0].Epoch.No, want[len(want)-1].Epoch.No, nil)
	if err != nil || !reflect.DeepEqual(got, want) {
		h.t.Fatalf("%d epochs, want %d from %d: %v", len(got), len(want), h.first, err)
	}
}

// begin starts a scan that stops after each epoch.
func (h *history) begin() {
	if h.scan != nil || len(h.want) == 0 {
		return
	}
	p := &paused{step: make(chan bool), went: make(chan bool), want: append([]epoch.Entry(nil), h.want...)}
	h.scan = p
	l, from, to := h.l, h.first, h.l.last
	go func() {
		p.err = l.Read(context.Background(), from, to, nil, func(e *epoch.Entry) error {
			p.got = append(p.got, logtest.Clone(e))
			p.went <- true
			<-p.step
			return nil
		})
		close(p.went)
	}()
	<-p.went
}

func (h *history) step() (more bool) {
	if h.scan == nil {
		return false
	}
	h.scan.step <- true
	if _, more = <-h.scan.went; !more {
		if h.scan.err != nil || !reflect.DeepEqual(h.scan.got, h.scan.want) {
			h.t.Fatalf("a scan that was under way gives %d epochs, want %d: %v", len(h.scan.got), len(h.scan.want), h.scan.err)
		}
		h.scan = nil
	}
	return more
}

func (h *history) finish() {
	for h.step() {
	}
}

// copies makes a copy up to an epoch and cuts another behind one.
func (h *history) copies(t *testing.T) {
	if len(h.want) == 0 {
		return
	}
	n := rapid.IntRange(1, len(h.want)).Draw(h.t, "copied")
	dir, err := os.MkdirTemp(t.TempDir(), "")
	h.must(err)
	_, err = h.l.CopyTo(context.Background(), dir, h.want[n-1].Epoch.No)
	h.must(err)
	for {
		v, found := verifyAll(dir)
		if len(found) > 0 || !v.Closed || v.Last != h.want[n-1].Epoch.No {
			h.t.Fatalf("a copy up to %d: %+v %v", h.want[n-1].Epoch.No, v, found)
		}
		c, err := Open(dir, h.opt)
		h.must(err)
		h.same(c, h.want[:n])
		h.must(c.Append(0, logtest.Entry(c.last+1, 10)))
		h.must(c.Close())
		if n < 2 || rapid.Bool().Draw(h.t, "enough") {
			return
		}
		n = rapid.IntRange(1, n-1).Draw(h.t, "cut")
		h.must(CutAfter(dir, h.want[n-1].Epoch.No))
	}
}

// TestMergedLogIsTheSame commits, stages, merges, forgets, stops and is killed in any order, with a scan that was begun
// earlier under way: each epoch is what was written, for the scan, for new ones, for copies and after each start.
func TestMergedLogIsTheSame(t *testing.T) {
	merged := 0
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "")
		check(t, err)
		h := &history{t: rt, dir: dir, first: 1, opt: Options{SegmentBytes: 4 << 10, MinFree: -1}}
		h.l, err = Open(dir, h.opt)
		h.must(err)
		defer func() { crash(h.l) }()
		defer h.finish()
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			switch rapid.IntRange(0, 13).Draw(rt, "do") {
			case 0, 1, 2, 3, 4, 5:
				h.append()
			case 6, 7:
				h.stage()
			case 8, 9:
				m, err := h.l.Merge(context.Background(), 1, noPace)
				h.must(err)
				if m.Became < m.Was {
					merged++
				}
			case 10:
				h.truncate()
			case 11:
				h.begin()
			case 12:
				h.step()
			case 13:
				if rapid.IntRange(0, 3).Draw(rt, "copy") == 0 {
					h.copies(t)
				} else {
					h.restart(rapid.Bool().Draw(rt, "kill"))
				}
			}
			h.same(h.l, h.want)
		}
	})
	if merged == 0 {
		t.Error("nothing was ever merged")
	}
}

// smallEpochs makes a closed or open log of small epochs in several segments.
func smallEpochs(t testing.TB, n uint64) (*Log, []epoch.Entry) {
	l := mustOpen(t, t.TempDir(), Options{SegmentBytes: 8 << 10, MinFree: -1})
	return l, fill(t, l, n)
}

// TestMergeCrash ends the process before each write, sync and renaming of a merge: what is found is the log as it was.
func TestMergeCrash(t *testing.T) {
	l, want := smallEpochs(t, 60)
	look := func(what string) {
		dir := t.TempDir()
		check(t, os.CopyFS(filepath.Join(dir, "log"), os.DirFS(l.dir)))
		c, err := Open(filepath.Join(dir, "log"), l.opt)
		check(t, err)
		defer c.Close()
		got, err := logtest.Collect(c, 1, 0, nil)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("killed %s: %d epochs of %d: %v", what, len(got), len(want), err)
		}
	}
	write, sync := l.write, l.sync
	n := 0
	l.write = func(f *os.File, p []byte, off int64) (int, error) {
		look(fmt.Sprintf("before write %d", n))
		n++
		half, err := write(f, p[:len(p)/2], off)
		if err != nil {
			return half, err
		}
		look(fmt.Sprintf("in write %d", n))
		rest, err := write(f, p[half:], off+int64(half))
		return half + rest, err
	}
	l.sync = func(f *os.File) error {
		look("before a sync")
		err := sync(f)
		look("behind a sync")
		return err
	}
	if mergeAll(t, l) < 2 || n < 10 {
		t.Fatalf("only %d writes", n)
	}
	l.write, l.sync = write, sync
	look("behind all")
}

// TestMergeFails fails each write and sync of a merge, or ends it: the segment stays as it was, and the log goes on.
func TestMergeFails(t *testing.T) {
	l, want := smallEpochs(t, 60)
	write, sync := l.write, l.sync
	for n := 0; ; n++ {
		left := n
		fail := func() error {
			if left--; left == -1 {
				return os.ErrInvalid
			}
			return nil
		}
		l.write = func(f *os.File, p []byte, off int64) (int, error) {
			if err := fail(); err != nil {
				return 0, err
			}
			return write(f, p, off)
		}
		l.sync = func(f *os.File) error {
			if err := fail(); err != nil {
				return err
			}
			return sync(f)
		}
		m, err := l.Merge(t.Context(), 1, func(context.Context, int64) error { return fail() })
		l.write, l.sync = write, sync
		got, readErr := logtest.Collect(l, 1, 0, nil)
		if readErr != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("after failure %d: %v", n, readErr)
		}
		e := logtest.Entry(l.last+1, 9)
		want = append(want, logtest.Clone(e))
		check(t, l.Append(0, e))
		if err == nil {
			if m.Became >= m.Was || n < 5 {
				t.Fatalf("%+v after %d failures", m, n)
			}
			return
		}
		if _, err := os.Stat(segmentPath(l.dir, m.Segment) + tmpSuffix); err == nil {
			t.Fatal("what was begun was left")
		}
	}
}

// TestMergedBitFlips turns a bit of every fourth byte or so of a merged segment: it is the same data or an error, never other data and
// never fewer epochs, and Verify finds it.
func TestMergedBitFlips(t *testing.T) {
	l, want := smallEpochs(t, 40)
	mergeAll(t, l)
	check(t, l.Close())
	path := segmentPath(l.dir, 1)
	data, err := os.ReadFile(path)
	check(t, err)
	r := rand.New(rand.NewPCG(5, 5))
	for i := 0; i < len(data); i += 1 + r.IntN(7) {
		bad := append([]byte{}, data...)
		bad[i] ^= 1 << r.IntN(8)
		check(t, os.WriteFile(path, bad, 0o600))
		if _, found := verifyAll(l.dir); len(found) == 0 {
			t.Fatalf("verify does not see byte %d", i)
		}
		c, err := Open(l.dir, l.opt)
		if err == nil {
			var got []epoch.Entry
			if got, err = logtest.Collect(c, 1, 0, nil); err == nil && !reflect.DeepEqual(got, want) {
				t.Fatalf("byte %d: other data, %d epochs", i, len(got))
			}
			_ = c.Close()
		}
		if code := sqlerr.CodeOf(err); err != nil && code != sqlerr.DataCorrupted && code != sqlerr.FeatureNotSupported {
			t.Fatalf("byte %d gives %v", i, err)
		}
	}
}
