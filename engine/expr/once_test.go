package expr

import (
	"slices"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// counted is an expression that counts the rows that it is evaluated for.
type counted struct {
	Expr
	rows *int
}

func (e counted) kids() []Expr          { return []Expr{e.Expr} }
func (e counted) own() traits           { return traits{} }
func (e counted) with(kids []Expr) Expr { return counted{kids[0], e.rows} }
func (e counted) Eval(c *Ctx, b *batch.Batch, rows batch.Sel) batch.Column {
	if *e.rows += len(rows); rows == nil {
		*e.rows += b.N
	}
	return e.Expr.Eval(c, b, rows)
}

// TestShare evaluates what expressions have in common once, and nothing that is evaluated for fewer rows for more.
func TestShare(t *testing.T) {
	schema := batch.Schema{{Name: "a", Type: types.Int4}, {Name: "b", Type: types.Int4}}
	for _, c := range []struct {
		exprs []string
		parts []string
	}{
		{[]string{"a + b", "a - b"}, nil},
		{[]string{"a * b + 1", "a * b + 2"}, []string{"a * b"}},
		{[]string{"a * b + 1", "a * b + 1", "7"}, []string{"(a * b) + 1"}},
		{[]string{"(a + b) * (a + b)", "(a + b) * (a + b) - 1", "a + b"}, []string{"(a + b) * (a + b)", "a + b"}},
		{[]string{"random() + b * 1.0", "random() + b * 2.0"}, []string{"b::numeric"}},
		{[]string{"CASE WHEN b > 0 THEN a / b END", "CASE WHEN b < 0 THEN a / b END"}, []string{"a / b"}},
	} {
		var es []Expr
		for _, text := range c.exprs {
			e, err := parseSQL(text, schema)
			if err != nil {
				t.Fatal(err)
			}
			es = append(es, e)
		}
		var parts []string
		for _, p := range Repeated(es) {
			parts = append(parts, p.String())
		}
		if !slices.Equal(parts, c.parts) {
			t.Errorf("%q have %q in common, not %q", c.exprs, parts, c.parts)
		}
		for i, e := range Share(es) {
			if e.String() != es[i].String() {
				t.Errorf("%s became %s", es[i], e)
			}
		}
	}

	a, b := batch.NewBuilder(types.Int4, 4), batch.NewBuilder(types.Int4, 4)
	for i := range 4 {
		batch.Put(a, int32(100*i))
		batch.Put(b, int32(i))
	}
	in := &batch.Batch{N: 4, Cols: []batch.Column{a.Finish(), b.Finish()}}
	rows := 0
	quotient, err := parseSQL("a / b", schema)
	if err != nil {
		t.Fatal(err)
	}
	q := counted{quotient, &rows}
	positive, _ := parseSQL("b > 0", schema)
	guarded, err := Case([]Expr{positive}, []Expr{q}, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx := &Ctx{}
	eval := func(es []Expr) {
		rows = 0
		ctx.Reset()
		for _, e := range es {
			e.Eval(ctx, in, nil)
		}
	}
	if eval(Share([]Expr{guarded, guarded})); rows != 3 || ctx.Failures() != nil {
		t.Errorf("below CASE: %d rows, %v", rows, ctx.Failures())
	}
	if eval(Share([]Expr{IsNull(q, false), guarded, q})); rows != 4 || len(ctx.Failures()) != 1 {
		t.Errorf("for all rows first: %d rows, %v", rows, ctx.Failures())
	}
	if eval(Share([]Expr{guarded, q})); rows != 7 {
		t.Errorf("for all rows last: %d rows", rows)
	}
}
