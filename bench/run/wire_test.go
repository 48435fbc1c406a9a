package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// BenchmarkCopyOut reads rows of four columns through COPY, from vexstream and, if VEXSTREAM_TEST_POSTGRES names its socket
// folder, from PostgreSQL, in turn. It reports the median of the rounds' ratios, and each one's best.
func BenchmarkCopyOut(b *testing.B) {
	rows, rounds := 10_000_000, 3
	if short() {
		rows = 1_000_000
	}
	fill := func(c *pgx.Conn, into string) {
		const step = 1_000_000
		for lo := 0; lo < rows; lo += step {
			exec(b, c, fmt.Sprintf("INSERT INTO %s SELECT '2026-01-01'::timestamptz + g * INTERVAL '1 millisecond', g, 'user_' || g %% 1000, g %% 1000 / 8.0::float8 FROM generate_series(%d, %d) g", into, lo+1, lo+step))
		}
	}
	n := start(b)
	ours := client(b, n)
	exec(b, ours, "CREATE STREAM out (ts timestamptz, k bigint, user_id text, v float8)")
	fill(ours, "out")
	var theirs *pgx.Conn
	if dir := os.Getenv("VEXSTREAM_TEST_POSTGRES"); dir != "" {
		var err error
		if theirs, err = pgx.Connect(b.Context(), "host="+dir+" user=postgres dbname=postgres"); err != nil {
			b.Fatal(err)
		}
		defer theirs.Close(context.Background())
		exec(b, theirs, "DROP TABLE IF EXISTS vexstream_out")
		exec(b, theirs, "CREATE UNLOGGED TABLE vexstream_out (ts timestamptz, k bigint, user_id text, v float8)")
		fill(theirs, "vexstream_out")
		exec(b, theirs, "VACUUM ANALYZE vexstream_out")
		defer exec(b, theirs, "DROP TABLE vexstream_out")
	}
	copyOut := func(c *pgx.Conn, from string) time.Duration {
		began := time.Now()
		tag, err := c.PgConn().CopyTo(b.Context(), io.Discard, "COPY "+from+" TO STDOUT")
		if err != nil || tag.RowsAffected() != int64(rows) {
			b.Fatal(tag, err)
		}
		return time.Since(began)
	}
	var a, z, ratios []float64
	b.ResetTimer()
	for range b.N {
		for range rounds {
			us := copyOut(ours, "out").Seconds()
			a = append(a, us)
			if theirs != nil {
				them := copyOut(theirs, "vexstream_out").Seconds()
				z, ratios = append(z, them), append(ratios, them/us)
			}
		}
	}
	b.ReportMetric(float64(rows)/slices.Min(a)/1e6, "Mrows/s")
	if len(z) > 0 {
		slices.Sort(ratios)
		b.ReportMetric(float64(rows)/slices.Min(z)/1e6, "postgres-Mrows/s")
		b.ReportMetric(ratios[len(ratios)/2], "times-postgres")
	}
}

// BenchmarkSubscribers sends 10,000 changes a second to 100 clients that follow one stream, and reports how long they take
// from the beginning of their INSERT to each client. A change that does not come fails it.
func BenchmarkSubscribers(b *testing.B) {
	const clients, perStep, steps, every = 100, 100, 500, 10 * time.Millisecond
	n := start(b)
	c := client(b, n)
	exec(b, c, "CREATE STREAM s (step bigint, k bigint)")
	exec(b, c, "INSERT INTO s VALUES (-1, 0)") // the snapshot: who has it follows
	began := make([]time.Time, steps)
	lags := make([][]time.Duration, clients)
	var ready, done sync.WaitGroup
	for i := range clients {
		sub := client(b, n)
		r, w := io.Pipe()
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		go func() {
			_, err := sub.PgConn().CopyTo(ctx, w, "COPY (SUBSCRIBE s) TO STDOUT")
			w.CloseWithError(err)
		}()
		ready.Add(1)
		done.Add(1)
		go func() {
			defer done.Done()
			follow(b, r, began, perStep, &lags[i], ready.Done)
		}()
	}
	ready.Wait()
	b.ResetTimer()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for step := range steps {
		<-tick.C
		began[step] = time.Now()
		exec(b, c, fmt.Sprintf("INSERT INTO s SELECT %d, g FROM generate_series(1, %d) g", step, perStep))
	}
	b.ReportMetric(float64(perStep*steps)/b.Elapsed().Seconds(), "changes/s")
	done.Wait()
	all := slices.Concat(lags...)
	slices.Sort(all)
	b.ReportMetric(float64(all[len(all)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, "p99-ms")
}

// follow reads a subscription until it has every step, and how late each was complete.
func follow(b *testing.B, r io.Reader, began []time.Time, perStep int, lags *[]time.Duration, ready func()) {
	in := bufio.NewScanner(r)
	count := make([]int, len(began))
	for left := len(began); left > 0 && in.Scan(); {
		fields := bytes.Split(in.Bytes(), []byte("\t"))
		step, err := strconv.Atoi(string(fields[3])) // after _epoch, _time, _diff
		if err != nil {
			b.Error(err)
			return
		}
		if step < 0 {
			ready()
			continue
		}
		if count[step]++; count[step] == perStep {
			*lags = append(*lags, time.Since(began[step]))
			left--
		}
	}
	for step, got := range count {
		if got != perStep {
			b.Errorf("%d changes of step %d came, %d were made: %v", got, step, perStep, in.Err())
			return
		}
	}
}
