package oracle

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
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
const maxDifferences = 60

// comparison is the two sides with the table t in each.
type comparison struct {
	t      *testing.T
	us     *ours
	pg     *postgres
	random *rand.Rand
	cells  [][]string // of t, as SQL

	here, there map[string]int // how many functions and operators of a name/number of arguments there are
}

func newComparison(t *testing.T, zone string) *comparison {
	c := &comparison{t: t, pg: newPostgres(t, zone), us: newOurs(t, zone), random: rand.New(rand.NewPCG(enginetest.Seed(), 0))}
	create, insert, cells := wideSQL(c.random)
	c.cells = cells
	c.pg.must(t, "CREATE TEMP TABLE "+create)
	c.pg.must(t, insert)
	c.us.must(t, "CREATE STREAM "+create)
	c.us.must(t, insert)
	return c
}

// signatures are those that PostgreSQL has under the same name too.
func (c *comparison) signatures() map[types.Type][]expr.Signature {
	c.here, c.there = map[string]int{}, c.pg.functions(c.t)
	return signatures(c.t, func(s expr.Signature) bool {
		key := fmt.Sprint(s.Name, "/", len(s.Args))
		c.here[key]++
		return c.there[key] > 0
	})
}

func wideColumns() []column {
	out := make([]column, len(wide))
	for i, w := range wide {
		out[i] = w.column
	}
	return out
}

