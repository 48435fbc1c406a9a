package main

import (
	"bytes"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/vexfs/vexstream/cmd/node"
)

// manyViews is how many views the figures below are about.
const manyViews = 1000

// BenchmarkManyViews measures the processor time that a thousand views of the same window take, half of them with an equality and half
// with a prefix, so that each row passes ten of them; beside it that of one such view. What the rows cost without any view is
// taken off both.
func BenchmarkManyViews(b *testing.B) {
	const rows = 100_000
	data := func(minute int) *bytes.Reader {
		var buf bytes.Buffer
		for i := range rows {
			fmt.Fprintf(&buf, "2026-01-01 00:%02d:%02d.%06dZ,user_%02d,/p%02d/component_%05d.log,%d\n", minute, i/10_000, i%10_000*100, i*7%100, i*13%100, i%5000, i%4096)
		}
		return bytes.NewReader(buf.Bytes())
	}
	var none, one, many time.Duration
	for range b.N {
		n := start(b)
		c := client(b, n)
		exec(b, c, "CREATE STREAM s (ts timestamptz, user_id text, path text, bytes bigint, WATERMARK FOR ts AS ts - INTERVAL '1 second')")
		minute := 0
		load := func() time.Duration { // rows that are newer than those before
			minute++
			rows := data(minute)
			began := cpuTime(b)
			if _, err := c.PgConn().CopyFrom(b.Context(), rows, "COPY s FROM STDIN WITH (FORMAT csv)"); err != nil {
				b.Fatal(err)
			}
			reachAll(b, n)
			return cpuTime(b) - began
		}
		view := func(i int) {
			cond := fmt.Sprintf("user_id = 'user_%02d'", i/2%100)
			if i%2 == 1 {
				cond = fmt.Sprintf("path LIKE '/p%02d/%%'", i/2%100)
			}
			exec(b, c, fmt.Sprintf("CREATE MATERIALIZED VIEW v%d AS SELECT window_start, count(*), sum(bytes) FROM TUMBLE(s, ts, INTERVAL '1 second') WHERE %s GROUP BY window_start", i, cond))
		}
		load() // what is made once is there
		none += load()
		view(0)
		one += load()
		for i := 1; i < manyViews; i++ {
			view(i)
		}
		many += load()
		var counted int64 // each load has added ten times its rows
		for i := range 20 {
			got, err := n.Query(b.Context(), fmt.Sprintf("SELECT sum(count)::bigint FROM v%d", i))
			if err != nil {
				b.Fatal(err)
			}
			k, err := strconv.ParseInt(got[0][0], 10, 64)
			if err != nil {
				b.Fatal(err)
			}
			counted += k
		}
		if want := int64(20 * 4 * rows / 100); counted != want {
			b.Fatalf("twenty views have counted %d rows, want %d", counted, want)
		}
	}
	perRow := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / rows / float64(b.N) }
	b.ReportMetric(perRow(none), "none-ns/row")
	b.ReportMetric(perRow(one-none), "one-ns/row")
	b.ReportMetric(perRow(many-none), "thousand-ns/row")
	b.ReportMetric(float64(many-none)/float64(max(one-none, 1)), "times-one")
}

// BenchmarkIdleViews measures the processor time that a thousand views take that get no row, while another stream gets two hundred
// epochs a second: of a core, in percent. What the epochs cost without views is taken off.
func BenchmarkIdleViews(b *testing.B) {
	const epochs, perSecond = 600, 200
	var none, many time.Duration
	var took time.Duration
	for range b.N {
		n := start(b)
		c := client(b, n)
		exec(b, c, "CREATE STREAM busy (ts timestamptz, k bigint)")
		exec(b, c, "CREATE STREAM idle (ts timestamptz, k text, v bigint, WATERMARK FOR ts AS ts - INTERVAL '1 second')")
		run := func() time.Duration {
			pace := time.NewTicker(time.Second / perSecond)
			defer pace.Stop()
			began, clock := cpuTime(b), time.Now()
			for i := range epochs {
				exec(b, c, fmt.Sprintf("INSERT INTO busy VALUES ('2026-01-01', %d)", i))
				<-pace.C
			}
			took = time.Since(clock)
			return cpuTime(b) - began
		}
		none += run()
		for i := range manyViews {
			exec(b, c, fmt.Sprintf("CREATE MATERIALIZED VIEW v%d AS SELECT window_start, count(*), sum(v) FROM TUMBLE(idle, ts, INTERVAL '1 second') WHERE k = 'k%d' GROUP BY window_start", i, i))
		}
		many += run()
		reachAll(b, n)
	}
	perEpoch := float64(many-none) / epochs / float64(b.N)
	b.ReportMetric(perEpoch/1e3, "µs/epoch")
	b.ReportMetric(perEpoch*perSecond/float64(time.Second)*100, "%-of-core")
	b.ReportMetric(epochs/took.Seconds(), "epochs/s")
}

// reachAll waits until every view shows what is durable by now.
func reachAll(b *testing.B, n *node.Node) {
	b.Helper()
	l, last := n.Engine().Live, n.Engine().Committer.Last().No
	for _, v := range l.Status() {
		if err := l.Reach(b.Context(), v.ID, last); err != nil {
			b.Fatal(err)
		}
	}
}
