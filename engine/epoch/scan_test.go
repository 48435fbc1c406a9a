package epoch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/storage/memstore"
)

// watching is a log that counts the blocks whose bytes are read.
type watching struct {
	*memstore.Log
	read int
}

func (w *watching) Read(ctx context.Context, from, to uint64, want func(*epoch.Block) bool, visit func(*epoch.Entry) error) error {
	return w.Log.Read(ctx, from, to, func(b *epoch.Block) bool {
		ok := want == nil || want(b)
		if ok {
			w.read++
		}
		return ok
	}, visit)
}

// threeColumns makes a batch of n rows from number first: a time, twice the number, and a text.
func threeColumns(first, n int) *batch.Batch {
	ts, twice, text := batch.NewBuilder(types.Timestamptz, n), batch.NewBuilder(types.Int8, n), batch.NewBuilder(types.Text, n)
	for i := first; i < first+n; i++ {
		batch.Put(ts, int64(i))
		batch.Put(twice, int64(2*i))
		text.String(fmt.Sprint("row ", i))
	}
	return &batch.Batch{N: n, Cols: []batch.Column{ts.Finish(), twice.Finish(), text.Finish()}}
}

// fill writes blocks of n rows, several in one epoch, then a small one, and some of another relation between.
func fill(t *testing.T, c *epoch.Committer, blocks, n int) {
	t.Helper()
	commit := func(relation uint32, bs ...*batch.Batch) {
		s := c.Begin()
		for _, b := range bs {
			if err := s.Add(epoch.Target{Relation: relation, EventTime: 0, MaxSkew: types.Hour}, b); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	var bs []*batch.Batch
	for i := range blocks {
		bs = append(bs, threeColumns(i*n, n))
	}
	commit(8, threeColumns(0, 5))
	commit(7, bs...)
	commit(8, threeColumns(5, 5))
	commit(7, threeColumns(blocks*n, 3))
}

func everything(relation uint32, cols ...int) epoch.Scan {
	return epoch.Scan{Relation: relation, Columns: cols, MinTime: types.MinTime, MaxTime: types.MaxTime, NoWeights: true}
}

// scanned gives the rows of a scan as text, with their offsets.
func scanned(t *testing.T, c *epoch.Committer, s epoch.Scan) (out []string) {
	t.Helper()
	err := c.Scan(t.Context(), s, c.Last().No, func(p epoch.Part) error {
		for i := range p.Rows.N {
			row := fmt.Sprint(p.Offset0 + int64(i))
			for k := range p.Rows.Cols {
				switch col := &p.Rows.Cols[k]; col.Type {
				case types.Text:
					row += " " + col.Str(i)
				default:
					row += fmt.Sprint(" ", batch.Values[int64](col)[i])
				}
			}
			out = append(out, row)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func scanCommitter(t *testing.T, log epoch.Log, budget *mem.Budget) *epoch.Committer {
	t.Helper()
	c, err := epoch.Open(t.Context(), epoch.Config{Log: log, Origin: 1, Fence: 1, Clock: (&clock{now: 1 << 40}).read, Time: &greatest{}, Decoded: budget})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// TestScan compares scans of every choice of columns with what was written, with room for all columns, for some, and for
// none.
func TestScan(t *testing.T) {
	const n = 1000
	for _, blocks := range []int{6, 17} { // read by the caller, and ahead of it
		for _, room := range []int64{0, 20_000, 1 << 22} {
			testScan(t, blocks, n, room)
		}
	}
}

func testScan(t *testing.T, blocks, n int, room int64) {
	var budget *mem.Budget
	if room > 0 {
		budget = mem.New("decoded", room)
	}
	c := scanCommitter(t, memstore.NewLog(), budget)
	fill(t, c, blocks, n)
	for round := range 2 {
		for _, cols := range [][]int{nil, {0}, {2, 1}, {1, 2}, {2}, {0, 1, 2}} {
			var want []string
			for i := range blocks*n + 3 {
				row := fmt.Sprint(i)
				for _, k := range cols {
					row += [...]string{fmt.Sprint(" ", i), fmt.Sprint(" ", 2*i), fmt.Sprint(" row ", i)}[k]
				}
				want = append(want, row)
			}
			if got := scanned(t, c, everything(7, cols...)); !slices.Equal(got, want) {
				t.Fatalf("room %d, round %d, columns %v: %d rows that are not the %d written", room, round, cols, len(got), len(want))
			}
		}
	}
	if used := budget.Used(); used > room || room == 1<<22 && used == 0 {
		t.Errorf("room %d: %d bytes are used", room, used)
	}
	c.ForgetDecoded()
	if used := budget.Used(); used != 0 {
		t.Errorf("%d bytes are held after all is forgotten", used)
	}
}

// TestScanReads counts the blocks that scans read: none for the number of rows, those of the range of time, none again.
func TestScanReads(t *testing.T) {
	for _, blocks := range []int{8, 18} { // read by the caller, and ahead of it
		testScanReads(t, blocks, 1000)
	}
}

func testScanReads(t *testing.T, blocks, n int) {
	log := &watching{Log: memstore.NewLog()}
	c := scanCommitter(t, log, mem.New("decoded", 1<<20))
	fill(t, c, blocks, n)
	narrow := everything(7, 0)
	narrow.MinTime, narrow.MaxTime = 2500, 3100
	weights := everything(7)
	weights.NoWeights = false
	for i, step := range []struct {
		scan       epoch.Scan
		rows, read int
	}{
		{everything(7), blocks*n + 3, 0},
		{weights, blocks*n + 3, blocks + 1},
		{narrow, 2 * n, 2},
		{narrow, 2 * n, 0},
		{everything(7, 0), blocks*n + 3, blocks - 2 + 1},
		{everything(7, 0), blocks*n + 3, 1}, // the small one
		{everything(7, 0, 1), blocks*n + 3, blocks + 1},
	} {
		log.read = 0
		if got := len(scanned(t, c, step.scan)); got != step.rows || log.read != step.read {
			t.Errorf("step %d: %d rows from %d blocks, want %d from %d", i, got, log.read, step.rows, step.read)
		}
	}
}

// TestScanKeepsPrefix scans more than fits, twice: the second time finds what fitted.
func TestScanKeepsPrefix(t *testing.T) {
	const blocks, n = 10, 1000
	log := &watching{Log: memstore.NewLog()}
	c := scanCommitter(t, log, mem.New("decoded", 5*8*n+100))
	fill(t, c, blocks, n)
	for _, read := range []int{blocks + 1, blocks - 5 + 1, blocks - 5 + 1} {
		log.read = 0
		scanned(t, c, everything(7, 1))
		if log.read != read {
			t.Errorf("%d blocks were read, want %d", log.read, read)
		}
	}
	log.read = 0
	narrow := everything(7, 1)
	narrow.MinTime = 9000
	scanned(t, c, narrow) // a later scan may push out what earlier ones used
	scanned(t, c, narrow)
	if log.read != 3 { // the block and the small one, then only the small one
		t.Errorf("%d blocks were read, want 3", log.read)
	}
}

// TestScanStops ends in the middle, by the visitor, by a block that cannot be decoded, and by the context.
func TestScanStops(t *testing.T) {
	for _, blocks := range []int{6, 40} { // read by the caller, and ahead of it
		c := scanCommitter(t, memstore.NewLog(), mem.New("decoded", 1<<20))
		fill(t, c, blocks, 1000)
		enough := errors.New("enough")
		parts := 0
		err := c.Scan(t.Context(), everything(7, 0), c.Last().No, func(epoch.Part) error {
			if parts++; parts == 2 {
				return enough
			}
			return nil
		})
		if !errors.Is(err, enough) || parts != 2 {
			t.Fatalf("%v after %d parts", err, parts)
		}
		err = c.Scan(t.Context(), everything(7, 0, 9), c.Last().No, func(epoch.Part) error { return nil })
		if err == nil {
			t.Fatal("a column that is not there was read")
		}
		ctx, cancel := context.WithCancel(t.Context())
		err = c.Scan(ctx, everything(7, 2), c.Last().No, func(epoch.Part) error { cancel(); return ctx.Err() })
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		// A visitor that does not look at the context gets all, or an error.
		ctx, cancel = context.WithCancel(t.Context())
		rows := 0
		err = c.Scan(ctx, everything(7, 1), c.Last().No, func(p epoch.Part) error { cancel(); rows += p.Rows.N; return nil })
		if err == nil && rows != blocks*1000+3 {
			t.Fatalf("a scan that was stopped gave %d rows and no error", rows)
		}
	}
}

// TestScanGivesWhatIsBeforeDamage scans a log whose last block cannot be decoded: the rows before it come, then the error.
func TestScanGivesWhatIsBeforeDamage(t *testing.T) {
	for _, blocks := range []int{6, 40} {
		log := memstore.NewLog()
		c := scanCommitter(t, log, nil)
		fill(t, c, blocks, 1000)
		err := log.Read(t.Context(), c.Last().No, c.Last().No, nil, func(e *epoch.Entry) error {
			e.Blocks[0].Data[len(e.Blocks[0].Data)-1] ^= 1
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		rows := 0
		err = c.Scan(t.Context(), everything(7, 0, 1, 2), c.Last().No, func(p epoch.Part) error { rows += p.Rows.N; return nil })
		if sqlerr.CodeOf(err) != sqlerr.DataCorrupted || rows != blocks*1000 {
			t.Errorf("%d rows, then %v", rows, err)
		}
	}
}
