package oracle

import (
	"fmt"
	"slices"
	"testing"
)

// TestLocalDays compares windows of local days with PostgreSQL's date_trunc, over the hours of two years, in a query and in
// views that are there from the start, with open windows and with closed ones.
func TestLocalDays(t *testing.T) {
	pg := newPostgres(t, "UTC")
	us := newKeeper(t, 1)
	us.must(t, "CREATE STREAM h (ts timestamptz, n int, WATERMARK FOR ts AS ts)")
	pg.must(t, "DROP TABLE IF EXISTS h")
	pg.must(t, "CREATE TEMP TABLE h (ts timestamptz, n int)")
	zones := []string{"Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia"}
	text := func(zone string) string {
		return fmt.Sprintf("SELECT window_start, window_end, count(*), sum(n) FROM TUMBLE(h, ts, INTERVAL '1 day', '%s') GROUP BY 1, 2", zone)
	}
	for i, z := range zones {
		us.must(t, fmt.Sprintf("CREATE MATERIALIZED VIEW open%d AS %s", i, text(z)))
		us.must(t, fmt.Sprintf("CREATE MATERIALIZED VIEW closed%d AS %s EMIT ON WINDOW CLOSE", i, text(z)))
	}
	hours := "SELECT ts, extract(hour FROM ts)::int FROM generate_series(timestamptz '2010-01-01 00:15Z', '2012-01-10Z', INTERVAL '1 hour') AS ts"
	us.must(t, "INSERT INTO h "+hours)
	us.must(t, "INSERT INTO h VALUES ('2018-11-04 02:59:59Z', 1), ('2018-11-04 03:00:00Z', 2)")
	pg.must(t, "INSERT INTO h "+hours)
	pg.must(t, "INSERT INTO h VALUES ('2018-11-04 02:59:59Z', 1), ('2018-11-04 03:00:00Z', 2)")
	for i, z := range zones {
		day := fmt.Sprintf("date_trunc('day', ts, '%s')", z)
		end := fmt.Sprintf("((ts AT TIME ZONE '%s')::date + 1)::timestamp AT TIME ZONE '%s'", z, z)
		want := fmt.Sprintf("SELECT %s, %s, count(*), sum(n) FROM h GROUP BY 1, 2", day, end)
		for from, cond := range map[string]string{
			"(" + text(z) + ") AS q": "", fmt.Sprintf("open%d", i): "", fmt.Sprintf("closed%d", i): " HAVING " + end + " <= '2018-11-04 03:00:00Z'",
		} {
			got := us.ask("SELECT * FROM " + from)
			ans := pg.ask(t, []query{{text: want + cond, cols: max(len(got.types), 1)}})[0]
			if got.failed() || ans.failed() {
				t.Fatalf("%s: ours %s\nPostgreSQL %s", from, got, ans)
			}
			a, b := normal(got, ans.types), normal(ans, ans.types)
			slices.SortFunc(a, slices.Compare)
			slices.SortFunc(b, slices.Compare)
			if len(a) < 700 || !slices.EqualFunc(a, b, slices.Equal) {
				t.Errorf("%s in %s: %d rows, PostgreSQL has %d", from, z, len(a), len(b))
				for k := range min(len(a), len(b)) {
					if !slices.Equal(a[k], b[k]) {
						t.Fatalf("ours %q, PostgreSQL %q", a[k], b[k])
					}
				}
			}
		}
	}
}
