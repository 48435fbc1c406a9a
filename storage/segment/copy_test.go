package segment

import (
	"errors"
	"os"
	"reflect"
	"testing"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/logtest"
)

// TestCopyTo copies a log while it is in use, up to each of its epochs, and again after it has grown and forgotten: the copy
// is the same epochs, closed in good order, and what was done already is not written again.
func TestCopyTo(t *testing.T) {
	opt := Options{SegmentBytes: 2 << 10, MinFree: -1}
	l := mustOpen(t, t.TempDir(), opt)
	want := fill(t, l, 20)
	more := func(n uint64) {
		for range n {
			e := logtest.Entry(l.last+1, 300)
			want = append(want, logtest.Clone(e))
			check(t, l.Append(0, e))
		}
	}
	is := func(dir string, first, last uint64) {
		t.Helper()
		v, found := verify(t, dir)
		if len(found) > 0 || !v.Closed || v.Last != last || v.First != first {
			t.Fatalf("a copy up to epoch %d: %+v %v", last, v, found)
		}
		c, err := Open(dir, opt)
		check(t, err)
		got, err := logtest.Collect(c, first, 0, nil)
		check(t, err)
		check(t, c.Close())
		if !reflect.DeepEqual(got, want[first-1:last]) {
			t.Fatalf("a copy up to epoch %d differs", last)
		}
	}
	for last := uint64(1); last <= 20; last++ {
		dir := t.TempDir()
		_, err := l.CopyTo(t.Context(), dir, last)
		check(t, err)
		is(dir, 1, last)
	}
	dir := t.TempDir()
	_, err := l.CopyTo(t.Context(), dir, 11)
	check(t, err)
	is(dir, 1, 11)
	more(12)
	c, err := l.CopyTo(t.Context(), dir, 30)
	check(t, err)
	is(dir, 1, 30)
	if c.Kept == 0 || c.Bytes == 0 {
		t.Errorf("%+v", c)
	}
	// What another log left there is none of this one's.
	path := segmentPath(dir, 2)
	data, err := os.ReadFile(path)
	check(t, err)
	data[100]++
	check(t, os.WriteFile(path, data, 0o600))
	_, err = l.CopyTo(t.Context(), dir, 31)
	check(t, err)
	is(dir, 1, 31)
	check(t, l.Truncate(26))
	first, _ := l.Bounds()
	if first == 1 {
		t.Fatal("nothing was forgotten")
	}
	_, err = l.CopyTo(t.Context(), dir, 32)
	check(t, err)
	is(dir, first, 32)
	for _, no := range []uint64{first - 1, 33} {
		if _, err := l.CopyTo(t.Context(), dir, no); err == nil {
			t.Errorf("epoch %d was copied", no)
		}
	}
}

// TestCutAfter cuts a closed log behind each of its epochs.
func TestCutAfter(t *testing.T) {
	opt := Options{SegmentBytes: 2 << 10, MinFree: -1}
	from := t.TempDir()
	l := mustOpen(t, from, opt)
	want := fill(t, l, 12)
	check(t, l.Close())
	for last := uint64(1); last <= 12; last++ {
		dir := t.TempDir() + "/log"
		check(t, CopyFolder(from, dir))
		check(t, CutAfter(dir, last))
		v, found := verify(t, dir)
		if len(found) > 0 || !v.Closed {
			t.Fatalf("cut behind epoch %d: %+v %v", last, v, found)
		}
		c, err := Open(dir, opt)
		check(t, err)
		got, err := logtest.Collect(c, 1, 0, nil)
		check(t, err)
		if !reflect.DeepEqual(got, want[:last]) {
			t.Fatalf("cut behind epoch %d: %d epochs", last, len(got))
		}
		check(t, c.Append(0, logtest.Entry(last+1, 5)))
		check(t, c.Close())
	}
	if err := CutAfter(from, 13); !errors.Is(err, epoch.ErrTruncated) {
		t.Errorf("an epoch that is not there gives %v", err)
	}
}
