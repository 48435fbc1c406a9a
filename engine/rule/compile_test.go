package rule

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/expr"
)

// shape shows what of a condition is looked for, and what is left of it.
func shape(cs []Cond) string {
	var all []string
	for _, c := range cs {
		var parts []string
		for _, p := range c.Preds {
			name := schema[p.Col].Name
			if p.Of != nil {
				name = p.Of.String()
			}
			switch p.Kind {
			case Null:
				parts = append(parts, name+" null")
			case NotNull:
				parts = append(parts, name+" not null")
			case Keys:
				parts = append(parts, fmt.Sprintf("%s in %q", name, p.Keys))
			case Numbers:
				parts = append(parts, fmt.Sprintf("%s in %v", name, p.Numbers))
			case Range:
				parts = append(parts, fmt.Sprintf("%s in %d to %d", name, p.Lo, p.Hi))
			case Text:
				by, text := way(&p)
				parts = append(parts, fmt.Sprintf("%s by %d %q %q", name, by, text, p.Text.Required))
			}
		}
		if c.Rest != nil {
			parts = append(parts, "rest "+c.Rest.String())
		}
		all = append(all, strings.Join(parts, "; "))
	}
	return strings.Join(all, " | ")
}

func TestCompile(t *testing.T) {
	path := col(colPath)
	for _, c := range []struct {
		of   expr.Expr
		want string
	}{
		{is("=", col(colType), lit("x")), `event_type in ["x"]`},
		{is("=", lit("x"), col(colUser)), `usr in ["x"]`},
		{expr.And(is(">", col(colSize), number(5)), is("<=", col(colSize), number(9))), "size in 6 to 9"},
		{expr.And(is(">", col(colSize), number(5)), is("<", col(colSize), number(5))), ""},
		{is(">", number(5), col(colUID)), "uid in -9223372036854775808 to 4"},
		{like(path, "/a%", false, false), `path by 1 "/a" []`},
		{like(path, "%.log", false, false), `path by 2 ".log" []`},
		{like(path, "%Ab%", false, false), `path by 3 "" ["ab"]`},
		{like(path, "/a%xyz_", false, false), `path by 3 "" ["xyz"]`},
		{like(path, "whole", false, false), `path in ["whole"]`},
		{is("~*", path, lit(`\.(LOG|txt)$`)), `path by 3 "" [".log" ".txt"]`},
		{is("~", path, lit(`^/etc/.*`)), `path by 1 "/etc/" ["/etc/"]`},
		{is("~", path, lit(`^/etc/.*(password|secret)+`)), `path by 3 "" ["password" "secret"]`},
		{is("~", path, lit(`[0-9]+`)), `path by 0 "" []`},
		{expr.Or(is("=", path, lit("a")), is("=", col(colUser), lit("b"))), `path in ["a"] | usr in ["b"]`},
		{
			expr.And(expr.Or(is("=", path, lit("a")), is("=", col(colUser), lit("b"))), is("<>", col(colPid), number(1))),
			`path in ["a"]; rest pid <> 1 | usr in ["b"]; rest pid <> 1`,
		},
		{expr.Or(is("=", path, lit("a")), is("<>", col(colPid), number(1))), `rest (path = 'a') OR (pid <> 1)`},
		{expr.Null(col(colFlag).Type()), ""},
		{is("=", lower(path), lit("eve")), `lower(path) in ["eve"]`},
		{expr.And(is("=", lower(path), lit("eve")), is("=", col(colType), lit("x"))), `event_type in ["x"]; rest lower(path) = 'eve'`},
		{expr.And(is("=", lower(path), lit("eve")), is(">", col(colSize), number(5))), `size in 6 to 9223372036854775807; lower(path) in ["eve"]`},
		{is("=", is("->>", col(colDoc), lit("k")), lit("v")), `doc ->> 'k' in ["v"]`},
		{is(">", is("/", number(100), col(colUID)), number(5)), `rest (100 / (uid::integer)) > 5`},
	} {
		if have := shape(Compile(c.of)); have != c.want {
			t.Errorf("%s: %s, want %s", c.of, have, c.want)
		}
	}
}

func TestScanned(t *testing.T) {
	var rules []Rule
	for i, e := range []expr.Expr{
		is("=", col(colType), lit("x")), is("<>", col(colPid), number(1)), is("~", col(colPath), lit("[0-9]")), col(colFlag),
	} {
		rules = append(rules, Rule{ID: uint32(i), When: Compile(e)})
	}
	if have := New(rules).Scanned(); !slices.Equal(have, []uint32{1, 2}) {
		t.Errorf("%v", have)
	}
}

// TestDerivedAreFew: what an index has no room to compute once is evaluated for each row, and found all the same.
func TestDerivedAreFew(t *testing.T) {
	x, n := New(nil), MaxDerived+5
	for i := range n {
		of := must(expr.Call("left", []expr.Expr{col(colPath), number(int64(i + 1))}))
		x = x.With([]Rule{{ID: uint32(i), When: Compile(is("=", of, lit("/aa")))}}, nil)
	}
	if have := len(x.Scanned()); have != n-MaxDerived {
		t.Errorf("%d of %d are evaluated for each row", have, n)
	}
	b := batchOf(t, "/aa")
	got, _ := NewMatcher().Match(x, b, 0)
	if len(got.Rules) != n-2 { // left() of 1 and 2 are shorter
		t.Errorf("%d of %d match", len(got.Rules), n)
	}
	if x = x.With(nil, ids(n)).With([]Rule{{ID: 1, When: Compile(is("=", lower(col(colPath)), lit("/aa")))}}, nil); len(x.Scanned()) > 0 {
		t.Error("what is gone takes room")
	}
}

func ids(n int) (out []uint32) {
	for i := range n {
		out = append(out, uint32(i))
	}
	return out
}
