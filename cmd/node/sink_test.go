package node_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vexfs/vexstream/bridge/parquet"
	"github.com/vexfs/vexstream/cmd/node"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

// sent gives the lines of the files of a folder that begin with prefix, in the order of the files' names.
func sent(t *testing.T, dir, prefix string) (lines []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, prefix+".*-*"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(files)
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")...)
	}
	return lines
}

func wantSent(t *testing.T, dir, prefix string, want ...string) {
	t.Helper()
	if got := sent(t, dir, prefix); !slices.Equal(got, want) {
		t.Errorf("files of %s have\n%s\nwant\n%s", prefix, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// wantPacked is wantSent of Parquet files with three columns.
func wantPacked(t *testing.T, dir, prefix string, want ...string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, prefix+".*-*.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(files)
	var got []string
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		r, err := parquet.NewReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		for b, err := r.Next(); ; b, err = r.Next() {
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			for i := range b.N {
				got = append(got, fmt.Sprintf("%s %s %s", b.Cols[0].At(i), b.Cols[1].At(i), value.AppendText(nil, &b.Cols[2], i, nil)))
			}
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("files of %s have %q, want %q", prefix, got, want)
	}
}

// TestSinksOverRestarts writes before and after restarts; a node that closes has sent everything.
func TestSinksOverRestarts(t *testing.T) {
	dir := t.TempDir()
	set := node.Settings{Data: t.TempDir(), PgAddr: "127.0.0.1:0", Checkpoint: time.Hour} // files end where the node does
	n := open(t, set)
	c := connect(t, n)
	exec(t, c, clicks)
	exec(t, c, "CREATE MATERIALIZED VIEW per_user AS SELECT user_id, sum(ms) AS ms FROM clicks GROUP BY user_id")
	exec(t, c, "CREATE TABLE users (id text PRIMARY KEY, name text)")
	click(t, c, "a", 1)
	exec(t, c, "INSERT INTO users VALUES ('a', 'Ada'), ('b', 'Bob')")
	for _, sink := range []string{
		"raw FROM clicks WITH (connector = 'file', path = '" + dir + "')",
		"fresh FROM clicks WITH (connector = 'file', path = '" + dir + "', snapshot = false, format = csv)",
		"changes FROM per_user WITH (connector = 'file', path = '" + dir + "', type = changes)",
		"newest FROM per_user WITH (connector = 'file', path = '" + dir + "', type = upsert, key = 'user_id', format = csv)",
		"packed FROM per_user WITH (connector = 'file', path = '" + dir + "', type = upsert, key = 'user_id', format = parquet)",
		"people FROM users WITH (connector = 'file', path = '" + dir + "', type = upsert, key = 'id')",
	} {
		exec(t, c, "CREATE SINK "+sink)
	}
	click(t, c, "b", 2)
	n.Close()

	n = open(t, set)
	c = connect(t, n)
	exec(t, c, "ALTER SINK newest RENAME TO latest") // its files go on being called what they are
	click(t, c, "a", 3)
	exec(t, c, "UPDATE users SET name = 'Eve' WHERE id = 'a'")
	exec(t, c, "DELETE FROM users WHERE id = 'b'")
	want(t, n, "SELECT name, relation, rows, error FROM vex.sinks WHERE name = 'raw'", "raw|clicks|2|")
	n.Close()

	n = open(t, set)
	c = connect(t, n)
	const at = `{"ts":"2026-01-01T00:00:00+00:00",`
	wantSent(t, dir, "raw", at+`"user_id":"a","ms":1}`, at+`"user_id":"b","ms":2}`, at+`"user_id":"a","ms":3}`)
	wantSent(t, dir, "fresh", "ts,user_id,ms", "2026-01-01 00:00:00+00,b,2", "ts,user_id,ms", "2026-01-01 00:00:00+00,a,3")
	wantSent(t, dir, "changes", `{"_op":"insert","user_id":"a","ms":1}`, `{"_op":"insert","user_id":"b","ms":2}`,
		`{"_op":"delete","user_id":"a","ms":1}`, `{"_op":"insert","user_id":"a","ms":4}`)
	wantSent(t, dir, "newest", "_op,user_id,ms", "upsert,a,1", "upsert,b,2", "_op,user_id,ms", "upsert,a,4")
	wantSent(t, dir, "people", `{"_op":"upsert","id":"a","name":"Ada"}`, `{"_op":"upsert","id":"b","name":"Bob"}`,
		`{"_op":"upsert","id":"a","name":"Eve"}`, `{"_op":"delete","id":"b","name":null}`)
	want(t, n, "SELECT files, rows FROM vex.sinks WHERE name = 'latest'", "2|3")
	wantPacked(t, dir, "packed", "upsert a 1", "upsert b 2", "upsert a 4")
	click(t, c, "c", 9)
	exec(t, c, "DROP SINK raw") // sends what it has taken
	if got := sent(t, dir, "raw"); got[len(got)-1] != at+`"user_id":"c","ms":9}` {
		t.Errorf("a sink that was dropped ends with %s", got[len(got)-1])
	}
}

// TestSinkStatements is what CREATE SINK and its like refuse, and what they leave alone.
func TestSinkStatements(t *testing.T) {
	n, c := server(t)
	exec(t, c, "CREATE TABLE t (k int PRIMARY KEY, v text)")
	exec(t, c, "CREATE VIEW plain AS SELECT k FROM t")
	with := " WITH (connector = 'file', path = '" + t.TempDir() + "', type = 'changes'"
	exec(t, c, "CREATE SINK s FROM t"+with+")")
	exec(t, c, "CREATE SINK IF NOT EXISTS s FROM t"+with+")")
	for sql, code := range map[string]string{
		"CREATE SINK s FROM t" + with + ")":                                                                "42P07",
		"CREATE SINK x FROM nothing" + with + ")":                                                          "42P01",
		"CREATE SINK x FROM plain" + with + ")":                                                            "0A000",
		"CREATE SINK x FROM s" + with + ")":                                                                "42809",
		"CREATE SINK x FROM t" + with + ", colour = red)":                                                  "0A000",
		"CREATE SINK x FROM t" + with + ", key = k)":                                                       "22023",
		"CREATE SINK x FROM t" + with + ", format = avro)":                                                 "0A000",
		"CREATE SINK x FROM t" + with + ", snapshot = false)":                                              "0A000",
		"CREATE SINK x AS SELECT * FROM t" + with + ")":                                                    "0A000",
		"CREATE SINK x FROM t WITH (type = 'changes')":                                                     "22023",
		"CREATE SINK x FROM t WITH (connector = 'file', path = 'here', type = 'changes')":                  "22023",
		"CREATE SINK x FROM t WITH (connector = 'file', path = '/tmp')":                                    "22023", // t changes
		"CREATE SINK x FROM t WITH (connector = 'file', path = '/dev/null/x', type = 'changes')":           "58030",
		"CREATE SINK x FROM t WITH (connector = 'file', path = '/tmp', type = 'upsert')":                   "22023",
		"CREATE SINK x FROM t WITH (connector = 'file', path = '/tmp', type = 'upsert', key = 'k, other')": "42703",
		"CREATE SINK x FROM t WITH (connector = 'kafka', type = 'changes')":                                "0A000",
		"SELECT * FROM s":                    "42809",
		"INSERT INTO s VALUES (1)":           "42809",
		"DROP TABLE t":                       "2BP01",
		"DROP VIEW s":                        "42809",
		"ALTER SINK s RENAME COLUMN k TO kk": "0A000",
	} {
		_, err := c.Exec(t.Context(), sql)
		if err == nil {
			t.Errorf("%s works", sql)
			continue
		}
		wantCode(t, err, code)
	}
	exec(t, c, "CREATE ROLE someone LOGIN PASSWORD 'x'")
	exec(t, c, "GRANT SELECT ON t TO someone")
	exec(t, c, "SET ROLE someone")
	_, err := c.Exec(t.Context(), "CREATE SINK x FROM t"+with+")")
	wantCode(t, err, "42501")
	exec(t, c, "RESET ROLE")
	want(t, n, "SELECT count(*) FROM pg_class WHERE relname = 's'", "0") // PostgreSQL has no word for it
	exec(t, c, "DROP TABLE t CASCADE")
	want(t, n, "SELECT count(*) FROM vex.sinks", "0")
}

// TestSinkEvery is a sink on a view that tells its changes at intervals: it gets the net ones, also of an interval in which the
// node was stopped.
func TestSinkEvery(t *testing.T) {
	dir := t.TempDir()
	var now atomic.Int64
	now.Store(int64(time.Hour / time.Microsecond))
	clock := func() types.Micros { return types.Micros(now.Add(1)) }
	set := node.Settings{Data: t.TempDir(), PgAddr: "127.0.0.1:0", Checkpoint: time.Hour, Clock: clock}
	n := open(t, set)
	c := connect(t, n)
	exec(t, c, clicks)
	exec(t, c, "CREATE MATERIALIZED VIEW per_user AS SELECT user_id, sum(ms) AS ms FROM clicks GROUP BY user_id EMIT CHANGES EVERY INTERVAL '1 minute'")
	click(t, c, "a", 1)
	exec(t, c, "CREATE SINK changes FROM per_user WITH (connector = 'file', path = '"+dir+"', type = changes)")
	exec(t, c, "CREATE SINK newest FROM per_user WITH (connector = 'file', path = '"+dir+"', type = upsert, key = 'user_id', format = csv)")
	click(t, c, "a", 1)
	click(t, c, "b", 5)
	n.Close()
	wantSent(t, dir, "changes", `{"_op":"insert","user_id":"a","ms":1}`) // what there was, and nothing of the minute under way

	n = open(t, set)
	c = connect(t, n)
	click(t, c, "a", 1)
	now.Add(int64(time.Minute / time.Microsecond))
	click(t, c, "c", 7)
	click(t, c, "c", 1)
	n.Close()
	wantSent(t, dir, "changes", `{"_op":"insert","user_id":"a","ms":1}`, `{"_op":"delete","user_id":"a","ms":1}`,
		`{"_op":"insert","user_id":"b","ms":5}`, `{"_op":"insert","user_id":"a","ms":3}`, `{"_op":"insert","user_id":"c","ms":7}`)
	wantSent(t, dir, "newest", "_op,user_id,ms", "upsert,a,1", "_op,user_id,ms", "upsert,a,3", "upsert,b,5", "upsert,c,7")
}
