package main

import (
	"bytes"
	"context"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/vexfs/vexstream/bench/result"
	"github.com/vexfs/vexstream/bridge/synth"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/format"
)

// How BenchmarkStatements writes: in statements of so many rows, through so many clients, for so long.
const (
	statementRows    = 1000
	statementClients = 4
	statementsFor    = 20 * time.Second
)

// csvRows gives the generator's next rows as CSV.
func csvRows(b *testing.B, gen *synth.FileOps, rows int) []byte {
	w, err := format.NewWriter(format.CSV, synth.Schema, format.Options{})
	if err != nil {
		b.Error(err)
		return nil
	}
	body := w.AppendStart(nil)
	for rows > 0 {
		n := min(rows, batch.MaxRows)
		body, rows = w.AppendBatch(body, gen.Batch(n)), rows-n
	}
	return w.AppendEnd(body)
}

// BenchmarkStatements measures answers of COPY statements of 1,000 FILEOPS rows, each durable when it is answered, at half the rate at which
// the node took large ones just before, with a tumbling view and checkpoints at work. A statement's time is counted from when it was
// due, whether or not those before it had been answered.
func BenchmarkStatements(b *testing.B) {
	s := serve(b, filepath.Join(b.TempDir(), "data"))
	defer s.stop(b)
	var clients []*pgx.Conn
	for range statementClients {
		clients = append(clients, dial(b, s))
	}
	exec(b, clients[0], `CREATE STREAM fileops (ts timestamptz NOT NULL, event_type text, user_id text, process_id int, file_path text, size_bytes bigint,
	  WATERMARK FOR ts AS ts - INTERVAL '10 seconds')`)
	exec(b, clients[0], tumblingView)
	gen := synth.NewFileOps(1, synth.Keys)
	full := fullRate(b, clients, gen)
	long := statementsFor
	if short() {
		long /= 20
	}
	every := time.Duration(statementRows / (full / 2) * float64(time.Second))
	n := int64(long / every)
	ahead := make(chan []byte, 64) // so that making rows does not count
	go func() {
		defer close(ahead)
		for range n {
			ahead <- csvRows(b, gen, statementRows)
		}
	}()
	defer func() {
		for range ahead { // after a failure
		}
	}()
	var took result.Histogram
	var lock sync.Mutex
	var next atomic.Int64
	start := time.Now().Add(100 * time.Millisecond)
	b.ResetTimer()
	sendAll(b, clients, func(c *pgx.Conn) bool {
		body, more := <-ahead
		if !more {
			return false
		}
		due := start.Add(time.Duration(next.Add(1)-1) * every)
		if wait := time.Until(due); wait > 0 {
			<-time.After(wait)
		}
		if err := copyRows(b.Context(), c, body); err != nil {
			b.Error(err)
			return false
		}
		lock.Lock()
		defer lock.Unlock()
		took.Record(time.Since(due), 1)
		return true
	})
	b.ReportMetric(full/1e6, "full-Mrows/s")
	b.ReportMetric(float64(took.Count())/time.Since(start).Seconds(), "statements/s")
	report(b, &took, "", time.Millisecond, "ms")
}

// fullRate is how many rows a second the node takes in large statements.
func fullRate(b *testing.B, clients []*pgx.Conn, gen *synth.FileOps) float64 {
	bodies := make(chan []byte, 16)
	rows := 0
	for range cap(bodies) {
		if short() && rows > 0 {
			break
		}
		bodies <- csvRows(b, gen, bodyRows)
		rows += bodyRows
	}
	close(bodies)
	began := time.Now()
	sendAll(b, clients[:ingestClients], func(c *pgx.Conn) bool {
		body, more := <-bodies
		if !more {
			return false
		}
		err := copyRows(b.Context(), c, body)
		if err != nil {
			b.Error(err)
		}
		return err == nil
	})
	return float64(rows) / time.Since(began).Seconds()
}

// sendAll has each client send until there is nothing more.
func sendAll(b *testing.B, clients []*pgx.Conn, send func(c *pgx.Conn) (more bool)) {
	b.Helper()
	var all sync.WaitGroup
	for _, c := range clients {
		all.Go(func() {
			for send(c) {
			}
		})
	}
	all.Wait()
	if b.Failed() {
		b.FailNow()
	}
}

func copyRows(ctx context.Context, c *pgx.Conn, body []byte) error {
	_, err := c.PgConn().CopyFrom(ctx, bytes.NewReader(body), "COPY fileops FROM STDIN WITH (FORMAT csv)")
	return err
}
