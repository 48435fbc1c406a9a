package bridge

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func textAt(b *batch.Batch, col, i int) string {
	if b.Cols[col].Null(i) {
		return ""
	}
	return string(b.Cols[col].At(i))
}

func drawEvent(t *rapid.T) Event {
	word := rapid.SampledFrom([]string{"", "a", "b", "create", "a longer word than the others", "é"})
	e := Event{
		TS: types.Micros(rapid.Int64Range(1, 1<<52).Draw(t, "ts")), Type: rapid.SampledFrom(benchTypes).Draw(t, "type"),
		Path: rapid.StringN(0, 20, 60).Draw(t, "path"), Target: word.Draw(t, "target"), Op: word.Draw(t, "op"),
		UserID: word.Draw(t, "user"), Process: word.Draw(t, "process"), Source: word.Draw(t, "source"), Host: word.Draw(t, "host"),
		Flags: Flags(rapid.Uint16Range(0, 1<<numFlags-1).Draw(t, "flags")), Has: Has(rapid.Uint32Range(0, 1<<15-1).Draw(t, "has")),
		SizeBytes: rapid.Int64().Draw(t, "size"), PID: rapid.Int32().Draw(t, "pid"), Priority: rapid.Int16().Draw(t, "priority"),
		Lost: rapid.Int64().Draw(t, "lost"), Inode: rapid.Int64().Draw(t, "inode"), UID: rapid.Int32().Draw(t, "uid"),
	}
	e.Seal()
	return e
}

// What is appended comes out of the batch, whatever is null and however it is cut, and nothing is quarantined.
func TestBatcherKeepsEveryField(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var c Counters
		b := NewBatcher(BatcherOptions{Source: "usual", Host: "node", Counters: &c})
		for range rapid.IntRange(1, 4).Draw(t, "batches") {
			events := rapid.SliceOfN(rapid.Custom(drawEvent), 1, 150).Draw(t, "events")
			b.Ready()
			for i := range events {
				b.Append(&events[i], events[i].TS)
			}
			l := b.Take()
			if l.Batch.N != len(events) {
				t.Fatalf("%d rows of %d", l.Batch.N, len(events))
			}
			for i := range events {
				sameRow(t, &l.Batch, i, &events[i])
			}
			b.Return(l)
		}
		if n := c.Load(CountContextMismatch); n != 0 {
			t.Fatalf("%d rows were quarantined", n)
		}
	})
}

