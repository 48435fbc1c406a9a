package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/vexfs/vexstream/bridge/synth"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/format"
)

// bodyRows is how many rows a request of BenchmarkIngest has, and ingestClients how many clients send at once.
const (
	bodyRows      = 64 * batch.MaxRows
	ingestClients = 2
)

// tumblingView is what the figures with a view keep current.
const tumblingView = `CREATE MATERIALIZED VIEW tumbled AS SELECT window_start, event_type, user_id, count(*) AS n, sum(size_bytes), avg(size_bytes), max(size_bytes)
  FROM TUMBLE(fileops, ts, INTERVAL '1 second') GROUP BY 1, 2, 3`

// BenchmarkIngest sends FILEOPS rows to a node in a process of its own; each request is answered when its rows are durable. It
// reports rows a second on the wall, the processor time of both sides for a million rows, the bytes that were sent a second, and how many
// the disk takes from a writer that does nothing but write and sync. VEXSTREAM_BENCH_INGEST_ROWS says how many rows; 8 M.
func BenchmarkIngest(b *testing.B) {
	for _, way := range []struct {
		name string
		kind format.Kind
		sql  string // of COPY; "" is sent over HTTP
		mime string
		code synth.Coding
		view bool
	}{
		{"copy-csv", format.CSV, "COPY fileops FROM STDIN WITH (FORMAT csv)", "", synth.Keys, false},
		{"copy-csv-view", format.CSV, "COPY fileops FROM STDIN WITH (FORMAT csv)", "", synth.Keys, true},
		{"copy-binary", format.Binary, "COPY fileops FROM STDIN WITH (FORMAT binary)", "", synth.Keys, false},
		{"ndjson", format.NDJSON, "", "application/x-ndjson", synth.Keys, false},
		{"arrow-keys", format.Arrow, "", "application/vnd.apache.arrow.stream", synth.Keys, false},
		{"arrow-keys-view", format.Arrow, "", "application/vnd.apache.arrow.stream", synth.Keys, true},
	} {
		b.Run(way.name, func(b *testing.B) {
			bodies := fileOpsBodies(b, way.kind, way.code, ingestRows())
			for b.Loop() {
				s := serve(b, filepath.Join(b.TempDir(), "data"))
				ingest(b, s, bodies, way.sql, way.mime, way.view)
				s.stop(b)
			}
		})
	}
}

func ingestRows() int {
	if n, err := strconv.Atoi(os.Getenv("VEXSTREAM_BENCH_INGEST_ROWS")); err == nil {
		return n
	}
	if short() {
		return 2 * bodyRows
	}
	return 8_000_000
}

// fileOpsBodies makes the bodies of requests. Their event time goes on from one to the next.
func fileOpsBodies(b *testing.B, kind format.Kind, code synth.Coding, rows int) (out [][]byte) {
	gen := synth.NewFileOps(1, code)
	for range (rows + bodyRows - 1) / bodyRows {
		w, err := format.NewWriter(kind, synth.Schema, format.Options{})
		if err != nil {
			b.Fatal(err)
		}
		body := w.AppendStart(nil)
		for range bodyRows / batch.MaxRows {
			body = w.AppendBatch(body, gen.Batch(batch.MaxRows))
		}
		out = append(out, w.AppendEnd(body))
	}
	return out
}

// ingest sends all bodies once, and looks whether all rows have come.
func ingest(b *testing.B, s *server, bodies [][]byte, sql, mime string, view bool) {
	c := dial(b, s)
	exec(b, c, `CREATE STREAM fileops (ts timestamptz NOT NULL, event_type text, user_id text, process_id int, file_path text, size_bytes bigint,
	  WATERMARK FOR ts AS ts - INTERVAL '10 seconds')`)
	if view {
		exec(b, c, tumblingView)
	}
	todo := make(chan []byte, len(bodies))
	var bytesSent int64
	for _, body := range bodies {
		todo <- body
		bytesSent += int64(len(body))
	}
	close(todo)
	token := s.token(b)
	serverBefore, _ := s.used(b)
	clientBefore, began := cpuTime(b), time.Now()
	var clients sync.WaitGroup
	for range ingestClients {
		pg := dial(b, s)
		clients.Go(func() {
			for body := range todo {
				if err := sendRows(b.Context(), pg, s.http, token, body, sql, mime); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	clients.Wait()
	took, client := time.Since(began).Seconds(), cpuTime(b)-clientBefore
	serverAfter, peak := s.used(b)
	rows := float64(len(bodies) * bodyRows)
	check := "SELECT count(*) FROM fileops"
	if view {
		check = "SELECT sum(n) FROM tumbled"
	}
	var got float64
	if err := c.QueryRow(b.Context(), check).Scan(&got); err != nil || got != rows {
		b.Errorf("%s gives %v, want %v: %v", check, got, rows, err)
	}
	b.ReportMetric(rows/took/1e6, "Mrows/s")
	b.ReportMetric((serverAfter-serverBefore).Seconds()/rows*1e6, "server-cpu-s/Mrow")
	b.ReportMetric(client.Seconds()/rows*1e6, "client-cpu-s/Mrow")
	b.ReportMetric(float64(bytesSent)/took/1e6, "sent-MB/s")
	b.ReportMetric(float64(peak)/(1<<20), "server-peak-MiB")
	const disk = 256 << 20
	b.ReportMetric(disk/fsyncOnly(b, s.data, disk).Seconds()/1e6, "fsync-only-MB/s")
}

// sendRows sends a body by COPY, or else by HTTP.
func sendRows(ctx context.Context, c *pgx.Conn, addr, token string, body []byte, sql, mime string) error {
	if sql != "" {
		_, err := c.PgConn().CopyFrom(ctx, bytes.NewReader(body), sql)
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+addr+"/v1/append/fileops", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", mime)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	said, err := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusOK && err == nil {
		err = fmt.Errorf("%s: %s", res.Status, said)
	}
	return err
}
