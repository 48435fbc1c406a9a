package oracle

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/types"
)

// batchSize is how many queries go to PostgreSQL at once.
const batchSize = 100

// maxDifferences is after how many differences a test gives up.
const maxDifferences = 12

// comparison is the two sides with the table t in each.
type comparison struct {
	t      *testing.T
	us     *ours
	pg     *postgres
	random *rand.Rand
}

func newComparison(t *testing.T, zone string) *comparison {
	c := &comparison{t: t, pg: newPostgres(t, zone), us: newOurs(t, zone), random: rand.New(rand.NewPCG(enginetest.Seed(), 0))}
	create, insert := wideSQL(c.random)
	c.pg.must(t, "CREATE TEMP TABLE "+create)
	c.pg.must(t, insert)
	c.us.must(t, "CREATE STREAM "+create)
	c.us.must(t, insert)
	return c
}

// signatures are those that PostgreSQL has under the same name too.
func (c *comparison) signatures() map[types.Type][]expr.Signature {
	has := c.pg.functions(c.t)
	return signatures(c.t, func(s expr.Signature) bool { return has[fmt.Sprint(s.Name, "/", len(s.Args))] })
}

// functions are PostgreSQL's functions and operators: name/number of arguments.
func (p *postgres) functions(t *testing.T) map[string]bool {
	rows, err := p.c.Query(context.Background(), `SELECT proname::text, pronargs::int, provariadic <> 0 FROM pg_proc UNION ALL
		SELECT oprname::text, CASE WHEN oprleft = 0 THEN 1 ELSE 2 END, false FROM pg_operator`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	has := map[string]bool{}
	for rows.Next() {
		var name string
		var n int
		var variadic bool
		if err := rows.Scan(&name, &n, &variadic); err != nil {
			t.Fatal(err)
		}
		has[fmt.Sprint(name, "/", n)] = true
	}
	return has
}

// signatures is our table of functions and operators, by result: what is known and depends on its arguments alone.
func signatures(t *testing.T, known func(expr.Signature) bool) map[types.Type][]expr.Signature {
	m, foreign := map[types.Type][]expr.Signature{}, map[string]bool{}
	for _, s := range expr.Signatures() {
		switch {
		case !known(s):
			foreign[fmt.Sprint(s.Name, "/", len(s.Args))] = true
			continue
		case s.Catalog || clients(s):
			continue
		case s.Vol != expr.Immutable && s.Vol != expr.Stable || notCompared[s.Name] || notCompared[fmt.Sprint(s.Name, "/", len(s.Args))]:
			continue
		}
		if polymorph(s.Result) == "" {
			m[s.Result] = append(m[s.Result], s)
			continue
		}
		for _, k := range kinds {
			if strings.HasSuffix(polymorph(s.Result), "array") {
				k = k.Array()
			}
			m[k] = append(m[k], s)
		}
	}
	if len(foreign) > 0 {
		t.Logf("functions that PostgreSQL has not: %v", foreign)
	}
	return m
}

// TestExpressions evaluates random expressions over the rows of a table of every type, in UTC and in a zone with
// summer time.
func TestExpressions(t *testing.T) {
	for i, zone := range []string{"UTC", "Europe/Berlin"} {
		t.Run(zone, func(t *testing.T) {
			c := newComparison(t, zone)
			g := &generator{table: c.signatures()}
			for _, w := range wide {
				g.columns = append(g.columns, w.column)
			}
			seed := enginetest.Seed() + uint64(i)
			t.Logf("seed %d", enginetest.Seed())
			c.expressions(g, seed, scale(2000)/2)
		})
	}
}

func (c *comparison) expressions(g *generator, seed uint64, count int) {
	made := 0
	next := func() *node {
		made++
		g.r = rand.New(rand.NewPCG(seed, uint64(made)))
		return g.expr(g.anyType(), 1+g.r.IntN(4))
	}
	wrong, failed, seen := 0, 0, map[string]bool{}
	for made < count && wrong < maxDifferences {
		nodes := make([]*node, min(batchSize, count-made))
		for i := range nodes {
			nodes[i] = next()
		}
		for i, a := range c.answers(nodes) {
			if a.pg.failed() {
				failed++
			}
			if c.judge(nodes[i], a) == "" {
				continue
			}
			small := shrink(nodes[i], 400, func(n *node) bool { return c.differs(n) != "" })
			if key := skeleton(small); !seen[key] {
				seen[key] = true
				wrong++
				c.t.Errorf("expression %d: %s\n%s\n\nof %s", made-len(nodes)+i+1, small, c.differs(small), nodes[i])
			}
		}
	}
	c.t.Logf("%d expressions, of which %d fail in PostgreSQL; %d kinds of difference", made, failed, wrong)
}

// skeleton is the outermost form of n, by which like differences are told.
func skeleton(n *node) string {
	s := n.text
	for _, k := range n.kids {
		s += "|" + typeText(k.t)
	}
	return s
}

// pair is the answers of both.
type pair struct{ us, pg *answer }

func over(n *node, where string) query {
	return query{"SELECT " + n.String() + " FROM t" + where + " ORDER BY row_no", 1}
}

func (c *comparison) answers(nodes []*node) []pair {
	qs, out := make([]query, len(nodes)), make([]pair, len(nodes))
	for i, n := range nodes {
		qs[i] = over(n, "")
		out[i].us = c.us.ask(qs[i].text)
	}
	for i, a := range c.pg.ask(c.t, qs) {
		out[i].pg = a
	}
	return out
}

// differs asks both and says what is different, "" if nothing is.
func (c *comparison) differs(n *node) string { return c.judge(n, c.answers([]*node{n})[0]) }

// judge compares the answers over all rows. Where a row makes one side fail, row by row.
func (c *comparison) judge(n *node, a pair) string {
	if !a.us.failed() && !a.pg.failed() {
		return unlike(n, a)
	}
	if !isRuntime(a.us.code) && !isRuntime(a.pg.code) {
		return unlike(n, a)
	}
	qs := make([]query, wideRows)
	for i := range qs {
		qs[i] = over(n, " WHERE row_no = "+strconv.Itoa(i+1))
	}
	for i, theirs := range c.pg.ask(c.t, qs) {
		if s := unlike(n, pair{c.us.ask(qs[i].text), theirs}); s != "" {
			return fmt.Sprintf("row %d: %s", i+1, s)
		}
	}
	return ""
}

// isRuntime says whether code is that of an error of a row's values.
func isRuntime(code string) bool {
	return code == "0A000" || strings.HasPrefix(code, "22") || strings.HasPrefix(code, "54")
}

// unlike says how the answers differ.
func unlike(n *node, a pair) string {
	both := func() string { return fmt.Sprintf("ours %s\nPostgreSQL %s", a.us, a.pg) }
	switch {
	case meant(n, a):
		return ""
	case a.us.failed() && a.pg.failed():
		if a.us.code[:2] != a.pg.code[:2] {
			return both()
		}
		return ""
	case a.pg.failed():
		if isRuntime(a.pg.code) && n.any(func(n *node) bool { return n.loose }) {
			return ""
		}
		return both()
	case a.us.failed():
		return both()
	case len(a.pg.types) > 0 && a.pg.types[0] != "" && !slices.Equal(a.us.types, a.pg.types):
		return fmt.Sprintf("ours is of type %s, PostgreSQL's %s", a.us.types, a.pg.types)
	case len(a.us.rows) != len(a.pg.rows):
		return fmt.Sprintf("%d rows, PostgreSQL %d", len(a.us.rows), len(a.pg.rows))
	}
	vague := n.any(func(n *node) bool { return n.inexact })
	for r := range a.us.rows {
		x, y := a.us.rows[r][0], a.pg.rows[r][0]
		if x != y && !(vague && near(x, y, a.pg.types[0])) {
			return fmt.Sprintf("row %d of %d: ours %q, PostgreSQL %q (%s)", r+1, len(a.us.rows), x, y, a.pg.types[0])
		}
	}
	return ""
}

// near says whether two results of inexact functions are as good as equal. What was made of such a result (a text, an
// integer, a comparison) may differ at will.
func near(x, y, kind string) bool {
	a, err1 := strconv.ParseFloat(x, 64)
	b, err2 := strconv.ParseFloat(y, 64)
	if err1 != nil || err2 != nil || kind != "double precision" && kind != "real" && kind != "numeric" {
		return x != null && y != null
	}
	e := 1e-12
	if kind == "real" {
		e = 1e-6
	}
	return a == b || math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= e*max(math.Abs(a), math.Abs(b))
}
