package node_test

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vexfs/vexstream/bridge"
	"github.com/vexfs/vexstream/cmd/node"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// TestTriggersSeeEveryWriter has rows of SQL, COPY, an appender and Emit meet the same trigger.
func TestTriggersSeeEveryWriter(t *testing.T) {
	n := open(t, node.Settings{})
	ctx := t.Context()
	run(t, n, `CREATE STREAM copies (source text, file_path text, event_id uuid);
		CREATE TRIGGER go AFTER INSERT ON events FOR EACH ROW WHEN (file_path LIKE '%.keep') EXECUTE FUNCTION route('copies');
		CREATE TRIGGER no BEFORE INSERT ON events FOR EACH ROW WHEN (file_path LIKE '%.no') EXECUTE FUNCTION block();
		INSERT INTO events (event_type, file_path) VALUES ('A', 'sql.keep'), ('A', 'sql.no'), ('A', 'sql')`)
	a, err := n.Appender("events")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"appender.keep", "appender.no"} {
		a.Fixed16(a.Column("event_id"), [16]byte{1})
		a.Time(a.Column("ts"), types.Micros(1))
		a.String(a.Column("event_type"), "A")
		a.String(a.Column("source"), "appender")
		a.String(a.Column("boundary"), "userspace")
		a.String(a.Column("file_path"), path)
		if err := a.EndRow(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"emit.keep", "emit.no"} {
		if err := n.Emit(ctx, bridge.Event{Type: "A", Path: path}); err != nil {
			t.Fatal(err)
		}
	}
	if err := n.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	want(t, n, `SELECT source, file_path FROM copies ORDER BY 2`, "appender|appender.keep\ngo|emit.keep\nsql|sql.keep")
	want(t, n, `SELECT file_path FROM events ORDER BY 1`, "appender.keep\nemit.keep\nsql\nsql.keep")
	want(t, n, `SELECT name, rows, matches FROM vex.triggers ORDER BY 1`, "go|4|3\nno|7|3")
}

// TestPropagation counts what triggers send: a copy that comes again is dropped by its event_id, and copies are still the events
// that they were.
func TestPropagation(t *testing.T) {
	n := open(t, node.Settings{})
	run(t, n, `CREATE STREAM analytics (event_id uuid, ts timestamptz, file_path text, context_hash bytea) WITH (dedup_key = 'event_id');
		CREATE STREAM lines (parent_event_id uuid, line text);
		CREATE TRIGGER a AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION route('analytics');
		CREATE TRIGGER b AFTER INSERT ON events FOR EACH ROW WHEN (file_path LIKE '%x') EXECUTE FUNCTION insert_into('lines', line => file_path), route('analytics');
		INSERT INTO events (event_type, file_path) VALUES ('A', 'x'), ('A', 'y'), ('A', 'xx')`)
	want(t, n, `SELECT count(*), count(DISTINCT event_id) FROM analytics`, "3|3")
	want(t, n, `SELECT source, destination, events, duplicates_dropped, context_kept, bytes > 0, avg_ns >= 0, p50_ns <= p99_ns FROM vex.propagation`,
		"events|analytics|3|2|3|t|t|t\nevents|lines|2|0|0|t|t|t")
	want(t, n, `SELECT count(ns_a_row) FROM vex.triggers`, "2")
	want(t, n, `SELECT count(*) FROM lines l JOIN events e ON e.event_id = l.parent_event_id JOIN analytics a USING (event_id, ts)`, "2")
}

