package node_test

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/cmd/node"
)

// logBytes is what the node's figures say of its log.
func logBytes(t *testing.T, n *node.Node) string {
	t.Helper()
	res, err := http.Get("http://" + n.HTTPAddr() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^vexstream_log_bytes (.*)$`).FindSubmatch(text)
	if m == nil {
		t.Fatalf("no figure of the log in %s", text)
	}
	return string(m[1])
}

// A COPY or an INSERT that fails late, after its first blocks went to the log, leaves no room taken.
func TestFailedStatementsGiveTheirRoomBack(t *testing.T) {
	n := open(t, node.Settings{PgAddr: "127.0.0.1:0", HTTPAddr: "127.0.0.1:0"})
	c := connect(t, n)
	exec(t, c, "CREATE STREAM s (a bigint, b text)")
	before := logBytes(t, n)
	data := strings.Repeat("1,"+strings.Repeat("x", 1000)+"\n", 40_000) + "one,x\n"
	_, err := c.PgConn().CopyFrom(t.Context(), strings.NewReader(data), "COPY s FROM STDIN WITH (FORMAT csv)")
	wantCode(t, err, "22P02")
	if now := logBytes(t, n); now != before {
		t.Errorf("the log has %s bytes after a COPY that failed, %s before", now, before)
	}
	_, err = c.Exec(t.Context(), "INSERT INTO s SELECT 1 / (40000 - i), repeat('x', 1000) FROM generate_series(1, 40000) i")
	wantCode(t, err, "22012")
	if now := logBytes(t, n); now != before {
		t.Errorf("the log has %s bytes after an INSERT that failed, %s before", now, before)
	}
}
