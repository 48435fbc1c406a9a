package session_test

import (
	"testing"

	"github.com/vexfs/vexstream/sql/session"
)

// TestSessionsBeginWithStoredSettings: what is kept for everybody yields to what is kept for the role, that to what is
// kept for it in the database, and all to what the client named when it connected. RESET goes back there, also after a
// restart, and a role takes its settings with it.
func TestSessionsBeginWithStoredSettings(t *testing.T) {
	n := newNode(t)
	run := func(s *session.Session, text string) string {
		t.Helper()
		was := n.s
		defer func() { n.s = was }()
		n.s = s
		return n.run(t.Context(), text, &client{})
	}
	for _, text := range []string{
		"CREATE ROLE anna LOGIN", "ALTER ROLE ALL SET timezone = 'Asia/Tokyo'", "ALTER ROLE ALL SET intervalstyle = 'iso_8601'",
		"ALTER DATABASE vexstream SET timezone = 'Asia/Seoul'", "ALTER DATABASE vexstream SET datestyle = 'German'",
		"ALTER ROLE anna SET timezone = 'Europe/Berlin'", "ALTER ROLE anna SET datestyle = 'ISO, YMD'",
		"ALTER ROLE anna IN DATABASE vexstream SET datestyle = 'SQL'", "ALTER ROLE anna SET application_name = 'stored'",
		"ALTER ROLE anna RENAME TO berta", "COMMENT ON DATABASE vexstream IS 'the one'",
	} {
		if got := run(n.s, text); len(got) > 5 && got[:5] == "ERROR" {
			t.Fatalf("%s: %s", text, got)
		}
	}
	n.crash()
	s, err := n.e.Session("berta", "vexstream", map[string]string{"application_name": "named"})
	if err != nil {
		t.Fatal(err)
	}
	const show = "SHOW timezone; SHOW datestyle; SHOW intervalstyle; SHOW application_name"
	const want = "Europe/Berlin\nSQL, MDY\niso_8601\nnamed\n"
	if got := run(s, show); got != want {
		t.Errorf("the session begins with\n%swant\n%s", got, want)
	}
	run(s, "SET timezone = UTC; SET datestyle = ISO; SET intervalstyle = postgres; SET application_name = x")
	if got := run(s, "DISCARD ALL; "+show); got != "DISCARD ALL\n"+want {
		t.Errorf("after DISCARD ALL:\n%swant\n%s", got, want)
	}
	if got := run(s, "SET timezone = UTC; RESET timezone; SHOW timezone"); got != "SET\nRESET\nEurope/Berlin\n" {
		t.Errorf("after RESET: %s", got)
	}
	if got := run(n.s, "SELECT shobj_description(oid, 'pg_database') FROM pg_database"); got != "the one\n" {
		t.Errorf("the comment is %s", got)
	}
	if got := run(n.s, "DROP ROLE berta; SELECT setdatabase, setrole, setconfig FROM pg_db_role_setting"); got != "DROP ROLE\n0|0|{TimeZone=Asia/Tokyo,IntervalStyle=iso_8601}\n5|0|{TimeZone=Asia/Seoul,DateStyle=German}\n" {
		t.Errorf("after DROP ROLE there is %s", got)
	}
	if got := run(s, "ALTER ROLE ALL SET timezone = UTC"); got != "ERROR 42501: must be superuser to alter settings globally\n" {
		t.Errorf("a role of no rights got %s", got)
	}
}
