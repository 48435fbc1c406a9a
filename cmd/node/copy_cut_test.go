package node_test

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/vexfs/vexstream/cmd/node"
)

// A COPY that does not come to its end stores nothing: neither when its client goes away nor when the node stops, which the
// client is told.
func TestCopyWithoutEnd(t *testing.T) {
	for _, relation := range []string{"CREATE STREAM r (a bigint)", "CREATE TABLE r (a bigint)"} {
		for _, sent := range []string{"", "1\n2\n"} {
			for _, goes := range []bool{true, false} {
				t.Run(fmt.Sprintf("%.13s %d bytes %v", relation, len(sent), goes), func(t *testing.T) { copyWithoutEnd(t, relation, sent, goes) })
			}
		}
	}
}

func copyWithoutEnd(t *testing.T, relation, sent string, goes bool) {
	data := t.TempDir()
	n := open(t, node.Settings{Data: data, PgAddr: "127.0.0.1:0"})
	exec(t, connect(t, n), relation)
	h := halfCopied(t, n, sent)
	if goes {
		h.Conn.Close()
	}
	if err := n.Close(); err != nil { // waits for the connection
		t.Fatal(err)
	}
	if !goes {
		m, err := h.Frontend.Receive()
		if e, is := m.(*pgproto3.ErrorResponse); err != nil || !is || e.Code != "57P01" {
			t.Errorf("the client gets %T %v, %v", m, m, err)
		}
		h.Conn.Close()
	}
	if got, err := open(t, node.Settings{Data: data}).Query(t.Context(), "SELECT count(*) FROM r"); err != nil || got[0][0] != "0" {
		t.Errorf("%v rows are stored: %v", got, err)
	}
}

// halfCopied is a connection in the middle of a COPY to r, of which the server has seen the given data.
func halfCopied(t *testing.T, n *node.Node, data string) *pgconn.HijackedConn {
	t.Helper()
	h, err := connect(t, n).PgConn().Hijack()
	if err != nil {
		t.Fatal(err)
	}
	send := func(m pgproto3.FrontendMessage) {
		h.Frontend.Send(m)
		if err := h.Frontend.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	send(&pgproto3.Query{String: "COPY r FROM STDIN"})
	if m, err := h.Frontend.Receive(); err != nil {
		t.Fatal(err)
	} else if _, is := m.(*pgproto3.CopyInResponse); !is {
		t.Fatalf("COPY is answered with %T", m)
	}
	send(&pgproto3.CopyData{Data: []byte(data)})
	return h
}
