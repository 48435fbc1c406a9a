package session_test

import (
	"strings"
	"testing"

	"github.com/vexfs/vexstream/sql/session"
)

// as runs a text in another session than the node's own.
func (n *node) as(s *session.Session, text string) string {
	n.t.Helper()
	was := n.s
	defer func() { n.s = was }()
	n.s = s
	return n.run(n.t.Context(), text, &client{})
}

func (n *node) session(user string) *session.Session {
	n.t.Helper()
	s, err := n.e.Session(user, "vexstream", nil)
	if err != nil {
		n.t.Fatal(err)
	}
	return s
}

// TestTemporaryTablesAreTheSessions: two sessions have tables of one name that know nothing of each other, and each table
// goes with its session, or with a crash; nothing of them is left in the catalog.
func TestTemporaryTablesAreTheSessions(t *testing.T) {
	n := newNode(t)
	if got := n.as(n.s, "CREATE TABLE lasting (a int); CREATE ROLE anna LOGIN"); strings.Contains(got, "ERROR") {
		t.Fatal(got)
	}
	one, two := n.session("anna"), n.session("berta")
	for _, c := range []struct {
		s          *session.Session
		text, want string
	}{
		{one, "CREATE TEMP TABLE t (a serial, b int); INSERT INTO t (b) VALUES (10); SELECT * FROM t", "CREATE TABLE\nINSERT 0 1\n1|10\n"},
		{two, "SELECT * FROM t", "ERROR 42P01: relation \"t\" does not exist at 15\nHINT: SHOW STREAMS and SHOW VIEWS list what is there; CREATE STREAM makes a new one.\n"},
		{two, "CREATE TEMP TABLE t (b int); INSERT INTO t VALUES (20); SELECT * FROM t", "CREATE TABLE\nINSERT 0 1\n20\n"},
		{two, "SELECT * FROM pg_temp_1.t", "ERROR 0A000: cannot access temporary tables of other sessions at 15\n"},
		{two, "CREATE TABLE pg_temp_1.u (a int)", "ERROR 42P16: cannot create relations in temporary schemas of other sessions at 14\n"},
		{one, "SELECT * FROM pg_temp.t; SELECT * FROM pg_temp_1.t", "1|10\n1|10\n"},
		{one, "CREATE STREAM pg_temp.s (a int)", "ERROR 0A000: a temporary stream is not supported at 15\nHINT: Make a stream of its own name, and drop it afterwards.\n"},
		{two, "CREATE MATERIALIZED VIEW m AS SELECT * FROM t", "ERROR 0A000: materialized views must not use temporary tables or views at 26\nHINT: Make the table without TEMPORARY.\n"},
		{one, "DISCARD SEQUENCES; SELECT nspname FROM pg_namespace WHERE nspname LIKE 'pg!_temp%' ESCAPE '!' ORDER BY 1", "DISCARD SEQUENCES\npg_temp_1\npg_temp_2\n"},
	} {
		if got := n.as(c.s, c.text); got != c.want {
			t.Errorf("%s gives\n%swant\n%s", c.text, got, c.want)
		}
	}
	one.Close()
	const left = "SELECT relname FROM pg_class WHERE relname IN ('t', 't_a_seq', 'lasting') ORDER BY 1; SELECT nspname FROM pg_namespace WHERE nspname LIKE 'pg!_temp%' ESCAPE '!'"
	if got := n.as(n.s, left); got != "lasting\nt\npg_temp_2\n" {
		t.Errorf("after the end of a session there is\n%s", got)
	}
	n.crash()
	if got := n.as(n.s, left); got != "lasting\n" {
		t.Errorf("after a crash there is\n%s", got)
	}
	three := n.session("anna")
	if got := n.as(three, "CREATE TEMP TABLE t (c int); INSERT INTO t VALUES (30); SELECT * FROM t"); got != "CREATE TABLE\nINSERT 0 1\n30\n" {
		t.Errorf("a session after the crash got\n%s", got)
	}
	three.Close()
	n.crash()
	if got := n.as(n.s, left+"; INSERT INTO lasting VALUES (1); SELECT * FROM lasting"); got != "lasting\nINSERT 0 1\n1\n" {
		t.Errorf("after the second crash there is\n%s", got)
	}
}
