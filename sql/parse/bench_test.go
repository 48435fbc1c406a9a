package parse

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func benchmark(b *testing.B, text string) {
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := Parse(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSelect1(b *testing.B) { benchmark(b, "SELECT 1") }

func BenchmarkView(b *testing.B) {
	benchmark(b, `CREATE MATERIALIZED VIEW per_minute AS SELECT window_start, user_id, count(*), sum(ms), avg(ms), max(ms)
		FROM TUMBLE(clicks, ts, INTERVAL '1 minute') WHERE ms > 10 AND user_id <> 'x' GROUP BY window_start, user_id`)
}

// BenchmarkPage is the longest query that psql sends for \d.
func BenchmarkPage(b *testing.B) {
	raw, err := os.ReadFile("testdata/client_queries/psql15_d_name.sql")
	if err != nil {
		b.Fatal(err)
	}
	longest := ""
	for _, s := range strings.Split(string(raw), "-- [statement]") {
		if len(s) > len(longest) {
			longest = s
		}
	}
	benchmark(b, longest)
}

func BenchmarkInsert1000(b *testing.B) {
	var s strings.Builder
	s.WriteString("INSERT INTO clicks VALUES ")
	for i := range 1000 {
		if i > 0 {
			s.WriteString(", ")
		}
		fmt.Fprintf(&s, "('2026-01-01 00:00:%02dZ', 'user%d', %d, 1.5, NULL)", i%60, i, i*7)
	}
	benchmark(b, s.String())
}

func BenchmarkInsert1000Calls(b *testing.B) {
	benchmark(b, "INSERT INTO t VALUES "+strings.Repeat("(now(), 'x' || 'y', 1 + 2), ", 999)+"(now(), 'x', 3)")
}
