package session_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/rule"
)

// TestManyFilteredViews: views of one stream whose filters are decided together have exactly the rows of their queries, however
// rows come in, and while views come and go.
func TestManyFilteredViews(t *testing.T) {
	conds := []string{
		"k = 'k%d'", "path LIKE '/p%d/%%'", "v = %d", "k IN ('k%d', 'k1')", "v BETWEEN %d AND 9", "path LIKE '%%%d.log'", "k = 'k%d' AND v > 3",
		"k = 'k%d' OR path LIKE '/p2/%%'", "ts < '2026-01-01 00:0%d:00Z' AND k LIKE 'k%%'", "flag AND v = %d", "k IS NULL AND v <> %d", "v = %d AND path <> k",
		"1000 / (v + 1) > %d AND k = 'k3'", // it could fail, so each view evaluates it
	}
	shapes := []string{
		"SELECT window_start, count(*) AS n, sum(v) AS total FROM TUMBLE(s, ts, INTERVAL '1 minute') WHERE %s GROUP BY window_start",
		"SELECT k, path, v FROM s WHERE %s",
		"SELECT path, max(v) AS most FROM s WHERE %s GROUP BY path",
		"SELECT a.k, a.v, b.v AS w FROM s AS a JOIN s AS b ON a.path = b.path AND a.v = b.v WHERE a.%s",
	}
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := &resting{node: newNode(t), rnd: rand.New(rand.NewPCG(seed, 2)), query: map[string]string{}}
			r.must("CREATE STREAM s (ts timestamptz, k text, path varchar, v bigint, flag boolean, WATERMARK FOR ts AS ts - INTERVAL '1 minute')")
			view := func() {
				name, shape := fmt.Sprintf("v%d", len(r.query)), shapes[r.rnd.IntN(len(shapes))]
				cond := fmt.Sprintf(conds[r.rnd.IntN(len(conds))], r.rnd.IntN(8))
				if strings.Contains(shape, "a.%s") {
					cond = fmt.Sprintf("k = 'k%d'", r.rnd.IntN(8))
				}
				r.query[name] = fmt.Sprintf(shape, cond)
				r.must("CREATE MATERIALIZED VIEW " + name + " AS " + r.query[name])
				r.views = append(r.views, name)
			}
			for range 3 * rule.MinSifted {
				view()
			}
			for range 12 {
				for range 1 + r.rnd.IntN(3) {
					r.rows([]int{1, 3, 20, 300}[r.rnd.IntN(4)])
				}
				switch r.rnd.IntN(5) {
				case 0:
					view()
				case 1:
					i := r.rnd.IntN(len(r.views))
					r.must("DROP MATERIALIZED VIEW " + r.views[i])
					r.views = slices.Delete(r.views, i, i+1)
				case 2:
					r.crash()
				}
				for range 4 {
					r.read(r.views[r.rnd.IntN(len(r.views))])
				}
			}
			for _, name := range r.views {
				r.read(name)
			}
		})
	}
}

// rows writes rows of the test's stream in one statement.
func (r *resting) rows(n int) {
	var rows []string
	for range n {
		k := fmt.Sprintf("'k%d'", r.rnd.IntN(8))
		if r.rnd.IntN(8) == 0 {
			k = "NULL"
		}
		rows = append(rows, fmt.Sprintf("('2026-01-01 00:%02d:%02dZ', %s, '/p%d/f%d.log', %d, %v)",
			r.rnd.IntN(10), r.rnd.IntN(60), k, r.rnd.IntN(8), r.rnd.IntN(30), r.rnd.IntN(12), r.rnd.IntN(2) == 0))
	}
	r.must("INSERT INTO s VALUES " + strings.Join(rows, ", "))
}
