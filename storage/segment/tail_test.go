package segment

import (
	"encoding/binary"
	"os"
	"reflect"
	"testing"

	"github.com/vexfs/vexstream/engine/logtest"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// TestTail opens a log of many segments by their tails, and again with tails that are damaged, so that the heads are read:
// both find the same, which is what the log knew when it ended.
func TestTail(t *testing.T) {
	dir, opt := t.TempDir(), Options{SegmentBytes: 1 << 20, MinFree: -1}
	l := mustOpen(t, dir, opt)
	for no := uint64(1); no <= 60; no++ {
		check(t, l.Append(3, logtest.Entry(no, 100_000)))
	}
	knew := l.segments
	crash(l)
	if len(knew) < 4 || len(knew[0].index) < 3 {
		t.Fatalf("%d segments, %d entries of the first one's index", len(knew), len(knew[0].index))
	}
	known := func() []segmentInfo {
		l, err := Open(dir, opt)
		check(t, err)
		crash(l)
		var out []segmentInfo
		for _, s := range l.segments {
			out = append(out, *s)
		}
		if l.last != 60 || l.fence != 3 {
			t.Errorf("epoch %d, fence %d", l.last, l.fence)
		}
		return out
	}
	byTail := known()
	for i := range byTail[:len(byTail)-1] {
		if got, want := byTail[i], *knew[i]; !reflect.DeepEqual(got, want) {
			t.Errorf("segment %d is %+v, but was %+v", i+1, got, want)
		}
	}
	for _, s := range byTail[:len(byTail)-1] {
		flip(t, s.path, s.size-1)
	}
	if got := known(); !reflect.DeepEqual(got, byTail) {
		t.Errorf("by heads it is %+v, by tails %+v", got, byTail)
	}
}

// flip turns a bit of a file.
func flip(t *testing.T, path string, at int64) {
	t.Helper()
	data, err := os.ReadFile(path)
	check(t, err)
	data[at] ^= 1
	check(t, os.WriteFile(path, data, 0o600))
}

// TestTailIsReadAlone damages the second epoch's head in a segment that is done: Open does not look there, and a reader finds it.
func TestTailIsReadAlone(t *testing.T) {
	dir, opt := t.TempDir(), Options{SegmentBytes: 8 << 10, MinFree: -1}
	l := mustOpen(t, dir, opt)
	check(t, l.Append(0, logtest.Entry(1, 1000)))
	second := l.segments[0].size
	for no := uint64(2); no <= 20; no++ {
		check(t, l.Append(0, logtest.Entry(no, 1000)))
	}
	check(t, l.Close())
	flip(t, segmentPath(dir, 1), second)
	l = mustOpen(t, dir, opt)
	if _, err := logtest.Collect(l, 1, 0, nil); sqlerr.CodeOf(err) != sqlerr.DataCorrupted {
		t.Errorf("reading gives %v", err)
	}
	check(t, l.Close())
	if _, found := verify(t, dir); len(found) == 0 {
		t.Error("Verify finds nothing")
	}
}

// TestTailOfAnother puts tails with sums that are right where they do not belong: the heads are read then, or the log is refused.
func TestTailOfAnother(t *testing.T) {
	s := segmentInfo{id: 7, size: 1000, oldest: 7, index: []indexEntry{{5, fileHeadLen}, {8, 600}}}
	write := func(change func(s *segmentInfo), last uint64) *os.File {
		s := s
		s.index = append([]indexEntry(nil), s.index...)
		change(&s)
		l := &Log{}
		f, err := os.Create(t.TempDir() + "/s")
		check(t, err)
		t.Cleanup(func() { f.Close() })
		_, err = f.WriteAt(l.record(nil, &s, 1000, head{kind: kindClose}, s.tail(nil, last, 4)), 1000)
		check(t, err)
		return f
	}
	load := func(f *os.File) (*Log, *segmentInfo, bool) {
		l, s := &Log{last: 4}, &segmentInfo{id: 7}
		in, err := f.Stat()
		check(t, err)
		ok := l.loadTail(s, f, in.Size())
		return l, s, ok
	}
	l, got, ok := load(write(func(*segmentInfo) {}, 9))
	if !ok || l.last != 9 || l.fence != 4 || got.oldest != 7 || !reflect.DeepEqual(got.index, s.index) {
		t.Fatalf("%v %+v %+v", ok, l, got)
	}
	for name, f := range map[string]*os.File{
		"another segment's":      write(func(s *segmentInfo) { s.id = 8 }, 9),
		"later epochs":           write(func(s *segmentInfo) { s.index[0].epoch = 6 }, 9),
		"fewer epochs":           write(func(*segmentInfo) {}, 7),
		"an epoch twice":         write(func(s *segmentInfo) { s.index[1].epoch = 5 }, 9),
		"a place behind the end": write(func(s *segmentInfo) { s.index[1].offset = 1000 }, 9),
		"a place before another": write(func(s *segmentInfo) { s.index[1].offset = fileHeadLen }, 9),
		"a later segment":        write(func(s *segmentInfo) { s.oldest = 8 }, 9),
		"another place":          write(func(s *segmentInfo) { s.size = 992 }, 9),
		"no epochs":              write(func(s *segmentInfo) { s.index = nil }, 9),
	} {
		if _, _, ok := load(f); ok {
			t.Errorf("a tail with %s is taken", name)
		}
	}
	// Lengths that do not fit.
	f := write(func(*segmentInfo) {}, 9)
	var many [placeBytes + 10]byte
	n := binary.PutUvarint(many[:], 1<<60)
	binary.LittleEndian.PutUint64(many[n:], 1000)
	_, err := f.WriteAt((&Log{}).record(nil, &s, 1000, head{kind: kindClose}, many[:n+placeBytes]), 1000)
	check(t, err)
	check(t, f.Truncate(1000+headLen+int64(n)+placeBytes))
	if _, _, ok := load(f); ok {
		t.Error("a tail that ends too soon is taken")
	}
}
