package oracle

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// onceJoin is an outer, semi or anti join that gives each row once. lone tells, of the row of a that no b matches and of the other
// way about, when that is certain.
func onceJoin(rnd *rand.Rand, a, b, on string, items string, lone [2]string) (us, pg string) {
	kind := rnd.IntN(5)
	if kind == 2 && !strings.Contains(on, " = ") { // PostgreSQL needs an equality for a FULL JOIN
		kind = 3
	}
	switch kind {
	case 0:
		us = fmt.Sprintf("SELECT a.* FROM %s AS a WHERE EXISTS (SELECT FROM %s AS b WHERE %s)", a, b, on)
		return us, us
	case 1:
		us = fmt.Sprintf("SELECT a.* FROM %s AS a WHERE NOT EXISTS (SELECT FROM %s AS b WHERE %s)", a, b, on)
		return us, us + " AND (" + lone[0] + ")"
	case 2:
		us = fmt.Sprintf("SELECT %s FROM %s AS a FULL JOIN %s AS b ON %s", items, a, b, on)
		return us, us + fmt.Sprintf(" WHERE a.there AND b.there OR b.there IS NULL AND (%s) OR a.there IS NULL AND (%s)", lone[0], lone[1])
	case 3:
		us = fmt.Sprintf("SELECT %s FROM %s AS a RIGHT JOIN %s AS b ON %s", items, a, b, on)
		return us, us + fmt.Sprintf(" WHERE a.there OR (%s)", lone[1])
	}
	us = fmt.Sprintf("SELECT %s FROM %s AS a LEFT JOIN %s AS b ON %s", items, a, b, on)
	return us, us + fmt.Sprintf(" WHERE b.there OR (%s)", lone[0])
}

// onceIntervals is such a join of rows by their times.
func onceIntervals(rnd *rand.Rand) continuous {
	before, after, lateness := rnd.IntN(6), rnd.IntN(8), rnd.IntN(3)*2
	on := fmt.Sprintf("b.ts BETWEEN a.ts - INTERVAL '%d seconds' AND a.ts + INTERVAL '%d seconds'", before, after)
	if rnd.IntN(5) == 0 {
		on, before, after = "a.ts = b.ts", 0, 0
	}
	lone := [2]string{
		fmt.Sprintf("a.ts + INTERVAL '%d seconds' < MARK", after+lateness),
		fmt.Sprintf("b.ts + INTERVAL '%d seconds' < MARK", before+lateness),
	}
	if key := oneOf(rnd, "a.k = b.k AND ", "a.k = b.k AND a.v < b.w AND ", ""); key != "" { // a null key meets none
		on = key + on
		lone[0], lone[1] = lone[0]+" OR a.k IS NULL", lone[1]+" OR b.k IS NULL"
	}
	seed := rnd.Uint64()
	of := func(from string) (us, pg string) {
		side := "(SELECT ts, k, v, w, true AS there FROM " + from + " AS r)"
		return onceJoin(rand.New(rand.NewPCG(seed, 0)), side, side, on, "a.ts, a.k, a.v, b.ts AS bts, b.v AS bv, b.w", lone)
	}
	us, _ := of("s")
	_, pg := of(inTime(true, lateness))
	return continuous{us: us + " EMIT ON WINDOW CLOSE", pg: pg, with: fmt.Sprintf(" WITH (allowed_lateness = '%d seconds')", lateness)}
}

// onceWindows is such a join of what windows gave when they closed.
func onceWindows(rnd *rand.Rand) continuous {
	frameUs, framePg := tumbling(2 + rnd.IntN(9))
	on, lone := "a.window_end = b.window_end AND ", [2]string{"a.window_end < MARK", "b.window_end < MARK"}
	if on += oneOf(rnd, "a.k = b.k", "a.n <= b.n", "a.k <> b.k"); on == "a.window_end = b.window_end AND a.k = b.k" {
		lone[0], lone[1] = lone[0]+" OR a.k IS NULL", lone[1]+" OR b.k IS NULL"
	}
	filter := oneOf(rnd, "", " WHERE v > 1", " WHERE k <> 'c'")
	seed := rnd.Uint64()
	of := func(from string) (us, pg string) {
		left := "(SELECT k, window_end, count(*) AS n, true AS there FROM " + from + " AS q GROUP BY k, window_end)"
		right := "(SELECT k, window_end, count(*) + 1 AS n, true AS there FROM " + from + " AS q" + filter + " GROUP BY k, window_end)"
		return onceJoin(rand.New(rand.NewPCG(seed, 0)), left, right, on, "a.k, a.n, a.window_end, b.k AS bk, b.n AS bn, b.window_end AS be", lone)
	}
	us, _ := of(frameUs)
	_, pg := of(closedOf(framePg))
	return continuous{us: us + " EMIT ON WINDOW CLOSE", pg: pg}
}

// onceFirst is the first rows of windows that have closed, or of keys in the order of time, and window functions over such windows.
// The order leaves no ties but of equal rows.
func onceFirst(rnd *rand.Rand) continuous {
	limit := oneOf(rnd, " WHERE n = 1", " WHERE n <= 2", " WHERE n <= 3 AND v IS NOT NULL")
	if rnd.IntN(4) == 0 {
		text := "SELECT ts, k, v, w, n FROM (SELECT *, " + oneOf(rnd, "row_number()", "rank()") + " OVER (" + oneOf(rnd, "", "PARTITION BY k ", "PARTITION BY w %% 2 ") +
			"ORDER BY ts, w DESC, v, k) AS n FROM %s AS q" + where(rnd) + ") AS z" + limit
		if rnd.IntN(3) == 0 {
			text = "SELECT DISTINCT ON (k) k, ts, v, w FROM %s AS q" + where(rnd) + " ORDER BY k, ts, w DESC, v"
		}
		return continuous{us: fmt.Sprintf(text, "s") + " EMIT ON WINDOW CLOSE", pg: fmt.Sprintf(text, "(SELECT * FROM s WHERE ts >= mark AND ts < MARK)")}
	}
	us, pg := frame(rnd)
	from := oneOf(rnd, "%s", "%s", "(SELECT k, window_start, window_end, count(*) AS v, max(w) AS w FROM %s AS q GROUP BY k, window_start, window_end)")
	part := oneOf(rnd, "window_end", "window_start, window_end", "window_end, k")
	text := "SELECT window_end, k, v, w, n FROM (SELECT *, %s OVER (PARTITION BY " + part + " ORDER BY v DESC, w, k) AS n FROM " + from + " AS q) AS z"
	switch rnd.IntN(5) {
	case 0:
		text = "SELECT DISTINCT ON (" + part + ") window_end, k, v, w FROM " + from + " AS q ORDER BY " + part + ", v, k, w DESC"
	case 1:
		text = fmt.Sprintf(text, oneOf(rnd, "lead(v)", "sum(v)", "ntile(2)", "last_value(w)", "percent_rank()"), "%s")
	case 2:
		text = "SELECT window_end, sum(v), count(*) FROM (" + fmt.Sprintf(text, "row_number()", "%s") + limit + ") AS y GROUP BY window_end"
	default:
		text = fmt.Sprintf(text, oneOf(rnd, "row_number()", "rank()"), "%s") + limit
	}
	return continuous{us: fmt.Sprintf(text, us) + " EMIT ON WINDOW CLOSE", pg: fmt.Sprintf(text, closedOf(pg))}
}
