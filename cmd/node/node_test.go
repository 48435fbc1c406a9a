package node_test

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vexfs/vexstream/cmd/node"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

func open(t *testing.T, set node.Settings) *node.Node {
	t.Helper()
	set.MinFree = -1
	n, err := node.Open(t.Context(), set)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	return n
}

func run(t *testing.T, n *node.Node, sql string) {
	t.Helper()
	if err := n.Run(t.Context(), sql, nil); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func want(t *testing.T, n *node.Node, sql, rows string) {
	t.Helper()
	got, err := n.Query(t.Context(), sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	var lines []string
	for _, r := range got {
		lines = append(lines, strings.Join(r, "|"))
	}
	if d := cmp.Diff(rows, strings.Join(lines, "\n")); d != "" {
		t.Errorf("%s (-want +got):\n%s", sql, d)
	}
}

const setup = `CREATE STREAM clicks (ts timestamptz, user_id text, ms bigint, WATERMARK FOR ts AS ts - INTERVAL '5 seconds');
	CREATE MATERIALIZED VIEW per_minute AS SELECT window_start, user_id, count(*), sum(ms)
		FROM TUMBLE(clicks, ts, INTERVAL '1 minute') GROUP BY window_start, user_id;
	INSERT INTO clicks VALUES ('2026-01-01 00:00:01Z', 'a', 10), ('2026-01-01 00:00:02Z', 'b', 20)`

const contents = "2026-01-01 00:00:00+00|a|1|10\n2026-01-01 00:00:00+00|b|1|20"

func TestReopen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	n := open(t, node.Settings{Data: dir})
	run(t, n, setup)
	want(t, n, "SELECT * FROM per_minute ORDER BY 1, 2", contents)
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	n = open(t, node.Settings{Data: dir})
	want(t, n, "SELECT * FROM per_minute ORDER BY 1, 2", contents)
	run(t, n, "INSERT INTO clicks VALUES ('2026-01-01 00:00:03Z', 'a', 5)")
	want(t, n, "SELECT * FROM per_minute WHERE user_id = 'a'", "2026-01-01 00:00:00+00|a|2|15")
	want(t, n, "SELECT name, rows_in > 0, lagging, error FROM vex.views", "per_minute|t|f|")
}

func TestSecondOpenIsRefused(t *testing.T) {
	dir := t.TempDir()
	open(t, node.Settings{Data: dir})
	_, err := node.Open(t.Context(), node.Settings{Data: dir, MinFree: -1})
	if sqlerr.CodeOf(err) != sqlerr.ObjectInUse || !strings.Contains(err.Error(), dir) {
		t.Fatalf("a second Open gives %v, not 55006 with the folder's name", err)
	}
}

func TestRefusals(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		set  node.Settings
		code sqlerr.Code
	}{
		"all addresses":   {node.Settings{PgAddr: "0.0.0.0:0"}, sqlerr.InvalidAuthorization},
		"no host":         {node.Settings{PgAddr: ":0"}, sqlerr.InvalidAuthorization},
		"half a pair":     {node.Settings{TLSCert: file}, sqlerr.InvalidParameterValue},
		"no certificate":  {node.Settings{PgAddr: "127.0.0.1:0", TLSCert: file, TLSKey: file}, sqlerr.InvalidParameterValue},
		"long socket":     {node.Settings{PgAddr: "127.0.0.1:0", PgSocket: "/tmp/" + strings.Repeat("x", 100)}, sqlerr.InvalidParameterValue},
		"no address":      {node.Settings{PgAddr: "5433"}, sqlerr.InvalidParameterValue},
		"watch nothing":   {node.Settings{Watch: []string{file + ".none"}}, sqlerr.InvalidParameterValue},
		"watch a file":    {node.Settings{Watch: []string{file}}, sqlerr.InvalidParameterValue},
		"data in a file":  {node.Settings{Data: filepath.Join(file, "data")}, sqlerr.IOError},
		"too many folder": {node.Settings{Watch: make([]string, node.MaxWatched+1)}, sqlerr.ProgramLimitExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			n, err := node.Open(t.Context(), c.set)
			if err == nil {
				_ = n.Close() // it should not be there
			}
			e, ok := sqlerr.As(err)
			if !ok || e.Code != c.code || e.Hint == "" {
				t.Fatalf("Open gives %v, want %s with a hint", err, c.code)
			}
		})
	}
}

