package expr

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

// goldenExpressions gives the expressions of testdata that bind and read columns.
func goldenExpressions(t testing.TB) map[string]Expr {
	t.Helper()
	paths, err := filepath.Glob("testdata/*")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no testdata: %v", err)
	}
	es := map[string]Expr{}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		input, _, _ := strings.Cut(string(raw), "\n----\n")
		_, input, isExpr := strings.Cut(input, "eval\n")
		if !isExpr {
			continue
		}
		for line := range strings.SplitSeq(input, "\n") {
			text, _, _ := strings.Cut(line, " -- not:")
			if e, err := parseSQL(text, tableSchema); err == nil && len(Columns(e)) > 0 {
				es[text] = e
			}
		}
	}
	if len(es) < 200 {
		t.Fatalf("only %d expressions", len(es))
	}
	return es
}

// shown is what an expression gave for one row.
func shown(c *Ctx, col *batch.Column, r int) string {
	switch {
	case c.Failed(r):
		for _, f := range c.Failures() {
			if f.Row == r {
				return string(sqlerr.CodeOf(f.Err)) + " " + f.Err.Error()
			}
		}
		return "failed"
	case col.Null(r):
		return "null"
	}
	return string(value.AppendText(nil, col, r, c.Locale))
}

// rowByRow is the reference: each row evaluated in a batch of its own.
func rowByRow(t testing.TB, e Expr, b *batch.Batch) []string {
	out := make([]string, b.N)
	for r := range b.N {
		c := &Ctx{Locale: types.In(berlin(t))}
		one := b.Take([]uint32{uint32(r)})
		col := e.Eval(c, one, nil)
		out[r] = shown(c, &col, 0)
	}
	return out
}

// repeated is b's rows times over, so that bitmaps have several words and a tail.
func repeated(b *batch.Batch, times int) *batch.Batch {
	var sel []uint32
	for range times {
		for r := range b.N {
			sel = append(sel, uint32(r))
		}
	}
	return b.Take(sel)
}

// coded is b with its strings as dictionary codes.
func coded(b *batch.Batch) *batch.Batch {
	c := b.Clone()
	for i := range c.Cols {
		col := &c.Cols[i]
		if col.Offsets == nil {
			continue
		}
		offs, data := []int32{0}, batch.MakeBytes(0)
		codes, have := batch.MakeValues[uint32](col.N), map[string]uint32{}
		for r := range col.N {
			code, ok := have[string(col.At(r))]
			if !ok {
				code = uint32(len(have))
				have[string(col.At(r))] = code
				data = append(data, col.At(r)...)
				offs = append(offs, int32(len(data)))
			}
			codes[r] = code
		}
		data = append(data, make([]byte, batch.Padding)...)[:len(data)]
		*col = batch.CodedOf(col.Type, codes, &batch.Dict{ID: batch.NewDictID(), Offsets: offs, Data: data}, col.Valid)
	}
	return c
}

// TestSelections: an expression gives a row the same value, null or error whatever rows are beside it, whichever are
// selected, and whether strings are coded or not; and no row fails that is not selected.
func TestSelections(t *testing.T) {
	small := testTable(t)
	big := repeated(small, 33)
	dict := coded(big)
	c := &Ctx{Locale: types.In(berlin(t))}
	for text, e := range goldenExpressions(t) {
		want := rowByRow(t, e, small)
		for _, in := range []*batch.Batch{big, dict} {
			rapid.Check(t, func(rt *rapid.T) {
				sel := selection(rt, in.N)
				c.Reset()
				col := e.Eval(c, in, sel)
				if col.N != in.N {
					rt.Fatalf("%s: %d rows for %d", text, col.N, in.N)
				}
				chosen := make([]bool, in.N)
				for i, r := range rowsOf(sel, in.N) {
					chosen[r] = true
					if have := shown(c, &col, int(r)); have != want[int(r)%small.N] {
						rt.Fatalf("%s: row %d (of %d selected, at %d): %s, by itself %s", text, r, len(sel), i, have, want[int(r)%small.N])
					}
				}
				for _, f := range c.Failures() {
					if !chosen[f.Row] {
						rt.Fatalf("%s: row %d failed and is not selected: %v", text, f.Row, f.Err)
					}
				}
			})
		}
	}
}

func rowsOf(sel batch.Sel, n int) []uint32 {
	if sel == nil {
		return everyRow(n)
	}
	return sel
}

// selection draws all rows, a run, or some.
func selection(rt *rapid.T, n int) batch.Sel {
	switch rapid.IntRange(0, 3).Draw(rt, "kind") {
	case 0:
		return nil
	case 1:
		lo := rapid.IntRange(0, n).Draw(rt, "lo")
		return everyRow(n)[lo:rapid.IntRange(lo, n).Draw(rt, "hi")]
	}
	step := rapid.Uint64().Draw(rt, "seed")
	sel := batch.Sel{}
	for r := range n {
		step = step*6364136223846793005 + 1442695040888963407
		if step>>62 == 0 {
			sel = append(sel, uint32(r))
		}
	}
	return sel
}

