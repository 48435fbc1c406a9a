package oracle

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/enginetest"
)

// TestQueries runs random queries over small tables.
func TestQueries(t *testing.T) {
	c := newComparison(t, "UTC")
	fillSmall(t, c.random, c.us, c.pg)
	s := newSelects(&generator{table: c.signatures()})
	t.Logf("seed %d", enginetest.Seed())
	count := scale(2000)
	wrong, made, failed, empty, refused, seen := 0, 0, 0, 0, map[string]int{}, map[string]bool{}
	for made < count && wrong < maxDifferences {
		nodes := make([]*node, min(batchSize, count-made))
		for i := range nodes {
			made++
			s.r = rand.New(rand.NewPCG(enginetest.Seed(), uint64(made)))
			nodes[i] = s.top()
		}
		for i, a := range c.results(nodes) {
			switch {
			case a.pg.failed():
				failed++
			case len(a.pg.rows) == 0:
				empty++
			}
			if a.us.code == "0A000" && !a.pg.failed() {
				refused[a.us.message]++
			}
			if unequal(nodes[i], a) == "" {
				continue
			}
			small := shrink(nodes[i], 600, func(n *node) bool { return unequal(n, c.results([]*node{n})[0]) != "" })
			answer := c.results([]*node{small})[0]
			if key := answer.us.code + answer.us.message; key == "" || !seen[key] {
				seen[key] = true
				wrong++
				t.Errorf("query %d: %s\n%s\n\nof %s", made-len(nodes)+i+1, small, unequal(small, answer), nodes[i])
			}
		}
	}
	t.Logf("%d queries: PostgreSQL gives no row for %d of them, and fails for %d; %d differences", made, empty, failed, wrong)
	for what, n := range refused {
		t.Logf("refused %d times: %s", n, what)
	}
}

func (c *comparison) results(nodes []*node) []pair {
	qs, out := make([]query, len(nodes)), make([]pair, len(nodes))
	for i, n := range nodes {
		qs[i] = query{n.String(), width(n)}
		out[i].us = c.us.ask(qs[i].text)
	}
	for i, a := range c.pg.ask(c.t, qs) {
		out[i].pg = a
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

// unequal says how the answers differ: as lists where the query orders all columns, as bags where it does not.
func unequal(n *node, a pair) string {
	switch {
	case a.us.failed() && a.pg.failed():
		if a.us.code[:2] == a.pg.code[:2] || a.us.code == "0A000" || isRuntime(a.us.code) || isRuntime(a.pg.code) {
			return ""
		}
		return fmt.Sprintf("ours %s\nPostgreSQL %s", a.us, a.pg)
	case a.pg.failed() && isRuntime(a.pg.code):
		return ""
	case a.us.code == "0A000":
		return "" // counted
	case a.pg.failed() && a.pg.code[:2] == "42" && strings.HasPrefix(n.String(), "WITH w"):
		return "" // of a WITH query that nothing reads
	case a.us.failed() || a.pg.failed():
		return fmt.Sprintf("ours %s\nPostgreSQL %s", a.us, a.pg)
	case len(a.pg.rows) > 0 && !slices.Equal(a.us.types, a.pg.types):
		return fmt.Sprintf("ours is of types %s, PostgreSQL's %s", a.us.types, a.pg.types)
	}
	us, pg := normal(a.us, a.pg.types), normal(a.pg, a.pg.types)
	if !ordered(n) {
		slices.SortFunc(us, slices.Compare)
		slices.SortFunc(pg, slices.Compare)
	}
	if slices.EqualFunc(us, pg, func(x, y []string) bool { return sameRow(x, y, a.pg.types) }) {
		return ""
	}
	return fmt.Sprintf("ours       %q\nPostgreSQL %q", us, pg)
}

func sameRow(x, y, kinds []string) bool {
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		if x[i] != y[i] && !(kinds[i] == "double precision" && x[i] != null && y[i] != null && near(x[i], y[i], kinds[i])) {
			return false
		}
	}
	return true
}

func ordered(n *node) bool {
	return len(n.kids) == 4 && n.text == "\x00\x00\x00\x00" && strings.Contains(n.kids[2].text, "ORDER BY")
}

// normal writes equal numerics alike: which of 1.0 and 1.00 stands for a group is open.
func normal(a *answer, kinds []string) [][]string {
	for _, row := range a.rows {
		for i, v := range row {
			if i < len(kinds) && kinds[i] == "numeric" && strings.Contains(v, ".") {
				row[i] = strings.TrimSuffix(strings.TrimRight(v, "0"), ".")
			}
			if row[i] == "-0" {
				row[i] = "0"
			}
		}
	}
	return a.rows
}
