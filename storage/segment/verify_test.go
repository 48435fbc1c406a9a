package segment

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/logtest"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

func verify(t *testing.T, dir string) (*Verified, []Damage) {
	t.Helper()
	var found []Damage
	v, err := Verify(dir, func(*epoch.Block) error { return nil }, func(d Damage) { found = append(found, d) })
	check(t, err)
	return v, found
}

// TestVerify looks at a log of several segments with staged blocks, closed and crashed, which it must not change.
func TestVerify(t *testing.T) {
	for name, end := range map[string]func(*Log){"closed": func(l *Log) { check(t, l.Close()) }, "crashed": crash} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			l := mustOpen(t, dir, Options{SegmentBytes: 2 << 10, MinFree: -1})
			fill(t, l, 9)
			check(t, l.Append(0, logtest.Entry(10, 500)))
			end(l)
			before, err := os.ReadDir(dir)
			check(t, err)
			looked := 0
			var found []Damage
			v, err := Verify(dir, func(b *epoch.Block) error {
				if looked++; b.Rows != 0 && len(b.Data) != int(b.Rows) {
					t.Errorf("a block of %d rows has %d bytes", b.Rows, len(b.Data))
				}
				return nil
			}, func(d Damage) { found = append(found, d) })
			check(t, err)
			if len(found) > 0 || v.First != 1 || v.Last != 10 || v.Blocks != 28 || v.Segments < 3 || v.Torn != 0 || v.Closed != (name == "closed") || v.Catalog != 5 {
				t.Errorf("%+v %v", v, found)
			}
			if looked != 28 {
				t.Errorf("%d blocks were looked at", looked)
			}
			after, err := os.ReadDir(dir)
			check(t, err)
			if len(before) != len(after) {
				t.Errorf("%d files before, %d after", len(before), len(after))
			}
		})
	}
}

// TestVerifyFindsBitFlips flips one bit of every byte of a closed log. It is found, or it makes no difference to what
// the log gives.
func TestVerifyFindsBitFlips(t *testing.T) {
	dir := t.TempDir()
	opt := Options{SegmentBytes: 1 << 10, MinFree: -1}
	l := mustOpen(t, dir, opt)
	want := fill(t, l, 4)
	check(t, l.Close())
	ids, err := segments(dir)
	check(t, err)
	if len(ids) < 2 {
		t.Fatal("one segment only")
	}
	for _, id := range ids {
		path := segmentPath(dir, id)
		data, err := os.ReadFile(path)
		check(t, err)
		for at := range data {
			flipped := append([]byte{}, data...)
			flipped[at] ^= 1 << (at % 8)
			check(t, os.WriteFile(path, flipped, 0o600))
			_, found := verify(t, dir)
			if len(found) == 0 {
				copied := t.TempDir()
				check(t, os.CopyFS(copied, os.DirFS(dir)))
				l, err := Open(copied, opt)
				check(t, err)
				got, err := logtest.Collect(l, 1, 0, nil)
				if check(t, l.Close()); err != nil || !reflect.DeepEqual(got, want) {
					t.Fatalf("a flip at %d of %s is not found, and gives %v", at, path, err)
				}
			}
		}
		check(t, os.WriteFile(path, data, 0o600))
	}
}

// TestVerifyTornTail cuts a crashed log anywhere: that is no damage, and what it counts is what Open finds.
func TestVerifyTornTail(t *testing.T) {
	data, _, _ := one(t, crash)
	for cut := fileHeadLen; cut <= len(data); cut += 7 {
		dir := t.TempDir()
		check(t, os.WriteFile(segmentPath(dir, 1), append(append([]byte{}, data[:cut]...), make([]byte, 100)...), 0o600))
		v, found := verify(t, dir)
		l, err := Open(dir, small)
		check(t, err)
		first, last := l.Bounds()
		check(t, l.Close())
		if len(found) > 0 || v.First != first || v.Last != last {
			t.Fatalf("cut at %d: epochs %d..%d, Open finds %d..%d; %v", cut, v.First, v.Last, first, last, found)
		}
	}
}

// TestVerifySaysWhere damages two places, and asks for both, with what comes between and behind counted.
func TestVerifySaysWhere(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, dir, Options{SegmentBytes: 4 << 10, MinFree: -1})
	fill(t, l, 30)
	check(t, l.Close())
	ids, err := segments(dir)
	check(t, err)
	check(t, os.Remove(segmentPath(dir, 2)))
	path := segmentPath(dir, 3)
	data, err := os.ReadFile(path)
	check(t, err)
	copy(data[1000:], "here something else was written over the records of the log, which is longer than a head")
	check(t, os.WriteFile(path, data, 0o600))
	v, found := verify(t, dir)
	var all strings.Builder
	for _, d := range found {
		all.WriteString(d.String() + "\n")
	}
	for _, part := range []string{"byte 0 of " + segmentPath(dir, 2) + ": the segment is missing", "of " + path + ": "} {
		if !strings.Contains(all.String(), part) {
			t.Errorf("%q is not among\n%s", part, &all)
		}
	}
	if v.Last != 30 || v.Segments != len(ids)-1 || len(found) > 8 {
		t.Errorf("%+v\n%s", v, &all)
	}
}

func TestVerifyRefuses(t *testing.T) {
	none := func(*epoch.Block) error { return nil }
	if _, err := Verify(t.TempDir()+"/none", none, nil); sqlerr.CodeOf(err) != sqlerr.IOError {
		t.Errorf("a folder that is not there gives %v", err)
	}
	dir := t.TempDir()
	mustOpen(t, dir, small)
	if _, err := Verify(dir, none, nil); sqlerr.CodeOf(err) != sqlerr.ObjectInUse {
		t.Errorf("a log in use gives %v", err)
	}
}
