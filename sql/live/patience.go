package live

import (
	"context"
	"runtime"
	"time"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/stream"
)

// How a reader of many rows stands back while rows pour in: between two batches it pauses, so that it, and the client
// that reads from it, take a small part of the machine and ingestion hardly feels them. Small results, and readers of
// a node that has nothing else to do, do not wait.
const (
	// patientFrom is how many rows a reader gives without a pause.
	patientFrom = 4 * batch.MaxRows
	// pouring is how many rows must have come while the reader gave a batch to make it pause.
	pouring = 512
)

// pause is how long: a batch takes its reader and the client some 8 ms of a processor, which is then less than an
// eighth of what all processors do in between.
var pause = 60 * time.Millisecond / time.Duration(runtime.GOMAXPROCS(0))

// patient is the Sink behind a snapshot that stands back.
type patient struct {
	stream.Sink
	poured func() int64 // rows that have come in so far
	last   int64
	given  int
}

func (p *patient) Push(ctx context.Context, b *batch.Batch) error {
	if p.given >= patientFrom {
		if n := p.poured(); n-p.last >= pouring {
			if err := Wait(ctx, pause); err != nil {
				return err
			}
		}
	}
	p.last = p.poured()
	p.given += b.N
	return p.Sink.Push(ctx, b)
}

// Wait ends after d, or earlier with what ended ctx.
func Wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
