package session_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/vexfs/vexstream/engine/mem"
)

// another gives a second client of the node.
func (n *node) another() *node {
	s, err := n.e.Session("admin", "vexstream", nil)
	if err != nil {
		n.t.Fatal(err)
	}
	return &node{t: n.t, e: n.e, s: s}
}

func (n *node) must(text string) string {
	n.t.Helper()
	out := n.run(context.Background(), text, &client{})
	if strings.Contains(out, "ERROR") {
		n.t.Fatalf("%s: %s", text, out)
	}
	return out
}

// TestManyUpdaters counts with ten clients at a time, half of them in blocks that try again when they are told to: none
// of the steps is lost.
func TestManyUpdaters(t *testing.T) {
	n := newNode(t)
	n.must(`CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 0), (2, 0);
		CREATE MATERIALIZED VIEW v AS SELECT sum(n) AS s FROM t`)
	const clients, steps = 10, 30
	var wg sync.WaitGroup
	for c := range clients {
		w := n.another()
		wg.Add(1)
		go func() {
			defer wg.Done()
			for done := 0; done < steps; {
				text := `UPDATE t SET n = n + 1 WHERE id = 1`
				if c%2 == 0 {
					text = `BEGIN; UPDATE t SET n = n + 1 WHERE id = 1; UPDATE t SET n = n + 1 WHERE id = 2; COMMIT`
				}
				out := w.run(context.Background(), text, &client{})
				switch {
				case !strings.Contains(out, "ERROR"):
					done++
				case strings.Contains(out, "ERROR 40001: could not serialize access due to concurrent update"):
					w.run(context.Background(), "ROLLBACK", &client{})
				default:
					t.Errorf("%s: %s", text, out)
					return
				}
			}
		}()
	}
	wg.Wait()
	want := fmt.Sprintf("1|%d\n2|%d\n%d\n", clients*steps, clients/2*steps, clients*steps+clients/2*steps)
	if got := n.must(`SELECT * FROM t ORDER BY id; SELECT s FROM v`); got != want {
		t.Fatalf("after %d steps of %d clients:\n%swant\n%s", steps, clients, got, want)
	}
	n.crash()
	if got := n.must(`SELECT * FROM t ORDER BY id; SELECT s FROM v`); got != want {
		t.Fatalf("after a restart:\n%swant\n%s", got, want)
	}
}

// TestBlocksMeet sees what two blocks see of each other, and that the second to change a row, or to take a key, is
// refused at its COMMIT and leaves nothing.
func TestBlocksMeet(t *testing.T) {
	n := newNode(t)
	n.must(`CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'one')`)
	a, b := n.another(), n.another()
	a.must(`BEGIN; UPDATE t SET v = 'a' WHERE id = 1; INSERT INTO t VALUES (2, 'a')`)
	b.must(`BEGIN; UPDATE t SET v = 'b' WHERE id = 1; INSERT INTO t VALUES (3, 'b')`)
	if got := n.must(`SELECT * FROM t ORDER BY id`); got != "1|one\n" {
		t.Fatalf("another client sees what is not committed:\n%s", got)
	}
	a.must(`COMMIT`)
	if got := b.run(t.Context(), `COMMIT`, &client{}); !strings.HasPrefix(got, "ERROR 40001: could not serialize access due to concurrent update") {
		t.Fatalf("the second COMMIT gives %s", got)
	}
	b.must(`BEGIN; INSERT INTO t VALUES (4, 'b')`)
	a.must(`INSERT INTO t VALUES (4, 'a')`)
	if got := b.run(t.Context(), `COMMIT`, &client{}); !strings.HasPrefix(got, "ERROR 23505") {
		t.Fatalf("a COMMIT with a key that was taken meanwhile gives %s", got)
	}
	b.must(`BEGIN; DELETE FROM t WHERE id = 4`)
	a.must(`ALTER TABLE t ADD COLUMN w int`)
	if got := b.run(t.Context(), `COMMIT`, &client{}); !strings.HasPrefix(got, "ERROR 42P01") {
		t.Fatalf("a COMMIT into a table that was altered meanwhile gives %s", got)
	}
	if got := n.must(`SELECT * FROM t ORDER BY id`); got != "1|a|\n2|a|\n4|a|\n" {
		t.Fatalf("at the end there is\n%s", got)
	}
}

