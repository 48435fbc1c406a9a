package main

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/bind"
	"github.com/vexfs/vexstream/sql/build"
	"github.com/vexfs/vexstream/sql/live"
	"github.com/vexfs/vexstream/sql/parse"
)

// Ways that events take to a query.
const (
	operators   = "operators"   // pushed into the query's operators, nothing else around
	durable     = "durable"     // through the log on the disk; the last one is waited for
	checkpoints = "checkpoints" // the same, with a checkpoint every checkpointEvents
)

const (
	epochEvents      = 8 * batch.MaxRows
	checkpointEvents = 1 << 20
)

// figures is what was measured of a query.
type figures struct {
	wall time.Duration // without making the events
	cpu  time.Duration // likewise, of all threads
	peak uint64        // bytes that the process held
}

// bench is what is measured, and how.
type bench struct {
	events, rate int64
	seed         uint64
	memory       int64
	dir          string
}

// generating measures the generator alone.
func (m *bench) generating() figures {
	runtime.LockOSThread() // whose time is counted
	defer runtime.UnlockOSThread()
	g, cpu, began := NewGenerator(m.seed, m.rate), usage(thread), time.Now()
	for at := int64(0); at < m.events; at += batch.MaxRows {
		g.Batches(at, min(at+batch.MaxRows, m.events))
	}
	return figures{wall: time.Since(began), cpu: usage(thread) - cpu, peak: heap()}
}

// run measures a query.
func (m *bench) run(ctx context.Context, q *query, way string) (figures, error) {
	debug.FreeOSMemory()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if way == operators {
		return m.operators(ctx, q)
	}
	return m.stored(ctx, q, way == checkpoints)
}

// operators pushes events into the operators of a query, an epoch at a time. What making them takes is left out.
func (m *bench) operators(ctx context.Context, q *query) (f figures, err error) {
	t, err := open(ctx, "", m.memory, now)
	if err != nil {
		return f, err
	}
	defer t.Close()
	v, err := t.pipeline(q)
	if err != nil {
		return f, err
	}
	g := NewGenerator(m.seed, m.rate)
	ep := &batch.Epoch{No: 1, Time: now()}
	if err := t.side(ctx, v, ep); err != nil {
		return f, err
	}
	for at := int64(0); at < m.events; at += epochEvents {
		ep = &batch.Epoch{No: ep.No + 1, Time: ep.Time + types.Second}
		to := min(at+epochEvents, m.events)
		var all [][streams]*batch.Batch
		for ; at < to; at += batch.MaxRows {
			made := g.Batches(at, min(at+batch.MaxRows, to))
			for s, b := range made {
				if b != nil {
					made[s] = b.Clone()
					made[s].Epoch = ep
				}
			}
			all = append(all, made)
		}
		at = to - epochEvents
		began, cpu := time.Now(), usage(syscall.RUSAGE_SELF)
		err := t.fold(ctx, v, all, stream.Progress{Epoch: ep, Watermarks: t.marks(g.at(to - 1).Sub(lag))})
		if err != nil {
			return f, err
		}
		f.wall, f.cpu, f.peak = f.wall+time.Since(began), f.cpu+usage(syscall.RUSAGE_SELF)-cpu, max(f.peak, heap())
	}
	return f, nil
}

func now() types.Micros { return types.Micros(time.Now().UnixMicro()) }

// pipeline builds the operators of a query.
func (t *site) pipeline(q *query) (*build.View, error) {
	stmts, err := parse.Parse(q.sql)
	if err != nil {
		return nil, err
	}
	p, err := bind.Query(stmts[0].Stmt.(*ast.SelectStmt).Query, &bind.Env{Catalog: t.e.Catalog(), Continuous: true})
	if err != nil {
		return nil, err
	}
	return build.NewView(p, &build.Env{})
}

// side gives the inputs of the table its rows, and all inputs their first epoch.
func (t *site) side(ctx context.Context, v *build.View, ep *batch.Epoch) error {
	rows, err := t.run(ctx, "SELECT * FROM side_input")
	if err != nil {
		return err
	}
	for _, in := range v.Inputs {
		if t.stream(in.Relation) < 0 {
			for _, b := range rows {
				b.Epoch = ep
				if err := in.Sink.Push(ctx, live.Scan(b, len(b.Cols), in.Columns, 0)); err != nil {
					return err
				}
			}
		}
		if err := in.Sink.Advance(ctx, stream.Progress{Epoch: ep}); err != nil {
			return err
		}
	}
	return nil
}

// stream is which stream a relation is, -1 if it is none.
func (t *site) stream(relation uint32) int {
	for s, x := range t.targets {
		if x.Relation == relation {
			return s
		}
	}
	return -1
}

func (t *site) marks(at types.Micros) stream.Watermarks {
	var out stream.Watermarks
	for _, x := range t.targets { // made in this order, so their IDs ascend
		out = append(out, stream.Mark{Relation: x.Relation, At: at})
	}
	return out
}

// fold takes an epoch into a query.
func (t *site) fold(ctx context.Context, v *build.View, rows [][streams]*batch.Batch, p stream.Progress) error {
	for _, made := range rows {
		for _, in := range v.Inputs {
			s := t.stream(in.Relation)
			if s < 0 || made[s] == nil {
				continue
			}
			if err := in.Sink.Push(ctx, live.Scan(made[s], len(schemas[s]), in.Columns, 0)); err != nil {
				return err
			}
		}
	}
	for _, in := range v.Inputs {
		if err := in.Sink.Advance(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// stored writes events to a log on the disk, which a view follows. What making them takes of a processor is left out; on
// the wall it is not, as the view works meanwhile.
func (m *bench) stored(ctx context.Context, q *query, keep bool) (f figures, err error) {
	dir, err := os.MkdirTemp(m.dir, "nexmark")
	if err != nil {
		return f, err
	}
	defer os.RemoveAll(dir)
	t, err := open(ctx, dir, m.memory, now)
	if err != nil {
		return f, err
	}
	defer t.Close()
	if err := t.view(ctx, q); err != nil {
		return f, err
	}
	g := NewGenerator(m.seed, m.rate)
	made := time.Duration(0)
	began, cpu := time.Now(), usage(syscall.RUSAGE_SELF)
	for at := int64(0); at < m.events; at += batch.MaxRows {
		mine := usage(thread)
		rows := g.Batches(at, min(at+batch.MaxRows, m.events))
		made += usage(thread) - mine
		st, err := t.begin(rows)
		if err != nil {
			return f, err
		}
		if err := st.Submit(ctx); err != nil {
			return f, err
		}
		if next := at + batch.MaxRows; next%epochEvents == 0 || next >= m.events { // so many are under way
			if _, err := st.Wait(ctx); err != nil {
				return f, err
			}
			f.peak = max(f.peak, heap())
		}
		if keep && (at+batch.MaxRows)%checkpointEvents == 0 {
			if err := t.e.Live.Checkpoint(ctx); err != nil {
				return f, err
			}
		}
	}
	r, err := t.e.Catalog().Resolve(0, q.name)
	if err == nil {
		err = t.e.Live.Reach(ctx, r.ID, t.e.Committer.Last().No)
	}
	if keep && err == nil {
		err = t.e.Live.Checkpoint(ctx)
	}
	f.wall, f.cpu, f.peak = time.Since(began), usage(syscall.RUSAGE_SELF)-cpu-made, max(f.peak, heap())
	return f, err
}
