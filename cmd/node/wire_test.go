package node_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/vexfs/vexstream/cmd/node"
)

// server is a node on memory with a client connected to it.
func server(t *testing.T) (*node.Node, *pgx.Conn) {
	t.Helper()
	n, err := node.Open(t.Context(), node.Settings{PgAddr: "127.0.0.1:0", Journal: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n, connect(t, n)
}

func connect(t *testing.T, n *node.Node) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), "postgres://admin@"+n.PgAddr()+"/vexstream?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return c
}

func exec(t *testing.T, c *pgx.Conn, sql string, args ...any) {
	t.Helper()
	if _, err := c.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func count(t *testing.T, c *pgx.Conn, relation string) (n int) {
	t.Helper()
	if err := c.QueryRow(t.Context(), "SELECT count(*) FROM "+relation).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func wantCode(t *testing.T, err error, code string) *pgconn.PgError {
	t.Helper()
	var e *pgconn.PgError
	if !errors.As(err, &e) || e.Code != code {
		t.Fatalf("error %v, want SQLSTATE %s", err, code)
	}
	return e
}

const clicks = "CREATE STREAM clicks (ts timestamptz, user_id text, ms bigint, WATERMARK FOR ts AS ts - INTERVAL '5 seconds')"

// The extended protocol, with values in binary both ways.
func TestParametersAndBinaryValues(t *testing.T) {
	_, c := server(t)
	exec(t, c, clicks)
	exec(t, c, "INSERT INTO clicks VALUES ($1::timestamptz, $2, $3)", "2026-01-01T00:00:01Z", "a", int64(10))
	exec(t, c, "INSERT INTO clicks VALUES ($1::timestamptz, $2, $3)", "2026-01-01T00:00:02Z", nil, int64(-5))
	var user *string
	var ms int64
	if err := c.QueryRow(t.Context(), "SELECT user_id, ms FROM clicks WHERE ms < $1", int64(0)).Scan(&user, &ms); err != nil || user != nil || ms != -5 {
		t.Fatalf("user %v, ms %d, error %v", user, ms, err)
	}
	_, err := c.Exec(t.Context(), "SELECT ms / $1::bigint FROM clicks", int64(0))
	wantCode(t, err, "22012")
}

func TestCopyBinary(t *testing.T) {
	_, c := server(t)
	exec(t, c, "CREATE STREAM s (a bigint, b text)")
	rows := make([][]any, 20_000)
	for i := range rows {
		rows[i] = []any{int64(i), "row"}
	}
	n, err := c.CopyFrom(t.Context(), pgx.Identifier{"s"}, []string{"a", "b"}, pgx.CopyFromRows(rows))
	if err != nil || n != int64(len(rows)) || count(t, c, "s") != len(rows) {
		t.Fatalf("%d rows, error %v", n, err)
	}
}

// A bad line names its place, stores nothing, and leaves the connection and others as they were.
func TestBadCopyStoresNothing(t *testing.T) {
	n, c := server(t)
	exec(t, c, clicks)
	data := strings.Repeat("2026-01-01 00:00:01Z,a,10\n", 30_000) + "2026-01-01 00:00:01Z,a,ten\n" + strings.Repeat("x\n", 30_000)
	_, err := c.PgConn().CopyFrom(t.Context(), strings.NewReader(data), "COPY clicks FROM STDIN WITH (FORMAT csv)")
	e := wantCode(t, err, "22P02")
	if !strings.Contains(e.Where, "line 30001") || !strings.Contains(e.Where, "column ms") {
		t.Errorf("context %q", e.Where)
	}
	if got := count(t, c, "clicks"); got != 0 {
		t.Errorf("%d rows of a COPY that failed", got)
	}
	exec(t, connect(t, n), "INSERT INTO clicks VALUES ('2026-01-01', 'b', 1)")
}

// A client that goes away in the middle of a COPY leaves nothing behind.
func TestClientGoesAwayInCopy(t *testing.T) {
	set := node.Settings{Data: t.TempDir(), PgAddr: "127.0.0.1:0", Journal: slog.New(slog.DiscardHandler)}
	n, err := node.Open(t.Context(), set)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { n.Close() }()
	exec(t, connect(t, n), clicks)
	gone := connect(t, n)
	conn, err := gone.PgConn().Hijack()
	if err != nil {
		t.Fatal(err)
	}
	conn.Frontend.Send(&pgproto3.Query{String: "COPY clicks FROM STDIN WITH (FORMAT csv)"})
	conn.Frontend.Send(&pgproto3.CopyData{Data: []byte(strings.Repeat("2026-01-01 00:00:01Z,a,10\n", 20_000))})
	if err := conn.Frontend.Flush(); err != nil {
		t.Fatal(err)
	}
	if m, err := conn.Frontend.Receive(); err != nil {
		t.Fatal(err)
	} else if _, ok := m.(*pgproto3.CopyInResponse); !ok {
		t.Fatalf("answer %T", m)
	}
	conn.Conn.Close()
	n.Close() // waits for every connection
	if n, err = node.Open(t.Context(), set); err != nil {
		t.Fatal(err)
	}
	if got := count(t, connect(t, n), "clicks"); got != 0 {
		t.Errorf("%d rows of a client that went away", got)
	}
}

// A message above the limit ends its own connection with an error that says what to do.
func TestHugeMessage(t *testing.T) {
	n, c := server(t)
	raw, err := net.Dial("tcp", n.PgAddr())
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	f := pgproto3.NewFrontend(raw, raw)
	f.Send(&pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersion30, Parameters: map[string]string{"user": "admin"}})
	if err := f.Flush(); err != nil {
		t.Fatal(err)
	}
	if _, err := raw.Write([]byte{'Q', 0x06, 0x40, 0, 0}); err != nil { // 100 MiB are announced
		t.Fatal(err)
	}
	for {
		m, err := f.Receive()
		if err != nil {
			t.Fatalf("no answer before %v", err)
		}
		if e, ok := m.(*pgproto3.ErrorResponse); ok {
			if e.Code != "54000" || !strings.Contains(e.Hint, "COPY") {
				t.Fatalf("error %s %q, hint %q", e.Code, e.Message, e.Hint)
			}
			break
		}
	}
	exec(t, c, "SELECT 1")
}

// A cancel request ends a subscription, and nothing else.
func TestCancelSubscription(t *testing.T) {
	_, c := server(t)
	exec(t, c, clicks)
	exec(t, c, "CREATE MATERIALIZED VIEW v AS SELECT user_id, count(*) FROM clicks GROUP BY 1")
	exec(t, c, "INSERT INTO clicks VALUES ('2026-01-01', 'a', 1)")
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		_, err := c.PgConn().CopyTo(context.Background(), w, "COPY (SUBSCRIBE v) TO STDOUT")
		w.Close()
		done <- err
	}()
	buf := make([]byte, 1024)
	if k, err := r.Read(buf); err != nil || !strings.Contains(string(buf[:k]), "\ta\t1") {
		t.Fatalf("%q, error %v", buf[:k], err)
	}
	go func() { _, _ = io.Copy(io.Discard, r) }()
	if err := c.PgConn().CancelRequest(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantCode(t, <-done, "57014")
	exec(t, c, "SELECT 1")
}

// A portal with a row limit suspends a subscription that never ends, and goes on where it was.
func TestPortalSuspendsLiveProducer(t *testing.T) {
	n, c := server(t)
	exec(t, c, clicks)
	exec(t, c, "INSERT INTO clicks VALUES ('2026-01-01', 'a', 1), ('2026-01-01', 'b', 1), ('2026-01-01', 'c', 1)")
	conn, err := connect(t, n).PgConn().Hijack()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Conn.Close()
	f := conn.Frontend
	f.Send(&pgproto3.Parse{Query: "SUBSCRIBE (SELECT user_id, count(*) FROM clicks GROUP BY 1)"})
	f.Send(&pgproto3.Bind{})
	f.Send(&pgproto3.Execute{MaxRows: 2})
	f.Send(&pgproto3.Execute{MaxRows: 1})
	f.Send(&pgproto3.Sync{})
	if err := f.Flush(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for len(got) == 0 || got[len(got)-1] != "Z" {
		m, err := f.Receive()
		if err != nil {
			t.Fatal(err)
		}
		switch m := m.(type) {
		case *pgproto3.DataRow:
			got = append(got, "row")
		case *pgproto3.PortalSuspended:
			got = append(got, "suspended")
		case *pgproto3.ReadyForQuery:
			got = append(got, "Z")
		case *pgproto3.ErrorResponse:
			t.Fatalf("%s: %s", m.Code, m.Message)
		}
	}
	if want := "row row suspended row suspended Z"; strings.Join(got, " ") != want {
		t.Fatalf("%v, want %s", got, want)
	}
}

// What an event's documents say is lifted into its columns.
func TestMemoryLimit(t *testing.T) {
	n := open(t, node.Settings{PgAddr: "127.0.0.1:0", MemoryBytes: 8 << 20})
	c := connect(t, n)
	exec(t, c, "CREATE STREAM s (k bigint)")
	_, err := c.Exec(t.Context(), "CREATE MATERIALIZED VIEW v WITH (memory_limit = '1 furlong') AS SELECT k, count(*) FROM s GROUP BY k")
	wantCode(t, err, "22023")
	exec(t, c, "CREATE MATERIALIZED VIEW v WITH (memory_limit = '1MB') AS SELECT k, count(*) FROM s GROUP BY k")
	exec(t, c, "CREATE MATERIALIZED VIEW w AS SELECT count(*) FROM s")
	want(t, n, "SELECT name, memory_limit, state_bytes > 0 FROM vex.views ORDER BY 1", "v|1048576|t\nw|8388608|t")
	exec(t, c, "INSERT INTO s SELECT * FROM generate_series(1, 100000)")
	_, err = c.Exec(t.Context(), "SELECT * FROM v LIMIT 1")
	if e := wantCode(t, err, "53200"); !strings.Contains(e.Message, `"node/v"`) {
		t.Error(e.Message)
	}
	want(t, n, "SELECT * FROM w", "100000") // no other view is harmed
	var last string
	rows, err := c.Query(t.Context(), "EXPLAIN ANALYZE MATERIALIZED VIEW v")
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		if err := rows.Scan(&last); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(last, "Failed: ") || !strings.Contains(last, "53200") {
		t.Errorf("EXPLAIN of a view that failed ends with %q", last)
	}
	_, err = c.Exec(t.Context(), "SELECT a.i, count(*) FROM generate_series(1, 1000000) a(i) GROUP BY a.i")
	wantCode(t, err, "53200")
	exec(t, c, "DROP MATERIALIZED VIEW v")
	exec(t, c, "SELECT k % 10, count(*) FROM s GROUP BY 1")
}

func TestBoundaryIsReserved(t *testing.T) {
	n, c := server(t)
	_, err := c.Exec(t.Context(), "INSERT INTO events (event_type, boundary) VALUES ('Fine', 'userspace'), ('UserAction', 'kernel')")
	if e := wantCode(t, err, "42501"); e.Message != `permission denied for boundary "kernel" of relation "events"` {
		t.Error(e.Message)
	}
	_, err = c.PgConn().CopyFrom(t.Context(), strings.NewReader("UserAction\tnetwork\n"), "COPY events (event_type, boundary) FROM STDIN")
	wantCode(t, err, "42501")
	exec(t, c, "INSERT INTO events (event_type, boundary) VALUES ('UserAction', 'userspace'), ('UserAction', DEFAULT)")
	want(t, n, "SELECT count(*) FROM events", "2")
}

func TestEventsLiftDocuments(t *testing.T) {
	_, c := server(t)
	exec(t, c, `INSERT INTO events (event_type, content) VALUES ('UserAction', '{"action": "login", "user_id": "u1", "size_bytes": 7}')`)
	var user, boundary string
	var size int64
	err := c.QueryRow(t.Context(), "SELECT user_id, boundary, size_bytes FROM events").Scan(&user, &boundary, &size)
	if err != nil || user != "u1" || boundary != "userspace" || size != 7 {
		t.Fatalf("%q, %q, %d, error %v", user, boundary, size, err)
	}
}
