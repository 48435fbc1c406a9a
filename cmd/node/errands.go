package node

import (
	"context"
	"log/slog"
	"sync"

	"github.com/vexfs/vexstream/sql/session"
)

// maxMetrics is how many names of metrics triggers may count by; what would be one more is not counted.
const maxMetrics = 10_000

// errands does what triggers ask for once rows are durable.
type errands struct {
	n *Node

	mu      sync.Mutex // guards metrics
	metrics map[string]float64
}

// run works until ctx is done.
func (e *errands) run(ctx context.Context) {
	if err := e.n.engine.RunErrands(ctx, e.do); err != nil {
		e.n.set.Journal.Error("what triggers ask for is not done any more until the next start", "err", oneLine(err))
	}
}

var errandLevels = map[string]slog.Level{
	"debug": slog.LevelDebug, "info": slog.LevelInfo, "notice": slog.LevelInfo, "warning": slog.LevelWarn, "error": slog.LevelError,
}

func (e *errands) do(x *session.Errand) {
	switch x.Action {
	case "log":
		e.n.set.Journal.Log(context.Background(), errandLevels[x.Target], x.Payload, "trigger", x.Name, "relation", x.Relation, "epoch", x.Epoch, "seq", x.Seq)
	case "notify":
		e.n.engine.Tell(x.Target, x.Payload)
	case "metric":
		e.count(x.Target, x.Value)
	}
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
