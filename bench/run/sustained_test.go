package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/vexfs/vexstream/bridge/synth"
	"github.com/vexfs/vexstream/engine/format"
)

// BenchmarkSustained measures COPY CSV of VEXSTREAM_BENCH_SUSTAINED_MB megabytes of FILEOPS rows (20,000; 200 in the short form), for a minute at least in the full
// form, into a node in a process of its own: each statement of half a million rows is answered when it is durable, a tumbling view is kept current, and checkpoints and
// merging are at work. It gives rows and megabytes a second on the wall, of all and of the slowest ten seconds, and what the disk takes from a writer
// that does nothing but write and sync, before and behind it.
func BenchmarkSustained(b *testing.B) {
	mb, least := int64(20_000), time.Minute
	if short() {
		mb, least = 200, 0
	}
	if v, err := strconv.ParseInt(os.Getenv("VEXSTREAM_BENCH_SUSTAINED_MB"), 10, 64); err == nil {
		mb, least = v, 0
	}
	const disk = 512 << 20
	alone := disk / fsyncOnly(b, b.TempDir(), disk).Seconds()
	s := serve(b, filepath.Join(b.TempDir(), "data"))
	c := dial(b, s)
	exec(b, c, `CREATE STREAM fileops (ts timestamptz NOT NULL, event_type text, user_id text, process_id int, file_path text, size_bytes bigint,
	  WATERMARK FOR ts AS ts - INTERVAL '10 seconds')`)
	exec(b, c, tumblingView)
	bodies := daysOf(fileOpsBodies(b, format.CSV, synth.Keys, 8*bodyRows))
	before, _ := s.used(b)
	b.ResetTimer()
	f := flood{bytes: mb * 1e6, least: least, began: time.Now()}
	f.run(b, s, bodies)
	took := time.Since(f.began).Seconds()
	after, peak := s.used(b)
	var got int64
	if err := c.QueryRow(b.Context(), "SELECT count(*) FROM fileops").Scan(&got); err != nil || got != f.rows {
		b.Errorf("%d rows, want %d: %v", got, f.rows, err)
	}
	var counted, held int64
	if err := c.QueryRow(b.Context(), "SELECT sum(n)::bigint, count(*) FROM tumbled").Scan(&counted, &held); err != nil || counted != f.rows {
		b.Errorf("the view has %d rows of %d: %v", counted, f.rows, err)
	}
	b.ReportMetric(float64(held), "groups")
	b.ReportMetric(alone/1e6, "fsync-only-before-MB/s")
	b.ReportMetric(took, "s")
	b.ReportMetric(float64(f.rows)/took/1e6, "Mrows/s")
	b.ReportMetric(f.slowest()/1e6, "slowest-10s-Mrows/s")
	b.ReportMetric(float64(f.sent)/took/1e6, "sent-MB/s")
	b.ReportMetric(float64(logBytes(b, c))/took/1e6, "log-MB/s")
	b.ReportMetric((after-before).Seconds()/float64(f.rows)*1e6, "server-cpu-s/Mrow")
	b.ReportMetric(float64(peak)/(1<<20), "server-peak-MiB")
	s.stop(b)
	b.ReportMetric(disk/fsyncOnly(b, b.TempDir(), disk).Seconds()/1e6, "fsync-only-behind-MB/s")
}

// dated is a body of CSV and where its rows begin: with a date.
type dated struct {
	body []byte
	at   []int
}

// daysOf finds the dates in bodies whose rows are of one day.
func daysOf(bodies [][]byte) (out []dated) {
	for _, body := range bodies {
		d := dated{body: body}
		for at := 0; at < len(body); {
			d.at = append(d.at, at)
			at += bytes.IndexByte(body[at:], '\n') + 1
		}
		out = append(out, d)
	}
	return out
}

// move makes the rows those of another day.
func (d dated) move(day time.Time) {
	text := day.Format(time.DateOnly)
	for _, at := range d.at {
		copy(d.body[at:], text)
	}
}

// flood sends rows until it is enough.
type flood struct {
	bytes int64
	least time.Duration
	began time.Time

	mu   sync.Mutex
	rows int64
	sent int64
	each []int64 // rows by the second in which they were answered
}

// run has every client send bodies of its own, over and over, each time as those of another day: what the other has sent is not late
// by that, as a body's day is that of the round.
func (f *flood) run(b *testing.B, s *server, bodies []dated) {
	var clients []*pgx.Conn
	for range ingestClients {
		clients = append(clients, dial(b, s))
	}
	first := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for round := 0; ; round++ {
		todo := make(chan dated, len(bodies))
		for _, d := range bodies {
			todo <- d
		}
		close(todo)
		sendAll(b, clients, func(c *pgx.Conn) bool {
			d, more := <-todo
			if !more || f.enough() {
				return false
			}
			d.move(first.AddDate(0, 0, round))
			return f.send(b.Context(), b, c, d)
		})
		if f.enough() {
			return
		}
	}
}

func (f *flood) enough() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sent >= f.bytes && time.Since(f.began) >= f.least
}

// send copies a body, and counts it.
func (f *flood) send(ctx context.Context, b *testing.B, c *pgx.Conn, d dated) bool {
	if err := copyRows(ctx, c, d.body); err != nil {
		b.Error(err)
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rows += int64(len(d.at))
	f.sent += int64(len(d.body))
	for second := int(time.Since(f.began).Seconds()); len(f.each) <= second; {
		f.each = append(f.each, 0)
	}
	f.each[len(f.each)-1] += int64(len(d.at))
	return true
}

// slowest is the rows a second of the slowest ten seconds; of less time, of all of it.
func (f *flood) slowest() float64 {
	n := min(10, max(1, len(f.each)-1)) // the last second is not whole
	var least int64 = -1
	for i := 0; i+n <= max(n, len(f.each)-1); i++ {
		var sum int64
		for _, rows := range f.each[i : i+n] {
			sum += rows
		}
		if least < 0 || sum < least {
			least = sum
		}
	}
	return float64(least) / float64(n)
}
