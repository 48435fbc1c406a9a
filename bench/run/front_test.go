package main

import (
	"log/slog"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vexfs/vexstream/cmd/node"
)

// benchmarkFront parses, binds and plans a query in a session, as a client's statement is prepared. text gives the query of
// each round: a text that the session met lately is not parsed again.
func benchmarkFront(b *testing.B, setup string, text func(round int) string) {
	n, err := node.Open(b.Context(), node.Settings{Journal: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer n.Close()
	if err := n.Run(b.Context(), setup, nil); err != nil {
		b.Fatal(err)
	}
	s, err := n.Engine().Session("admin", "vexstream", nil)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	b.ReportAllocs()
	began := cpuTime(b)
	for round := 0; b.Loop(); round++ {
		stmts, err := s.Parse(text(round))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := s.Prepare(b.Context(), &stmts[0], nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((cpuTime(b)-began).Microseconds())/float64(b.N), "cpu-µs")
}

// cpuTime is what the process has used of the cores, garbage collection included: other work on the machine does not
// count.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkFrontSelect1 is the shortest query, with another number each time.
func BenchmarkFrontSelect1(b *testing.B) {
	benchmarkFront(b, "", func(round int) string { return "SELECT " + strconv.Itoa(round) })
}

// always gives the same text. A session remembers none as long as a page.
func always(query string) func(int) string { return func(int) string { return query } }

// BenchmarkFrontPage is a query of a page: joins, subqueries, windows, CASE, grouping.
func BenchmarkFrontPage(b *testing.B) {
	if n := strings.Count(page, "\n"); n < 40 {
		b.Fatalf("a page has more than %d lines", n)
	}
	benchmarkFront(b, pageStreams, always(page))
}

// BenchmarkFrontPsql is the longest query that psql sends for \d: half a page.
func BenchmarkFrontPsql(b *testing.B) {
	raw, err := os.ReadFile("../../sql/parse/testdata/client_queries/psql15_d_name.sql")
	if err != nil {
		b.Fatal(err)
	}
	longest := ""
	for _, s := range strings.Split(string(raw), "-- [statement]") {
		if len(s) > len(longest) {
			longest = s
		}
	}
	benchmarkFront(b, "", always(longest))
}

const pageStreams = `CREATE STREAM orders (ts timestamptz, order_id bigint, customer_id bigint, product_id bigint, quantity int, price numeric, state text,
	WATERMARK FOR ts AS ts - INTERVAL '5 seconds');
CREATE STREAM customers (customer_id bigint, name text, country text, joined timestamptz);
CREATE STREAM products (product_id bigint, title text, category text, weight double precision)`

const page = `WITH recent AS (
    SELECT o.order_id, o.customer_id, o.product_id, o.ts,
           o.quantity * o.price AS amount,
           CASE WHEN o.state IN ('paid', 'shipped') THEN 'good'
                WHEN o.state = 'open' AND o.quantity > 10 THEN 'large'
                ELSE coalesce(nullif(o.state, ''), 'unknown') END AS verdict
    FROM orders AS o
    WHERE o.ts >= TIMESTAMPTZ '2026-01-01 00:00:00Z'
      AND o.ts < TIMESTAMPTZ '2026-02-01 00:00:00Z'
      AND o.price BETWEEN 1.50 AND 99999.99
      AND o.state NOT LIKE 'cancel%'
), by_customer AS (
    SELECT r.customer_id,
           c.country,
           count(*) AS orders,
           sum(r.amount) AS total,
           avg(r.amount) FILTER (WHERE r.verdict = 'good') AS good_average,
           max(r.ts) AS last_order,
           count(DISTINCT r.product_id) AS products
    FROM recent AS r
    JOIN customers AS c ON c.customer_id = r.customer_id
    WHERE c.country <> 'nowhere'
    GROUP BY r.customer_id, c.country
    HAVING count(*) > 2 AND sum(r.amount) > 100
), by_product AS (
    SELECT p.category,
           p.title,
           sum(r.amount) AS total,
           row_number() OVER (PARTITION BY p.category ORDER BY sum(r.amount) DESC, p.title) AS place
    FROM recent AS r
    LEFT JOIN products AS p ON p.product_id = r.product_id AND p.weight > 0.5
    GROUP BY p.category, p.title
)
SELECT b.country,
       b.customer_id,
       upper(substr(c.name, 1, 1)) || lower(substr(c.name, 2)) AS name,
       b.orders,
       round(b.total, 2) AS total,
       b.good_average,
       extract(epoch FROM b.last_order - c.joined) / 86400 AS days,
       (SELECT max(p.total) FROM by_product AS p WHERE p.place = 1) AS best,
       rank() OVER (PARTITION BY b.country ORDER BY b.total DESC) AS place
FROM by_customer AS b
JOIN customers AS c USING (customer_id)
WHERE EXISTS (SELECT 1 FROM recent AS r WHERE r.customer_id = b.customer_id AND r.verdict <> 'unknown')
  AND b.country IN ('DE', 'FR', 'NO', 'JP', 'BR')
  AND (b.orders > 5 OR b.total > 1000 OR b.products >= 3)
ORDER BY b.country, place, b.customer_id
LIMIT 50 OFFSET 10`
