package session_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"go.uber.org/goleak"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
	"github.com/vexfs/vexstream/sql/session"
	"github.com/vexfs/vexstream/storage/memstore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// node is an engine on memory that can be stopped and started again, as a crash would leave it.
type node struct {
	t     *testing.T
	log   *memstore.Log
	store state.Store
	pages state.Store
	now   atomic.Int64
	e     *session.Engine
	s     *session.Session
	// memory is the node's; nil: no limit
	memory  *mem.Budget
	scratch state.Scratch
	wrap    func(epoch.Log) epoch.Log
}

func newNode(t *testing.T) *node {
	n := &node{t: t, log: memstore.NewLog(), store: memstore.NewStore(), pages: memstore.NewStore()}
	n.now.Store(int64(1767225600 * types.Second)) // 2026-01-01 00:00:00 UTC
	n.start()
	t.Cleanup(func() { n.e.Close() })
	return n
}

func (n *node) start() {
	if err := n.open(); err != nil {
		n.t.Fatal(err)
	}
}

func (n *node) open() error {
	var log epoch.Log = n.log
	if n.wrap != nil {
		log = n.wrap(log)
	}
	e, err := session.Open(n.t.Context(), session.Config{
		Log: log, Store: n.store, Pages: n.pages, Memory: n.memory, Scratch: n.scratch, Origin: 1, Fence: 1,
		Clock:   func() types.Micros { return types.Micros(n.now.Load()) },
		Journal: slog.New(slog.NewTextHandler(os.Stderr, nil)), Version: "vexstream test", Workers: 3, LaneRows: 1,
	})
	if err != nil {
		return err
	}
	n.e = e
	n.s, err = e.Session("admin", "vexstream", nil)
	return err
}

// crash stops the node without a checkpoint, and starts it again on what was durable.
func (n *node) crash() {
	n.e.Live.Close()
	_ = n.e.Committer.Close()
	n.log = n.log.Reopen()
	n.start()
}

// client is an Output that writes text; copy is what it sends when asked for data.
type client struct {
	strings.Builder
	copy    string
	limit   int  // cancel after so many rows
	details bool // notices with their details
	stop    context.CancelFunc
	as      *session.Session // whose settings shape values; nil: the usual ones
	told    chan string      // gets the first notice, if it is not nil
	named   bool             // errors come with the names of table, column and constraint
}

func (c *client) locale() *types.Locale {
	if c.as == nil {
		return nil
	}
	return c.as.Locale()
}

func (c *client) Rows(ctx context.Context, b *batch.Batch) error {
	for i := range b.N {
		for k := range b.Cols {
			if k > 0 {
				c.WriteByte('|')
			}
			if b.Cols[k].Null(i) {
				continue
			}
			c.Write(value.AppendText(nil, &b.Cols[k], i, c.locale()))
		}
		c.WriteByte('\n')
		if c.limit--; c.limit == 0 {
			c.stop()
		}
	}
	return ctx.Err()
}

func (c *client) Notice(severity string, e *sqlerr.Error) {
	if c.told != nil {
		c.told <- e.Message
		c.told = nil
	}
	fmt.Fprintf(c, "%s: %s\n", severity, e.Message)
	if c.details && e.Detail != "" {
		fmt.Fprintf(c, "DETAIL: %s\n", e.Detail)
	}
}
func (c *client) Parameter(name, val string) {}
func (c *client) CopyIn(int, bool) (io.Reader, error) {
	return strings.NewReader(c.copy), nil
}
func (c *client) CopyOut(int, bool) (io.Writer, error) { return copied{c}, nil }

// copied takes CopyData messages, one a row.
type copied struct{ c *client }

func (w copied) Write(p []byte) (int, error) {
	w.c.Write(p)
	if w.c.limit--; w.c.limit == 0 {
		w.c.stop()
	}
	return len(p), nil
}

