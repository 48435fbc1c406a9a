package session_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
)

// TestKeyLookup changes a table at random, in blocks and outside, and finds rows by their keys as it finds them by
// reading all.
func TestKeyLookup(t *testing.T) {
	n := newNode(t)
	n.must(`CREATE TABLE t (id smallint, name varchar(9), x numeric, v int, PRIMARY KEY (id, name), UNIQUE (x))`)
	rng := rand.New(rand.NewPCG(3, 14))
	var rows []string
	for i := range 200 {
		rows = append(rows, fmt.Sprintf("(%d, 'n%d', %d.50, %d)", i%20, i/20, i, i))
	}
	n.must("INSERT INTO t VALUES " + strings.Join(rows, ", "))
	compare := func(cond string) {
		t.Helper()
		found := n.must("SELECT * FROM t WHERE " + cond + " ORDER BY id, name")
		if all := n.must("SELECT * FROM t WHERE (" + cond + ") IS TRUE ORDER BY id, name"); found != all {
			t.Fatalf("WHERE %s finds\n%sof\n%s", cond, found, all)
		}
	}
	for step := range 150 {
		id, name, x := rng.IntN(22), rng.IntN(11), rng.IntN(210)
		key := fmt.Sprintf("id = %d AND name = 'n%d'", id, name)
		switch rng.IntN(8) {
		case 0:
			n.must("DELETE FROM t WHERE " + key)
		case 1:
			n.must("UPDATE t SET v = v + 1 WHERE " + key)
		case 2:
			n.run(context.Background(), fmt.Sprintf("UPDATE t SET name = 'n%d', id = %d WHERE %s", rng.IntN(11), rng.IntN(22), key), &client{})
		case 3, 4:
			n.run(context.Background(), fmt.Sprintf("INSERT INTO t VALUES (%d, 'n%d', %d.5, %d) ON CONFLICT (id, name) DO UPDATE SET v = t.v + excluded.v", id, name, x, step), &client{})
		case 5:
			n.run(context.Background(), fmt.Sprintf("INSERT INTO t VALUES (%d, 'n%d', %d.5, %d) ON CONFLICT (x) DO UPDATE SET v = -excluded.v", id, name, x, step), &client{})
		case 6:
			if n.s.Status() == 'I' {
				n.must("BEGIN")
			}
		case 7:
			if n.s.Status() != 'I' {
				n.must([]string{"COMMIT", "ROLLBACK"}[rng.IntN(2)])
			}
		}
		if n.s.Status() == 'E' {
			n.must("ROLLBACK")
		}
		compare(key)
		compare(fmt.Sprintf("x = %d.500", x))
		compare(fmt.Sprintf("id IN (%d, %d, NULL, %d::int) AND name = ANY (ARRAY['n1', 'n%d', 'n1', NULL])", id, rng.IntN(20), id, name))
		if step == 100 {
			n.run(context.Background(), "COMMIT", &client{})
			n.crash()
		}
	}
}

// TestKeyLookupIsPlanned sees for which conditions a table is not read as a whole.
func TestKeyLookupIsPlanned(t *testing.T) {
	n := newNode(t)
	n.must(`CREATE TABLE t (id int, v int); INSERT INTO t SELECT g, g % 7 FROM generate_series(1, 1000) AS g; ALTER TABLE t ADD PRIMARY KEY (id);
		CREATE TABLE two (a text, b bigint, PRIMARY KEY (a, b)); CREATE TABLE pad (c char(5) PRIMARY KEY)`)
	for _, c := range []struct{ from, lookup string }{
		{"t WHERE id = 5", "id = 5"},
		{"t WHERE 5::bigint = id AND v > 2", "id = 5"},
		{"t WHERE id IN (1, 2, 3)", "id IN (1, 2, 3)"},
		{"t WHERE v = 5", ""},
		{"t WHERE id > 5", ""},
		{"t WHERE id = 5 OR v = 5", ""},
		{"t WHERE id = v", ""},
		{"t WHERE id = random()", ""},
		{"t WHERE id <> 5", ""},
		{"t WHERE id NOT IN (1, 2)", ""},
		{"t WHERE id IS NOT DISTINCT FROM 5", ""},
		{"t WHERE id + 0 = 5", ""},
		{"two WHERE a = 'x'", ""},
		{"two WHERE b = 5 AND a = 'x'", "a = 'x' AND b = 5"},
		{"pad WHERE c = 'x'", "c = 'x'::bpchar"},
		{"(SELECT id AS k FROM t) AS s WHERE k = 7", "id = 7"},
	} {
		out := n.must("EXPLAIN SELECT * FROM " + c.from)
		_, got, _ := strings.Cut(out, "Key Lookup: ")
		got, _, _ = strings.Cut(got, "\n")
		if got != c.lookup {
			t.Errorf("FROM %s looks up %q, not %q:\n%s", c.from, got, c.lookup, out)
		}
	}
	n.must("INSERT INTO pad SELECT 'p' || g FROM generate_series(1, 99) AS g")
	if got := n.must("SELECT count(*) FROM pad WHERE c = 'p7   '; SELECT count(*) FROM pad WHERE c = 'p7'"); got != "1\n1\n" {
		t.Errorf("char(n) by its key, with blanks and without: %s", got)
	}
	for _, text := range []string{"SELECT * FROM t WHERE id = 5", "SELECT * FROM t WHERE id IN (5, 5, NULL)"} {
		if out := n.must("EXPLAIN ANALYZE " + text); !strings.Contains(out[strings.Index(out, "Scan on t"):], "Rows: 1\n") {
			t.Errorf("%s reads more than its row:\n%s", text, out)
		}
	}
}

