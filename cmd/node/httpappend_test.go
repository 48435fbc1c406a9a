package node_test

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vexfs/vexstream/cmd/node"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/codec"
	"github.com/vexfs/vexstream/engine/format"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

// send posts rows for a relation and gives status and answer.
func send(t *testing.T, n *node.Node, to string, body io.Reader, header map[string]string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+n.HTTPAddr()+"/v1/append/"+to, body)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("the answer has a CORS header")
	}
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, strings.TrimSpace(string(answer))
}

func packed(t *testing.T, encoding, text string) string {
	t.Helper()
	var b bytes.Buffer
	w, err := codec.Writer(encoding, &b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// arrowText is an Arrow stream of one row, whose values are read from texts.
func arrowText(t *testing.T, schema batch.Schema, texts ...string) string {
	t.Helper()
	row := batch.Batch{N: 1}
	for i, f := range schema {
		b := batch.NewBuilder(f.Type, 1)
		if err := value.ParseText(b, []byte(texts[i]), nil); err != nil {
			t.Fatal(err)
		}
		row.Cols = append(row.Cols, b.Finish())
	}
	w, err := format.NewWriter(format.Arrow, schema, format.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return string(w.AppendEnd(w.AppendBatch(w.AppendStart(nil), &row)))
}

func TestAppendOverHTTP(t *testing.T) {
	n, token := sqlOverHTTP(t)
	run(t, n, `CREATE STREAM s (a int, b text DEFAULT 'none'); CREATE TABLE t (k int PRIMARY KEY, "V v" text); CREATE SCHEMA o; CREATE STREAM o.s (a int)`)
	run(t, n, "CREATE ROLE anna; GRANT INSERT ON s TO anna")
	const csv, js = "text/csv", "application/x-ndjson"
	good := packed(t, "gzip", "a,b\n7,gzip\n")
	arrow := arrowText(t, batch.Schema{{Name: "b", Type: types.Text}, {Name: "a", Type: types.Int8}}, "arrow", "10")
	for _, c := range []struct {
		name, to, kind, body string
		header               map[string]string
		status               int
		want                 string
	}{
		{"CSV with its columns", "s", csv, "a,b\n1,x\n2,\n", nil, 200, `{"rows":2,"epoch":"`},
		{"NDJSON", "s", js, "{\"a\": 3, \"c\": 1}\n{\"b\": \"z\"}\n", nil, 200, `"unknown":1}`},
		{"some columns", "s?columns=a", csv, "a\n4\n", nil, 200, `{"rows":1,"epoch":"`},
		{"no columns in the first line", `s?columns=b,a`, "text/csv; header=absent", "q,5\n", nil, 200, `{"rows":1,"epoch":"`},
		{"another schema", "o.s", csv, "a\n1\n", nil, 200, `{"rows":1,"epoch":"`},
		{"a table", `t?columns=k,%22V+v%22`, csv, "k,V v\n1,one\n", nil, 200, `{"rows":1,"epoch":"`},
		{"gzip", "s", csv, good, map[string]string{"Content-Encoding": "gzip"}, 200, `{"rows":1,"epoch":"`},
		{"zstd", "s", csv, packed(t, "zstd", "a,b\n8,zstd\n"), map[string]string{"Content-Encoding": "zstd"}, 200, `{"rows":1,"epoch":"`},
		{"a role that may", "s?role=anna", csv, "a,b\n9,anna\n", nil, 200, `{"rows":1,"epoch":"`},
		{"Arrow", "s", "application/vnd.apache.arrow.stream", arrow, nil, 200, `{"rows":1,"epoch":"`},
		{"nothing", "s", csv, "a,b\n", nil, 200, `{"rows":0,"epoch":"`},
		// What follows stores nothing.
		{"a bad line", "s", csv, "a,b\n101,x\nten,y\n", nil, 400, `"where":"COPY s, line 3, column a: \"ten\""`},
		{"a bad object", "s", js, "{\"a\": 102}\n{\"a\": }\n", nil, 400, `line 2`},
		{"half of a stream", "s", "application/vnd.apache.arrow.stream", arrow[:len(arrow)-20], nil, 400, `"code":"22P04"`},
		{"other columns than said", "s", csv, "b,a\n103,x\n", nil, 400, `"code":"22P04"`},
		{"half of a packed body", "s", csv, good[:len(good)-9], map[string]string{"Content-Encoding": "gzip"}, 400, `"code":"22P03"`},
		{"what is not packed", "s", csv, "a,b\n104,x\n", map[string]string{"Content-Encoding": "gzip"}, 400, `"code":"22P03"`},
		{"an unknown packing", "s", csv, "a,b\n105,x\n", map[string]string{"Content-Encoding": "br"}, 400, `"code":"0A000"`},
		{"an unknown type", "s", "application/json", "[]", nil, 415, `"code":"0A000"`},
		{"a key that is there", "t", csv, "k,V v\n2,two\n1,one\n", nil, 400, `"code":"23505"`},
		{"a producer of a table", "t", csv, "k,V v\n3,x\n", map[string]string{"Producer-Id": "p", "Producer-Sequence": "1"}, 400, `"code":"0A000"`},
		{"a number without a producer", "s", csv, "a,b\n106,x\n", map[string]string{"Producer-Sequence": "1"}, 400, `"code":"22023"`},
		{"a number that is none", "s", csv, "a,b\n107,x\n", map[string]string{"Producer-Id": "p", "Producer-Sequence": "0"}, 400, `"code":"22023"`},
		{"a view", "v", csv, "a\n1\n", nil, 400, `"code":"42P01"`},
		{"a name that is none", "s%3B+DROP", csv, "a\n1\n", nil, 400, `"code":"42602"`},
		{"a role that may not", "t?role=anna", csv, "k,V v\n4,x\n", nil, 403, `"code":"42501"`},
		{"a role that is none", "s?role=zoe", csv, "a,b\n108,x\n", nil, 403, `"code":"28000"`},
		{"no token", "s", csv, "a,b\n109,x\n", map[string]string{"Authorization": ""}, 401, "token"},
		{"another page", "s", csv, "a,b\n110,x\n", map[string]string{"Origin": "http://evil.example"}, 403, "not answered"},
		{"too many rows for one", "s", csv, "a,b\n" + strings.Repeat("1,x\n", 1<<20+1), nil, 413, `"code":"54000"`},
	} {
		header := map[string]string{"Authorization": "Bearer " + token, "Content-Type": c.kind}
		for k, v := range c.header {
			header[k] = v
		}
		status, answer := send(t, n, c.to, strings.NewReader(c.body), header)
		if status != c.status || !strings.Contains(answer, c.want) {
			t.Errorf("%s: %d %s\nwant %d %s", c.name, status, answer, c.status, c.want)
		}
	}
	want(t, n, "SELECT a, b FROM s ORDER BY a, b", "1|x\n2|\n3|\n4|none\n5|q\n7|gzip\n8|zstd\n9|anna\n10|arrow\n|z")
	want(t, n, "SELECT * FROM t", "1|one")
}

// withToken opens a node on a folder, and gives its token.
func withToken(t *testing.T, dir string) (*node.Node, string) {
	t.Helper()
	n := open(t, node.Settings{Data: dir, HTTPAddr: "127.0.0.1:0"})
	token, err := os.ReadFile(filepath.Join(dir, "http.token"))
	if err != nil {
		t.Fatal(err)
	}
	return n, strings.TrimSpace(string(token))
}

// TestAppendAgain sends a request again whose answer was lost, also after a restart.
func TestAppendAgain(t *testing.T) {
	dir := t.TempDir()
	n, token := withToken(t, dir)
	run(t, n, "CREATE STREAM s (a int)")
	as := func(number string) map[string]string {
		return map[string]string{
			"Authorization": "Bearer " + token, "Content-Type": "text/csv", "Producer-Id": "meter 7", "Producer-Sequence": number,
		}
	}
	_, first := send(t, n, "s", strings.NewReader("a\n1\n2\n"), as("1"))
	if !strings.HasPrefix(first, `{"rows":2,"epoch":"1-`) {
		t.Fatal(first)
	}
	again := func() {
		t.Helper()
		if _, a := send(t, n, "s", strings.NewReader("a\n1\n2\n"), as("1")); !strings.HasPrefix(a, `{"rows":0,"epoch":"1-`) || !strings.Contains(a, `"repeated":true`) {
			t.Error(a)
		}
	}
	again()
	if _, failed := send(t, n, "s", strings.NewReader("a\n3\nx\n"), as("2")); !strings.Contains(failed, "line 3") {
		t.Error(failed)
	}
	if _, mended := send(t, n, "s", strings.NewReader("a\n3\n4\n"), as("2")); !strings.HasPrefix(mended, `{"rows":2,`) {
		t.Error("a request that failed has taken its number:", mended)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	n, token = withToken(t, dir)
	again()
	want(t, n, "SELECT count(*), sum(a) FROM s", "4|10")
}

// TestAppendCutOff ends a request in its middle: nothing of it is stored, and the node can be closed.
func TestAppendCutOff(t *testing.T) {
	dir := t.TempDir()
	n, token := withToken(t, dir)
	run(t, n, "CREATE STREAM s (a int)")
	var d net.Dialer
	c, err := d.DialContext(t.Context(), "tcp", n.HTTPAddr())
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.WriteString(c, "POST /v1/append/s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "+token+
		"\r\nContent-Type: text/csv\r\nContent-Length: 1000\r\n\r\na\n1\n2\n")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	n, _ = withToken(t, dir)
	want(t, n, "SELECT count(*) FROM s", "0")
}

// TestAppendDocs runs the block of docs/sql.md that appends, and compares what it prints.
func TestAppendDocs(t *testing.T) {
	page, err := os.ReadFile("../../docs/sql.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := fenced.FindAllStringSubmatch(string(page), -1)
	if len(blocks) != 1 {
		t.Fatalf("%d blocks", len(blocks))
	}
	if _, err := osexec.LookPath("curl"); err != nil {
		skipOrFail(t, "curl is not installed")
	}
	dir := t.TempDir()
	n, _ := withToken(t, filepath.Join(dir, "data"))
	text := strings.ReplaceAll(blocks[0][2], "127.0.0.1:8433", n.HTTPAddr())
	have := runClient(t, append(os.Environ(), "LC_ALL=C.UTF-8"), "cd "+dir+"\n"+text, "bash")
	if d := cmp.Diff(blocks[0][3], have); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
