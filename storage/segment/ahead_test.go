package segment

import (
	"errors"
	"io/fs"
	"os"
	"reflect"
	"testing"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/logtest"
)

// TestAhead fills segments by small epochs: each is made while the one before fills, has its zeros before it is begun, so that no
// append writes any, and is a segment like any other.
func TestAhead(t *testing.T) {
	dir, opt := t.TempDir(), Options{SegmentBytes: 64 << 10, MinFree: -1}
	l := mustOpen(t, dir, opt)
	var want []epoch.Entry
	for no := uint64(1); no <= 150; no++ {
		e := logtest.Entry(no, 1000)
		want = append(want, logtest.Clone(e))
		check(t, l.Append(0, e))
		l.ahead.work() // what the goroutine may not have come to yet
		if seg := l.segments[len(l.segments)-1]; seg.id > 1 && l.filled != opt.SegmentBytes {
			t.Fatalf("segment %d has %d bytes written at %d", seg.id, l.filled, seg.size)
		}
	}
	if len(l.segments) < 3 {
		t.Fatalf("%d segments", len(l.segments))
	}
	crash(l)
	l = mustOpen(t, dir, opt)
	got, err := logtest.Collect(l, 1, 0, nil)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%d epochs, %v", len(got), err)
	}
}

// TestAheadInPart takes a segment that has half its zeros: the others come with what is appended.
func TestAheadInPart(t *testing.T) {
	dir, opt := t.TempDir(), Options{SegmentBytes: 4 << 20, MinFree: -1}
	l := mustOpen(t, dir, opt)
	check(t, l.Append(0, logtest.Entry(1, 2<<20)))
	l.ahead.work()
	check(t, l.Append(0, logtest.Entry(2, 3<<20))) // does not fit
	if l.segments[1].size < 3<<20 || l.filled != l.segments[1].size {
		t.Fatalf("%d bytes written of %d", l.filled, l.segments[1].size)
	}
	check(t, l.Append(0, logtest.Entry(3, 1000)))
	if end := l.segments[1].size; l.filled <= end {
		t.Errorf("%d bytes written, and epochs to %d", l.filled, end)
	}
	got, err := logtest.Collect(l, 1, 0, nil)
	if err != nil || len(got) != 3 || !reflect.DeepEqual(got[1], logtest.Clone(logtest.Entry(2, 3<<20))) {
		t.Errorf("%d epochs, %v", len(got), err)
	}
}

// TestAheadCannot has no room for a segment ahead of time, and a file that cannot be made: the log goes on without one.
func TestAheadCannot(t *testing.T) {
	dir, opt := t.TempDir(), Options{SegmentBytes: 64 << 10, MinFree: -1}
	l := mustOpen(t, dir, opt)
	check(t, os.Mkdir(segmentPath(dir, 2)+tmpSuffix, 0o700))
	for no := uint64(1); l.segments[0].size < 48<<10; no++ {
		check(t, l.Append(0, logtest.Entry(no, 1000)))
	}
	l.ahead.work()
	if l.ahead.file != nil || l.ahead.gone != 2 {
		t.Errorf("%+v", l.ahead)
	}
	check(t, os.Remove(segmentPath(dir, 2)+tmpSuffix))
	for len(l.segments) < 3 {
		_, last := l.Bounds()
		check(t, l.Append(0, logtest.Entry(last+1, 1000)))
		l.ahead.work()
	}
	if l.filled != opt.SegmentBytes {
		t.Errorf("the segment behind it has %d bytes written", l.filled)
	}
}

// TestAheadIsRemoved ends a log that has made a segment, and one that was killed: nothing of it stays, and it is no segment.
func TestAheadIsRemoved(t *testing.T) {
	dir, opt := t.TempDir(), Options{SegmentBytes: 64 << 10, MinFree: -1}
	l := mustOpen(t, dir, opt)
	check(t, l.Append(0, logtest.Entry(1, 40_000)))
	l.ahead.work()
	path := segmentPath(dir, 2) + tmpSuffix
	left, err := os.ReadFile(path)
	check(t, err)
	check(t, l.Close())
	gone := func() {
		t.Helper()
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is there: %v", path, err)
		}
	}
	gone()
	check(t, os.WriteFile(path, left, 0o600))
	l = mustOpen(t, dir, opt)
	gone()
	if _, last := l.Bounds(); last != 1 || len(l.segments) != 1 {
		t.Errorf("epoch %d in %d segments", last, len(l.segments))
	}
}