// TestPredicate compares Select with the rows where the condition is true.
func TestPredicate(t *testing.T) {
	big := repeated(testTable(t), 33)
	for _, text := range []string{
		"s like '/data/%' and b > 5", "u", "not u", "a = 0 or 10 / a > 1", "a <> 0 and 10 / a > 1", "10 / a > 1 and a <> 0",
		"s in ('Hello World', '') and a is not null", "s ~ 'o' and a > 0", "s like '%o%' and u and b < 100",
		"s = 'Hello World'", "s <> 'Hello World' and n > 0", "true", "false", "null::bool", "a between 0 and 7 and s like 'H%' and 5 / a > 0",
		"j ->> 'a' = '1'", "(j ->> 'a')::int4 = 1", "s like '/data/a.l%'", "s like '/data/a.log' or s like '%World'",
	} {
		e, err := parseSQL(text, tableSchema)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for _, b := range []*batch.Batch{big, coded(big)} {
			c := &Ctx{}
			col := e.Eval(c, b, nil)
			var want []uint32
			for r := range b.N {
				if !c.Failed(r) && !col.Null(r) && col.Bits.Get(r) {
					want = append(want, uint32(r))
				}
			}
			failures := len(c.Failures())
			p := NewPredicate(e)
			c.Reset()
			have := p.Select(c, b, nil)
			if len(have) != len(want) {
				t.Fatalf("%s: %d rows, want %d", text, len(have), len(want))
			}
			for i := range have {
				if have[i] != want[i] {
					t.Fatalf("%s: row %d, want %d", text, have[i], want[i])
				}
			}
			if failures != len(c.Failures()) {
				t.Errorf("%s: %d rows failed, evaluated whole %d", text, len(c.Failures()), failures)
			}
		}
	}
}

func TestTreeTools(t *testing.T) {
	e, err := parseSQL("coalesce(a, c) + 1 > a and s like p", tableSchema)
	if err != nil {
		t.Fatal(err)
	}
	if got := Columns(e); len(got) != 4 || got[0] != 1 || got[1] != 3 || got[2] != 7 || got[3] != 8 {
		t.Errorf("columns %v", got)
	}
	moved := Remap(e, func(i int) int { return i + 10 })
	if got := Columns(moved); got[0] != 11 || got[3] != 18 {
		t.Errorf("remapped columns %v", got)
	}
	if !Equal(e, Remap(moved, func(i int) int { return i - 10 })) {
		t.Error("mapped there and back, it is another expression")
	}
	if Equal(e, moved) {
		t.Error("equal over other columns")
	}
	if !Fallible(e) || Fallible(Col(0, types.Int4, "x")) {
		t.Error("fallible")
	}
	for text, want := range map[string]Vol{"now()": Stable, "a + random()": Volatile, "a + 1": Immutable, "z + i": Stable} {
		e, err := parseSQL(text, tableSchema)
		if err != nil {
			t.Fatal(err)
		}
		if got := Volatility(e); got != want {
			t.Errorf("%s: volatility %d, want %d", text, got, want)
		}
	}
	if _, ok := IsConst(must(parseSQL("1 + 2 * length('abc')", nil))); !ok {
		t.Error("not folded")
	}
	if _, ok := IsConst(must(parseSQL("1 / 0", nil))); ok {
		t.Error("a failing constant was folded")
	}
}

// TestErrorsAndHints are the words of resolution errors, which psql users know by heart.
func TestErrorsAndHints(t *testing.T) {
	for text, want := range map[string][3]string{
		"lenght('a')":    {"42883", "function lenght(unknown) does not exist", `Perhaps you meant the function "length".`},
		"abs(true)":      {"42883", "function abs(boolean) does not exist", "No function matches the given name and argument types. You might need to add explicit type casts."},
		"1 + true":       {"42883", "operator does not exist: integer + boolean", "No operator matches the given name and argument types. You might need to add explicit type casts."},
		"d::int4":        {"42846", "cannot cast type date to integer", ""},
		"s like 5":       {"42883", "operator does not exist: text ~~ integer", "No operator matches the given name and argument types. You might need to add explicit type casts."},
		"greatest(1, s)": {"42804", "GREATEST types integer and text cannot be matched", ""},
	} {
		_, err := parseSQL(text, tableSchema)
		e, ok := sqlerr.As(err)
		if !ok || string(e.Code) != want[0] || e.Message != want[1] || e.Hint != want[2] {
			t.Errorf("%s: %#v", text, err)
		}
	}
}

// TestAllocations: a hot predicate allocates nothing once its scratch has grown.
func TestAllocations(t *testing.T) {
	b, _ := benchBatch(batch.MaxRows)
	for _, in := range []*batch.Batch{b, coded(b)} {
		for _, text := range []string{"s like '/data/%' and b > 500", "s = '/data/1'", "b + 1 > 7", "s in ('/data/1', 'x')", "u and not (b < 5)"} {
			e, err := parseSQL(text, benchSchema)
			if err != nil {
				t.Fatal(err)
			}
			p, c := NewPredicate(e), &Ctx{}
			dst := make([]uint32, 0, batch.MaxRows)
			run := func() {
				c.Reset()
				dst = p.Select(c, in, dst)
			}
			run()
			run()
			if n := testing.AllocsPerRun(20, run); n > 0 {
				t.Errorf("%s: %v allocations a batch", text, n)
			}
		}
	}
}
