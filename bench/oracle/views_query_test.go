package oracle

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

func oneOf(rnd *rand.Rand, of ...string) string { return of[rnd.IntN(len(of))] }

// randomView is a random query that can be a view.
func randomView(rnd *rand.Rand) continuous {
	switch rnd.IntN(16) {
	case 0, 1:
		return windowed(rnd)
	case 2:
		return closing(rnd)
	case 3:
		return sessions(rnd)
	case 4, 5:
		return both(numbered(rnd))
	case 6:
		return both(joined(rnd))
	case 7:
		return both(probing(rnd))
	case 8:
		return both(combined(rnd))
	case 9:
		return both(firsts(rnd))
	case 10, 11:
		return bounded(rnd)
	case 12:
		return both(asTheyCome(rnd))
	case 13:
		return passing(rnd)
	default:
		return both(grouped(rnd, source(rnd)))
	}
}

// source is something with the columns k, v and w, the last of which may serve to tell rows apart a little.
func source(rnd *rand.Rand) string {
	return oneOf(rnd,
		"(SELECT k, v, w FROM s)", "(SELECT k, v, w FROM s)", "(SELECT k, v, id AS w FROM t)", "(SELECT k, v, id AS w FROM t)",
		"(SELECT k, v, w FROM s WHERE v > 0 OR k = 'a')",
		"(SELECT k, v, w FROM s UNION ALL SELECT k, v, id FROM t)",
		"(SELECT s.k, t.v, s.w FROM s JOIN t ON s.k = t.k)",
		"(SELECT s.k, t.v, s.w FROM s LEFT JOIN t ON s.k = t.k AND t.v > s.v)",
		"(SELECT k, sum(v)::int AS v, max(w) AS w FROM s GROUP BY k)",
		"(SELECT DISTINCT k, v, 1 AS w FROM s)",
		"(SELECT s.k, m.v, s.w FROM s JOIN (VALUES ('a', 1), ('b', 2), ('b', 4), (NULL, 3)) AS m(k, v) ON m.k = s.k)")
}

func aggregates(rnd *rand.Rand) string {
	all := []string{
		"count(*)", "count(v)", "sum(v)", "min(v)", "max(v)", "avg(v)", "count(DISTINCT v)", "sum(DISTINCT w)", "sum(w) FILTER (WHERE v > 2)",
		"array_agg(v ORDER BY v, w)", "string_agg(k, ',' ORDER BY v, w, k)", "bool_or(v > 3)", "bool_and(w > 0)", "max(k)",
		"percentile_disc(0.5) WITHIN GROUP (ORDER BY v)", "mode() WITHIN GROUP (ORDER BY w)", "round(variance(v), 6)", "sum(v::float8)", "bit_and(w)",
	}
	return some(rnd, all)
}

// some gives one to three of the expressions, with names.
func some(rnd *rand.Rand, of []string) string {
	rnd.Shuffle(len(of), func(i, j int) { of[i], of[j] = of[j], of[i] })
	out := of[:1+rnd.IntN(3)]
	for i := range out {
		out[i] += fmt.Sprintf(" AS x%d", i)
	}
	return strings.Join(out, ", ")
}

func where(rnd *rand.Rand) string {
	return oneOf(rnd, "", "", " WHERE v > 1", " WHERE k IS NOT NULL", " WHERE w <> 3 AND v < 5", " WHERE k IN ('a', 'b') OR v IS NULL")
}

// asTheyCome has rows as they come, duplicates among them: most of these take none back.
func asTheyCome(rnd *rand.Rand) string {
	cond := where(rnd)
	return oneOf(rnd,
		"SELECT ts, k, v, v > w AS more, k || w AS text FROM s"+cond,
		"SELECT k, NULLIF(v, w) AS v FROM s"+cond+" UNION ALL SELECT upper(k), w FROM s",
		"SELECT a.ts, a.k, b.v, a.w FROM (SELECT * FROM s"+cond+") AS a JOIN s AS b ON a.k = b.k AND a.v <= b.w",
		"SELECT k, v, g FROM (SELECT * FROM s"+cond+") AS q, generate_series(1, w) AS g",
		"SELECT k, v, w FROM "+source(rnd)+" AS q"+cond)
}

