package session_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/session"
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

// What triggers asked for is in the log until it is taken in, however large the log is and however long that takes.
func TestTrimKeepsErrands(t *testing.T) {
	n := newNode(t)
	n.run(t.Context(), "CREATE STREAM s (a bigint); CREATE TRIGGER t AFTER INSERT ON s FOR EACH ROW EXECUTE FUNCTION log('info', a::text)", &client{})
	n.run(t.Context(), "INSERT INTO s VALUES (0)", &client{})
	down := errors.New("down")
	if err := n.e.RunErrands(t.Context(), func(uint32, uint64, types.Micros, []session.Errand) error { return down }); !errors.Is(err, down) {
		t.Fatal(err)
	}
	for i := range 40 {
		n.run(t.Context(), fmt.Sprintf("INSERT INTO s VALUES (%d)", i+1), &client{})
	}
	trim := func() (first uint64) {
		t.Helper()
		if err := errors.Join(n.e.Live.Checkpoint(t.Context()), n.e.Trim(t.Context(), 1)); err != nil {
			t.Fatal(err)
		}
		first, _ = n.log.Bounds()
		return first
	}
	kept := trim()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // for a log that has forgotten some
	var got []string
	err := n.e.RunErrands(ctx, func(_ uint32, _ uint64, _ types.Micros, all []session.Errand) error {
		for _, x := range all {
			got = append(got, x.Payload)
		}
		if len(got) == 41 {
			cancel()
		}
		return nil
	})
	if err != nil || len(got) != 41 || got[0] != "0" || got[40] != "40" {
		t.Fatalf("%v: %q", err, got)
	}
	n.crash()
	idle, stop := context.WithCancel(t.Context())
	stop()
	if err := n.e.RunErrands(idle, nil); err != nil {
		t.Fatal(err)
	}
	if first := trim(); first <= kept {
		t.Fatalf("the log begins at epoch %d, as it did before all was done", first)
	}
}
