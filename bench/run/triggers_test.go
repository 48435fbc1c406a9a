package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"
)

// triggerCondition is one of the mix of conditions that event systems have: equality 40 %, prefix 20 %, suffix 15 %, contains and
// regular expressions 15 %, range 10 %, each with a second one.
func triggerCondition(r *rand.Rand, i int) string {
	path := fmt.Sprintf("/srv/data/team%04d/project%02d", r.IntN(1000), r.IntN(20))
	second := fmt.Sprintf("size_bytes > %d", r.IntN(1<<20))
	switch k := i % 20; {
	case k < 8:
		return fmt.Sprintf("file_path = '%s/part-%07d' AND %s", path, i, second)
	case k < 12:
		return fmt.Sprintf("file_path LIKE '%s/%%' AND %s", path, second)
	case k < 15:
		return fmt.Sprintf("file_path LIKE '%%%04d.log' AND %s", r.IntN(10_000), second)
	case k < 17:
		return fmt.Sprintf("file_path LIKE '%%run%03d/part-%02d%%' AND %s", r.IntN(1000), r.IntN(100), second)
	case k < 18:
		return fmt.Sprintf(`file_path ~ 'run%03d/part-%02d.*[02468]\.(log|txt)$' AND process_id = %d`, r.IntN(1000), r.IntN(100), r.IntN(200))
	}
	lo := r.IntN(1 << 30)
	return fmt.Sprintf("size_bytes BETWEEN %d AND %d AND event_type = 'FilesystemWrite'", lo, lo+500)
}

// BenchmarkCreateTriggers makes triggers on events in one transaction, a statement a message as psql -1 -f does, then one more by
// itself, and disables and enables all. VEXSTREAM_BENCH_TRIGGERS says how many.
func BenchmarkCreateTriggers(b *testing.B) {
	many := 10_000
	if s := os.Getenv("VEXSTREAM_BENCH_TRIGGERS"); s != "" {
		var err error
		if many, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	n := start(b)
	c := client(b, n)
	exec(b, c, "CREATE STREAM caught (ts timestamptz, event_type text, file_path text, size_bytes bigint)")
	r, made := rand.New(rand.NewPCG(1, 2)), 0
	create := func() {
		exec(b, c, fmt.Sprintf("CREATE TRIGGER rule%06d AFTER INSERT ON events FOR EACH ROW WHEN (%s) EXECUTE FUNCTION notify('caught', file_path)",
			made, triggerCondition(r, made)))
		made++
	}
	for b.Loop() {
		began, spent := time.Now(), cpuTime(b)
		exec(b, c, "BEGIN")
		for range many {
			create()
		}
		written := time.Since(began)
		exec(b, c, "COMMIT")
		b.ReportMetric(written.Seconds(), "statements-s")
		b.ReportMetric((time.Since(began) - written).Seconds(), "commit-s")
		b.ReportMetric((cpuTime(b) - spent).Seconds(), "cpu-s")
		began, spent = time.Now(), cpuTime(b)
		create()
		b.ReportMetric(float64(time.Since(began).Microseconds())/1000, "one-more-ms")
		b.ReportMetric(float64((cpuTime(b)-spent).Microseconds())/1000, "one-more-cpu-ms")
		began = time.Now()
		exec(b, c, "ALTER TABLE events DISABLE TRIGGER ALL")
		b.ReportMetric(time.Since(began).Seconds(), "disable-all-s")
		began = time.Now()
		exec(b, c, "ALTER TABLE events ENABLE TRIGGER ALL")
		b.ReportMetric(time.Since(began).Seconds(), "enable-all-s")
	}
}
