package replay

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/vexfs/vexstream/bridge"
	"github.com/vexfs/vexstream/bridge/bridgetest"
	"github.com/vexfs/vexstream/bridge/synth"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func run(t *testing.T, s stream.Source, to stream.Sink) {
	t.Helper()
	if err := s.Run(context.Background(), to); err != nil {
		t.Fatal(err)
	}
}

// recording is n made-up events and one with every field, written down.
func recording(t *testing.T, n int) ([]byte, []bridgetest.Row) {
	t.Helper()
	var buf bytes.Buffer
	rec := Record(&buf)
	c := bridgetest.New()
	b := bridge.NewBatcher(bridge.BatcherOptions{Source: "fanotify", Host: "h", Node: 3})
	g := synth.NewFileOps(1, synth.Plain)
	b.Ready()
	var e bridge.Event
	for range n {
		g.Event(&e)
		e.Seal()
		b.Append(&e, e.TS)
	}
	e = bridge.Event{
		TS: 5, Type: bridge.TypeRename, Path: "/ä \"x\"", Target: "/<b>", Op: "rename", UserID: "u", Process: "p", Container: "c",
		Content: `{"a": 1.50}`, Metadata: `["x"]`, SizeBytes: 1, FileSize: 2, Device: 3, Inode: 4, Latency: 5, Lost: 6, Result: -2,
		UID: 7, GID: 8, PID: 9, TID: 10, PPID: 11, Uncertainty: 12, Priority: 13, Parent: [16]byte{1}, Flags: bridge.FlagMerged | bridge.FlagDir,
		Has: bridge.HasContext - 1,
	}
	e.Seal()
	b.Append(&e, e.TS)
	l := b.Take()
	for _, to := range []stream.Sink{rec, c} {
		if err := to.Push(context.Background(), &l.Batch); err != nil {
			t.Fatal(err)
		}
		if err := to.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return buf.Bytes(), c.Rows()
}

// What was recorded comes back, and recording what comes back gives the same bytes.
func TestRoundTrip(t *testing.T) {
	text, want := recording(t, 500)
	c := bridgetest.New()
	run(t, New(bridge.Options{}, bytes.NewReader(text), "test"), c)
	if d := cmp.Diff(want, c.Rows()); d != "" {
		t.Fatal(d)
	}
	var again bytes.Buffer
	rec := Record(&again)
	run(t, New(bridge.Options{}, bytes.NewReader(text), "test"), rec)
	if err := rec.Close(); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(text), again.String()); d != "" {
		t.Fatal(d)
	}
}

func TestLinesThatAreNoEvents(t *testing.T) {
	text := `{"ts":1,"event_type":"FilesystemCreate","file_path":"/a"}
nonsense

{"ts":1}
{"ts":2,"event_type":"FilesystemWrite","event_id":"12"}
{"ts":3,"event_type":"FilesystemDelete","content":{"b":1,"a":2}}`
	s := New(bridge.Options{}, strings.NewReader(text), "my file")
	c := bridgetest.New()
	run(t, s, c)
	var kinds []string
	for _, r := range c.Rows() {
		kinds = append(kinds, r.Type)
		if r.Type == bridge.TypeLoss && !strings.Contains(r.Content, "my file, line ") {
			t.Errorf("a loss that names no line: %v", r)
		}
	}
	if d := cmp.Diff([]string{bridge.TypeCreate, bridge.TypeLoss, bridge.TypeLoss, bridge.TypeLoss, bridge.TypeDelete}, kinds); d != "" {
		t.Error(d)
	}
	if got := c.Rows()[4].Content; got != `{"a": 2, "b": 1}` {
		t.Errorf("content %s", got)
	}
	if bridgetest.Count(s, bridge.LostDecode) < 3 {
		t.Error("the losses were not counted")
	}
}

func TestATamperedLineIsPutIntoQuarantine(t *testing.T) {
	text, _ := recording(t, 1)
	text = bytes.Replace(text, []byte(`"process_id":`), []byte(`"process_id":1`), 1)
	s := New(bridge.Options{}, bytes.NewReader(text), "test")
	c := bridgetest.New()
	run(t, s, c)
	if r := c.Rows()[0]; r.Type != bridge.TypeQuarantine || r.Flags != "context_mismatch" || bridgetest.Count(s, bridge.CountContextMismatch) != 1 {
		t.Errorf("row: %v", r)
	}
}

type stopper struct {
	*bridgetest.Collector
	err error
}

func (s stopper) Push(context.Context, *batch.Batch) error { return s.err }

func TestTheSinkEndsIt(t *testing.T) {
	text, _ := recording(t, 1)
	full := errors.New("full")
	for _, c := range []struct{ push, want error }{{stream.ErrStop, nil}, {full, full}} {
		err := New(bridge.Options{}, bytes.NewReader(text), "test").Run(context.Background(), stopper{bridgetest.New(), c.push})
		if !errors.Is(err, c.want) || c.want == nil && err != nil {
			t.Errorf("push gave %v, Run gave %v", c.push, err)
		}
	}
}

func TestOpenNamesTheFile(t *testing.T) {
	_, err := Open(bridge.Options{}, "/no/such/recording")
	if e, ok := sqlerr.As(err); !ok || e.Code != sqlerr.IOError || !strings.Contains(e.Message, "/no/such/recording") {
		t.Errorf("%v", err)
	}
}
