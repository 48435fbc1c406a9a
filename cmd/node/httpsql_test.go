package node_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/cmd/node"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// sqlOverHTTP is a node with its token.
func sqlOverHTTP(t *testing.T) (*node.Node, string) {
	t.Helper()
	dir := t.TempDir()
	n := open(t, node.Settings{Data: dir, HTTPAddr: "127.0.0.1:0"})
	token, err := os.ReadFile(filepath.Join(dir, "http.token"))
	if err != nil {
		t.Fatal(err)
	}
	return n, strings.TrimSpace(string(token))
}

func post(ctx context.Context, n *node.Node, body string, header map[string]string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+n.HTTPAddr()+"/v1/sql", strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	return client.Do(req)
}

func TestSQLOverHTTP(t *testing.T) {
	n, token := sqlOverHTTP(t)
	run(t, n, "CREATE TABLE t (a int PRIMARY KEY, b text, c numeric, d jsonb, e timestamptz)")
	run(t, n, "CREATE ROLE anna; GRANT SELECT ON t TO anna")
	const text, js = "application/sql", "application/json"
	for _, c := range []struct {
		name, kind, accept, body string
		status                   int
		want                     string
	}{
		{"a parameter of each kind", js, "", `{"sql": "INSERT INTO t VALUES ($1, $2, $3, $4, $5)", "params": [1, "x\"y", 1.50, {"k": [1, null]}, "2026-01-02 03:04:05Z"]}`, 200, `{"columns":[],"rows":[],"tag":"INSERT 0 1"}`},
		{"null", js, "", `{"sql": "INSERT INTO t (a, b) VALUES ($1, $2)", "params": [2, null]}`, 200, `{"columns":[],"rows":[],"tag":"INSERT 0 1"}`},
		{"JSON", text, "", "SELECT * FROM t ORDER BY a", 200, `{"columns":[{"name":"a","type":"integer"},{"name":"b","type":"text"},{"name":"c","type":"numeric"},{"name":"d","type":"jsonb"},{"name":"e","type":"timestamp with time zone"}],"rows":[[1,"x\"y",1.50,{"k": [1, null]},"2026-01-02T03:04:05+00:00"],` + "\n" + `[2,null,null,null,null]],"tag":"SELECT 2"}`},
		{"NDJSON", text, "application/x-ndjson", "SELECT a, b FROM t ORDER BY a", 200, `{"a":1,"b":"x\"y"}` + "\n" + `{"a":2,"b":null}`},
		{"CSV", text, "text/csv", "SELECT a, b FROM t ORDER BY a", 200, "a,b\n" + `1,"x""y"` + "\n2,"},
		{"Arrow", text, "application/vnd.apache.arrow.stream", "SELECT a::bigint, b FROM t WHERE a = 1", 200, arrowText(t, batch.Schema{{Name: "a", Type: types.Int8}, {Name: "b", Type: types.Text}}, "1", `x"y`)},
		{"nothing", text, "", " ; ", 200, `{"columns":[],"rows":[],"tag":""}`},
		{"a notice", text, "", "DROP TABLE IF EXISTS nothing", 200, `{"columns":[],"rows":[],"notices":[{"code":"00000","message":"table \"nothing\" does not exist, skipping"}],"tag":"DROP TABLE"}`},
		{"as a role", js, "", `{"sql": "SELECT current_user", "role": "anna"}`, 200, `{"columns":[{"name":"current_user","type":"name"}],"rows":[["anna"]],"tag":"SELECT 1"}`},
		{"without its rights", js, "", `{"sql": "DELETE FROM t", "role": "anna"}`, 403, `{"error":{"code":"42501","message":"permission denied for table t"}}`},
		{"as nobody", js, "", `{"sql": "SELECT 1", "role": "zoe"}`, 403, `{"error":{"code":"28000","message":"role \"zoe\" does not exist"}}`},
		{"what does not parse", text, "", "SELEC 1", 400, `{"error":{"code":"42601","message":"syntax error at or near \"SELEC\"","position":1}}`},
		{"two statements", text, "", "SELECT 1; SELECT 2", 400, `{"error":{"code":"42601","message":"a request has one statement, not 2","position":11}}`},
		{"a key that is there", text, "", "INSERT INTO t (a) VALUES (1)", 400, `{"error":{"code":"23505","message":"duplicate key value violates unique constraint \"t_pkey\"","detail":"Key (a)=(1) already exists."}}`},
		{"a parameter too few", text, "", "SELECT $1::int", 400, `{"error":{"code":"08P01","message":"the request has 0 parameters, but the statement requires 1"}}`},
		{"a bad parameter", js, "", `{"sql": "SELECT $1::int", "params": ["x"]}`, 400, `{"error":{"code":"22P02","message":"invalid input syntax for type integer: \"x\"","where":"parameter $1"}}`},
		{"COPY", text, "", "COPY t TO STDOUT", 400, `{"error":{"code":"0A000","message":"COPY over HTTP is not supported","hint":"SELECT gives rows as JSON, NDJSON, CSV or Arrow, by Accept; rows go in with POST /v1/append/RELATION."}}`},
		{"what is no JSON", js, "", `{"sql": `, 400, `{"error":{"code":"22P02",`},
		{"an unknown key", js, "", `{"sq": "SELECT 1"}`, 400, `{"error":{"code":"22P02",`},
		{"a form", "application/x-www-form-urlencoded", "", "sql=SELECT+1", 415, `{"error":{"code":"0A000",`},
		{"another type asked for", text, "image/png", "SELECT 1", 406, `{"error":{"code":"0A000",`},
		{"too long", text, "", strings.Repeat(" ", 1<<20+1), 413, `{"error":{"code":"54000",`},
		{"a failure among the rows, JSON", text, "", "SELECT 1 / (100000 - g) FROM generate_series(1, 200000) g", 200, `"error":{"code":"22012","message":"division by zero"}}`},
		{"a failure among the rows, NDJSON", text, "application/x-ndjson", "SELECT 1 / (100000 - g) AS x FROM generate_series(1, 200000) g", 200, `{"error":{"code":"22012","message":"division by zero"}}`},
	} {
		res, err := post(t.Context(), n, c.body, map[string]string{"Authorization": "Bearer " + token, "Content-Type": c.kind, "Accept": c.accept})
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		got := strings.TrimSuffix(string(body), "\n")
		if same := got == c.want || len(got) > 1_000 && strings.HasSuffix(got, c.want) || strings.HasSuffix(c.want, ",") && strings.HasPrefix(got, c.want); res.StatusCode != c.status || !same {
			t.Errorf("%s: %d %.500s\nwant %d %s", c.name, res.StatusCode, got, c.status, c.want)
		}
		if res.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: a CORS header", c.name)
		}
	}
	res, err := post(t.Context(), n, "SELECT 1 / (100000 - g) FROM generate_series(1, 200000) g", map[string]string{"Authorization": "Bearer " + token, "Content-Type": text, "Accept": "text/csv"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(res.Body); err == nil {
		t.Error("CSV that broke off looks whole")
	}
	res.Body.Close()
}

// Only who has the token gets an answer, on a loopback address, too; and no page of another server.
func TestSQLOverHTTPNeedsTheToken(t *testing.T) {
	n, token := sqlOverHTTP(t)
	for name, c := range map[string]struct {
		header map[string]string
		status int
	}{
		"none":           {nil, 401},
		"a wrong one":    {map[string]string{"Authorization": "Bearer x"}, 401},
		"an empty one":   {map[string]string{"Authorization": "Bearer "}, 401},
		"the right one":  {map[string]string{"Authorization": "Bearer " + token}, 200},
		"another page's": {map[string]string{"Authorization": "Bearer " + token, "Origin": "http://evil.example"}, 403},
	} {
		h := map[string]string{"Content-Type": "application/sql"}
		for k, v := range c.header {
			h[k] = v
		}
		res, err := post(t.Context(), n, "SELECT 1", h)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != c.status {
			t.Errorf("%s: status %d, want %d", name, res.StatusCode, c.status)
		}
	}
}

// A subscription is sent as it comes, and ends with its client or with the node.
func TestSubscribeOverHTTP(t *testing.T) {
	n, token := sqlOverHTTP(t)
	run(t, n, "CREATE TABLE t (a int PRIMARY KEY)")
	h := map[string]string{"Authorization": "Bearer " + token, "Content-Type": "application/sql", "Accept": "application/x-ndjson"}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for _, c := range []context.Context{ctx, t.Context()} {
		res, err := post(c, n, "SUBSCRIBE t", h)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		lines := bufio.NewScanner(res.Body)
		run(t, n, "DELETE FROM t")
		run(t, n, "INSERT INTO t VALUES (1)")
		for lines.Scan() && !strings.Contains(lines.Text(), `"_diff":1,"a":1`) {
		}
		if err := lines.Err(); err != nil {
			t.Fatal(err)
		}
		if c == ctx {
			cancel()
			continue
		}
		closed := make(chan error, 1)
		go func() { closed <- n.Close() }()
		for lines.Scan() {
		}
		if err := <-closed; err != nil {
			t.Error(err)
		}
	}
}
