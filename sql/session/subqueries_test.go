package session_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestManySubqueries asks for more and more subqueries beside each other that read the rows around them: each makes the plan
// larger by as much as the one before it did, and not by a multiple of it.
func TestManySubqueries(t *testing.T) {
	n := newNode(t)
	n.must("CREATE TABLE t (a int PRIMARY KEY, b int); INSERT INTO t SELECT i, i % 3 FROM generate_series(1, 20) i")
	for _, c := range []struct{ name, sub, from string }{
		{"values", "(SELECT count(*) FROM t u WHERE u.a > t.a + %d)", "t"},
		{"values by a key", "(SELECT sum(u.b) FROM t u WHERE u.a = t.a + 0 * %d)", "t"},
		{"existence", "(EXISTS (SELECT FROM t u WHERE u.a > t.a + %d LIMIT 2))::int", "t"},
		{"membership", "(t.a NOT IN (SELECT u.a + %d FROM t u WHERE u.b = t.b))::int", "t"},
		{"in rows that are left", "(SELECT count(*) FROM t u WHERE u.a > t.a + %d)", "t WHERE EXISTS (SELECT FROM t u WHERE u.a > t.a LIMIT 1)"},
		{"in groups", "(SELECT count(*) FROM t u WHERE u.a > max(t.a) + %d)", "t GROUP BY b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			lines := func(k int) int {
				return strings.Count(n.must("EXPLAIN "+sumOf(c.sub, k, c.from)), "\n")
			}
			if a, b, last := lines(2), lines(3), lines(40); last != a+38*(b-a) {
				t.Errorf("the plan has %d lines with 2 subqueries, %d with 3, and %d with 40", a, b, last)
			}
			var apart strings.Builder
			for i := range 12 {
				fmt.Fprintf(&apart, " + (SELECT sum(x) FROM (SELECT %s AS x FROM %s) s)", fmt.Sprintf(c.sub, i), c.from)
			}
			got, want := n.must("SELECT sum(x) FROM ("+sumOf(c.sub, 12, c.from)+") s"), n.must("SELECT 0"+apart.String())
			if got != want {
				t.Errorf("%q together, %q apart", got, want)
			}
		})
	}
}

// sumOf selects the sum of k subqueries, each with its number.
func sumOf(sub string, k int, from string) string {
	var q strings.Builder
	for i := range k {
		fmt.Fprintf(&q, " + "+sub, i)
	}
	return "SELECT 0" + q.String() + " AS x FROM " + from
}

// TestSubqueriesOfSubqueries has each subquery read what the one before it gave, beside PostgreSQL: in FROM, and in arms that only
// those rows come to for which the arm before gave nothing. The plan grows by as much with each.
func TestSubqueriesOfSubqueries(t *testing.T) {
	chains := map[string]func(k int) string{
		"lateral": func(k int) string {
			var from strings.Builder
			for i := range k {
				fmt.Fprintf(&from, ", LATERAL (SELECT count(*) c%d FROM t u WHERE u.a > t.b + %s) l%d", i, []string{"0", fmt.Sprintf("c%d", i-1)}[min(i, 1)], i)
			}
			return fmt.Sprintf("SELECT t.a, c%d FROM t%s ORDER BY 1", k-1, from.String())
		},
		"arms": func(k int) string {
			var arms []string
			for i := range k {
				arms = append(arms, fmt.Sprintf("(SELECT max(u.a / u.b) FROM t u WHERE u.b > t.b AND u.a = t.a - %d)", k-i))
			}
			return "SELECT a, coalesce(" + strings.Join(arms, ", ") + ") FROM t ORDER BY 1"
		},
	}
	made := "CREATE TABLE t (a int PRIMARY KEY, b int); INSERT INTO t SELECT i, i % 4 FROM generate_series(1, 12) i;"
	for name, chain := range chains {
		t.Run(name, func(t *testing.T) {
			n := newNode(t)
			n.must(made)
			lines := func(k int) int { return strings.Count(n.must("EXPLAIN "+chain(k)), "\n") }
			if a, b := lines(12), lines(36); b > 5*a {
				t.Errorf("a plan of %d lines with 12, and of %d with 36", a, b)
			}
			dir := os.Getenv("VEXSTREAM_TEST_POSTGRES")
			if dir == "" && os.Getenv("VEXSTREAM_TEST_REQUIRE") == "all" {
				t.Fatal("VEXSTREAM_TEST_POSTGRES is not set")
			}
			if dir == "" {
				t.Skip("VEXSTREAM_TEST_POSTGRES is not set")
			}
			want := placed(t, postgres(t, dir), made+chain(9))
			if got := n.must(chain(9)); !strings.HasSuffix(want, "\n"+got) || got == "" {
				t.Errorf("%s\ngives\n%s\nand PostgreSQL\n%s", chain(9), got, want)
			}
		})
	}
}
