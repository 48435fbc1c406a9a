package oracle

import (
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/enginetest"
)

// TestQueries runs random queries over small tables.
func TestQueries(t *testing.T) {
	c := newComparison(t, "UTC")
	fillSmall(t, rand.New(rand.NewPCG(enginetest.Seed(), 1)), c.us, c.pg)
	s := newSelects(&generator{table: c.signatures()})
	t.Logf("seed %d", enginetest.Seed())
	count := scale(2000)
	wrong, made, failed, empty, long, refused, seen := 0, 0, 0, 0, 0, map[string]int{}, map[string]bool{}
	for made < count && wrong < maxDifferences {
		nodes := make([]*node, min(batchSize, count-made))
		for i := range nodes {
			made++
			s.r = rand.New(rand.NewPCG(enginetest.Seed(), uint64(made)))
			nodes[i] = s.top()
		}
		for i, a := range c.results(nodes) {
			switch {
			case a.us.code == tooLong:
				long++
			case a.pg.failed():
				failed++
			case len(a.pg.rows) == 0:
				empty++
			}
			if a.us.code == "0A000" && !a.pg.failed() {
				refused[a.us.message]++
			}
			d := unequal(nodes[i], a)
			if d == nil {
				continue
			}
			small := shrink(nodes[i], nil, 600, func(n *node) bool { return d.like(unequal(n, c.results([]*node{n})[0])) })
			answer := c.results([]*node{small})[0]
			if key := answer.us.code + answer.us.message; key == "" || !seen[key] {
				if wrong == 0 {
					creates, inserts := smallSQL(rand.New(rand.NewPCG(enginetest.Seed(), 1)))
					t.Logf("the tables:\nCREATE TABLE %s;\n%s;", strings.Join(creates, ";\nCREATE TABLE "), strings.Join(inserts, ";\n"))
				}
				seen[key] = true
				wrong++
				t.Errorf("query %d: %s;\n%s\n\nof %s", made-len(nodes)+i+1, small, unequal(small, answer), nodes[i])
			}
		}
	}
	t.Logf("%d queries: PostgreSQL gives no row for %d of them, and fails for %d; %d give more than %d rows and are not compared; %d differences",
		made, empty, failed, long, maxRows, wrong)
	if long > 2+made/1000 {
		t.Errorf("too many queries are not compared")
	}
	for what, n := range refused {
		t.Logf("refused %d times: %s", n, what)
	}
}

func (c *comparison) results(nodes []*node) []pair {
	var qs []query // that PostgreSQL is asked
	var at []int
	out := make([]pair, len(nodes))
	for i, n := range nodes {
		q := query{n.String(), width(n)}
		if out[i].us = c.us.ask(q.text); out[i].us.code == tooLong {
			out[i].pg = out[i].us
			continue
		}
		qs, at = append(qs, q), append(at, i)
	}
	for i, a := range c.pg.ask(c.t, qs) {
		out[at[i]].pg = a
	}
	return out
}

// width is how many columns a query gives.
func width(n *node) int {
	for _, k := range n.kids {
		if k.t == whole {
			return width(k)
		}
	}
	for _, k := range n.kids {
		if k.t != clause || strings.Trim(k.text, "\x00") != "" || len(k.kids) == 0 || k.kids[0].t != clause {
			continue
		}
		w := 0
		for _, item := range k.kids {
			if item.text != "" {
				w++
			}
		}
		return w
	}
	return 1
}

