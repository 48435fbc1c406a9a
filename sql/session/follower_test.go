package session

import (
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// What a view's triggers keep of an epoch counts as the node's memory, up to its end.
func TestFollowerReserves(t *testing.T) {
	b := &batch.Batch{N: 100, Cols: []batch.Column{batch.NullColumn(types.Int8, 100)}}
	full := followerSink{&follower{e: &Engine{memory: mem.New("node", 10)}, begun: true}}
	if err := full.Push(t.Context(), b); sqlerr.CodeOf(err) != sqlerr.OutOfMemory {
		t.Errorf("without room: %v", err)
	}
	memory := mem.New("node", 1<<20)
	for name, end := range map[string]func(followerSink) error{
		"the epoch":    func(f followerSink) error { return f.Advance(t.Context(), stream.Progress{}) },
		"the pipeline": followerSink.Close,
	} {
		f := followerSink{&follower{e: &Engine{memory: memory}, begun: true}}
		if err := f.Push(t.Context(), b); err != nil || memory.Used() == 0 {
			t.Errorf("%d bytes are counted: %v", memory.Used(), err)
		}
		if err := end(f); err != nil || memory.Used() != 0 {
			t.Errorf("at the end of %s %d bytes are counted: %v", name, memory.Used(), err)
		}
	}
}