// functions are PostgreSQL's functions and operators: how many of a name/number of arguments, with defaults left out.
func (p *postgres) functions(t *testing.T) map[string]int {
	rows, err := p.c.Query(context.Background(), `SELECT proname::text, n FROM pg_proc, generate_series(pronargs::int - pronargdefaults, pronargs) AS n
		UNION ALL SELECT oprname::text, CASE WHEN oprleft = 0 THEN 1 ELSE 2 END FROM pg_operator`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	has := map[string]int{}
	for rows.Next() {
		var name string
		var n int
		if err := rows.Scan(&name, &n); err != nil {
			t.Fatal(err)
		}
		has[fmt.Sprint(name, "/", n)]++
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
			g := &generator{table: c.signatures(), columns: wideColumns()}
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
			d := c.judge(nodes[i], a)
			if d == nil {
				continue
			}
			small := shrink(nodes[i], wideColumns(), 400, func(n *node) bool { return d.like(c.differs(n)) })
			if key := skeleton(small); !seen[key] {
				seen[key] = true
				wrong++
				if again := c.differs(small); again != nil {
					d = again
				}
				c.t.Errorf("expression %d: %s\n%s\n\nof %s", made-len(nodes)+i+1, c.paste(small, d.row), d, nodes[i])
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

// difference is what is not the same, in which row (0 for all of them).
type difference struct {
	row  int
	said string
	kind string // the codes of both sides
}

func (d *difference) String() string {
	if d.row > 0 {
		return fmt.Sprintf("row %d: %s", d.row, d.said)
	}
	return d.said
}

// like says whether e is a difference too, and of the same kind.
func (d *difference) like(e *difference) bool { return e != nil && d.kind == e.kind }

// paste is a query of n over a row alone, to be given to both sides as it is.
func (c *comparison) paste(n *node, row int) string {
	var cells []string
	for i, w := range wide {
		if row > 0 && n.any(func(n *node) bool { return n.text == w.name }) {
			cells = append(cells, c.cells[row-1][i]+"::"+w.decl+" AS "+w.name)
		}
	}
	if len(cells) == 0 {
		return "SELECT " + n.String() + ";"
	}
	return "SELECT " + n.String() + " FROM (SELECT " + strings.Join(cells, ", ") + ") AS t;"
}

// differs asks both and says what is different, nil if nothing is.
func (c *comparison) differs(n *node) *difference { return c.judge(n, c.answers([]*node{n})[0]) }

// judge compares the answers over all rows. Where a row makes one side fail, row by row.
func (c *comparison) judge(n *node, a pair) *difference {
	if !a.us.failed() && !a.pg.failed() || !isRuntime(a.us.code) && !isRuntime(a.pg.code) {
		return c.unlike(n, a, 0)
	}
	qs := make([]query, wideRows)
	for i := range qs {
		qs[i] = over(n, " WHERE row_no = "+strconv.Itoa(i+1))
	}
	for i, theirs := range c.pg.ask(c.t, qs) {
		if d := c.unlike(n, pair{c.us.ask(qs[i].text), theirs}, i+1); d != nil {
			return d
		}
	}
	return nil
}

// isRuntime says whether code is that of an error of a row's values.
func isRuntime(code string) bool {
	return code == "0A000" || strings.HasPrefix(code, "22") || strings.HasPrefix(code, "54")
}

// unlike says how the answers differ over a row, or over all of them.
func (c *comparison) unlike(n *node, a pair, row int) *difference {
	differ := func(format string, args ...any) *difference {
		return &difference{row: row, said: fmt.Sprintf(format, args...), kind: a.us.code + "/" + a.pg.code}
	}
	blurred := n.any(func(k *node) bool { return k.inexact && k != n }) // what fails may depend on last digits
	switch {
	case c.meant(n, a):
		return nil
	case a.us.failed() && a.pg.failed():
		if a.us.code[:2] == a.pg.code[:2] || a.us.code == "0A000" || a.pg.code == "0A000" && isRuntime(a.us.code) || c.folds(n, a) {
			return nil // what is refused is refused first; which of two values fails first is open
		}
	case a.pg.failed():
		if blurred || isRuntime(a.pg.code) && n.any(func(n *node) bool { return n.loose }) || c.folds(n, a) {
			return nil
		}
	case a.us.failed():
		if blurred && isRuntime(a.us.code) && a.us.code != "0A000" {
			return nil
		}
	}
	switch {
	case a.us.failed() || a.pg.failed():
		return differ("ours %s\nPostgreSQL %s", a.us, a.pg)
	case len(a.pg.types) > 0 && a.pg.types[0] != "" && !slices.Equal(a.us.types, a.pg.types):
		return differ("ours is of type %s, PostgreSQL's %s", a.us.types, a.pg.types)
	case len(a.us.rows) != len(a.pg.rows):
		return differ("%d rows, PostgreSQL %d", len(a.us.rows), len(a.pg.rows))
	}
	for r := range a.us.rows {
		x, y := a.us.rows[r][0], a.pg.rows[r][0]
		if x != y && !n.alike(x, y, a.pg.types[0]) {
			if row == 0 {
				row = r + 1
			}
			return differ("ours       %q\nPostgreSQL %q (%s)", x, y, a.pg.types[0])
		}
	}
	return nil
}

// alike says whether different results are as good as equal because of inexact functions: where one is made of such a
// result, small differences may become great (a text, an integer, a comparison; a sine of a power).
func (n *node) alike(x, y, kind string) bool {
	inexact := 0
	n.any(func(k *node) bool {
		if k.inexact {
			inexact++
		}
		return false
	})
	switch {
	case inexact == 0:
		return false
	case x == null || y == null: // of a CASE or NULLIF, which compares
		return !n.inexact && compares.MatchString(n.String())
	case n.inexact && inexact == 1:
		return near(x, y, kind, 1e-12)
	case kind == "double precision" && inexact == 1:
		return near(x, y, kind, 1e-9)
	}
	return true
}

var compares = regexp.MustCompile(`CASE|nullif\(`)

// near says whether two numbers are equal but for their last digits.
func near(x, y, kind string, e float64) bool {
	a, err1 := strconv.ParseFloat(x, 64)
	b, err2 := strconv.ParseFloat(y, 64)
	if err1 != nil || err2 != nil || kind != "double precision" && kind != "real" && kind != "numeric" {
		return false
	}
	if kind == "real" {
		e = 1e-6
	}
	return a == b || math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= e*max(math.Abs(a), math.Abs(b))
}