// unequal says how the answers differ: as lists where the query orders all columns, as bags where it does not. What is
// refused here with 0A000 is counted.
func unequal(n *node, a pair) *difference {
	differ := func(format string, args ...any) *difference {
		return &difference{said: fmt.Sprintf(format, args...), kind: a.us.code + "/" + a.pg.code}
	}
	switch {
	case a.us.code == tooLong:
		return nil
	case a.pg.code == "XX000":
		return nil // a defect of PostgreSQL's planner: it fails to build some joins
	case a.us.failed() && a.pg.failed():
		// In which order rows are evaluated, and so which of their errors comes first, is open.
		if a.us.code == "0A000" || a.us.code[:2] == a.pg.code[:2] || ofRows(a.us.code) && ofRows(a.pg.code) {
			return nil
		}
		return differ("ours %s\nPostgreSQL %s", a.us, a.pg)
	case a.pg.failed() && ofRows(a.pg.code):
		return nil // and whether rows are evaluated that a join drops
	case a.us.code == "0A000":
		return nil
	case a.pg.failed() && a.pg.code[:2] == "42" && strings.HasPrefix(n.String(), "WITH "):
		return nil // of a WITH query that nothing reads
	case a.us.failed() || a.pg.failed():
		return differ("ours %s\nPostgreSQL %s", a.us, a.pg)
	case len(a.pg.rows) > 0 && !slices.Equal(a.us.types, a.pg.types):
		return differ("ours is of types %s, PostgreSQL's %s", a.us.types, a.pg.types)
	}
	us, pg := normal(a.us, a.pg.types), normal(a.pg, a.pg.types)
	if !ordered(n) {
		slices.SortFunc(us, slices.Compare)
		slices.SortFunc(pg, slices.Compare)
	}
	least := 0.0
	if covaries.MatchString(n.String()) {
		least = 1e-12
	}
	same := func(x, y []string) bool { return sameRow(x, y, a.pg.types, least) }
	if slices.EqualFunc(us, pg, same) || !ordered(n) && sameBag(us, pg, same) {
		return nil
	}
	return differ("ours       %q\nPostgreSQL %q", us, pg)
}

// ofRows says whether code is that of an error of what rows hold.
func ofRows(code string) bool { return isRuntime(code) || code == "21000" }

// covaries finds aggregates whose sums cancel out: of their results the last digits of what was summed are compared, which
// is numbers of about 1.
var covaries = regexp.MustCompile(`covar_|regr_|corr\(|var_pop|variance|stddev`)

// sameBag says whether each row has one that is the same on the other side: rows that differ in last digits may be sorted
// differently.
func sameBag(us, pg [][]string, same func(x, y []string) bool) bool {
	left := slices.Clone(pg)
	for _, x := range us {
		i := slices.IndexFunc(left, func(y []string) bool { return same(x, y) })
		if i < 0 {
			return false
		}
		left = slices.Delete(left, i, i+1)
	}
	return len(left) == 0
}

func sameRow(x, y, kinds []string, least float64) bool {
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		if x[i] != y[i] && !(float(x[i], y[i], kinds[i], least) &&
			(near(x[i], y[i], "double precision", 1e-12) || tiny(x[i], least) && tiny(y[i], least))) {
			return false
		}
	}
	return true
}

// longest is how many digits a number has at least that is not exact.
const longest = 14

// float says whether two cells hold floats, or the texts of such that an aggregate gave whose last digits are open: then
// one of the two has many digits.
func float(x, y, kind string, least float64) bool {
	if x == null || y == null {
		return false
	}
	switch kind {
	case "text", "character", "character varying", "bpchar":
		return least > 0 && max(len(x), len(y)) > longest
	}
	return strings.HasPrefix(kind, "double precision")
}

func tiny(x string, least float64) bool {
	v, err := strconv.ParseFloat(x, 64)
	return err == nil && math.Abs(v) < least
}

func ordered(n *node) bool { return len(n.kids) == 4 && n.kids[2].text != "" && !n.unsorted }

// normal writes values alike that are equal: which of 1.0 and 1.00 stands for a group, or comes first in an order, is open, and so
// are the blanks of what was cast to no length.
func normal(a *answer, kinds []string) [][]string {
	for _, row := range a.rows {
		for i, v := range row {
			switch {
			case i >= len(kinds):
			case kinds[i] == "numeric":
				row[i] = shortest(v)
			case kinds[i] == "character" || kinds[i] == "bpchar":
				row[i] = strings.TrimRight(v, " ")
			case kinds[i] == "numeric[]":
				row[i] = element.ReplaceAllStringFunc(v, shortest)
			}
			if row[i] == "-0" {
				row[i] = "0"
			}
		}
	}
	return a.rows
}

// element is an element of an array of numbers.
var element = regexp.MustCompile(`[^{},]+`)

// shortest is a number without the zeros at its end.
func shortest(v string) string {
	if !strings.Contains(v, ".") {
		return v
	}
	return strings.TrimSuffix(strings.TrimRight(v, "0"), ".")
}