func sameRow(t *rapid.T, b *batch.Batch, i int, e *Event) {
	for col, want := range map[int]string{
		ColEventType: e.Type, ColFilePath: e.Path, ColTargetPath: e.Target, ColOperation: e.Op, ColUserID: e.UserID,
		ColProcessName: e.Process, ColSource: or(e.Source, "usual"), ColHost: or(e.Host, "node"), ColBoundary: "kernel",
	} {
		if got := textAt(b, col, i); got != want {
			t.Fatalf("row %d, %s: %q, want %q", i, Schema[col].Name, got, want)
		}
	}
	if e.Flags != 0 && textAt(b, ColFlags, i) != flagArrays[e.Flags] {
		t.Fatalf("row %d: flags %q", i, textAt(b, ColFlags, i))
	}
	number(t, b, i, ColSizeBytes, e.SizeBytes, e.Has&HasSizeBytes != 0)
	number(t, b, i, ColInode, e.Inode, e.Has&HasInode != 0)
	number(t, b, i, ColLost, e.Lost, e.Has&HasLost != 0)
	number(t, b, i, ColProcessID, e.PID, e.Has&HasPID != 0)
	number(t, b, i, ColUID, e.UID, e.Has&HasUID != 0)
	number(t, b, i, ColPriority, e.Priority, e.Has&HasPriority != 0)
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func number[T batch.Value](t *rapid.T, b *batch.Batch, i, col int, want T, known bool) {
	c := &b.Cols[col]
	if c.Null(i) == known || known && batch.Values[T](c)[i] != want {
		t.Fatalf("row %d, %s: null %v, want %v, known %v", i, Schema[col].Name, c.Null(i), want, known)
	}
}

func TestBatcherQuarantinesWhatChangedOnTheWay(t *testing.T) {
	var c Counters
	b := NewBatcher(BatcherOptions{Source: "fanotify", Counters: &c})
	e := Event{TS: 1, Type: TypeWrite, Path: "/a", PID: 7, Has: HasPID}
	e.Seal()
	e.PID = 8
	b.Ready()
	b.Append(&e, 1)
	l := b.Take()
	if got := textAt(&l.Batch, ColEventType, 0); got != TypeQuarantine {
		t.Errorf("type %q", got)
	}
	if !l.Batch.Cols[ColProcessID].Null(0) || !l.Batch.Cols[ColFilePath].Null(0) {
		t.Error("fields that cannot be trusted are in the row")
	}
	if !strings.Contains(textAt(&l.Batch, ColContent, 0), TypeWrite) || c.Load(CountContextMismatch) != 1 {
		t.Errorf("content %q, counted %d", textAt(&l.Batch, ColContent, 0), c.Load(CountContextMismatch))
	}
}

func TestAppendDoesNotAllocate(t *testing.T) {
	for name, fill := range map[string]func(*Event, int){"six": six, "full": full} {
		b := NewBatcher(BatcherOptions{Source: "fanotify", Host: "node"})
		var e Event
		i := 0
		one := func() {
			b.Ready()
			fill(&e, i)
			e.Seal()
			b.Append(&e, e.TS)
			if b.Full() {
				b.Return(b.Take())
			}
			i++
		}
		for range 2 * FlushRows {
			one()
		}
		if n := testing.AllocsPerRun(3*FlushRows, one); n != 0 {
			t.Errorf("%s: %v allocations a row", name, n)
		}
	}
}

func TestAppenderDoesNotAllocate(t *testing.T) {
	a := NewAppender(sixSchema, 1, 2)
	i := 0
	one := func() {
		appendSix(a, i)
		if err := a.EndRow(); err != nil {
			t.Fatal(err)
		}
		if a.Full() {
			a.Batch()
			a.Reset()
		}
		i++
	}
	for range 2 * FlushRows {
		one()
	}
	if n := testing.AllocsPerRun(3*FlushRows, one); n != 0 {
		t.Errorf("%v allocations a row", n)
	}
}

func TestDictionaryOfDistinctValuesGoesPlain(t *testing.T) {
	a := NewAppender(batch.Schema{{Name: "k", Type: types.Text}}, 0)
	coded := make([]bool, 3)
	for round := range coded {
		for i := range FlushRows {
			a.String(0, fmt.Sprint(round, i))
			if err := a.EndRow(); err != nil {
				t.Fatal(err)
			}
		}
		b := a.Batch()
		coded[round] = b.Cols[0].Dict != nil
		if got := string(b.Cols[0].At(17)); got != fmt.Sprint(round, 17) {
			t.Errorf("round %d: %q", round, got)
		}
		a.Reset()
	}
	if !coded[0] || coded[1] || coded[2] {
		t.Errorf("coded: %v, want only the first", coded)
	}
}

// A value that no dictionary takes makes its batch plain, with all values before it kept.
func TestDictionarySpills(t *testing.T) {
	a := NewAppender(batch.Schema{{Name: "k", Type: types.Text}}, 0)
	long := strings.Repeat("x", maxKeyLen+1)
	want := []string{"a", "", "b", "a", long, "c"}
	for _, v := range want {
		if v != "" {
			a.String(0, v)
		}
		if err := a.EndRow(); err != nil {
			t.Fatal(err)
		}
	}
	b := a.Batch()
	for i, v := range want {
		if got := textAt(b, 0, i); got != v || b.Cols[0].Null(i) != (v == "") {
			t.Errorf("row %d: %.10q, want %.10q", i, got, v)
		}
	}
}

func TestDictionaryViewsStayTrue(t *testing.T) {
	d := newDictionary()
	var views []*batch.Dict
	for i := range 5000 {
		d.intern(fmt.Sprint("value", i))
		if i%500 == 0 {
			views = append(views, d.snapshot())
		}
	}
	for _, v := range views {
		for c := range v.Len() {
			if got := string(v.At(uint32(c))); got != fmt.Sprint("value", c) {
				t.Fatalf("entry %d of a view of %d: %q", c, v.Len(), got)
			}
		}
	}
}

func TestAppenderRefusesARowAndGoesOn(t *testing.T) {
	a := NewAppender(sixSchema)
	appendSix(a, 1)
	ok := a.EndRow()
	a.String(1, "no time")
	null := a.EndRow()
	a.Int64(0, 1)
	a.Int64(1, 2)
	kind := a.EndRow()
	a.Int64(0, 1)
	a.Int64(0, 2)
	twice := a.EndRow()
	appendSix(a, 2)
	again := a.EndRow()
	for i, c := range []struct {
		err  error
		want sqlerr.Code
	}{
		{ok, sqlerr.Success},
		{null, sqlerr.NotNullViolation},
		{kind, sqlerr.DatatypeMismatch},
		{twice, sqlerr.InvalidParameterValue},
		{again, sqlerr.Success},
	} {
		if got := sqlerr.CodeOf(c.err); got != c.want {
			t.Errorf("row %d: %v, want %s", i, c.err, c.want)
		}
	}
	b := a.Batch()
	if b.N != 2 || textAt(b, 4, 1) != benchPaths[2] || batch.Values[int64](&b.Cols[5])[1] != 2 {
		t.Errorf("%d rows, the second %q", b.N, textAt(b, 4, 1))
	}
}

func TestClearBits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const n = 300
		lo := rapid.IntRange(0, n-1).Draw(t, "lo")
		hi := rapid.IntRange(lo+1, n).Draw(t, "hi")
		m := batch.NewBitmapSet(n)
		clearBits(m, lo, hi)
		for i := range n {
			if m.Get(i) != (i < lo || i >= hi) {
				t.Fatalf("bit %d after clearing [%d, %d)", i, lo, hi)
			}
		}
	})
}

