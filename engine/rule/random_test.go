package rule

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/types"
)

// The relation of the tests.
const (
	colType = iota
	colPath
	colUser
	colSize
	colPid
	colUID
	colScore
	colFlag
	colTime
	colDoc
)

var schema = batch.Schema{
	{Name: "event_type", Type: types.Text},
	{Name: "path", Type: types.Text},
	{Name: "usr", Type: types.Varchar},
	{Name: "size", Type: types.Int8},
	{Name: "pid", Type: types.Int4},
	{Name: "uid", Type: types.Int2},
	{Name: "score", Type: types.Float8},
	{Name: "flag", Type: types.Bool},
	{Name: "ts", Type: types.Timestamptz},
	{Name: "doc", Type: types.JSONB},
}

var (
	eventTypes = strings.Fields("FilesystemCreate FilesystemWrite FilesystemDelete FilesystemRead ProcessStart ProcessExit NetworkConnect UserLogin")
	folders    = strings.Fields("etc data home var tmp srv usr opt Ärger K\u212Alvin proj-7 log_1")
	endings    = strings.Fields(".log .txt .md .go .conf .JSON .tar.gz .k \u017Fav")
	users      = strings.Fields("root alice bob carol www-data Ünal")
)

func pick[T any](r *rand.Rand, of []T) T { return of[r.IntN(len(of))] }

func randomPath(r *rand.Rand) string {
	var sb strings.Builder
	for range 1 + r.IntN(4) {
		sb.WriteString("/" + pick(r, folders))
		if r.IntN(3) == 0 {
			fmt.Fprint(&sb, r.IntN(50))
		}
	}
	fmt.Fprintf(&sb, "/file%d%s", r.IntN(400), pick(r, endings))
	return sb.String()
}

// randomBatch makes n rows; coded says which text columns are dictionary-coded, by dicts.
func randomBatch(r *rand.Rand, n int, dicts *dictionaries) *batch.Batch {
	bs := make([]*batch.Builder, len(schema))
	for i, f := range schema {
		bs[i] = batch.NewBuilder(f.Type, n)
	}
	for range n {
		bs[colType].String(pick(r, eventTypes))
		bs[colPath].String(randomPath(r))
		bs[colUser].String(pick(r, users))
		batch.Put(bs[colSize], r.Int64N(10_000))
		batch.Put(bs[colPid], int32(r.IntN(200)))
		batch.Put(bs[colUID], int16(r.IntN(20)-5))
		batch.Put(bs[colScore], pick(r, []float64{0, 1.5, -2.25, 1e9, r.NormFloat64(), math.NaN(), math.Copysign(0, -1)}))
		bs[colFlag].Bool(r.IntN(2) == 0)
		batch.Put(bs[colTime], r.Int64N(1_000_000))
		fmt.Fprintf(&docs, `{"k": "v%d"}`, r.IntN(5))
		bs[colDoc].String(docs.String())
		docs.Reset()
		for _, b := range bs {
			if r.IntN(12) == 0 {
				b.Truncate(b.Len() - 1)
				b.Null()
			}
		}
	}
	b := &batch.Batch{N: n}
	for i := range bs {
		c := bs[i].Finish()
		if i <= colUser && dicts != nil {
			c = dicts.code(i, &c)
		}
		b.Cols = append(b.Cols, c)
	}
	b.Check()
	return b
}

var docs strings.Builder

// dictionaries grow as columns are coded with them, and begin anew at times.
type dictionaries struct {
	of  map[int]*batch.Dict
	ids map[int]map[string]uint32
}

func newDictionaries() *dictionaries {
	return &dictionaries{of: map[int]*batch.Dict{}, ids: map[int]map[string]uint32{}}
}

