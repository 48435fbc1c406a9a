package epoch_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/storage/memstore"
)

// statsRows makes rows of numbers from first on, of the extremes, of nothing but nulls, and of one that is null at times.
func statsRows(first, n int) *batch.Batch {
	text, num, ends, null, some := batch.NewBuilder(types.Text, n), batch.NewBuilder(types.Int2, n), batch.NewBuilder(types.Int8, n),
		batch.NewBuilder(types.Int4, n), batch.NewBuilder(types.Date, n)
	for i := first; i < first+n; i++ {
		text.String(fmt.Sprint("word ", i%7))
		batch.Put(num, int16(i))
		batch.Put(ends, []int64{math.MinInt64, math.MaxInt64}[i%2])
		null.Null()
		if i%3 == 0 {
			batch.Put(some, int32(-i))
		} else {
			some.Null()
		}
	}
	return &batch.Batch{N: n, Cols: []batch.Column{text.Finish(), num.Finish(), ends.Finish(), null.Finish(), some.Finish()}}
}

// TestFirstScanSkips counts the blocks that the first scan after a restart leaves out by what is said of their columns.
func TestFirstScanSkips(t *testing.T) {
	const blocks, n = 8, 1000
	log := memstore.NewLog()
	c := scanCommitter(t, log, nil)
	s := c.Begin()
	for i := range blocks {
		if err := s.Add(epoch.Target{Relation: 7, EventTime: -1}, statsRows(i*n, n)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for _, r := range []struct {
		column   int
		min, max int64
		read     int
	}{
		{1, 2500, 4100, 3},
		{1, 8000, 9000, 0},
		{1, math.MinInt64, math.MaxInt64, blocks},
		{2, 5, 5, blocks},
		{2, math.MinInt64, math.MinInt64, blocks},
		{2, math.MaxInt64, math.MaxInt64, blocks},
		{3, math.MinInt64, math.MaxInt64, 0},
		{4, -3000, -2999, 1}, // 3000 is in the block that begins with it
		{4, 1, math.MaxInt64, 0},
		{0, 1, 1, blocks}, // nothing is known of words
		{9, 1, 1, blocks},
	} {
		c := scanCommitter(t, log.Reopen(), nil)
		scan := everything(7, 1)
		scan.Ranges = []epoch.ColumnRange{{Column: r.column, Min: r.min, Max: r.max}}
		scan.Stats = &epoch.ScanStats{}
		if err := c.Scan(t.Context(), scan, c.Last().No, func(epoch.Part) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if scan.Stats.Read != r.read || scan.Stats.Outside != blocks-r.read {
			t.Errorf("%+v: %+v", r, *scan.Stats)
		}
	}
}