// TestErrands has log, metric and notify done once the row is durable, and not again after an orderly restart.
func TestErrands(t *testing.T) {
	dir := t.TempDir()
	said := make(journalLines, 1000)
	set := node.Settings{Data: dir, PgAddr: "127.0.0.1:0", HTTPAddr: "127.0.0.1:0", Journal: slog.New(slog.NewTextHandler(said, nil))}
	n := open(t, set)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := connect(t, n)
	exec(t, c, "LISTEN held")
	run(t, n, `CREATE TRIGGER secrets BEFORE INSERT ON events FOR EACH ROW WHEN (vex.any_text(NEW) ~* '(password|secret|key|token)')
		EXECUTE FUNCTION tag('security_classification', 'sensitive'), log('warning', file_path), metric('blocked'), metric('bytes', size_bytes), notify('held', file_path), block() WITH (keep = true);
		INSERT INTO events (event_type, file_path, size_bytes) VALUES ('A', '/data/secret.txt', 30), ('A', '/data/plain.txt', 50)`)
	note, err := c.WaitForNotification(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if note.Payload != "/data/secret.txt" {
		t.Errorf("the payload is %q", note.Payload)
	}
	_ = c.Close(ctx)
	want(t, n, `SELECT trigger, "row"->>'file_path', "row"->'metadata' FROM vex.blocked`, `secrets|/data/secret.txt|{"security_classification": "sensitive"}`)
	if got := figuresOf(t, n); !strings.Contains(got, `vexstream_trigger_metric_total{name="blocked"} 1`) || !strings.Contains(got, `vexstream_trigger_metric_total{name="bytes"} 30`) {
		t.Error(got)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	n = open(t, set)
	run(t, n, `INSERT INTO events (event_type, file_path) VALUES ('A', '/data/token')`)
	counts := map[string]int{} // the journal of both lives
	for counts["/data/token"] == 0 {
		select {
		case line := <-said:
			for _, path := range []string{"/data/secret.txt", "/data/token", "/data/plain.txt"} {
				if strings.Contains(line, "msg="+path+" ") {
					counts[path]++
				}
			}
		case <-ctx.Done():
			t.Fatal("nothing was logged")
		}
	}
	if counts["/data/secret.txt"] != 1 || counts["/data/plain.txt"] != 0 {
		t.Error(counts)
	}
}

// TestTriggersOfTablesTell has a listener hear of what a transaction changes in a table, statement by statement, once it commits.
func TestTriggersOfTablesTell(t *testing.T) {
	n := open(t, node.Settings{PgAddr: "127.0.0.1:0"})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := connect(t, n)
	exec(t, c, "LISTEN stock")
	run(t, n, `CREATE TABLE items (id int PRIMARY KEY, n int);
		CREATE TRIGGER low AFTER UPDATE OF n ON items FOR EACH ROW WHEN (NEW.n < 5 AND OLD.n >= 5) EXECUTE FUNCTION notify('stock', id || ' is low: ' || n);
		CREATE TRIGGER gone AFTER DELETE ON items FOR EACH ROW EXECUTE FUNCTION notify('stock', OLD.id || ' is gone');
		INSERT INTO items VALUES (1, 10), (2, 3);
		BEGIN; UPDATE items SET n = 4; UPDATE items SET n = 9 WHERE id = 1; DELETE FROM items WHERE id = 2; ROLLBACK;
		BEGIN; UPDATE items SET n = 4; UPDATE items SET n = 9 WHERE id = 1; DELETE FROM items WHERE id = 2; COMMIT`)
	for _, want := range []string{"1 is low: 4", "2 is gone"} {
		note, err := c.WaitForNotification(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if note.Payload != want {
			t.Errorf("heard %q, want %q", note.Payload, want)
		}
	}
	want(t, n, `SELECT name, matches, actions_done FROM vex.triggers ORDER BY 1`, "gone|1|1\nlow|1|1")
}

// TestTriggersOfViewsTell has a listener hear once of a threshold that a view's row crosses, also over a restart.
func TestTriggersOfViewsTell(t *testing.T) {
	set := node.Settings{Data: t.TempDir(), PgAddr: "127.0.0.1:0"}
	n := open(t, set)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	run(t, n, `CREATE STREAM s (k text, v int);
		CREATE MATERIALIZED VIEW sums AS SELECT k, sum(v) AS total FROM s GROUP BY k;
		CREATE TRIGGER high AFTER INSERT OR UPDATE ON sums FOR EACH ROW WHEN (total >= 10) EXECUTE FUNCTION notify('sums', k || ' is at ' || total);
		INSERT INTO s VALUES ('a', 9)`)
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	n = open(t, set)
	c := connect(t, n)
	exec(t, c, "LISTEN sums")
	run(t, n, `INSERT INTO s VALUES ('a', 1), ('a', 2), ('b', 11)`)
	heard := map[string]int{}
	for len(heard) < 2 {
		note, err := c.WaitForNotification(ctx)
		if err != nil {
			t.Fatal(err)
		}
		heard[note.Payload]++
	}
	if d := cmp.Diff(map[string]int{"a is at 12": 1, "b is at 11": 1}, heard); d != "" {
		t.Error(d)
	}
	want(t, n, `SELECT relation, name, matches FROM vex.triggers`, "sums|high|2")
}

// TestAlerts has a receiver hear once that an alert fires and once that it is over, for each key, with a restart in between.
func TestAlerts(t *testing.T) {
	came := make(chan string, 100)
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		came <- string(body)
	}))
	defer srv.Close()
	set := node.Settings{Data: t.TempDir(), SendTo: []string{"127.0.0.1/32"}}
	n := open(t, set)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	heard := map[string]int{}
	hear := func(want ...string) {
		t.Helper()
		for _, w := range want {
			for heard[w] == 0 {
				select {
				case body := <-came:
					heard[body]++
				case <-ctx.Done():
					t.Fatalf("heard %v, want %s", heard, w)
				}
			}
		}
	}
	says := func(status, host, message string) string {
		return `{"status":"` + status + `","trigger":"hot","relation":"temps","severity":"critical","message":"` + message + `","labels":{"host":"` + host + `"}}`
	}
	run(t, n, `CREATE TARGET hook TYPE webhook WITH (url = '`+srv.URL+`/in');
		CREATE STREAM temps (host text, t int);
		CREATE TRIGGER hot AFTER INSERT ON temps FOR EACH ROW WHEN (t > 90) UNTIL (t < 80)
			EXECUTE FUNCTION alert('critical', host || ' is at ' || t, target => 'hook') WITH (group_by = 'host');
		INSERT INTO temps VALUES ('a', 95), ('b', 10), ('a', 99)`)
	hear(says("firing", "a", "a is at 95"))
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	n = open(t, set)
	want(t, n, `SELECT trigger, labels, severity, message, state, ended IS NULL FROM vex.alerts`, `hot|{"host": "a"}|critical|a is at 95|firing|t`)
	run(t, n, `INSERT INTO temps VALUES ('a', 98), ('b', 91), ('a', 85)`)
	hear(says("firing", "b", "b is at 91"))
	run(t, n, `INSERT INTO temps VALUES ('a', 79)`)
	hear(says("resolved", "a", "a is at 95"))
	want(t, n, `SELECT labels, state, ended IS NULL FROM vex.alerts ORDER BY 1`, `{"host": "a"}|resolved|f`+"\n"+`{"host": "b"}|firing|t`)
	if len(heard) != 3 {
		t.Errorf("heard %v", heard)
	}
	run(t, n, `DROP TRIGGER hot ON temps`)
	want(t, n, `SELECT count(*) FROM vex.alerts`, "0")
}