// TestJoinLookup joins few rows of one table with a table that has many, which is read by its key only, and compares
// with the join that is read as a whole.
func TestJoinLookup(t *testing.T) {
	n := newNode(t)
	n.must(`CREATE TABLE users (id bigint PRIMARY KEY, name text); INSERT INTO users SELECT g, 'u' || g FROM generate_series(1, 2000) AS g;
		CREATE TABLE orders (id int PRIMARY KEY, user_id int, item int); INSERT INTO orders SELECT g, g % 50 * 7, g FROM generate_series(1, 3000) AS g;
		CREATE TABLE picks (id int, user_id int); INSERT INTO picks VALUES (1, 7), (2, NULL), (3, 9999), (4, 14), (5, 7)`)
	// Sizes are guessed from what is visible when a statement is planned: reading waits until all of it is.
	n.must("SELECT count(*) FROM users; SELECT count(*) FROM orders; SELECT count(*) FROM picks")
	for _, q := range []struct {
		text    string
		lookups int
		rows    string // of the scan of users
	}{
		{"SELECT * FROM picks JOIN users ON users.id = picks.user_id ORDER BY picks.id", 1, "2"},
		{"SELECT * FROM picks LEFT JOIN users ON users.id = picks.user_id ORDER BY picks.id", 1, "2"},
		{"SELECT * FROM users RIGHT JOIN picks ON users.id = picks.user_id ORDER BY picks.id", 1, "2"},
		{"SELECT * FROM users JOIN picks ON users.id = picks.user_id AND name <> 'u7' ORDER BY picks.id", 1, "2"},
		{"SELECT id, EXISTS (SELECT FROM users WHERE users.id = picks.user_id) FROM picks ORDER BY id", 1, "2"},
		{"SELECT id FROM picks WHERE NOT EXISTS (SELECT FROM users WHERE users.id = picks.user_id) ORDER BY id", 1, "2"},
		{"SELECT id, (SELECT name FROM users WHERE users.id = picks.user_id) FROM picks ORDER BY id", 1, "2"},
		{"SELECT name FROM users WHERE id IN (SELECT user_id FROM picks) ORDER BY name", 1, "2"},
		{"SELECT o.id, name FROM orders AS o JOIN users AS u ON u.id = o.user_id WHERE o.id = 5", 2, "1"},
		{"SELECT name FROM (VALUES (3), (4)) AS v(id) JOIN users USING (id) ORDER BY 1", 1, "2"},
		{"SELECT id FROM picks WHERE user_id NOT IN (SELECT id FROM users) ORDER BY id", 0, ""},
		{"SELECT count(*) FROM picks FULL JOIN users ON users.id = picks.user_id", 0, ""},
		{"SELECT count(*) FROM users LEFT JOIN picks ON users.id = picks.user_id", 0, ""},
		{"SELECT count(*) FROM picks JOIN users ON users.id IS NOT DISTINCT FROM picks.user_id", 0, ""},
		{"SELECT count(*) FROM orders JOIN users ON users.id = orders.user_id", 0, ""},
	} {
		out := n.must("EXPLAIN ANALYZE " + q.text)
		if got := strings.Count(out, "Key Lookup: "); got != q.lookups {
			t.Errorf("%s: %d lookups, not %d:\n%s", q.text, got, q.lookups, out)
		}
		if _, scan, _ := strings.Cut(out, "Scan on users"); q.rows != "" && !strings.Contains(scan, "Rows: "+q.rows+"\n") {
			t.Errorf("%s does not read %s rows:\n%s", q.text, q.rows, out)
		}
		found := n.must(q.text)
		whole := strings.NewReplacer("users.id", "(users.id + 0)", "u.id", "(u.id + 0)", "USING (id)", "ON v.id = (users.id + 0)").Replace(q.text)
		if all := n.must(whole); found != all {
			t.Errorf("%s gives\n%sas a whole\n%s", q.text, found, all)
		}
	}
	n.must("BEGIN; DELETE FROM users WHERE id = 7; INSERT INTO users VALUES (9999, 'new')")
	if got := n.must("SELECT picks.id, name FROM picks JOIN users ON users.id = picks.user_id ORDER BY 1"); got != "3|new\n4|u14\n" {
		t.Errorf("a block does not see its own rows: %s", got)
	}
	n.must("ROLLBACK; UPDATE users SET name = 'picked' FROM picks WHERE picks.user_id = users.id")
	if got := n.must("SELECT count(*) FROM users WHERE name = 'picked'"); got != "2\n" {
		t.Errorf("UPDATE ... FROM changed %s", got)
	}
}

