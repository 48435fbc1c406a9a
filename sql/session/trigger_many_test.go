package session_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestManyTriggersComeTogether cuts a node off at each step of a COMMIT that makes more triggers than one transaction of the
// store holds: all of them are there or none, whether the node goes on or starts again, and what comes later is not
// mistaken for them.
func TestManyTriggersComeTogether(t *testing.T) {
	const count = "SELECT count(*) FROM pg_trigger"
	block := "BEGIN;"
	for i := range 30 {
		block += fmt.Sprintf("CREATE TRIGGER t%d AFTER INSERT ON s FOR EACH ROW WHEN (a = '%s') EXECUTE FUNCTION route('d');", i, strings.Repeat("x", 100_000))
	}
	none, all := 0, 0
	for cut := 0; ; cut++ {
		n := newFused(t)
		n.must("CREATE STREAM s (a text); CREATE STREAM d (a text);" + block)
		n.f.arm(cut/2, cut%2 == 1)
		got := n.run(t.Context(), "COMMIT", &client{})
		if !n.f.arm(-1, false) {
			if strings.Contains(got, "ERROR") || n.must(count) != "30\n" {
				t.Fatalf("%q without a cut: %s", got, n.must(count))
			}
			break
		}
		if cut%4 < 2 { // it goes on
			_ = n.run(t.Context(), "ROLLBACK; CREATE TABLE next (a int)", &client{})
		}
		n.crash()
		switch now := n.must(count); {
		case now == "0\n" && strings.Contains(got, "ERROR"):
			none++
		case now == "30\n":
			all++
		default:
			t.Fatalf("cut at %d, answered %q: %s", cut, got, now)
		}
		was := n.must(count)
		n.must("CREATE STREAM later (a text); CREATE TRIGGER one BEFORE INSERT ON later FOR EACH ROW EXECUTE FUNCTION block(); DROP TRIGGER one ON later")
		if n.crash(); n.must(count) != was {
			t.Fatalf("cut at %d: %s after more was made, not %s", cut, n.must(count), was)
		}
	}
	if none < 4 || all == 0 {
		t.Fatalf("%d cuts left none, and %d all", none, all)
	}
}
