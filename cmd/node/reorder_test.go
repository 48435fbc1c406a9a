package node_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"
)

// pool are messages that a client may send in any order, as lines of a script.
var pool = []string{
	"P - - SELECT a FROM w ORDER BY a", "P s - SELECT a, b FROM w WHERE a > $1 ORDER BY a", "P i 23 INSERT INTO w VALUES ($1, 'new')",
	"P d - DELETE FROM w WHERE a = 1 RETURNING a", "P x - SELECT 10 / (3 - a) FROM w ORDER BY a", "P - - SELEC 1", "P - - ", "P s - SELECT 1",
	"P - - BEGIN", "P - - COMMIT", "P - - ROLLBACK", "P - - SHOW application_name",
	"B - - -", "B - s - 1", "B p s 1 0", "B p i - 7", "B q i - 8", "B - i - z", "B - x -", "B p d -", "B q nothing -", "B - s - 1 2",
	"D S -", "D S s", "D P -", "D P p", "D S i", "D P q",
	"E - 0", "E - 1", "E p 0", "E p 1", "E q 0", "E - 2",
	"C S s", "C P p", "C P -", "C S nothing",
	"S", "S", "S", "H",
	"Q SELECT 1", "Q BEGIN", "Q COMMIT", "Q ROLLBACK", "Q SELECT nothing", "Q INSERT INTO w VALUES (9, 'q'); SELECT count(*) FROM w", "Q ",
	"Q SAVEPOINT a", "Q ROLLBACK TO a", "d 1\\tx\\n", "c",
}

const lastWords = "the last words"

// scramble sends a sequence and gives all that comes, with what the table holds in the end.
func scramble(t *testing.T, c *talk, sequence []string) string {
	for _, line := range sequence {
		c.f.Send(message(t, line))
	}
	for _, line := range []string{"S", "Q ROLLBACK", "Q SELECT a, b FROM w ORDER BY a, b", "Q SELECT '" + lastWords + "'"} {
		c.f.Send(message(t, line))
	}
	if err := c.f.Flush(); err != nil {
		return err.Error()
	}
	var out strings.Builder
	for !strings.Contains(out.String(), lastWords) && !strings.HasSuffix(out.String(), "the end\n") {
		out.WriteString(c.receive("Z"))
	}
	return out.String()
}

// TestScrambledMessages sends messages in random orders: the server answers each as PostgreSQL does, and goes on.
func TestScrambledMessages(t *testing.T) {
	rounds, seed := 50, uint64(1)
	if n, err := strconv.Atoi(os.Getenv("VEXSTREAM_TEST_SCALE")); err == nil {
		rounds *= n
	}
	if n, err := strconv.ParseUint(os.Getenv("VEXSTREAM_TEST_SEED"), 10, 64); err == nil {
		seed = n
	}
	n, honest := server(t)
	exec(t, honest, "CREATE TABLE w (a int, b text)")
	dir := os.Getenv("VEXSTREAM_TEST_POSTGRES")
	var other *talk
	path := filepath.Join(dir, ".s.PGSQL.5432")
	if dir != "" {
		other = dialScript(t, "unix", path, "postgres")
		other.ask(t, "SET client_min_messages = warning; DROP TABLE IF EXISTS w; CREATE TABLE w (a int, b text)")
	}
	const fresh = "TRUNCATE w; INSERT INTO w VALUES (1, 'one'), (2, 'two'), (3, 'three')"
	for round := range rounds {
		r := rand.New(rand.NewPCG(seed, uint64(round)))
		sequence := make([]string, 3+r.IntN(20))
		for i := range sequence {
			sequence[i] = pool[r.IntN(len(pool))]
		}
		exec(t, honest, fresh)
		here := dialScript(t, "tcp", n.PgAddr(), "admin")
		got := scramble(t, here, sequence)
		here.net.Close()
		if !strings.Contains(got, lastWords) {
			t.Fatalf("seed %d, round %d: the connection ended\n%s\ngives\n%s", seed, round, strings.Join(sequence, "\n"), got)
		}
		if other == nil {
			continue
		}
		other.ask(t, fresh)
		there := dialScript(t, "unix", path, "postgres")
		want := scramble(t, there, sequence)
		there.net.Close()
		if !sameTalk(got, want) {
			t.Fatalf("seed %d, round %d: %s\ngives\n%sand PostgreSQL\n%s", seed, round, strings.Join(sequence, "\n"), got, want)
		}
	}
	if other != nil {
		other.ask(t, "DROP TABLE w")
	}
}

// ask runs a text and drops the answer.
func (c *talk) ask(t *testing.T, text string) {
	t.Helper()
	c.f.Send(&pgproto3.Query{String: text})
	if err := c.f.Flush(); err != nil {
		t.Fatal(err)
	}
	if got := c.receive("Z"); strings.Contains(got, "E ERROR") {
		t.Fatal(fmt.Sprint(text, ": ", got))
	}
}
