package oracle

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// bounded is a join whose rows go with the watermark, or a join, an aggregate or the first rows of windows that have closed.
func bounded(rnd *rand.Rand) continuous {
	switch rnd.IntN(10) {
	case 8, 9:
		return onceFirst(rnd)
	case 7:
		return onceWindows(rnd)
	case 6:
		return onceIntervals(rnd)
	case 5:
		return nearest(rnd)
	case 4:
		return lookedUp(rnd)
	case 0:
		return intervals(rnd)
	case 1:
		return windowOfPairs(rnd)
	case 2:
		return windowPairs(rnd)
	}
	return overWindows(rnd)
}

// closeTimes is a condition on the times of a and b, how far b may be before a by it, and which sides it lets go so that those of
// the other are judged.
func closeTimes(rnd *rand.Rand) (cond string, before int, judged [2]bool) {
	before, after := rnd.IntN(6), rnd.IntN(8)
	switch rnd.IntN(5) {
	case 0:
		return fmt.Sprintf("b.ts >= a.ts - INTERVAL '%d seconds'", before), before, [2]bool{true, false}
	case 1:
		return "a.ts = b.ts", 0, [2]bool{true, true}
	case 2:
		return fmt.Sprintf("a.ts - INTERVAL '%d seconds' < b.ts AND b.ts < a.ts + INTERVAL '%d seconds'", before, after+1), before, [2]bool{true, true}
	}
	return fmt.Sprintf("b.ts BETWEEN a.ts - INTERVAL '%d seconds' AND a.ts + INTERVAL '%d seconds'", before, after), before, [2]bool{true, true}
}

// inTime is the rows of s that a join takes.
func inTime(judged bool, lateness int) string {
	if !judged {
		return "s"
	}
	return fmt.Sprintf("(SELECT * FROM s WHERE ts >= mark - INTERVAL '%d seconds')", lateness)
}

func intervals(rnd *rand.Rand) continuous {
	cond, _, judged := closeTimes(rnd)
	lateness := rnd.IntN(3) * 2
	key := oneOf(rnd, "a.k = b.k AND ", "a.k = b.k AND a.v < b.w AND ", "")
	text := "SELECT a.k, a.v, b.v AS bv, b.w, b.ts FROM %s AS a JOIN %s AS b ON " + key + cond + oneOf(rnd, "", " WHERE a.v > 1", " WHERE b.k <> 'c'")
	v := continuous{us: fmt.Sprintf(text, "s", "s"), pg: fmt.Sprintf(text, inTime(judged[0], lateness), inTime(judged[1], lateness))}
	if lateness > 0 || rnd.IntN(2) == 0 {
		v.with = fmt.Sprintf(" WITH (allowed_lateness = '%d seconds')", lateness)
	} else {
		v.pg = fmt.Sprintf(text, "s", "s")
	}
	return v
}

// windowOfPairs is windows over what an interval join gives.
func windowOfPairs(rnd *rand.Rand) continuous {
	cond, before, judged := closeTimes(rnd)
	size := 2 + rnd.IntN(9)
	pairs := "SELECT b.ts, a.v, b.w, a.k%s FROM %s AS a JOIN %s AS b ON a.k = b.k AND " + cond
	items := "window_start, window_end, " + aggregates(rnd)
	us := "SELECT " + items + " FROM TUMBLE((" + fmt.Sprintf(pairs, "", "s", "s") + fmt.Sprintf("), ts, INTERVAL '%d seconds') GROUP BY window_start, window_end EMIT ON WINDOW CLOSE", size)
	pg := "SELECT " + items + " FROM (SELECT *, window_start + INTERVAL '%[1]d seconds' AS window_end FROM (SELECT *, date_bin('%[1]d seconds', ts, '1970-01-01Z') AS window_start FROM (" +
		fmt.Sprintf(pairs, ", greatest(a.mark, b.mark) AS mark", inTime(judged[0], 0), inTime(judged[1], 0)) + ") AS p) AS q) AS r WHERE window_end <= MARK - INTERVAL '%[2]d seconds' AND window_end > mark - INTERVAL '%[2]d seconds' GROUP BY window_start, window_end"
	return continuous{us: us, pg: fmt.Sprintf(pg, size, before)}
}

