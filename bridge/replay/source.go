package replay

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/vexfs/vexstream/bridge"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
)

// Name is the source that Stats reports under; rows keep the source they were recorded with.
const Name = "replay"

// MaxLine is the longest line of a recording, in bytes.
const MaxLine = 1 << 20

// Source plays a recording.
type Source struct {
	r     io.Reader
	close io.Closer
	o     bridge.Options
	count bridge.Counters
	b     *bridge.Batcher
	name  string
	stop  chan struct{}
}

// Open plays the file at path.
func Open(o bridge.Options, path string) (bridge.Source, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, sqlerr.Wrap(sqlerr.IOError, err, "recording %q cannot be read", path).
			WithHint("Record events first, or correct the path.")
	}
	s := newSource(o, f, path)
	s.close = f
	return s, nil
}

// New plays what r holds; name is how messages call it.
func New(o bridge.Options, r io.Reader, name string) bridge.Source { return newSource(o, r, name) }

func newSource(o bridge.Options, r io.Reader, name string) *Source {
	o.Root = ""
	s := &Source{r: r, o: o.Normalize(), name: name, stop: make(chan struct{}, 1)}
	s.b = bridge.NewBatcher(bridge.BatcherOptions{Source: Name, Host: s.o.Host, Node: s.o.Node, Counters: &s.count})
	return s
}

// Name is replay.
func (s *Source) Name() string { return Name }

// Schema is that of events.
func (s *Source) Schema() batch.Schema { return bridge.Schema }

// Caps is everything: a recording holds what its source knew.
func (s *Source) Caps() bridge.Caps {
	return bridge.Caps{
		Path: true, Target: true, Pid: true, Tid: true, UID: true, Bytes: true, FileSize: true, Reads: true, KernelTime: true,
	}
}

// Blind says what a recording is.
func (s *Source) Blind() []string { return []string{"this machine: its events come from a recording"} }

// Stats is what was counted so far.
func (s *Source) Stats() []bridge.Stat { return s.count.Stats(Name) }

// Err says why it sees nothing at the moment; nil: it does.
func (s *Source) Err() error { return s.count.Err() }

// Close ends Run at its next batch and closes the file, if Open opened one.
func (s *Source) Close() error {
	select {
	case s.stop <- struct{}{}:
	default:
	}
	if s.close == nil {
		return nil
	}
	if err := s.close.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}

// Run plays to the end of the recording, or until ctx is done. It pushes from the calling goroutine and waits for to.
func (s *Source) Run(ctx context.Context, to stream.Sink) error {
	in := bufio.NewScanner(s.r)
	in.Buffer(make([]byte, 64<<10), MaxLine)
	var e bridge.Event
	for no := 1; in.Scan(); no++ {
		if len(in.Bytes()) == 0 {
			continue
		}
		var l line
		err := json.Unmarshal(in.Bytes(), &l)
		if err == nil {
			err = l.event(&e)
		}
		if err != nil {
			s.count.Add(bridge.LostDecode, 1)
			e = bridge.LossEvent(bridge.LostDecode, 1, fmt.Sprintf("%s, line %d is no event: %v", s.name, no, err), s.o.Now())
		}
		s.b.Ready()
		s.b.Append(&e, e.TS)
		if s.b.Full() {
			if ended, err := s.push(ctx, to); ended {
				return err
			}
		}
	}
	if _, err := s.push(ctx, to); err != nil {
		return err
	}
	if err := in.Err(); err != nil && ctx.Err() == nil && !errors.Is(err, os.ErrClosed) {
		return sqlerr.Wrap(sqlerr.IOError, err, "recording %q cannot be read further", s.name).
			WithHint("A line may have at most %d bytes.", MaxLine)
	}
	return nil
}

// push gives what there is to the Sink, and says whether the stream has ended.
func (s *Source) push(ctx context.Context, to stream.Sink) (ended bool, err error) {
	select {
	case <-s.stop:
		return true, nil
	case <-ctx.Done():
		return true, nil
	default:
	}
	l := s.b.Take()
	if l == nil {
		return false, nil
	}
	err = to.Push(ctx, &l.Batch)
	s.b.Return(l)
	switch {
	case err == nil:
		s.count.Add(bridge.CountBatches, 1)
		return false, nil
	case errors.Is(err, stream.ErrStop), ctx.Err() != nil:
		return true, nil
	}
	return true, err
}