func (ds *dictionaries) code(col int, c *batch.Column) batch.Column {
	d := ds.of[col]
	if d == nil || d.Len() > 3000 {
		d, ds.ids[col] = &batch.Dict{ID: batch.NewDictID(), Offsets: []int32{0}}, map[string]uint32{}
	}
	grown := &batch.Dict{ID: d.ID, Offsets: d.Offsets[:len(d.Offsets):len(d.Offsets)], Data: d.Data}
	codes := batch.MakeValues[uint32](c.N)
	for i := range codes {
		if c.Null(i) {
			continue
		}
		code, ok := ds.ids[col][c.Str(i)]
		if !ok {
			code = uint32(grown.Len())
			ds.ids[col][string(c.At(i))] = code
			grown.Data = append(grown.Data, c.At(i)...)
			grown.Offsets = append(grown.Offsets, int32(len(grown.Data)))
		}
		codes[i] = code
	}
	grown.Data = append(grown.Data[:len(grown.Data):len(grown.Data)], make([]byte, batch.Padding)...)[:len(grown.Data)]
	if grown.Len() == 0 {
		grown.Offsets, grown.Data = []int32{0, 0}, make([]byte, batch.Padding)[:0]
	}
	ds.of[col] = grown
	return batch.CodedOf(c.Type, codes, grown, c.Valid)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func col(i int) expr.Expr                    { return expr.Col(i, schema[i].Type, schema[i].Name) }
func lit(text string) expr.Expr              { return must(expr.Lit(types.Unknown, text)) }
func number(n int64) expr.Expr               { return must(expr.Lit(types.Int4, fmt.Sprint(n))) }
func float(text string) expr.Expr            { return must(expr.Lit(types.Float8, text)) }
func is(op string, a, b expr.Expr) expr.Expr { return must(expr.Operator(op, []expr.Expr{a, b})) }

func lower(x expr.Expr) expr.Expr { return must(expr.Call("lower", []expr.Expr{x})) }

func like(x expr.Expr, pattern string, caseless, negate bool) expr.Expr {
	return must(expr.Like(x, lit(pattern), nil, caseless, negate))
}

// piece is a part of a path.
func piece(r *rand.Rand) string {
	p := []rune(randomPath(r))
	n := 1 + r.IntN(min(9, len(p)))
	from := r.IntN(len(p) - n + 1)
	return string(p[from : from+n])
}

func escaped(s string) string {
	return strings.NewReplacer(`\`, `\\`, "_", `\_`, "%", `\%`).Replace(s)
}

func quoted(s string) string {
	return strings.NewReplacer(".", `\.`, "-", `\-`).Replace(s)
}

func randomCase(r *rand.Rand, s string) string {
	if r.IntN(2) == 0 {
		return strings.ToUpper(s)
	}
	return s
}

func randomPattern(r *rand.Rand) string {
	switch r.IntN(7) {
	case 0:
		return `\.(log|txt|md)$`
	case 1:
		return "^/" + pick(r, folders)
	case 2:
		return quoted(piece(r)) + "[0-9]+" + quoted(pick(r, endings))
	case 3:
		return "(" + quoted(piece(r)) + "|" + quoted(piece(r)) + ")"
	case 4:
		return "file[0-9]{2}" + quoted(pick(r, endings)) + "$"
	case 5:
		return "[0-9]" + pick(r, []string{"", "{2}", "+/", "?k"})
	}
	return quoted(piece(r)) + ".*" + quoted(piece(r))
}

// randomTerm makes a condition on one column, mostly.
func randomTerm(r *rand.Rand) expr.Expr {
	path := col(colPath)
	if r.IntN(6) == 0 {
		path = col(colUser)
	}
	switch r.IntN(28) {
	case 24:
		return is("=", lower(path), lit(strings.ToLower(pick(r, []string{randomPath(r), pick(r, users)}))))
	case 25:
		return is("~", must(expr.Cast(col(colDoc), types.Text, expr.Explicit)), lit(pick(r, []string{"v[01]", "v3.$", `"k"`})))
	case 26:
		return like(must(expr.Call("upper", []expr.Expr{path})), "%"+escaped(strings.ToUpper(piece(r))), false, r.IntN(4) == 0)
	case 27:
		return is(pick(r, []string{"<", "=", ">="}), must(expr.Call("length", []expr.Expr{path})), number(r.Int64N(60)))
	case 0, 1:
		return is("=", col(colType), lit(pick(r, eventTypes)))
	case 2:
		return must(expr.In(col(colType), []expr.Expr{lit(pick(r, eventTypes)), lit(pick(r, eventTypes)), expr.Null(types.Text)}, r.IntN(4) == 0))
	case 3:
		return is("=", path, lit(randomPath(r)))
	case 4:
		return like(path, escaped("/"+pick(r, folders)+fmt.Sprint(r.IntN(50)))+"%", false, r.IntN(8) == 0)
	case 5:
		return like(path, "%"+escaped(fmt.Sprint(r.IntN(40))+pick(r, endings)), false, r.IntN(8) == 0)
	case 6:
		return like(path, "%"+escaped(piece(r))+"%", false, r.IntN(8) == 0)
	case 7:
		return like(path, "%"+escaped(randomCase(r, piece(r)))+pick(r, []string{"%", "", "_%"}), true, r.IntN(8) == 0)
	case 8:
		return like(path, escaped(piece(r))+"%"+escaped(piece(r))+pick(r, []string{"_", ""}), false, false)
	case 9, 10:
		return is("~", path, lit(randomPattern(r)))
	case 11:
		return is(pick(r, []string{"~*", "~*", "!~*"}), path, lit(randomCase(r, strings.ToLower(randomPattern(r)))))
	case 12:
		return must(expr.Call("starts_with", []expr.Expr{path, lit("/" + pick(r, folders))}))
	case 13, 14:
		return is(pick(r, []string{"<", "<=", ">", ">=", "=", "<>"}), col(colSize), number(r.Int64N(10_000)))
	case 15, 16:
		lo := r.Int64N(10_000)
		return expr.And(is(">=", col(colSize), number(lo)), is("<=", col(colSize), number(lo+r.Int64N(40)-2)))
	case 17:
		return must(expr.In(col(colPid), []expr.Expr{number(r.Int64N(200)), number(r.Int64N(200))}, r.IntN(5) == 0))
	case 18:
		return is(pick(r, []string{"<", ">", "="}), col(colUID), number(r.Int64N(20)-6))
	case 19:
		return is(pick(r, []string{"<", "<=", ">", ">=", "="}), col(colScore), float(pick(r, []string{"0", "NaN", "1.5", "-1", "1e9", "-0"})))
	case 20:
		return pick(r, []expr.Expr{col(colFlag), expr.Not(col(colFlag)), expr.IsBool(col(colFlag), "false", r.IntN(2) == 0)})
	case 21:
		return expr.IsNull(col(r.IntN(len(schema))), r.IntN(2) == 0)
	case 22:
		return is("=", is("->>", col(colDoc), lit("k")), lit(fmt.Sprintf("v%d", r.IntN(5))))
	}
	return is(">", is("/", number(100), col(colUID)), number(r.Int64N(50)))
}

// randomCondition is usually a conjunction of a few terms.
func randomCondition(r *rand.Rand) expr.Expr {
	terms := []expr.Expr{randomTerm(r)}
	for r.IntN(10) < 7 && len(terms) < 4 {
		terms = append(terms, randomTerm(r))
	}
	switch r.IntN(12) {
	case 0:
		return expr.Or(terms...)
	case 1:
		return expr.And(expr.Or(randomTerm(r), expr.And(randomTerm(r), randomTerm(r))), randomTerm(r))
	case 2:
		return expr.Not(expr.And(terms...))
	}
	return expr.And(terms...)
}

func randomRules(r *rand.Rand, n, firstID int) ([]Rule, map[uint32]expr.Expr) {
	rules, naive := make([]Rule, n), map[uint32]expr.Expr{}
	for i := range rules {
		e := randomCondition(r)
		id := uint32(firstID + i)
		rules[i] = Rule{ID: id, Priority: int32(r.IntN(5)), Name: fmt.Sprintf("r%04d", r.IntN(5000)), When: Compile(e)}
		naive[id] = e
	}
	return rules, naive
}

// against compares what m finds with the evaluation of each condition for itself, and gives how many matches there are.
func against(t *testing.T, m *Matcher, x *Index, naive map[uint32]expr.Expr, b *batch.Batch) int {
	t.Helper()
	type decision struct {
		row  int
		rule uint32
	}
	have, failed := map[decision]bool{}, map[decision]bool{}
	for from := 0; from < b.N; {
		out, next := m.Match(x, b, from)
		for i, row := range out.Rows {
			d := decision{int(row), out.Rules[i]}
			if have[d] {
				t.Fatalf("row %d: rule %d twice", row, d.rule)
			}
			have[d] = true
			if i > 0 && out.Rows[i-1] == row {
				p, _ := x.Rule(out.Rules[i-1])
				q, _ := x.Rule(out.Rules[i])
				if before(&p, &q) >= 0 {
					t.Fatalf("row %d: rule %d before %d", row, p.ID, q.ID)
				}
			} else if i > 0 && out.Rows[i-1] > row {
				t.Fatalf("row %d before %d", out.Rows[i-1], row)
			}
		}
		for _, f := range out.Failures {
			failed[decision{f.Row, f.Rule}] = true
		}
		from = next
	}
	var c expr.Ctx
	want := 0
	for id, e := range naive {
		c.Reset()
		for _, row := range expr.NewPredicate(e).Select(&c, b, nil) {
			want++
			if d := (decision{int(row), id}); !have[d] {
				t.Fatalf("rule %d, %s, is not found for row %s", id, e, show(b, int(row)))
			}
		}
		for _, f := range c.Failures() { // an order of terms that decides such a row is as good
			delete(failed, decision{f.Row, id})
			delete(have, decision{f.Row, id})
		}
	}
	if want != len(have) {
		var rc expr.Ctx
		for d := range have {
			rc.Reset()
			one := b.Slice(d.row, d.row+1)
			if len(expr.NewPredicate(naive[d.rule]).Select(&rc, one, nil)) == 0 {
				t.Fatalf("rule %d, %s, is found for row %s", d.rule, naive[d.rule], show(b, d.row))
			}
		}
		t.Fatalf("%d matches, want %d", len(have), want)
	}
	for d := range failed {
		t.Fatalf("rule %d, %s, fails for row %s", d.rule, naive[d.rule], show(b, d.row))
	}
	return want
}

func show(b *batch.Batch, row int) string {
	var sb strings.Builder
	for i := range b.Cols {
		c := b.Cols[i].Take([]uint32{uint32(row)})
		fmt.Fprintf(&sb, "%s=%s ", schema[i].Name, expr.Const(c))
	}
	return sb.String()
}

// TestRandom compares an index of random conditions with their evaluation one by one, over random rows, with dictionaries
// and without, while rules come and go. VEXSTREAM_TEST_CASES is how many conditions there are, and VEXSTREAM_TEST_SEED the seed.
func TestRandom(t *testing.T) {
	n, rounds, rows := 4000, 20, 200
	if testing.Short() {
		n = 1000
	}
	if cases := fromEnv(t, "VEXSTREAM_TEST_CASES"); cases > 0 {
		n, rounds, rows = int(cases), 3, 64
	}
	seed := fromEnv(t, "VEXSTREAM_TEST_SEED")
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("VEXSTREAM_TEST_SEED=%d", seed)
	compareAt(t, rand.New(rand.NewPCG(seed, 0)), n, rounds, rows)
}

func fromEnv(t *testing.T, name string) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return 0
	}
	v, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v
}

// compareAt compares rounds of up to rows rows.
func compareAt(t *testing.T, r *rand.Rand, n, rounds, rows int) {
	rules, naive := randomRules(r, n, 1)
	x, m, dicts := New(rules), NewMatcher(), newDictionaries()
	decisions, matches := 0, 0
	for round := range rounds {
		ds := dicts
		if round%3 == 2 {
			ds = nil
		}
		b := randomBatch(r, rows/2+r.IntN(rows/2), ds)
		decisions += b.N * x.Len()
		matches += against(t, m, x, naive, b)
		var gone []uint32
		leaving := r.IntN(50)
		if round%7 == 6 {
			leaving = 2 * n // segments are made anew of what is left
		}
		for range leaving {
			id := uint32(1 + r.IntN(n+round*50))
			if _, ok := naive[id]; ok {
				gone = append(gone, id)
				delete(naive, id)
			}
		}
		more, exprs := randomRules(r, r.IntN(50), n+1+round*50)
		for id, e := range exprs {
			naive[id] = e
		}
		x = x.With(more, gone)
		if len(naive) != x.Len() {
			t.Fatalf("%d rules, want %d", x.Len(), len(naive))
		}
		for i := range x.parts {
			if p := &x.parts[i]; p.nDead > p.live() {
				t.Fatalf("a segment has %d rules and %d that are gone", p.live(), p.nDead)
			}
		}
	}
	t.Logf("%d decisions, %d matches", decisions, matches)
}
