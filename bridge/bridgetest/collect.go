// Package bridgetest helps to test sources: a Sink that collects rows and waits for those a test expects.
//
// # Concurrency
//
// A Collector is pushed to by one goroutine and asked by another.
package bridgetest

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vexfs/vexstream/bridge"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/stream"
)

// patience is how long Wait waits before it fails the test.
const patience = 20 * time.Second

// Row is a row of events; numbers that are null are -1.
type Row struct {
	ID                                                     [16]byte
	TS                                                     int64
	Type, Source, Boundary, Host, Path, Target, Op, UserID string
	Process, Flags                                         string // Flags: names with a space between
	Content                                                string
	FileSize, Inode, Lost, Seq, Result                     int64
	PID, UID                                               int64
	Uncertainty                                            int64
}

// String is the row in short, for messages.
func (r Row) String() string {
	b, _ := json.Marshal(r)
	return string(b)
}

// Collector is a Sink that keeps rows.
type Collector struct {
	mu   sync.Mutex
	rows []Row
	more chan struct{}
}

// New makes a Collector.
func New() *Collector { return &Collector{more: make(chan struct{}, 1)} }

// Push keeps the rows of b.
func (c *Collector) Push(_ context.Context, b *batch.Batch) error {
	c.mu.Lock()
	for i := range b.N {
		c.rows = append(c.rows, rowOf(b, i))
	}
	c.mu.Unlock()
	select {
	case c.more <- struct{}{}:
	default:
	}
	return nil
}

// Advance does nothing.
func (c *Collector) Advance(context.Context, stream.Progress) error { return nil }

// Close does nothing.
func (c *Collector) Close() error { return nil }

// Rows gives what came so far.
func (c *Collector) Rows() []Row {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Row(nil), c.rows...)
}

// Wait waits for a row that fits, and fails the test if none comes.
func (c *Collector) Wait(t testing.TB, what string, fits func(Row) bool) Row {
	t.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for seen := 0; ; {
		rows := c.Rows()
		for ; seen < len(rows); seen++ {
			if fits(rows[seen]) {
				return rows[seen]
			}
		}
		select {
		case <-c.more:
		case <-limit.C:
			t.Fatalf("no row came: %s; there were:\n%s", what, show(rows))
		}
	}
}

func show(rows []Row) string {
	const most = 40
	var b strings.Builder
	for i, r := range rows {
		if i == most {
			fmt.Fprintf(&b, "... and %d more", len(rows)-most)
			break
		}
		fmt.Fprintln(&b, r)
	}
	return b.String()
}

// Is fits rows of a type about a path.
func Is(kind, path string) func(Row) bool {
	return func(r Row) bool { return r.Type == kind && r.Path == path }
}

func rowOf(b *batch.Batch, i int) Row {
	text := func(col int) string {
		if b.Cols[col].Null(i) {
			return ""
		}
		return string(b.Cols[col].At(i))
	}
	return Row{
		ID: batch.Values[[16]byte](&b.Cols[bridge.ColEventID])[i], TS: long(b, bridge.ColTS, i),
		Type: text(bridge.ColEventType), Source: text(bridge.ColSource), Boundary: text(bridge.ColBoundary), Host: text(bridge.ColHost),
		Path: text(bridge.ColFilePath), Target: text(bridge.ColTargetPath), Op: text(bridge.ColOperation), UserID: text(bridge.ColUserID),
		Process: text(bridge.ColProcessName), Flags: flags(text(bridge.ColFlags)), Content: text(bridge.ColContent),
		FileSize: long(b, bridge.ColFileSize, i), Inode: long(b, bridge.ColInode, i), Lost: long(b, bridge.ColLost, i), Result: short(b, bridge.ColResult, i),
		Seq: long(b, bridge.ColSeq, i), PID: short(b, bridge.ColProcessID, i), UID: short(b, bridge.ColUID, i),
		Uncertainty: short(b, bridge.ColTSUncertaintyUs, i),
	}
}

func flags(array string) string {
	for f := range bridge.Flags(1 << 8) {
		if string(bridge.AppendTextArray(nil, f.Names()...)) == array {
			return strings.Join(f.Names(), " ")
		}
	}
	return ""
}

func long(b *batch.Batch, col, i int) int64 {
	if b.Cols[col].Null(i) {
		return -1
	}
	return batch.Values[int64](&b.Cols[col])[i]
}

func short(b *batch.Batch, col, i int) int64 {
	if b.Cols[col].Null(i) {
		return -1
	}
	return int64(batch.Values[int32](&b.Cols[col])[i])
}

// Start runs s into a new Collector and gives the way to end it, which waits and fails the test if Run failed.
func Start(t testing.TB, s bridge.Source) (*Collector, func()) {
	t.Helper()
	c, done := New(), make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	go func() { done <- s.Run(ctx, c) }()
	return c, sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
}

// Skip skips the test for a reason, or fails it where VEXSTREAM_TEST_REQUIRE=all asks for every test.
func Skip(t testing.TB, getenv func(string) string, reason string) {
	t.Helper()
	if getenv("VEXSTREAM_TEST_REQUIRE") == "all" {
		t.Fatalf("VEXSTREAM_TEST_REQUIRE=all, but this test cannot run: %s", reason)
	}
	t.Skip(reason)
}

// Count is the counter of a cause, by where and name, among a source's Stats.
func Count(s bridge.Source, k bridge.Cause) int64 {
	for _, st := range s.Stats() {
		if st.Where == k.Where() && st.Cause == k.String() {
			return st.Count
		}
	}
	return -1
}
