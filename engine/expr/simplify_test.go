package expr

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// conditions gives the boolean expressions of testdata and combinations of them and of constants, in a fixed order.
func conditions(t *testing.T, n int) []Expr {
	var base []Expr
	all := goldenExpressions(t)
	var texts []string
	for text := range all {
		texts = append(texts, text)
	}
	slices.Sort(texts)
	for _, text := range texts {
		if e := all[text]; e.Type() == types.Bool && Volatility(e) != Volatile {
			base = append(base, e)
		}
	}
	base = append(base, boolean(true), boolean(false), Null(types.Bool))
	r := rand.New(rand.NewPCG(7, 8))
	for range n {
		var terms []Expr
		for range 2 + r.IntN(3) {
			e := base[r.IntN(len(base))]
			if r.IntN(4) == 0 {
				e = Not(e)
			}
			if r.IntN(3) == 0 {
				e = makeLogic(r.IntN(2) == 0, []Expr{e, base[r.IntN(len(base))], e})
			}
			terms = append(terms, e)
		}
		base = append(base, makeLogic(r.IntN(2) == 0, terms))
	}
	return base
}

// TestSimplify: what is simplified gives the same for every row that did not fail before.
func TestSimplify(t *testing.T) {
	b := testTable(t)
	for _, e := range conditions(t, 150) {
		s := Simplify(e)
		want, got := rowByRow(t, e, b), rowByRow(t, s, b)
		for r := range want {
			if want[r] != got[r] && (want[r] == "t" || want[r] == "f" || want[r] == "null") {
				t.Fatalf("row %d: %s\nis %s, simplified to %s\nis %s", r, e, want[r], s, got[r])
			}
		}
	}
	for text, want := range map[string]string{
		"b = 1 OR b = 2 OR 3 = b":          "b IN (1, 2, 3)",
		"b = 1 OR s = 'x' OR b IN (5)":     "(b IN (1, 5)) OR (s = 'x')",
		"b > 1 AND b > 1":                  "b > 1",
		"b > 1 AND false":                  "false",
		"b / 0 = 1 OR true":                "true",
		"random() > 0.5 OR random() > 0.5": "(random() > 0.5) OR (random() > 0.5)",
	} {
		if got := Simplify(must(parseSQL(text, tableSchema))).String(); got != want {
			t.Errorf("%s becomes %s, want %s", text, got, want)
		}
	}
}

// TestQual: as a condition for rows, an AND picks those for which each term in turn is true, and fails only for a row
// that came to the failing term.
func TestQual(t *testing.T) {
	b := testTable(t)
	for _, e := range conditions(t, 150) {
		q := rowByRow(t, Qual(e), b)
		terms := Terms(e)
		for r := range b.N {
			want, one := "t", b.Take([]uint32{uint32(r)})
			for _, term := range terms {
				if want = rowByRow(t, term, one)[0]; want != "t" {
					break
				}
			}
			got := q[r]
			if want == "null" || want == "f" {
				want = "not"
			}
			if got == "null" || got == "f" {
				got = "not"
			}
			// A term that cannot fail may come before one that does.
			if want != got && !(got == "not" && want != "t") {
				t.Fatalf("row %d: %s\nis %s, want %s", r, e, got, want)
			}
		}
	}
}

// TestNeverTrueOfNulls: a condition said to be never true of nulls is not for rows of nulls.
func TestNeverTrueOfNulls(t *testing.T) {
	b := &batch.Batch{N: 1}
	for _, c := range testTable(t).Cols {
		n := batch.NewBuilder(c.Type, 1)
		n.Null()
		b.Cols = append(b.Cols, n.Finish())
	}
	said := 0
	for _, e := range conditions(t, 300) {
		if !NeverTrueOfNulls(e, func(int) bool { return true }) {
			continue
		}
		said++
		if got := rowByRow(t, e, b)[0]; got == "t" {
			t.Errorf("%s is true of nulls", e)
		}
	}
	if said < 100 {
		t.Errorf("only %d conditions", said)
	}
	for text, want := range map[string]bool{
		"b > 1": true, "b IS NULL": false, "b IS NOT NULL": true, "coalesce(b, 1) > 0": false, "b > 1 OR s = 'x'": true,
		"b > 1 OR s IS NULL": false, "b IS NULL AND s = 'x'": true, "NOT (b > 1)": true, "b IN (1, 2)": true, "s LIKE 'a%'": true,
		"(b > 1) IS NOT TRUE": false, "(b > 1) IS TRUE": true, "true": false,
	} {
		if got := NeverTrueOfNulls(must(parseSQL(text, tableSchema)), func(int) bool { return true }); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}