// run executes every statement of a text, and gives what a client would read.
func (n *node) run(ctx context.Context, text string, c *client) string {
	stmts, err := n.s.Parse(text)
	for i := 0; err == nil && i < len(stmts); i++ {
		var p *session.Prepared
		if p, err = n.s.Prepare(ctx, &stmts[i], nil); err != nil {
			break
		}
		var tag string
		if tag, err = n.s.Run(ctx, p, nil, c); err == nil && p.Schema == nil {
			c.WriteString(tag + "\n")
		}
	}
	if err != nil {
		writeError(&c.Builder, err)
		var e *sqlerr.Error
		if errors.As(err, &e) && c.named && e.Table+e.Column+e.Constraint != "" {
			fmt.Fprintf(c, "NAMES: %s, %s, %s\n", e.Table, e.Column, e.Constraint)
		}
	}
	return c.String()
}

func writeError(w *strings.Builder, err error) {
	var e *sqlerr.Error
	if !errors.As(err, &e) {
		fmt.Fprintf(w, "ERROR XX000: %v\n", err)
		return
	}
	fmt.Fprintf(w, "ERROR %s: %s", e.Code, e.Message)
	if e.Pos > 0 {
		fmt.Fprintf(w, " at %d", e.Pos)
	}
	w.WriteByte('\n')
	if e.Where != "" {
		fmt.Fprintf(w, "CONTEXT: %s\n", e.Where)
	}
	if e.Detail != "" {
		fmt.Fprintf(w, "DETAIL: %s\n", e.Detail)
	}
	if e.Hint != "" {
		fmt.Fprintf(w, "HINT: %s\n", e.Hint)
	}
}

// TestStatements runs files of statements and compares what a client reads. The commands:
//
//	sql           runs the text
//	copy into=... sends the lines after the statement's own as COPY data
//	crash         stops the node as kill -9 would, and starts it again
//	checkpoint    writes one
//	clock         moves it on
//	trim          forgets what is too old, and says which epochs the log has
//	asides        shows what went aside of each view
//	settle        waits until views show the newest epoch and have written what streams are to have of them
//	subscribe rows=n   runs the text until n rows came
func TestStatements(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		if strings.Contains(path, "/postgres/") || strings.Contains(path, "/clauses/") || strings.Contains(path, "/table_triggers/") {
			return // TestPostgres, TestClauses and TestTableTriggers run these
		}
		n := newNode(t)
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			c := &client{details: d.HasArg("details"), as: n.s}
			switch d.Cmd {
			case "sql":
				return n.run(ctx, d.Input, c)
			case "copy":
				stmt, data, _ := strings.Cut(d.Input, "\n")
				c.copy = data
				if data != "" {
					c.copy += "\n"
				}
				return n.run(ctx, stmt, c)
			case "subscribe":
				d.ScanArgs(t, "rows", &c.limit)
				c.stop = cancel
				return n.run(ctx, d.Input, c)
			case "asides":
				for _, a := range n.e.Asides() {
					fmt.Fprintf(c, "%s: %d late, %d dead\n", a.View, a.Late, a.Dead)
					for _, l := range a.LateRows {
						fmt.Fprintf(c, "%v\n", l.Columns)
					}
				}
				return c.String()
			case "audit":
				for _, a := range n.e.Audit() {
					fmt.Fprintf(c, "%d %s %s%s\n", a.Number, a.Event, a.Code, a.Statement)
				}
				return c.String()
			case "crash":
				n.crash()
				return "started\n"
			case "clock":
				d, err := time.ParseDuration(d.Input)
				if err != nil {
					t.Fatal(err)
				}
				n.now.Add(d.Microseconds())
				return time.UnixMicro(n.now.Load()).UTC().Format(time.DateTime) + "\n"
			case "trim":
				if err := n.e.Trim(ctx, 1<<40); err != nil {
					return err.Error()
				}
				first, last := n.log.Bounds()
				return fmt.Sprintf("epochs %d to %d\n", first, last)
			case "settle":
				n.settle(ctx)
				return "ok\n"
			case "checkpoint":
				n.settle(ctx)
				if err := n.e.Live.Checkpoint(ctx); err != nil {
					return err.Error()
				}
				return "ok\n"
			}
			return "unknown command " + d.Cmd
		})
	})
}

// settle waits until every running view shows the newest epoch, so that what a checkpoint holds does not depend on how
// far each had come.
func (n *node) settle(ctx context.Context) {
	_, last := n.log.Bounds()
	for _, s := range n.e.Live.Status() {
		if s.Err == nil {
			n.e.Live.Await(ctx, []uint32{s.ID}, last, 10*time.Second)
		}
	}
}
