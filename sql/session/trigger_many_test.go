package session_test

import (
	"fmt"
	"strings"
	"testing"
)

// manyTriggers begins a block that makes 30 triggers, of more bytes than one transaction of the store holds.
func manyTriggers() string {
	block := "BEGIN;"
	for i := range 30 {
		block += fmt.Sprintf("CREATE TRIGGER t%d AFTER INSERT ON s FOR EACH ROW WHEN (a = '%s') EXECUTE FUNCTION route('d');", i, strings.Repeat("x", 100_000))
	}
	return block
}

// TestManyTriggersComeTogether cuts a node off at each step of a COMMIT that makes more triggers than one transaction of the
// store holds: all of them are there or none, whether the node goes on or starts again, and what comes later is not
// mistaken for them.
func TestManyTriggersComeTogether(t *testing.T) {
	const count = "SELECT count(*) FROM pg_trigger"
	block := manyTriggers()
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

// TestManyTriggersChangeTogether cuts a node off at each step of a statement that changes more triggers than one transaction of the
// store holds: all of them have changed or none, whether the node goes on or starts again.
func TestManyTriggersChangeTogether(t *testing.T) {
	const count = "SELECT count(*) FILTER (WHERE tgenabled = 'D') FROM pg_trigger"
	block := manyTriggers()
	none, all := 0, 0
	for cut := 0; ; cut++ {
		n := newFused(t)
		n.must("CREATE STREAM s (a text); CREATE STREAM d (a text);" + block + "COMMIT")
		n.f.arm(cut/2, cut%2 == 1)
		got := n.run(t.Context(), "ALTER TABLE s DISABLE TRIGGER ALL", &client{})
		if !n.f.arm(-1, false) {
			if n.crash(); strings.Contains(got, "ERROR") || n.must(count) != "30\n" {
				t.Fatalf("%q without a cut: %s", got, n.must(count))
			}
			break
		}
		done := !strings.Contains(got, "ERROR")
		if cut%4 < 2 { // it goes on, and what comes next finds the change or does without
			if now := n.must(count); done != (now == "30\n") || !done && now != "0\n" {
				t.Fatalf("cut at %d, answered %q: %s", cut, got, now)
			}
			was := n.must(count)
			if next := n.run(t.Context(), "CREATE TABLE next (a int)", &client{}); !strings.Contains(next, "ERROR") {
				if n.crash(); n.must(count) != was {
					t.Fatalf("cut at %d, answered %q: %s, not %s after a start", cut, got, n.must(count), was)
				}
				continue
			}
		}
		n.crash()
		switch now := n.must(count); {
		case now == "0\n" && !done:
			none++
		case now == "30\n":
			all++
		default:
			t.Fatalf("cut at %d, answered %q: %s", cut, got, now)
		}
		n.must("ALTER TABLE s ENABLE TRIGGER ALL; ALTER TABLE s DISABLE TRIGGER t1")
		if n.crash(); n.must(count) != "1\n" {
			t.Fatalf("cut at %d: %s disabled after all were enabled but one", cut, n.must(count))
		}
	}
	if none < 2 || all < 2 {
		t.Fatalf("%d cuts left none, and %d all", none, all)
	}
}
