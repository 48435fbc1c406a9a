package session_test

import (
	"testing"

	"github.com/vexfs/vexstream/sql/session"
)

// TestPreparedKeepsPlan: a prepared statement is bound again once after the catalog has changed, and not in between;
// when its columns became others, it is refused.
func TestPreparedKeepsPlan(t *testing.T) {
	n := newNode(t)
	ctx := t.Context()
	n.run(ctx, "CREATE STREAM s (a bigint, b text); INSERT INTO s VALUES (1, 'x'), (2, 'y')", &client{})
	stmts, err := n.s.Parse("SELECT * FROM s WHERE a > 1")
	if err != nil {
		t.Fatal(err)
	}
	p, err := n.s.Prepare(ctx, &stmts[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	run := func(want string) {
		t.Helper()
		c := &client{}
		if _, err := n.s.Run(ctx, p, nil, c); err != nil {
			t.Fatal(err)
		}
		if c.String() != want {
			t.Fatalf("got %q, want %q", c.String(), want)
		}
	}
	first := session.PlanOf(p)
	run("2|y\n")
	if session.PlanOf(p) != first {
		t.Error("planned again though the catalog is the same")
	}
	n.run(ctx, "CREATE STREAM other (a bigint); INSERT INTO s VALUES (3, 'z')", &client{})
	run("2|y\n3|z\n")
	second := session.PlanOf(p)
	if second == first {
		t.Error("not planned again though the catalog has changed")
	}
	run("2|y\n3|z\n")
	if session.PlanOf(p) != second {
		t.Error("planned again though the catalog is the same")
	}
	n.run(ctx, "DROP STREAM s; CREATE STREAM s (a bigint, c text)", &client{})
	_, err = n.s.Run(ctx, p, nil, &client{})
	if err == nil || err.Error() != "cached plan must not change result type (SQLSTATE 0A000)" {
		t.Fatalf("over other columns: %v", err)
	}
}