// TestTimeRangesSkipBlocks counts the blocks of a log that are not read, for a condition on the event time in a view, a
// window and a join, and for a parameter.
func TestTimeRangesSkipBlocks(t *testing.T) {
	n := newNode(t)
	n.must(`CREATE STREAM s (ts timestamptz, k int, WATERMARK FOR ts AS ts);
		CREATE VIEW v AS SELECT ts AS at, k + 1 AS k1 FROM s WHERE k >= 0`)
	for i := range 10 {
		n.must(fmt.Sprintf("INSERT INTO s VALUES ('2026-01-01 00:0%d:00Z', %d)", i, i))
	}
	const low, high = "TIMESTAMPTZ '2026-01-01 00:03:00Z'", "TIMESTAMPTZ '2026-01-01 00:05:00Z'"
	for _, c := range []struct {
		text    string
		outside string
		rows    string
	}{
		{"SELECT k1 FROM v WHERE at BETWEEN " + low + " AND " + high, "7 outside", "4\n5\n6\n"},
		{"SELECT count(*) FROM s WHERE ts > " + low + " AND k < 100", "4 outside", "6\n"},
		{"SELECT k FROM TUMBLE(s, ts, INTERVAL '1 minute') WHERE window_start >= " + low + " AND window_end <= " + high, "7 outside", "3\n4\n"},
		{"SELECT a.k FROM s AS a JOIN s AS b USING (ts) WHERE ts = " + low, "9 outside", "3\n"},
		{"SELECT k FROM s WHERE ts < " + low + " OR ts > " + high, "0 outside", "0\n1\n2\n6\n7\n8\n9\n"},
	} {
		if out := n.must("EXPLAIN ANALYZE " + c.text); !strings.Contains(out, c.outside) {
			t.Errorf("%s does not leave out %s:\n%s", c.text, c.outside, out)
		}
		if got := n.must(c.text); got != c.rows {
			t.Errorf("%s gives\n%s", c.text, got)
		}
	}
}

