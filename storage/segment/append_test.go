package segment

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/logtest"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{1 << 20, 8 << 20} {
		b.Run(fmt.Sprintf("%dMiB", size>>20), func(b *testing.B) {
			l := mustOpen(b, b.TempDir(), Options{})
			block := logtest.Entry(1, size).Blocks
			b.SetBytes(int64(size))
			for no := uint64(1); b.Loop(); no++ {
				e := logtest.Entry(no)
				e.Blocks = block
				check(b, l.Append(0, e))
				if no%uint64(64<<20/size) == 0 { // so that both sizes keep as much on disk
					check(b, l.Truncate(no))
				}
			}
		})
	}
}

func BenchmarkRead(b *testing.B) {
	l := mustOpen(b, b.TempDir(), Options{})
	for no := uint64(1); no <= 64; no++ {
		check(b, l.Append(0, logtest.Entry(no, 1<<20)))
	}
	b.SetBytes(64 << 20)
	for b.Loop() {
		check(b, l.Read(b.Context(), 1, 0, nil, func(*epoch.Entry) error { return nil }))
	}
}

// TestUnstage: blocks that no epoch will name do not count among those that wait for one.
func TestUnstage(t *testing.T) {
	opt := small
	opt.MaxStaged = 1 << 20
	l := mustOpen(t, t.TempDir(), opt)
	b := epoch.Block{Relation: 1, Rows: 1, Data: make([]byte, 300<<10)}
	for range 10 {
		ref, err := l.Stage(&b)
		check(t, err)
		l.Unstage(ref)
		l.Unstage(ref)
	}
	if s := l.Stats(); s.Staged != 0 {
		t.Errorf("%d bytes count as staged", s.Staged)
	}
	for range 3 {
		_, err := l.Stage(&b)
		check(t, err)
	}
	if _, err := l.Stage(&b); sqlerr.CodeOf(err) != sqlerr.ConfigurationLimit {
		t.Errorf("past the limit Stage gives %v", err)
	}
	check(t, l.Close())
}

// TestFill: one write of zeros goes before many small writes, none before a large one, and none beyond what is reserved; a log that
// was not closed opens with all that was appended.
func TestFill(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, dir, Options{SegmentBytes: 4 << 20, MinFree: -1})
	write, fills := l.write, 0
	l.write = func(f *os.File, p []byte, off int64) (int, error) {
		if len(bytes.Trim(p, "\x00")) == 0 {
			fills++
		}
		if s := l.segments[len(l.segments)-1]; f == l.file && off+int64(len(p)) > max(s.disk, l.opt.SegmentBytes) {
			t.Errorf("%d bytes at %d of a segment of %d", len(p), off, s.disk)
		}
		return write(f, p, off)
	}
	no := uint64(0)
	add := func(n, size, want int) {
		t.Helper()
		fills = 0
		for range n {
			no++
			check(t, l.Append(0, logtest.Entry(no, size)))
		}
		if fills != want {
			t.Errorf("%d writes of %d bytes: %d of zeros, want %d", n, size, fills, want)
		}
	}
	add(100, 300, 1)
	add(1, 256<<10, 0) // within what is filled
	add(1, 1<<20, 0)
	add(1, 300, 1)
	add(3, 600<<10, 0)
	add(1, 300, 1) // up to the end of the segment
	add(1, 400<<10, 0)
	add(1, 300, 0)
	l.ahead.work()     // the next segment has its zeros
	add(1, 600<<10, 0) // into it
	add(2, 300, 0)
	crash(l)
	again := mustOpen(t, dir, Options{SegmentBytes: 4 << 20, MinFree: -1})
	var got uint64
	check(t, again.Read(t.Context(), 1, 0, nil, func(e *epoch.Entry) error {
		got = e.Epoch.No
		return nil
	}))
	if got != no {
		t.Errorf("%d epochs, want %d", got, no)
	}
}

// BenchmarkAppendBeside has small epochs synced one by one while another file is written and synced, 32 MiB at a time, as a store
// beside the log does: in a segment that was made as it was needed, and in one that was made ahead.
func BenchmarkAppendBeside(b *testing.B) {
	for _, size := range []int{300, 60 << 10, 200 << 10} {
		for _, ahead := range []bool{false, true} {
			b.Run(fmt.Sprintf("bytes=%d/ahead=%v", size, ahead), func(b *testing.B) { appendBeside(b, size, ahead) })
		}
	}
}

func appendBeside(b *testing.B, size int, ahead bool) {
	dir := b.TempDir()
	l := mustOpen(b, b.TempDir(), Options{SegmentBytes: 256 << 20})
	no := uint64(1)
	if ahead {
		check(b, l.Append(0, logtest.Entry(1, 200<<20)))
		l.ahead.work()
		check(b, l.Append(0, logtest.Entry(2, 60<<20)))
		no = 3
	}
	stop, done := make(chan struct{}), make(chan error, 1)
	go func() {
		data, err := make([]byte, 2<<20), error(nil)
		for err == nil {
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			err = writeSynced(filepath.Join(dir, "other"), data, 16)
		}
		done <- err
	}()
	var took []time.Duration
	for ; b.Loop(); no++ {
		e := logtest.Entry(no, size)
		began := time.Now()
		check(b, l.Append(0, e))
		took = append(took, time.Since(began))
	}
	close(stop)
	check(b, <-done)
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-us")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-us")
	b.ReportMetric(float64(took[len(took)-1].Microseconds()), "max-us")
}

// writeSynced makes a file of data so many times, makes it durable, and removes it.
func writeSynced(path string, data []byte, times int) error {
	f, err := os.Create(path)
	for range times {
		if err == nil {
			_, err = f.Write(data)
		}
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close(), os.Remove(path))
}