// model is the rows of a table by key.
type model map[int]int

func (m model) copy() model {
	out := model{}
	for k, v := range m {
		out[k] = v
	}
	return out
}

func (m model) rows() string {
	var keys []int
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	var w strings.Builder
	for _, k := range keys {
		fmt.Fprintf(&w, "%d|%d\n", k, m[k])
	}
	return w.String()
}

// step changes the model, and gives the statement that does so to the table, and whether it must be refused.
func (m model) step(rt *rapid.T) (text string, refused bool) {
	k, v := rapid.IntRange(0, 8).Draw(rt, "key"), rapid.IntRange(-5, 5).Draw(rt, "value")
	_, there := m[k]
	switch rapid.IntRange(0, 5).Draw(rt, "statement") {
	case 0:
		if !there {
			m[k] = v
		}
		return fmt.Sprintf("INSERT INTO t VALUES (%d, %d)", k, v), there
	case 1:
		if there {
			m[k] += v
		} else {
			m[k] = v
		}
		return fmt.Sprintf("INSERT INTO t VALUES (%d, %d) ON CONFLICT (k) DO UPDATE SET v = t.v + excluded.v", k, v), false
	case 2:
		for x := range m {
			if x >= k {
				m[x] += v
			}
		}
		return fmt.Sprintf("UPDATE t SET v = v + %d WHERE k >= %d", v, k), false
	case 3:
		for x := range m {
			if m[x] > v {
				delete(m, x)
			}
		}
		return fmt.Sprintf("DELETE FROM t WHERE v > %d", v), false
	case 4:
		moved := model{}
		for x, y := range m {
			moved[x+1] = y
			delete(m, x)
		}
		for x, y := range moved {
			m[x] = y
		}
		return "UPDATE t SET k = k + 1", false
	}
	delete(m, k)
	return fmt.Sprintf("DELETE FROM t WHERE k = %d", k), false
}

// TestRandomChanges drives a table, a view over it and a map side by side through statements, blocks, savepoints,
// restarts and checkpoints.
func TestRandomChanges(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := newNode(t)
		defer n.e.Close()
		n.must(`CREATE TABLE t (k int PRIMARY KEY, v int);
			CREATE MATERIALIZED VIEW g AS SELECT v, count(*) AS n, sum(k) AS s FROM t GROUP BY v;
			CREATE MATERIALIZED VIEW j AS SELECT a.k, b.k AS other FROM t a JOIN t b ON a.v = b.v`)
		now := model{}
		do := func(m model) bool {
			text, refused := m.step(rt)
			out := n.run(context.Background(), text, &client{})
			if strings.Contains(out, "ERROR 23505") != refused || strings.Contains(out, "ERROR") && !refused {
				rt.Fatalf("%s gives %s", text, out)
			}
			return !refused
		}
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			switch rapid.IntRange(0, 5).Draw(rt, "step") {
			case 0:
				n.crash()
			case 1:
				if err := n.e.Live.Checkpoint(context.Background()); err != nil {
					rt.Fatal(err)
				}
			case 2:
				now = n.block(rt, now, do)
			default:
				do(now)
			}
			if got := n.must("SELECT * FROM t ORDER BY k"); got != now.rows() {
				rt.Fatalf("the table has\n%swant\n%s", got, now.rows())
			}
			same := func(view, query string) {
				if got, want := n.must("SELECT * FROM "+view+" ORDER BY 1, 2"), n.must(query); got != want {
					rt.Fatalf("view %s has\n%sits query gives\n%s", view, got, want)
				}
			}
			same("g", "SELECT v, count(*) AS n, sum(k) AS s FROM t GROUP BY v ORDER BY 1, 2")
			same("j", "SELECT a.k, b.k AS other FROM t a JOIN t b ON a.v = b.v ORDER BY 1, 2")
		}
	})
}

