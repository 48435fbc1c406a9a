package main

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/vexfs/vexstream/bench/result"
	"github.com/vexfs/vexstream/cmd/node"
)

// checkpointRounds is how many checkpoints BenchmarkCheckpoint looks at.
const checkpointRounds = 10

// BenchmarkCheckpoint measures what a client waits for single durable inserts, one after the other, while a checkpoint stores a million groups of a
// tumbling and as many of a joining view, all of which have changed, and beside that in as long a time without one, in turn.
func BenchmarkCheckpoint(b *testing.B) {
	rounds := checkpointRounds
	if short() {
		rounds = 2
	}
	set := node.Settings{
		Data: filepath.Join(b.TempDir(), "data"), PgAddr: "127.0.0.1:0", Journal: slog.New(slog.DiscardHandler),
		Checkpoint: time.Hour, Replay: -1, // none but those that are asked for
	}
	n, err := node.Open(b.Context(), set)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { n.Close() })
	c := client(b, n)
	makeGroups(b, c)
	b.ResetTimer()
	var alone, beside result.Histogram
	var stored time.Duration
	for range rounds {
		touch(b, c)
		if _, err := n.Query(b.Context(), "SELECT count(*) FROM tumbled, (SELECT count(*) FROM joined) j"); err != nil { // they have caught up
			b.Fatal(err)
		}
		began := time.Now()
		inserts(b, n, &beside, func() {
			if err := n.Engine().Live.Checkpoint(b.Context()); err != nil {
				b.Error(err)
			}
		})
		took := time.Since(began)
		stored += took
		inserts(b, n, &alone, func() { <-time.After(took) })
	}
	b.ReportMetric(float64(stored.Milliseconds())/float64(rounds), "checkpoint-ms")
	report(b, &alone, "alone-", time.Millisecond, "ms")
	report(b, &beside, "beside-", time.Millisecond, "ms")
}

// inserts puts single rows in, one after the other, while f runs, and records how long each took.
func inserts(b *testing.B, n *node.Node, took *result.Histogram, f func()) {
	c := client(b, n)
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	for i := 0; ; i++ {
		select {
		case <-done:
			return
		default:
		}
		began := time.Now()
		exec(b, c, fmt.Sprintf("INSERT INTO g VALUES ('2026-01-01 00:00:00Z', %d, 1)", i%groups))
		took.Record(time.Since(began), 1)
	}
}