// windowPairs joins what windows gave when they closed, with each other or with rows in them.
func windowPairs(rnd *rand.Rand) continuous {
	us, pg := frame(rnd)
	left := "(SELECT k, window_end, count(*) AS n FROM %s AS q GROUP BY k, window_end)"
	right := "(SELECT k, window_end, max(v) AS m, sum(w) AS n FROM %s AS q GROUP BY k, window_end)"
	text := "SELECT x.k, x.n, y.m, x.window_end FROM %s AS x JOIN %s AS y ON x.window_end = y.window_end AND " + oneOf(rnd, "x.k = y.k", "x.n <= y.n", "x.k <> y.k")
	switch rnd.IntN(3) {
	case 0:
		right = "(SELECT window_end, max(n) AS m, min(n) AS n FROM " + left + " AS z GROUP BY window_end)"
		text = "SELECT x.k, x.n, y.m, x.window_end FROM %s AS x JOIN %s AS y ON x.window_end = y.window_end AND " + oneOf(rnd, "x.n = y.m", "x.n >= y.m", "x.n > y.n")
	case 1:
		us, pg = tumbling(2 + rnd.IntN(9))
		left, right = "s", "(SELECT max(v) AS m, window_start, window_end FROM %s AS q GROUP BY window_start, window_end)"
		text = "SELECT x.k, x.v, x.w, y.m FROM %s AS x JOIN %s AS y ON x.ts >= y.window_start AND x.ts < y.window_end AND " + oneOf(rnd, "x.v = y.m", "x.w < y.m")
		return continuous{us: fmt.Sprintf(text, left, fmt.Sprintf(right, us)) + " EMIT ON WINDOW CLOSE", pg: fmt.Sprintf(text, inTime(true, 0), fmt.Sprintf(right, closedOf(pg)))}
	}
	return continuous{us: fmt.Sprintf(text, fmt.Sprintf(left, us), fmt.Sprintf(right, us)) + " EMIT ON WINDOW CLOSE", pg: fmt.Sprintf(text, fmt.Sprintf(left, closedOf(pg)), fmt.Sprintf(right, closedOf(pg)))}
}

// closedOf is the rows of windows that have closed, without those that came too late for them.
func closedOf(pg string) string {
	return "(SELECT * FROM " + pg + " AS o WHERE window_end > mark AND window_end <= MARK)"
}

// overWindows groups what windows gave when they closed.
func overWindows(rnd *rand.Rand) continuous {
	us, pg := frame(rnd)
	text := "SELECT window_end, max(n) AS most, sum(n), count(*) FROM (SELECT k, window_end, count(*) AS n FROM %s AS q GROUP BY k, window_end) AS z" +
		oneOf(rnd, "", " WHERE n > 1") + " GROUP BY window_end" + oneOf(rnd, "", " HAVING count(*) > 1")
	return continuous{us: fmt.Sprintf(text, us) + " EMIT ON WINDOW CLOSE", pg: fmt.Sprintf(text, closedOf(pg))}
}

// lookedUp is rows of s with what t had for them when they came, or when the view was made.
func lookedUp(rnd *rand.Rand) continuous {
	kind, on := oneOf(rnd, "JOIN", "LEFT JOIN"), oneOf(rnd, "b.id = a.w", "b.k = a.k", "b.k = a.k AND b.v < a.w", "b.id <= a.v")
	us := "(SELECT *, now() AS at FROM s" + where(rnd) + ") AS a " + kind + " t FOR SYSTEM_TIME AS OF a.at AS b ON " + on
	pg := strings.Replace(strings.Replace(us, ", now() AS at", "", 1), "t FOR SYSTEM_TIME AS OF a.at AS b ON ",
		"been AS b ON b.since <= greatest(a.step, BORN) AND (b.until IS NULL OR b.until > greatest(a.step, BORN)) AND ", 1)
	if rnd.IntN(3) == 0 {
		text := "SELECT k, count(*), sum(bv) FROM (SELECT a.k, b.v AS bv FROM %s) AS z GROUP BY k"
		return continuous{us: fmt.Sprintf(text, us), pg: fmt.Sprintf(text, pg)}
	}
	text := "SELECT a.ts, a.k, a.v, b.id, b.v AS bv FROM %s"
	return continuous{us: fmt.Sprintf(text, us), pg: fmt.Sprintf(text, pg)}
}

// nearest is rows with the one before or after them of another side, whose order leaves no ties but of equal rows.
func nearest(rnd *rand.Rand) continuous {
	from, other, kind := source(rnd), source(rnd), oneOf(rnd, "JOIN", "LEFT JOIN")
	op, desc := oneOf(rnd, ">=", ">"), " DESC"
	if rnd.IntN(3) == 0 {
		op, desc = strings.Replace(op, ">", "<", 1), ""
	}
	key := oneOf(rnd, "a.k = b.k AND ", "a.k = b.k AND a.v <> b.v AND ", "")
	other = "(SELECT k, max(v) AS v, w FROM " + other + " AS o GROUP BY k, w)" // ties of w have other keys
	if !strings.Contains(key, "a.k = b.k") {
		other = "(SELECT max(k) AS k, max(v) AS v, w FROM " + other + " AS p GROUP BY w)"
	}
	us := "SELECT a.k, a.v, a.w, b.v AS bv, b.w AS bw FROM " + from + " AS a ASOF " + kind + " " + other + " AS b ON " + key + "a.w " + op + " b.w"
	pg := "SELECT a.k, a.v, a.w, b.v AS bv, b.w AS bw FROM " + from + " AS a " + kind + " LATERAL (SELECT * FROM " + other + " AS b WHERE " + key + "a.w " + op + " b.w ORDER BY b.w" + desc + " LIMIT 1) AS b ON true"
	return continuous{us: us, pg: pg}
}
