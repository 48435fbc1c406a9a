package session_test

import (
	"context"
	"strings"
	"testing"
)

// TestOneEpoch reads two views of one stream while rows come in: a statement must never see them at different epochs,
// whether they are groups of their own or have become one.
func TestOneEpoch(t *testing.T) {
	n := newNode(t)
	must := func(text string) string {
		t.Helper()
		out := n.run(t.Context(), text, &client{})
		if strings.Contains(out, "ERROR") {
			t.Fatalf("%s: %s", text, out)
		}
		return out
	}
	must(`CREATE STREAM s (ts timestamptz, x bigint, WATERMARK FOR ts AS ts);
		CREATE MATERIALIZED VIEW slow AS SELECT x, count(*) AS n FROM s GROUP BY x;
		CREATE MATERIALIZED VIEW fast AS SELECT count(*) AS n FROM s`)

	writer, err := n.e.Session("admin", "vexstream", nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w := &node{t: t, e: n.e, s: writer}
		for i := 0; ctx.Err() == nil && i < 2_000; i++ {
			w.run(ctx, `INSERT INTO s SELECT '2026-01-01 00:00:01Z'::timestamptz, x FROM (VALUES (1), (2), (3), (4)) v(x)`, &client{})
		}
	}()
	defer func() { stop(); <-ended }()
	for i := range 100 {
		if i == 50 {
			must(`CREATE MATERIALIZED VIEW together AS SELECT n FROM slow UNION ALL SELECT n FROM fast`)
		}
		out := must(`SELECT n, count(*) FROM (SELECT coalesce(sum(n)::bigint, 0) AS n FROM slow UNION ALL SELECT n FROM fast UNION ALL SELECT count(*) FROM s) v GROUP BY n`)
		if strings.Count(out, "\n") != 1 {
			t.Fatalf("after %d reads, a view, another and their stream count\n%s", i, out)
		}
	}
}
