package node

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"github.com/vexfs/vexstream/bridge/outward"
	"github.com/vexfs/vexstream/engine/outbox"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/session"
)

// maxMetrics is how many names of metrics triggers may count by; what would be one more is not counted.
const maxMetrics = 10_000

// errands does what triggers ask for once rows are durable: what the node does itself at once, and what others must take
// through the outbox.
type errands struct {
	n   *Node
	out *outbox.Runner

	mu      sync.Mutex // guards metrics
	metrics map[string]float64
}

// open reads what waits.
func (e *errands) open(n *Node) (err error) {
	e.n = n
	e.out, err = outbox.Start(n.disk.outbox, outbox.DefaultLimits, e, n.set.Clock, n.set.Journal)
	return err
}

// run works until ctx is done.
func (e *errands) run(ctx context.Context) {
	n := e.n
	var sending sync.WaitGroup
	sending.Go(func() {
		if err := e.out.Run(ctx); err != nil {
			n.set.Journal.Error("nothing is sent to targets any more until the next start", "err", oneLine(err))
		}
	})
	if err := n.engine.RunErrands(ctx, e.do); err != nil {
		n.set.Journal.Error("what triggers ask for is not done any more until the next start", "err", oneLine(err))
	}
	sending.Wait()
}

var errandLevels = map[string]slog.Level{
	"debug": slog.LevelDebug, "info": slog.LevelInfo, "notice": slog.LevelInfo, "warning": slog.LevelWarn, "error": slog.LevelError,
}

// do takes in what one epoch asks for.
func (e *errands) do(origin uint32, epoch uint64, at types.Micros, all []session.Errand) error {
	var send []outbox.Entry
	for i := range all {
		switch x := &all[i]; x.Action {
		case "log":
			e.n.set.Journal.Log(context.Background(), errandLevels[x.Target], x.Payload, "trigger", x.Name, "relation", x.Relation, "epoch", epoch, "seq", x.Seq)
		case "notify":
			e.n.engine.Tell(x.Target, x.Payload)
		case "metric":
			e.count(x.Target, x.Value)
		default:
			send = append(send, outbox.Entry{
				ID:   outbox.ID{Trigger: x.Trigger, Origin: origin, Epoch: epoch, Seq: x.Seq},
				Kind: x.Action, Target: x.Target, Payload: []byte(x.Payload),
			})
		}
	}
	if len(send) == 0 {
		return nil
	}
	return e.out.Put(epoch, at, send)
}

// Deliver makes one attempt.
func (e *errands) Deliver(ctx context.Context, x outbox.Entry) outbox.Outcome {
	err := e.n.engine.SendTo(ctx, x.Target, x.ID.String(), string(x.Payload))
	out := outbox.Outcome{Err: err, Permanent: sqlerr.CodeOf(err) == sqlerr.UndefinedObject}
	var f *outward.Failure
	if errors.As(err, &f) {
		out.Permanent, out.After = f.Permanent, types.Micros(f.After.Microseconds())
	}
	return out
}

func (e *errands) count(name string, by float64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.metrics == nil {
		e.metrics = map[string]float64{}
	}
	if _, is := e.metrics[name]; is || len(e.metrics) < maxMetrics {
		e.metrics[name] += by
	}
}

// counted calls visit for each metric.
func (e *errands) counted(visit func(name string, value float64)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for name, v := range e.metrics {
		visit(name, v)
	}
}
