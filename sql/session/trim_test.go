package session_test

import (
	"strings"
	"testing"
)

// A log above its limit forgets its oldest rows once a checkpoint has them; the views stay as they were, also after a
// crash.
func TestTrimKeepsWhatViewsNeed(t *testing.T) {
	n := newNode(t)
	ctx := t.Context()
	n.run(ctx, "CREATE STREAM s (a bigint); CREATE MATERIALIZED VIEW v AS SELECT count(*), sum(a) FROM s", &client{})
	for range 40 {
		n.run(ctx, "INSERT INTO s VALUES (1), (2)", &client{})
	}
	if err := n.e.Trim(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if first, _ := n.log.Bounds(); first != 1 {
		t.Fatalf("the log begins at epoch %d, and no checkpoint has what it forgot", first)
	}
	if err := n.e.Live.Checkpoint(ctx); err != nil {
		t.Fatal(err)
	}
	if err := n.e.Trim(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if first, _ := n.log.Bounds(); first == 1 {
		t.Fatal("the log has forgotten nothing")
	}
	n.run(ctx, "INSERT INTO s VALUES (5)", &client{})
	n.crash()
	if got := n.run(ctx, "SELECT * FROM v", &client{}); got != "81|125\n" {
		t.Fatalf("the view is %q", got)
	}
	got := n.run(ctx, "CREATE MATERIALIZED VIEW w AS SELECT count(*) FROM s; SELECT * FROM w", &client{})
	if strings.HasSuffix(got, "\n81\n") || !strings.Contains(got, "CREATE MATERIALIZED VIEW\n") {
		t.Fatalf("a new view over what is left: %q", got)
	}
}