func grouped(rnd *rand.Rand, from string) string {
	q := aggregates(rnd) + " FROM " + from + " AS q" + where(rnd)
	switch rnd.IntN(5) {
	case 0:
		return "SELECT " + q
	case 1:
		return "SELECT k, w % 2, " + q + " GROUP BY " + oneOf(rnd, "ROLLUP (k, w % 2)", "CUBE (k, w % 2)", "GROUPING SETS ((k), (w % 2), ())", "k, w % 2")
	case 2:
		return "SELECT k, " + q + " GROUP BY k HAVING " + oneOf(rnd, "count(*) > 1", "sum(v) > 2", "max(w) IS NOT NULL AND min(v) < 3")
	}
	return "SELECT k, " + q + " GROUP BY k"
}

// frame is a window over s as we write it, and as PostgreSQL computes it with the columns that we give.
func frame(rnd *rand.Rand) (us, pg string) {
	size := 4 * (1 + rnd.IntN(3))
	bounds := func(starts string) string {
		return fmt.Sprintf("(SELECT s.*, window_start, window_start + INTERVAL '%d seconds' AS window_end FROM s, LATERAL (%s) AS win(window_start))", size, starts)
	}
	switch rnd.IntN(4) {
	case 0:
		slide := size / 4 * (1 + rnd.IntN(4))
		if rnd.IntN(4) == 0 {
			slide = size/4 + 2 // the size need not be a multiple
		}
		starts := fmt.Sprintf("SELECT w0 FROM generate_series(date_bin('%d seconds', ts, '1970-01-01Z') - INTERVAL '%d seconds', ts, '%d seconds') w0 WHERE ts < w0 + INTERVAL '%d seconds'",
			slide, (size/slide+1)*slide, slide, size)
		return fmt.Sprintf("HOP(s, ts, INTERVAL '%d seconds', INTERVAL '%d seconds')", slide, size), bounds(starts)
	case 1:
		step := size / 4
		pg = fmt.Sprintf("(SELECT s.*, w0 AS window_start, w1 AS window_end FROM s, LATERAL (SELECT date_bin('%d seconds', ts, '1970-01-01Z')) AS a(w0), "+
			"LATERAL (SELECT e FROM generate_series(w0 + INTERVAL '%d seconds', w0 + INTERVAL '%d seconds', INTERVAL '%d seconds') e WHERE ts < e) AS b(w1))", size, step, size, step)
		return fmt.Sprintf("CUMULATE(s, ts, INTERVAL '%d seconds', INTERVAL '%d seconds')", step, size), pg
	}
	return tumbling(size)
}

func tumbling(size int) (us, pg string) {
	pg = "(SELECT s.*, date_bin('%[1]d seconds', ts, '1970-01-01Z') AS window_start, date_bin('%[1]d seconds', ts, '1970-01-01Z') + INTERVAL '%[1]d seconds' AS window_end FROM s)"
	return fmt.Sprintf("TUMBLE(s, ts, INTERVAL '%d seconds')", size), fmt.Sprintf(pg, size)
}

func windowed(rnd *rand.Rand) continuous {
	us, pg := frame(rnd)
	items := "window_start, window_end, " + oneOf(rnd, "", "k, ") + aggregates(rnd)
	keys := "window_start, window_end"
	if strings.HasPrefix(items, "window_start, window_end, k, ") {
		keys += ", k"
	}
	text := "SELECT " + items + " FROM %s AS q" + where(rnd) + " GROUP BY " + keys + oneOf(rnd, "", " HAVING count(*) > 1")
	return continuous{us: fmt.Sprintf(text, us), pg: fmt.Sprintf(text, pg)}
}

// closing is a view that shows windows when they are over. A row counts in those of its windows that were not when it came.
func closing(rnd *rand.Rand) continuous {
	us, pg := frame(rnd)
	cond := where(rnd)
	key := oneOf(rnd, "", ", k")
	items := "window_start, window_end" + key + ", " + aggregates(rnd)
	group := " GROUP BY window_start, window_end" + key
	over := " WHERE window_end > mark AND window_end <= MARK"
	if cond != "" {
		cond = strings.Replace(cond, " WHERE ", " WHERE (", 1) + ")"
		over = strings.Replace(over, " WHERE ", " AND ", 1)
	}
	return continuous{us: "SELECT " + items + " FROM " + us + " AS q" + cond + group + " EMIT ON WINDOW CLOSE", pg: "SELECT " + items + " FROM " + pg + " AS q" + cond + over + group}
}