// TestWebhooksOfTriggers has a receiver get each row's body once by its ID, though it fails at first and the node starts anew in between.
func TestWebhooksOfTriggers(t *testing.T) {
	type got struct{ id, body string }
	came := make(chan got, 100)
	var up atomic.Bool
	refused := make(chan struct{}, 100)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if !up.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			refused <- struct{}{}
			return
		}
		came <- got{r.Header.Get("webhook-id"), string(body)}
	}))
	defer srv.Close()
	set := node.Settings{Data: t.TempDir(), SendTo: []string{"127.0.0.1/32"}}
	n := open(t, set)
	run(t, n, `CREATE TARGET hook TYPE webhook WITH (url = '`+srv.URL+`/in');
		CREATE STREAM s (id int, k text);
		CREATE TRIGGER tell AFTER INSERT ON s FOR EACH ROW WHEN (id > 1) EXECUTE FUNCTION webhook('hook', jsonb_build_object('id', id, 'k', k));
		INSERT INTO s VALUES (1, 'a'), (2, 'b'), (3, 'c')`)
	<-refused
	want(t, n, `SELECT action, target, waiting, done, undelivered FROM vex.deliveries`, "webhook|hook|2|0|0")
	if _, err := n.Query(t.Context(), "DROP TARGET hook"); sqlerr.CodeOf(err) != sqlerr.DependentObjectsExist {
		t.Errorf("DROP TARGET: %v", err)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	up.Store(true)
	open(t, set)
	all := map[string]string{}
	for len(all) < 2 {
		select {
		case g := <-came:
			if had, is := all[g.id]; is && had != g.body {
				t.Errorf("%s came as %s and as %s", g.id, had, g.body)
			}
			all[g.id] = g.body
		case <-t.Context().Done():
			t.Fatal(all)
		}
	}
	bodies := slices.Sorted(maps.Values(all))
	if d := cmp.Diff([]string{`{"k": "b", "id": 2}`, `{"k": "c", "id": 3}`}, bodies); d != "" {
		t.Error(d)
	}
}

// journalLines is a journal as its lines.
type journalLines chan string

func (l journalLines) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}

func figuresOf(t *testing.T, n *node.Node) string {
	t.Helper()
	resp, err := http.Get("http://" + n.HTTPAddr() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
