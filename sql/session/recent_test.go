package session_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/plan"
	"github.com/vexfs/vexstream/sql/session"
)

// TestRecentTextsKeepPlans: a text that came twice is bound again only where that could give something else.
func TestRecentTextsKeepPlans(t *testing.T) {
	n := newNode(t)
	ctx := t.Context()
	n.run(ctx, "CREATE STREAM s (a bigint, b text); CREATE STREAM u (a bigint); CREATE ROLE r SUPERUSER; CREATE ROLE q SUPERUSER", &client{})
	bound := func(text string, declared ...types.Type) plan.Node {
		t.Helper()
		stmts, err := n.s.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		p, err := n.s.Prepare(ctx, &stmts[0], declared)
		if err != nil {
			t.Fatal(err)
		}
		return session.PlanOf(p)
	}
	check := func(what string, kept bool, a, b plan.Node) {
		t.Helper()
		if (a == b) != kept {
			t.Errorf("%s: plan kept: %t, want %t", what, a == b, kept)
		}
	}
	const text = "SELECT a FROM s WHERE b = $1"
	once := bound(text)
	first := bound(text)
	check("what may never come again", false, once, first)
	check("the same again", true, first, bound(text))
	check("blanks", false, first, bound(text+" "))
	check("declared", false, first, bound(text, types.Varchar))
	n.run(ctx, "SET role = r", &client{})
	check("another user", false, bound(text), first)
	const who = "SELECT session_user, current_user"
	bound(who)
	before := bound(who)
	check("names", true, before, bound(who))
	n.run(ctx, "RESET role; SET SESSION AUTHORIZATION q; SET role = r", &client{})
	check("another session user", false, before, bound(who))
	n.run(ctx, "RESET role; RESET SESSION AUTHORIZATION", &client{})

	first = bound(text)
	n.run(ctx, "CREATE SCHEMA w; SET search_path = w, public", &client{})
	check("search_path", false, first, bound(text))
	first = bound(text)
	n.run(ctx, "DROP STREAM s; CREATE STREAM s (a integer, b text)", &client{})
	after := bound(text)
	check("catalog", false, first, after)
	if got := after.Schema()[0].Type; got != types.Int4 {
		t.Errorf("column a is %v after it was made anew", got)
	}

	const join = "SELECT s.a FROM s JOIN u ON s.a = u.a"
	bound(join)
	check("a plan that goes by sizes", false, bound(join), bound(join))
	long := "SELECT '" + strings.Repeat("x", 1<<10) + "'"
	bound(long)
	check("a long text", false, bound(long), bound(long))
	first = bound(text)
	for i := range 16 {
		bound(fmt.Sprintf("SELECT %d", i))
	}
	check("pushed out by others", false, first, bound(text))
}

// TestRecentTextsTellAgain: what a statement has to say beside its rows is said each time.
func TestRecentTextsTellAgain(t *testing.T) {
	n := newNode(t)
	text := "SELECT 1 AS " + strings.Repeat("n", 70)
	first, second := n.run(t.Context(), text, &client{}), n.run(t.Context(), text, &client{})
	if first != second || !strings.Contains(first, "NOTICE") {
		t.Errorf("first %q, then %q", first, second)
	}
}

// TestRecentTextsAskForRights: a text whose plan is kept is refused as soon as its user may not run it any more.
func TestRecentTextsAskForRights(t *testing.T) {
	n := newNode(t)
	ctx := t.Context()
	n.run(ctx, "CREATE TABLE d (a int); CREATE ROLE r; GRANT SELECT ON d TO r; SET role = r", &client{})
	const text = "SELECT a FROM d"
	if got := n.run(ctx, text, &client{}); strings.Contains(got, "42501") {
		t.Fatal(got)
	}
	n.run(ctx, "RESET role; REVOKE SELECT ON d FROM r; SET role = r", &client{})
	if got := n.run(ctx, text, &client{}); !strings.Contains(got, "42501") {
		t.Errorf("after REVOKE: %q", got)
	}
}