func sessions(rnd *rand.Rand) continuous {
	gap := 1 + rnd.IntN(5)
	part, key, on := "", "", ""
	if rnd.IntN(3) > 0 {
		part, key, on = " PARTITION BY k", ", k", "PARTITION BY k "
	}
	us := fmt.Sprintf("SESSION(s%s, ts, INTERVAL '%d seconds')", part, gap)
	pg := fmt.Sprintf("(SELECT *, min(ts) OVER one AS window_start, max(ts) OVER one + INTERVAL '%d seconds' AS window_end FROM ("+
		"SELECT *, sum(fresh) OVER (%sORDER BY ts) AS island FROM (SELECT *, CASE WHEN ts - lag(ts) OVER (%sORDER BY ts) < INTERVAL '%d seconds' THEN 0 ELSE 1 END AS fresh FROM s) a) b "+
		"WINDOW one AS (PARTITION BY %sisland))", gap, on, on, gap, strings.TrimPrefix(key+", ", ", "))
	text := "SELECT window_start, window_end" + key + ", " + aggregates(rnd) + " FROM %s AS q" + where(rnd) + " GROUP BY window_start, window_end" + key
	if rnd.IntN(4) == 0 {
		text = "SELECT window_start, window_end, ts, k, v FROM %s AS q"
	}
	return continuous{us: fmt.Sprintf(text, us), pg: fmt.Sprintf(text, pg)}
}

// numbered has window functions whose order leaves no ties but of equal rows.
func numbered(rnd *rand.Rand) string {
	from := source(rnd)
	part := oneOf(rnd, "", "PARTITION BY k ", "PARTITION BY w % 2 ")
	order := oneOf(rnd, "ORDER BY v, w, k", "ORDER BY w DESC, v, k", "ORDER BY k DESC, v NULLS FIRST, w")
	if rnd.IntN(4) == 0 {
		return fmt.Sprintf("SELECT %s FROM (SELECT k, v, w, %s() OVER (%s%s) AS nr FROM %s AS q) AS z WHERE nr %s", oneOf(rnd, "*", "k, v, w"), oneOf(rnd, "row_number", "rank", "dense_rank"), part, order, from,
			oneOf(rnd, "= 1", "<= 1", "<= 2", "<= 3", "< 2 AND w > 1", "<= 2 AND v IS NOT NULL"))
	}
	whole := []string{
		"row_number() OVER win", "rank() OVER win", "dense_rank() OVER win", "lag(v) OVER win", "lead(v, 2, -7) OVER win", "ntile(3) OVER win",
		"first_value(v) OVER win", "last_value(w) OVER (win ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING)", "sum(v) OVER win", "count(*) OVER (" + part + ")",
		"sum(v) OVER (win ROWS 2 PRECEDING)", "max(v) OVER (win ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW)",
		"min(w) OVER (" + part + "ORDER BY w RANGE BETWEEN 1 PRECEDING AND 2 FOLLOWING)", "count(v) OVER (" + part + "ORDER BY v GROUPS 1 PRECEDING)",
		"nth_value(k, 2) OVER win", "array_agg(v) OVER (win ROWS 1 PRECEDING)", "avg(v) FILTER (WHERE w > 1) OVER win", "cume_dist() OVER win",
	}
	return "SELECT k, v, w, " + some(rnd, whole) + " FROM " + from + " AS q" + where(rnd) + " WINDOW win AS (" + part + order + ")"
}

