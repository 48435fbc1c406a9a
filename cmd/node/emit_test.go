package node

import (
	"context"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vexfs/vexstream/bridge"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

func answer(t *testing.T, n *Node, sql string) string {
	t.Helper()
	got, err := n.Query(t.Context(), sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	var lines []string
	for _, r := range got {
		lines = append(lines, strings.Join(r, "|"))
	}
	return strings.Join(lines, "\n")
}

// TestEmit has several goroutines emit more than the batches hold; Flush returns when all of it is there, and so does
// Close, over a restart.
func TestEmit(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	n, err := Open(t.Context(), Settings{Data: dir, MinFree: -1, Host: "here"})
	if err != nil {
		t.Fatal(err)
	}
	const each = 60_000
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range each {
				e := bridge.Event{Type: "Work", UserID: "u" + strconv.Itoa(g), SizeBytes: int64(i), Has: bridge.HasSizeBytes}
				if err := n.Emit(t.Context(), e); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if err := n.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	const all = "SELECT user_id, count(*), sum(size_bytes), count(DISTINCT event_id), min(source), min(boundary), min(host) FROM events GROUP BY 1 ORDER BY 1"
	line := "|60000|1799970000|60000|go|userspace|here"
	if got, want := answer(t, n, all), "u0"+line+"\nu1"+line+"\nu2"+line+"\nu3"+line; got != want {
		t.Errorf("after Flush there are\n%s\nwant\n%s", got, want)
	}
	if err := n.Emit(t.Context(), bridge.Event{Type: "Last", Content: `{"bb": 1, "a":  [2]}`}); err != nil {
		t.Fatal(err)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	if err := n.Emit(t.Context(), bridge.Event{Type: "Late"}); sqlerr.CodeOf(err) != sqlerr.AdminShutdown {
		t.Errorf("Emit after Close gives %v", err)
	}
	if n, err = Open(t.Context(), Settings{Data: dir, MinFree: -1}); err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if got := answer(t, n, "SELECT count(*), max(content::text) FROM events"); got != `240001|{"a": [2], "bb": 1}` {
		t.Errorf("after a restart there are %s", got)
	}
}

func TestEmitRefuses(t *testing.T) {
	n, err := Open(t.Context(), Settings{})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx  context.Context
		e    bridge.Event
		code sqlerr.Code
	}{
		"no type":    {t.Context(), bridge.Event{Path: "/a"}, sqlerr.NotNullViolation},
		"no text":    {t.Context(), bridge.Event{Type: "A", Path: "/\xff"}, sqlerr.CharacterNotInRepertoire},
		"no JSON":    {t.Context(), bridge.Event{Type: "A", Content: "{"}, sqlerr.InvalidTextRepresentation},
		"given up":   {gone, bridge.Event{Type: "A"}, sqlerr.QueryCanceled},
		"no mistake": {t.Context(), bridge.Event{Type: "A"}, ""},
	} {
		if err := n.Emit(c.ctx, c.e); sqlerr.CodeOf(err) != c.code && (err != nil || c.code != "") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := n.Flush(t.Context()); err != nil {
		t.Error(err)
	}
	if got := answer(t, n, "SELECT count(*) FROM events"); got != "1" {
		t.Errorf("%s events", got)
	}
}

// TestFlushTellsOfLoss has the disk refuse a batch: Flush says so once, and a row of type Loss does when it is over.
func TestFlushTellsOfLoss(t *testing.T) {
	n, err := Open(t.Context(), Settings{})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	emit := func(kind string, code sqlerr.Code) {
		t.Helper()
		if err := n.Emit(t.Context(), bridge.Event{Type: kind}); err != nil {
			t.Fatal(err)
		}
		if err := n.Flush(t.Context()); (err == nil) != (code == "") || err != nil && sqlerr.CodeOf(err) != code {
			t.Errorf("Flush after %s gives %v", kind, err)
		}
	}
	emit("One", "")
	n.emitter.sink.commit = func(context.Context, ...*batch.Batch) error { return sqlerr.New(sqlerr.DiskFull, "no room") }
	emit("Two", sqlerr.DiskFull)
	if err := n.Flush(t.Context()); err != nil {
		t.Errorf("Flush says twice: %v", err)
	}
	n.emitter.sink.commit = n.storeEvents
	emit("Three", "")
	if got, want := answer(t, n, "SELECT event_type, lost FROM events"), "One|\nLoss|1\nThree|"; got != want {
		t.Errorf("events are\n%s\nwant\n%s", got, want)
	}
}

// TestDecide has a program ask what the triggers would do with an event, and finds that Emit does so.
func TestDecide(t *testing.T) {
	n, err := Open(t.Context(), Settings{Host: "here"})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	err = n.Run(t.Context(), `CREATE STREAM copies (file_path text, host text, priority smallint);
		CREATE TRIGGER no BEFORE INSERT ON events FOR EACH ROW WHEN (file_path LIKE '%.tmp') EXECUTE FUNCTION log('info', file_path), block() WITH (keep = true, priority = 7);
		CREATE TRIGGER go AFTER INSERT ON events FOR EACH ROW WHEN (file_path LIKE '/data/%' AND source = 'go' AND host = 'here') EXECUTE FUNCTION route('copies');
		CREATE TRIGGER on_copy AFTER INSERT ON copies FOR EACH ROW EXECUTE FUNCTION metric('seen', 1 / coalesce(priority, 0))`, nil)
	if err != nil {
		t.Fatal(err)
	}
	var all []bridge.Event
	for path, want := range map[string]Decision{
		"/data/a.tmp": {Actions: []Decided{
			{Relation: "events", Trigger: "no", Before: true, Priority: 7, Action: "log"},
			{Relation: "events", Trigger: "no", Before: true, Priority: 7, Action: "block"},
		}},
		"/data/a": {Stored: true, Actions: []Decided{
			{Relation: "events", Trigger: "go", Action: "route", Destination: "copies"},
			{Relation: "copies", Trigger: "on_copy", Action: "metric", Error: "division by zero"},
		}},
		"/tmp/a": {Stored: true},
	} {
		e := bridge.Event{Type: "Work", Path: path}
		got, err := n.Decide(t.Context(), e)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", path, d)
		}
		all = append(all, e)
	}
	if got := answer(t, n, "SELECT sum(rows), sum(matches) FROM vex.triggers"); got != "0|0" {
		t.Errorf("Decide was counted: %s", got)
	}
	for _, e := range all {
		if err := n.Emit(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if err := n.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := answer(t, n, "SELECT file_path FROM events ORDER BY 1"), "/data/a\n/tmp/a"; got != want {
		t.Errorf("stored are %q, want %q", got, want)
	}
	if got, want := answer(t, n, "SELECT file_path FROM copies"), "/data/a"; got != want {
		t.Errorf("copies are %q, want %q", got, want)
	}
	if _, err := n.Decide(t.Context(), bridge.Event{}); sqlerr.CodeOf(err) != sqlerr.NotNullViolation {
		t.Errorf("an event without a type: %v", err)
	}
}
