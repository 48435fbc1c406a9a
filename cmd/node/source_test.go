package node

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vexfs/vexstream/bridge"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// TestLossRow has events that could not be stored told of by a row, once there is room again.
func TestLossRow(t *testing.T) {
	n, err := Open(t.Context(), Settings{Host: "here"})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	var full error
	sink := &sourceSink{n: n, dir: "/watched", commit: func(ctx context.Context, batches ...*batch.Batch) error {
		if full != nil {
			return full
		}
		return n.storeEvents(ctx, batches...)
	}}
	b := bridge.NewBatcher(bridge.BatcherOptions{Source: "test", Host: "here"})
	for _, step := range []struct {
		path string
		full bool
	}{{"/watched/a", false}, {"/watched/b", true}, {"/watched/c", true}, {"/watched/d", false}, {"/watched/e", false}} {
		if full = nil; step.full {
			full = sqlerr.New(sqlerr.DiskFull, "no room").WithHint("Make some.")
		}
		if !b.Ready() {
			t.Fatal("no columns")
		}
		b.Append(&bridge.Event{TS: n.set.Clock(), Type: bridge.TypeCreate, Path: step.path}, n.set.Clock())
		l := b.Take()
		if err := sink.Push(t.Context(), &l.Batch); err != nil {
			t.Fatal(err)
		}
		b.Return(l)
	}
	rows, err := n.Query(t.Context(), "SELECT event_type, source, file_path, lost FROM events")
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"FilesystemCreate", "test", "/watched/a", ""},
		{"Loss", "node", "/watched", "2"},
		{"FilesystemCreate", "test", "/watched/d", ""},
		{"FilesystemCreate", "test", "/watched/e", ""},
	}
	if d := cmp.Diff(want, rows); d != "" {
		t.Error(d)
	}
	rows, err = n.Query(t.Context(), "SELECT content->>'why' FROM events WHERE event_type = 'Loss'")
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 1 || !strings.Contains(rows[0][0], "no room") || !strings.Contains(rows[0][0], "Make some.") {
		t.Errorf("the Loss row says %q", rows)
	}
	if sink.rows.Load() != 3 || sink.lost.Load() != 2 {
		t.Errorf("%d rows stored and %d lost", sink.rows.Load(), sink.lost.Load())
	}
}

// blind is a source whose folder is away, as long as err says so.
type blind struct {
	bridge.Source
	err error
}

func (b *blind) Name() string         { return "inotify" }
func (b *blind) Err() error           { return b.err }
func (b *blind) Close() error         { return nil }
func (b *blind) Stats() []bridge.Stat { return nil }

// TestSourceSaysWhatIsWrong has vex.sources say why nothing of a folder is seen: for as long as it is away, and for good
// once the source has ended.
func TestSourceSaysWhatIsWrong(t *testing.T) {
	n, err := Open(t.Context(), Settings{Host: "here"})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	src := &blind{}
	w := &watched{dir: "/watched", src: src, sink: &sourceSink{n: n, dir: "/watched"}}
	n.watched = append(n.watched, w)
	says := func() string {
		rows, err := n.Query(t.Context(), "SELECT coalesce(error, 'all is well') FROM vex.sources WHERE dir = '/watched'")
		if err != nil || len(rows) != 1 {
			t.Fatal(rows, err)
		}
		return rows[0][0]
	}
	if got := says(); got != "all is well" {
		t.Error(got)
	}
	src.err = sqlerr.New(sqlerr.IOError, "the watched folder /watched is away").WithHint("Put it back.")
	if got := says(); got != "the watched folder /watched is away (SQLSTATE 58030). Put it back." {
		t.Error(got)
	}
	src.err = nil
	if got := says(); got != "all is well" {
		t.Error(got)
	}
	ended := errors.New("it broke")
	w.failed.Store(&ended)
	if got := says(); got != "it broke" {
		t.Error(got)
	}
}