// passing has window functions that give a row once, when the watermark has passed its time. The order leaves no ties but of
// equal rows.
func passing(rnd *rand.Rand) continuous {
	part := oneOf(rnd, "", "PARTITION BY k ", "PARTITION BY w % 2 ", "PARTITION BY k, w % 2 ")
	calls := []string{
		"row_number() OVER win", "rank() OVER win", "dense_rank() OVER (" + part + "ORDER BY ts)", "lag(v) OVER win", "lag(v, 2, -7) OVER win", "first_value(v) OVER win",
		"last_value(w) OVER (win ROWS 1 PRECEDING)", "sum(v) OVER win", "max(v) OVER win", "avg(w) OVER (win ROWS 2 PRECEDING)", "array_agg(v) OVER win",
		"sum(v) OVER (win ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)", "min(w) OVER (win GROUPS 1 PRECEDING EXCLUDE CURRENT ROW)",
		"nth_value(v, 2) OVER (win ROWS 2 PRECEDING)", "sum(v::float8) OVER win", "count(*) OVER (" + part + "ORDER BY ts)",
		"sum(w) OVER (" + part + "ORDER BY ts RANGE BETWEEN INTERVAL '4 seconds' PRECEDING AND CURRENT ROW)",
		"count(v) FILTER (WHERE w > 1) OVER (" + part + "ORDER BY ts RANGE BETWEEN INTERVAL '9 seconds' PRECEDING AND INTERVAL '2 seconds' PRECEDING)",
	}
	items := "SELECT ts, k, v, w, " + some(rnd, calls) + " FROM "
	rest := " AS q" + where(rnd) + " WINDOW win AS (" + part + "ORDER BY ts, w DESC, v, k)"
	return continuous{us: items + "s" + rest + " EMIT ON WINDOW CLOSE", pg: items + "(SELECT * FROM s WHERE ts >= mark AND ts < MARK)" + rest}
}

func joined(rnd *rand.Rand) string {
	on := oneOf(rnd, "a.k = b.k", "a.k = b.k AND a.v < b.v", "a.k IS NOT DISTINCT FROM b.k", "a.v = b.w AND a.k <> b.k", "a.v > b.v + 3")
	kind := oneOf(rnd, "JOIN", "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN")
	if kind == "FULL JOIN" {
		on = "a.k = b.k"
	}
	return "SELECT a.k AS ak, a.v AS av, a.w AS aw, b.k AS bk, b.v AS bv FROM " + source(rnd) + " AS a " + kind + " " + source(rnd) + " AS b ON " + on
}

// probing asks other rows in a condition or for a value.
func probing(rnd *rand.Rand) string {
	other := source(rnd)
	cond := oneOf(rnd, "a.v NOT IN (SELECT b.v FROM %s AS b)", "EXISTS (SELECT 1 FROM %s AS b WHERE b.k = a.k)", "NOT EXISTS (SELECT 1 FROM %s AS b WHERE b.k = a.k AND b.v > a.v)", "a.v IN (SELECT b.v FROM %s AS b)",
		"a.w > (SELECT min(b.w) FROM %s AS b WHERE b.k = a.k)", "(SELECT count(*) FROM %s AS b WHERE b.v = a.v) = 2")
	switch rnd.IntN(5) {
	case 0:
		return "SELECT a.k, a.v, a.v " + oneOf(rnd, "IN", "NOT IN", "> ANY", "<= ALL") + " (SELECT b.v FROM " + other + " AS b" + where(rnd) + ") AS x FROM " + source(rnd) + " AS a"
	case 1:
		return "SELECT a.k, a.v, (SELECT " + oneOf(rnd, "max(b.v)", "count(*)", "sum(b.w)") + " FROM " + other + " AS b WHERE b.k = a.k) AS x FROM " + source(rnd) + " AS a"
	}
	return "SELECT a.k, a.v, a.w FROM " + source(rnd) + " AS a WHERE " + fmt.Sprintf(cond, other)
}

func combined(rnd *rand.Rand) string {
	op := oneOf(rnd, "UNION", "UNION ALL", "INTERSECT", "INTERSECT ALL", "EXCEPT", "EXCEPT ALL")
	return "SELECT k, v FROM " + source(rnd) + " AS a" + where(rnd) + " " + op + " SELECT k, v FROM " + source(rnd) + " AS b" + where(rnd)
}

// firsts are the first rows of orders without ties but of equal rows.
func firsts(rnd *rand.Rand) string {
	from := source(rnd)
	switch rnd.IntN(3) {
	case 0:
		return "SELECT DISTINCT ON (k) k, v, w FROM " + from + " AS q" + where(rnd) + " ORDER BY k, v DESC, w"
	case 1:
		return fmt.Sprintf("SELECT k, v FROM %s AS q ORDER BY v FETCH FIRST %d ROWS WITH TIES", from, 1+rnd.IntN(3))
	}
	return fmt.Sprintf("SELECT k, v, w FROM %s AS q%s ORDER BY w DESC, k, v LIMIT %d OFFSET %d", from, where(rnd), 1+rnd.IntN(4), rnd.IntN(2))
}
