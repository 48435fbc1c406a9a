package segment

import (
	"encoding/binary"
	"hash/crc32"
	"os"
	"reflect"
	"testing"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/logtest"
)

// TestFillsOlderSegment opens a log whose last segment is of format 1, goes on in it, and gets to segments of the newest
// format: all epochs are there, those of the old segment without statistics of their blocks.
func TestFillsOlderSegment(t *testing.T) {
	dir := t.TempDir()
	check(t, mustOpen(t, dir, small).Close())
	path := segmentPath(dir, 1)
	data, err := os.ReadFile(path)
	check(t, err)
	binary.LittleEndian.PutUint32(data[8:], 1)
	binary.LittleEndian.PutUint32(data[60:], crc32.Checksum(data[:60], castagnoli))
	check(t, os.WriteFile(path, data, 0o600))

	l := mustOpen(t, dir, small)
	var want []epoch.Entry
	for no := uint64(1); len(l.segments) < 3; no++ {
		e := logtest.Entry(no, 1001, 502)
		c := logtest.Clone(e)
		check(t, l.Append(0, e))
		if len(l.segments) == 1 {
			for i := range c.Blocks {
				c.Blocks[i].Stats = nil
			}
		}
		want = append(want, c)
	}
	for range 2 {
		got, err := logtest.Collect(l, 1, 0, nil)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%d epochs, want %d: %v", len(got), len(want), err)
		}
		check(t, l.Close())
		found := func(d Damage) { t.Errorf("%v", d) }
		if v, err := Verify(dir, func(*epoch.Block) error { return nil }, found); err != nil || v.Last != uint64(len(want)) {
			t.Fatalf("%+v: %v", v, err)
		}
		l = mustOpen(t, dir, small)
	}
}
