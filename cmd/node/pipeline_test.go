package node_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"
)

// A batch of pgx is one pipeline: all of it or nothing.
func TestBatchIsAtomic(t *testing.T) {
	_, c := server(t)
	exec(t, c, "CREATE STREAM s (a bigint)")
	exec(t, c, "CREATE TABLE t (a bigint PRIMARY KEY)")
	for _, last := range []struct {
		text string
		rows int
	}{{"SELECT 1 / (a - a) FROM t", 0}, {"SELECT a FROM t", 100}} {
		var b pgx.Batch
		for i := range 100 {
			b.Queue("INSERT INTO s VALUES ($1)", i)
			b.Queue("INSERT INTO t VALUES ($1)", i)
		}
		b.Queue(last.text)
		err := c.SendBatch(t.Context(), &b).Close()
		if last.rows == 0 {
			wantCode(t, err, "22012")
		} else if err != nil {
			t.Fatal(err)
		}
		if s, tab := count(t, c, "s"), count(t, c, "t"); s != last.rows || tab != last.rows {
			t.Errorf("%d rows in the stream, %d in the table, want %d", s, tab, last.rows)
		}
	}
}

// What a client sends and never ends with Sync is not kept.
func TestGoodbyeWithoutSync(t *testing.T) {
	n, c := server(t)
	exec(t, c, "CREATE TABLE t (a bigint PRIMARY KEY)")
	conn, err := connect(t, n).PgConn().Hijack()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Conn.Close()
	f := conn.Frontend
	f.Send(&pgproto3.Parse{Query: "INSERT INTO t VALUES (1)"})
	f.Send(&pgproto3.Bind{})
	f.Send(&pgproto3.Execute{})
	f.Send(&pgproto3.Terminate{})
	if err := f.Flush(); err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = f.Receive()
	}
	if got := count(t, c, "t"); got != 0 {
		t.Errorf("%d rows", got)
	}
}
