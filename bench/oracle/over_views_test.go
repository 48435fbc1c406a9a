package oracle

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/enginetest"
)

// overFunctions are functions of windows that are ordered by (v, id), and the frames that they are tried with.
var overFunctions = []string{
	"row_number()", "rank()", "dense_rank()", "lag(v)", "lag(v, 3)", "lead(v, 2, 7)", "ntile(3)", "first_value(v)", "last_value(v)", "nth_value(v, 2)",
	"sum(v)", "count(*)", "min(v)", "max(v)", "avg(v)", "sum(v::float8)",
}

var overFrames = []string{
	"", "ROWS BETWEEN 2 PRECEDING AND CURRENT ROW", "ROWS BETWEEN 1 PRECEDING AND 2 FOLLOWING", "ROWS BETWEEN 2 FOLLOWING AND 4 FOLLOWING",
	"ROWS BETWEEN UNBOUNDED PRECEDING AND 2 PRECEDING", "ROWS BETWEEN 3 PRECEDING AND UNBOUNDED FOLLOWING", "GROUPS BETWEEN 2 PRECEDING AND 1 FOLLOWING",
	"ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW", "GROUPS 3 PRECEDING EXCLUDE TIES",
}

// overByValue are windows that reach by the order's value; rows that are equal in it have equal results.
var overByValue = []string{
	"sum(id) OVER (PARTITION BY k ORDER BY v RANGE BETWEEN 3 PRECEDING AND 2 FOLLOWING)",
	"count(*) OVER (PARTITION BY k ORDER BY v DESC RANGE BETWEEN 3 PRECEDING AND CURRENT ROW)",
	"max(id) OVER (PARTITION BY k ORDER BY v NULLS FIRST RANGE BETWEEN UNBOUNDED PRECEDING AND 2 PRECEDING)",
	"min(id) OVER (PARTITION BY k ORDER BY v RANGE BETWEEN 1 FOLLOWING AND 4 FOLLOWING)",
	"sum(v) OVER (PARTITION BY k ORDER BY v)", "count(*) OVER (PARTITION BY k ORDER BY v GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING)",
}

// TestViewsOverLongPartitions has views that follow window functions over partitions of hundreds of rows, changes rows here
// and there, and compares with PostgreSQL after each change.
func TestViewsOverLongPartitions(t *testing.T) {
	pg := newPostgres(t, "UTC")
	rnd := rand.New(rand.NewPCG(enginetest.Seed(), 11))
	us := newKeeper(t, 11)
	both := func(text string) {
		us.must(t, text)
		pg.must(t, text)
	}
	pg.must(t, "DROP TABLE IF EXISTS r")
	us.must(t, "CREATE TABLE r (id int PRIMARY KEY, k text, v int)")
	pg.must(t, "CREATE TEMP TABLE r (id int PRIMARY KEY, k text, v int)")
	ids := 0
	rows := func(n int) string {
		var out []string
		for range n {
			ids++
			v := fmt.Sprint(rnd.IntN(400))
			if rnd.IntN(20) == 0 {
				v = "NULL"
			}
			out = append(out, fmt.Sprintf("(%d, '%c', %s)", ids, 'a'+rnd.IntN(2), v))
		}
		return "INSERT INTO r VALUES " + strings.Join(out, ", ")
	}
	both(rows(700))
	queries := overQueries(rnd)
	for i, q := range queries {
		us.must(t, fmt.Sprintf("CREATE MATERIALIZED VIEW v%d AS %s", i, q))
	}
	for step := range 12 {
		switch step % 4 {
		case 0:
			both(rows(1 + rnd.IntN(4)))
		case 1:
			both(fmt.Sprintf("UPDATE r SET v = v + 5 WHERE id %% 97 = %d", rnd.IntN(97)))
		case 2:
			both(fmt.Sprintf("DELETE FROM r WHERE id %% 83 = %d", rnd.IntN(83)))
		case 3:
			both(fmt.Sprintf("UPDATE r SET v = 1000 + %d WHERE id %% 89 = %d", step, rnd.IntN(89)))
		}
		if step == 6 {
			us.crash()
		}
		for i, q := range queries {
			got := us.ask(fmt.Sprintf("SELECT * FROM v%d", i))
			want := pg.ask(t, []query{{text: q, cols: max(len(got.types), 1)}})[0]
			if got.failed() || want.failed() {
				t.Fatalf("%s\nours %s\nPostgreSQL %s", q, got, want)
			}
			a, b := normal(got, want.types), normal(want, want.types)
			slices.SortFunc(a, slices.Compare)
			slices.SortFunc(b, slices.Compare)
			if !slices.EqualFunc(a, b, slices.Equal) {
				t.Fatalf("step %d: %s\nours       %q\nPostgreSQL %q", step, q, a, b)
			}
		}
	}
}

// overQueries are aggregates over window functions: each tells of every row's result.
func overQueries(rnd *rand.Rand) []string {
	var calls, out []string
	for _, f := range overFunctions {
		calls = append(calls, f+" OVER (PARTITION BY k ORDER BY v, id "+pick(&generator{r: rnd}, overFrames)+")")
	}
	for _, f := range overFrames {
		calls = append(calls, pick(&generator{r: rnd}, overFunctions[10:15])+" OVER (PARTITION BY k ORDER BY v, id "+f+")")
	}
	for _, c := range append(calls, overByValue...) {
		out = append(out, "SELECT k, count(x) AS n, sum(x) AS total, sum(id * x) AS each FROM (SELECT id, k, "+c+" AS x FROM r) AS q GROUP BY k")
	}
	return out
}