func TestSystemRelations(t *testing.T) {
	n := open(t, node.Settings{PgAddr: "127.0.0.1:0", HTTPAddr: "127.0.0.1:0", Host: "it's", Clock: func() types.Micros { return 1_800_000_000_000_000 }})
	run(t, n, setup)
	run(t, n, "INSERT INTO clicks VALUES ('2026-01-01 00:10:00Z', 'late', 1); INSERT INTO clicks VALUES ('2026-01-01 00:00:10Z', 'late', 1)")
	want(t, n, "SELECT name, columns, watermark_delay, rows, views FROM vex.streams WHERE name = 'clicks'", "clicks|ts timestamp with time zone, user_id text, ms bigint|00:00:05|4|1")
	want(t, n, "SELECT stream, watermark, lane FROM vex.watermarks WHERE stream = 'clicks' AND query IS NULL", "clicks|2026-01-01 00:09:55+00|0")
	want(t, n, "SELECT setting FROM vex.settings WHERE name = 'data'", "(memory)")
	want(t, n, "SELECT count(*) FROM vex.sources", "0")
	run(t, n, `CREATE MATERIALIZED VIEW closed AS SELECT window_start, user_id, count(*) FROM TUMBLE(clicks, ts, INTERVAL '1 minute')
		GROUP BY 1, 2 EMIT ON WINDOW CLOSE; INSERT INTO clicks VALUES ('2026-01-01 00:00:20Z', 'slow', 1)`)
	want(t, n, `SELECT view, window_start, windows, watermark, "row"->>'user_id', "row"->>'ts' FROM vex.late_rows WHERE "row"->>'user_id' = 'slow'`,
		"closed|2026-01-01 00:00:00+00|1|2026-01-01 00:09:55+00|slow|2026-01-01 00:00:20+00")
	want(t, n, "SELECT count(*) FROM vex.dead_letters", "0")
	run(t, n, "INSERT INTO events (event_type) VALUES ('UserAction')")
	want(t, n, "SELECT event_type, source, boundary, host FROM events", "UserAction|sql|userspace|it's")
	ids := map[uint32]string{}
	for _, r := range n.Engine().Catalog().Relations() {
		if other := ids[r.ID]; other != "" {
			t.Errorf("%s and %s have the ID %d", other, r.Name, r.ID)
		}
		ids[r.ID] = r.Name
	}
}

func TestHTTP(t *testing.T) {
	n := open(t, node.Settings{HTTPAddr: "127.0.0.1:0"})
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		res, err := http.Get("http://" + n.HTTPAddr() + path)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s answers %s", path, res.Status)
		}
		if err := res.Body.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestAppenderRefusesNull(t *testing.T) {
	n := open(t, node.Settings{})
	run(t, n, setup)
	if _, err := n.Appender("per_minute"); sqlerr.CodeOf(err) != sqlerr.WrongObjectType {
		t.Errorf("an Appender for a view gives %v", err)
	}
	a, err := n.Appender("clicks")
	if err != nil {
		t.Fatal(err)
	}
	a.String(a.Column("user_id"), "x")
	if err := a.EndRow(t.Context()); sqlerr.CodeOf(err) != sqlerr.NotNullViolation {
		t.Errorf("a row without event time gives %v", err)
	}
	if err := a.Flush(context.Background()); err != nil {
		t.Error(err)
	}
	want(t, n, "SELECT count(*) FROM clicks", "2")
}

// TestWatch has real files make rows: those of the data folder below the watched one are none of them.
func TestWatch(t *testing.T) {
	dir := t.TempDir()
	n := open(t, node.Settings{Data: filepath.Join(dir, "data"), Watch: []string{dir}, OwnEvents: true})
	run(t, n, "CREATE MATERIALIZED VIEW files AS SELECT file_path, count(*) FROM events WHERE file_path IS NOT NULL GROUP BY file_path")
	if len(n.Watching()) != 1 || len(n.Watching()[0].Blind) == 0 {
		t.Fatalf("watching %+v", n.Watching())
	}
	path := filepath.Join(dir, "hello")
	if err := os.WriteFile(path, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context()) // the deadline of the test bounds the wait
	defer cancel()
	err := n.Subscribe(ctx, "files", func(c node.Change) error {
		for i := range c.Rows.N {
			if strings.HasSuffix(c.Rows.Cols[0].Str(i), "/hello") {
				cancel()
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want(t, n, "SELECT count(*) FROM events WHERE file_path LIKE '%/data/%'", "0")
	want(t, n, "SELECT count > 0 FROM vex.sources WHERE cause = 'events'", "t")
}

// lines is a journal that a test reads.
type lines chan string

func (l lines) Write(p []byte) (int, error) {
	select {
	case l <- string(p):
	default: // more than a test reads
	}
	return len(p), nil
}

// await reads the journal up to a line that contains text; the deadline of the test bounds the wait.
func (l lines) await(t *testing.T, text string) {
	for {
		select {
		case line := <-l:
			if strings.Contains(line, text) {
				return
			}
		case <-t.Context().Done():
			t.Fatalf("the journal does not say %q", text)
		}
	}
}

// TestFolderGone has a node whose data folder was moved away refuse rows that nobody would find, and start again when
// it is back.
func TestFolderGone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	journal := make(lines, 100)
	n := open(t, node.Settings{Data: dir, Journal: slog.New(slog.NewTextHandler(journal, nil))})
	run(t, n, setup)
	if err := os.Rename(dir, dir+".away"); err != nil {
		t.Fatal(err)
	}
	err := n.Run(t.Context(), "INSERT INTO clicks VALUES ('2026-01-01 00:00:03Z', 'a', 5)", nil)
	if sqlerr.CodeOf(err) != sqlerr.IOError || !strings.Contains(err.Error(), dir) {
		t.Errorf("an INSERT without a data folder gives %v", err)
	}
	journal.await(t, "is gone")
	if n.Ready() == nil {
		t.Error("the node says that it is ready")
	}
	want(t, n, "SELECT * FROM per_minute ORDER BY 1, 2", contents)
	if err := os.Rename(dir+".away", dir); err != nil {
		t.Fatal(err)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	n = open(t, node.Settings{Data: dir})
	want(t, n, "SELECT * FROM per_minute ORDER BY 1, 2", contents)
	run(t, n, "INSERT INTO clicks VALUES ('2026-01-01 00:00:03Z', 'a', 5)")
	want(t, n, "SELECT * FROM per_minute WHERE user_id = 'a'", "2026-01-01 00:00:00+00|a|2|15")
}
