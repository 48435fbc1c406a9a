package node_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/vexfs/vexstream/cmd/node"
)

// What clients look for in PostgreSQL's catalogs and do not find is counted by name, and under so many names only.
func TestCatalogMisses(t *testing.T) {
	n, err := node.Open(t.Context(), node.Settings{PgAddr: "127.0.0.1:0", HTTPAddr: "127.0.0.1:0", Journal: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	c := connect(t, n)
	miss := func(sql string) {
		if _, err := c.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol); err == nil {
			t.Errorf("%s finds it", sql)
		}
	}
	for _, sql := range []string{
		"SELECT 'ä', pg_catalog.nothing(1)", "SELECT * FROM pg_catalog.pg_nothing", "SELECT pg_current_wal_lsn()", "SELECT 1; SELECT pg_catalog . \"nothing\"()",
		"SELECT * FROM information_schema.nothing", "SELECT mine()", "SELECT * FROM mine", "SELECT 1 +", "SELECT pg_typeof(1, 2)",
	} {
		miss(sql)
	}
	counted := func() map[string]string {
		res, err := http.Get("http://" + n.HTTPAddr() + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		raw, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]string{}
		for _, m := range regexp.MustCompile(`vexstream_catalog_misses_total\{name="(.*)"\} (\d+)`).FindAllStringSubmatch(string(raw), -1) {
			out[m[1]] = m[2]
		}
		return out
	}
	want := map[string]string{
		"pg_catalog.nothing": "2", "pg_catalog.pg_nothing": "1", "pg_catalog.pg_current_wal_lsn": "1", "information_schema.nothing": "1", "pg_catalog.pg_typeof": "1",
	}
	if have := counted(); fmt.Sprint(have) != fmt.Sprint(want) {
		t.Errorf("%v, and not %v", have, want)
	}
	for i := range 300 {
		miss(fmt.Sprintf("SELECT pg_catalog.nothing_%d()", i))
	}
	if have := counted(); len(have) != 257 || have["other"] != "49" {
		t.Errorf("%d names, %s others", len(have), have["other"])
	}
}