// TestValueRangesSkipBlocks counts the blocks that are not read for conditions on columns other than the event time: by
// places and by values, at the first query.
func TestValueRangesSkipBlocks(t *testing.T) {
	n := newNode(t)
	n.must(`CREATE STREAM s (k int, d date, big bigint, f float8)`)
	for i := range 6 {
		n.must(fmt.Sprintf(`INSERT INTO s SELECT CASE WHEN g %% 9 > 0 THEN %d + g END, date '2026-01-0%d', -%d000 - g, g FROM generate_series(0, 599) AS g`, 1000*i, i+1, i))
	}
	n.must("INSERT INTO s SELECT NULL, NULL, NULL, NULL FROM generate_series(1, 600)")
	for _, c := range []struct {
		cond, outside, rows string
	}{
		{"k >= 2000 AND k < 3000", "6 outside", "533"},
		{"k = 599", "6 outside", "1"},
		{"k > 599 AND k < 1001", "7 outside", "0"},
		{"2500 < k", "3 outside", "1687"},
		{"d BETWEEN '2026-01-02' AND '2026-01-03'", "5 outside", "1200"},
		{"big < -5000 AND d > '2026-01-01'", "6 outside", "599"},
		{"k <> 5", "0 outside", "3197"},
		{"k > 5000 OR k IS NULL", "0 outside", "1535"},
		{"f > 1e9", "0 outside", "0"},
		{"_offset < 600", "6 outside", "600"},
		{"_offset = 4000", "6 outside", "1"},
	} {
		text := "SELECT count(*) FROM s WHERE " + c.cond
		if out := n.must("EXPLAIN ANALYZE " + text); !strings.Contains(out, c.outside) {
			t.Errorf("%s does not leave out %s:\n%s", text, c.outside, out)
		}
		if got := n.must(text); got != c.rows+"\n" {
			t.Errorf("%s gives %s", text, got)
		}
	}
}

// TestKeyLookupBesideWriters reads rows by their keys while others change them: there is always exactly one.
func TestKeyLookupBesideWriters(t *testing.T) {
	n := newNode(t)
	n.must("CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t SELECT g, 0 FROM generate_series(1, 400) AS g")
	var writers, readers sync.WaitGroup
	done := make(chan struct{})
	for w := range 2 {
		c := n.another()
		writers.Add(1)
		go func() {
			defer writers.Done()
			for i := range 60 {
				c.must(fmt.Sprintf("UPDATE t SET n = n + 1 WHERE id = %d", i*2+w+1))
				c.must(fmt.Sprintf("INSERT INTO t VALUES (%d, 1) ON CONFLICT (id) DO UPDATE SET n = t.n + 1", 300-2*i-w))
			}
		}()
	}
	for r := range 2 {
		c := n.another()
		readers.Add(1)
		go func() {
			defer readers.Done()
			for i := r; ; i += 7 {
				select {
				case <-done:
					return
				default:
				}
				if got := c.must(fmt.Sprintf("SELECT count(*) FROM t WHERE id = %d", i%400+1)); got != "1\n" {
					t.Errorf("row %d is there %s times", i%400+1, strings.TrimSpace(got))
					return
				}
			}
		}()
	}
	writers.Wait()
	close(done)
	readers.Wait()
	if got := n.must("SELECT sum(n) FROM t"); got != "240\n" {
		t.Errorf("240 steps gave %s", got)
	}
}

// TestSharedStateSurvives restarts a view that keeps the state of a query of its WITH once for two places.
func TestSharedStateSurvives(t *testing.T) {
	n := newNode(t)
	n.must(`CREATE TABLE t (k int, v int);
		CREATE MATERIALIZED VIEW m AS WITH s AS (SELECT k, sum(v) AS total FROM t GROUP BY k) SELECT a.k, b.k AS k2 FROM s AS a JOIN s AS b ON a.total < b.total`)
	if out := n.must("EXPLAIN MATERIALIZED VIEW m"); strings.Count(out, "Shared s") != 2 || strings.Count(out, "Aggregate") != 2 {
		t.Fatalf("the view does not share:\n%s", out) // the name, and its aggregates
	}
	for round := range 3 {
		n.must(fmt.Sprintf("INSERT INTO t VALUES (1, %d), (2, 5), (%d, 1)", round*9, 3+round))
		n.must("UPDATE t SET v = v + 1 WHERE k = 2; DELETE FROM t WHERE k = 3")
		want := n.must("WITH s AS (SELECT k, sum(v) AS total FROM t GROUP BY k) SELECT a.k, b.k FROM s AS a JOIN s AS b ON a.total < b.total ORDER BY 1, 2")
		if got := n.must("SELECT * FROM m ORDER BY 1, 2"); got != want {
			t.Fatalf("round %d: the view has\n%snot\n%s", round, got, want)
		}
		n.crash()
		if got := n.must("SELECT * FROM m ORDER BY 1, 2"); got != want {
			t.Fatalf("round %d: after a restart the view has\n%snot\n%s", round, got, want)
		}
	}
}