// block runs some statements in a block, with a savepoint that it may go back to, and gives what is there after it.
func (n *node) block(rt *rapid.T, before model, do func(model) bool) model {
	n.must("BEGIN")
	now, ok := before.copy(), true
	for range rapid.IntRange(0, 3).Draw(rt, "before the savepoint") {
		ok = ok && do(now)
	}
	if !ok {
		n.must("ROLLBACK")
		return before
	}
	n.must("SAVEPOINT s")
	saved := now.copy()
	for range rapid.IntRange(0, 3).Draw(rt, "after the savepoint") {
		ok = ok && do(now)
	}
	if !ok || rapid.Bool().Draw(rt, "back") {
		n.must("ROLLBACK TO s")
		now = saved
	}
	if got := n.must("SELECT * FROM t ORDER BY k"); got != now.rows() {
		rt.Fatalf("the block sees\n%swant\n%s", got, now.rows())
	}
	if rapid.Bool().Draw(rt, "rollback") {
		n.must("ROLLBACK")
		return before
	}
	n.must("COMMIT")
	return now
}

// TestParametersOfChanges sees that a parameter takes the type of the column that it is for.
func TestParametersOfChanges(t *testing.T) {
	n := newNode(t)
	n.must(`CREATE TABLE t (id int PRIMARY KEY, v varchar(3), d date)`)
	for text, want := range map[string]string{
		`INSERT INTO t VALUES ($1, $2, $3)`:                                                      "int4 varchar date",
		`INSERT INTO t SELECT $1, $2, $3`:                                                        "int4 varchar date",
		`UPDATE t SET v = $2, d = $3 WHERE id = $1 RETURNING id`:                                 "int4 varchar date",
		`UPDATE t SET (v, d) = ($2, $3) WHERE id IN ($1)`:                                        "int4 varchar date",
		`DELETE FROM t WHERE id = $1 AND v = $2`:                                                 "int4 text",
		`INSERT INTO t VALUES (1) ON CONFLICT (id) DO UPDATE SET v = $1, d = $2 WHERE t.id < $3`: "varchar date int4",
	} {
		stmts, err := n.s.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		p, err := n.s.Prepare(t.Context(), &stmts[0], nil)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		var got []string
		for _, p := range p.Params {
			got = append(got, p.Name())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s has parameters %v, want %s", text, got, want)
		}
	}
}

// TestTableOutgrowsMemory lets a table fail for want of memory. Checkpoints after that, and a log that forgets all it may,
// lose none of its rows: a node with more memory has them.
func TestTableOutgrowsMemory(t *testing.T) {
	n := newNode(t)
	n.e.Close()
	n.memory = mem.New("node", 8<<20)
	n.start()
	n.must(`CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (-4, 'first');
		INSERT INTO t VALUES (-3, 'a'); INSERT INTO t VALUES (-2, 'a'); INSERT INTO t VALUES (-1, 'a')`)
	if err := n.e.Live.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := n.e.Trim(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	out, acknowledged := "", 4
	for i := 0; i < 100 && !strings.Contains(out, "ERROR"); i++ {
		out = n.run(t.Context(), fmt.Sprintf(`INSERT INTO t SELECT %d + i, repeat('x', 100) FROM generate_series(0, 4999) i`, i*5000), &client{})
		if !strings.Contains(out, "ERROR") {
			acknowledged += 5000
		}
		if strings.Contains(n.run(t.Context(), `SELECT count(*) FROM t`, &client{}), "ERROR 53200") {
			out = "ERROR"
		}
	}
	if out == "" || !strings.Contains(out, "ERROR") {
		t.Fatal("8 MiB hold 500,000 rows")
	}
	if err := n.e.Live.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := n.e.Trim(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	n.memory = nil
	n.crash()
	if got, want := n.must(`SELECT count(*), min(id) FROM t`), fmt.Sprintf("%d|-4\n", acknowledged); got != want {
		t.Fatalf("the table has %swant %s", got, want)
	}
}

// A view over a stream and a table that no checkpoint knows yet begins with the rows that the stream had before it, after
// a restart as well.
func TestYoungViewRestarts(t *testing.T) {
	n := newNode(t)
	n.must(`CREATE STREAM s (a int); CREATE TABLE t (a int PRIMARY KEY); INSERT INTO s VALUES (1), (2); INSERT INTO t VALUES (2);
		CREATE MATERIALIZED VIEW v AS SELECT s.a, t.a AS b FROM s LEFT JOIN t ON s.a = t.a; INSERT INTO t VALUES (1)`)
	want := n.must(`SELECT * FROM v ORDER BY a`)
	n.crash()
	if got := n.must(`SELECT * FROM v ORDER BY a`); got != want {
		t.Fatalf("after a restart:\n%swant\n%s", got, want)
	}
}