func TestEventIDsSortAndDiffer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ts := types.Micros(rapid.Int64Range(0, 1<<50).Draw(t, "ts"))
		later := ts + types.Micros(rapid.Int64Range(1, 1<<40).Draw(t, "later"))
		seq := rapid.Int64Range(0, 1<<48-2).Draw(t, "seq")
		lane := Lane(rapid.Uint32().Draw(t, "node"), "fanotify")
		a, b := EventID(ts, lane, seq), EventID(later, lane, 0)
		if string(a[:8]) >= string(b[:8]) {
			t.Fatalf("%x is not before %x", a, b)
		}
		if a == EventID(ts, lane, seq+1) || a[6]>>4 != 7 || a[8]>>6 != 2 {
			t.Fatalf("%x is no version 7 of its own", a)
		}
	})
}

func TestCanonicalJSON(t *testing.T) {
	for in, want := range map[string]string{
		`{"bb":1.50,"a":[true,null,"x\u0001\n\"/"],"a":{"z":1e3}}`: `{"a": {"z": 1e3}, "bb": 1.50}`,
		`["\u0001\n\"/é"]`: `["\u0001\n\"/é"]`, `null`: ``, ` `: ``, `{}`: `{}`,
	} {
		if got, err := CanonicalJSON([]byte(in)); err != nil || got != want {
			t.Errorf("%s: %s %v, want %s", in, got, err, want)
		}
	}
	if _, err := CanonicalJSON([]byte(`{} {}`)); err == nil {
		t.Error("two values were taken for one")
	}
}

func TestWithin(t *testing.T) {
	for _, c := range []struct {
		path, dir string
		want      bool
	}{{"/a/b", "/a", true}, {"/a", "/a", true}, {"/ab", "/a", false}, {"/", "/", true}, {"/x", "/", true}, {"", "/", false}} {
		if got := Within(c.path, c.dir); got != c.want {
			t.Errorf("Within(%q, %q) = %v", c.path, c.dir, got)
		}
	}
}

// gate is a Sink that waits for leave before it takes each batch, and counts rows and what Loss rows tell.
type gate struct {
	leave      chan struct{}
	rows, told int64
	err        error
}

func (g *gate) Push(_ context.Context, b *batch.Batch) error {
	<-g.leave
	if g.err != nil {
		return g.err
	}
	for i := range b.N {
		if textAt(b, ColEventType, i) == TypeLoss {
			g.told += batch.Values[int64](&b.Cols[ColLost])[i]
		} else {
			g.rows++
		}
	}
	return nil
}
func (*gate) Advance(context.Context, stream.Progress) error { return nil }
func (*gate) Close() error                                   { return nil }

// Rows that arrive and losses that are told make up all that was appended, however slow the Sink is.
func TestFeedConservesRows(t *testing.T) {
	var c Counters
	g := &gate{leave: make(chan struct{})}
	f := NewFeed(BatcherOptions{Source: "synth", Counters: &c})
	const n = FlushRows * (MaxLoans + 5)
	err := f.Drive(context.Background(), g, Now, func(context.Context) error {
		e := Event{Type: TypeWrite, Path: "/a"}
		for i := range n {
			e.TS, e.ID = types.Micros(i+1), [16]byte{}
			f.Append(&e, e.TS)
		}
		close(g.leave)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if g.told == 0 || g.rows+g.told != n || g.told != c.Load(LostQueue) {
		t.Errorf("%d rows and %d told of %d; counted as lost %d", g.rows, g.told, n, c.Load(LostQueue))
	}
}

func TestFeedEndsWithItsSink(t *testing.T) {
	full := errors.New("the disk is full")
	for _, c := range []struct{ push, want error }{{stream.ErrStop, nil}, {full, full}} {
		g := &gate{leave: make(chan struct{}), err: c.push}
		close(g.leave)
		f := NewFeed(BatcherOptions{Source: "synth"})
		err := f.Drive(context.Background(), g, Now, func(ctx context.Context) error {
			f.Append(&Event{TS: 1, Type: TypeWrite}, 1)
			f.Flush(1)
			<-ctx.Done()
			return nil
		})
		if !errors.Is(err, c.want) || (c.want == nil && err != nil) {
			t.Errorf("push gave %v, Drive gave %v", c.push, err)
		}
	}
}
