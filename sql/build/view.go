package build

import (
	"context"
	"iter"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/sql/plan"
	"github.com/vexfs/vexstream/window"
)

// View is a continuous query ready to run. In each epoch the caller pushes rows into the inputs and advances each of
// them once.
type View struct {
	Inputs []Input
	Schema batch.Schema
	// Stateful are the operators that survive a restart, in an order that depends on the plan alone.
	Stateful []state.Keeper
	// Root is the operator whose contents, through Tail, are the view's.
	Root state.Pinner
	// Tail makes the operators between a pin of Root and next anew, so that many may read at a time. They do not
	// advance.
	Tail func(next stream.Sink) stream.Sink
	// Listen switches the production of changes on and off, between two epochs. Out sets where they go.
	Listen func(on bool)
	Out    func(next stream.Sink)
	// Bytes is the memory of the state.
	Bytes func() int64
	// Cold is how much of the state lies outside memory.
	Cold func() int64
	// OnClose says that rows come or go as time passes: when windows close, or by now().
	OnClose bool
	// Lapsed counts what was dropped because it was older than the state_ttl: rows and groups, since the view was built.
	Lapsed func() int64
	// Closing says what a view that is empty because no window has closed waits for; ok is false for every other.
	Closing func() (c window.Closing, ok bool)
	// Marks are the watermarks that the view's windows go by, one of a relation.
	Marks []window.Mark
	// Judges are where rows may come too late for it.
	Judges []Judge
	// AppendOnly says that the view never takes a row back.
	AppendOnly bool
	Counters   map[plan.Node]*Counter // if Env.Count
}

// NewView builds a continuous query. A plan that was bound as continuous has no Order, Limit or Values.
func NewView(p plan.Node, env *Env) (*View, error) {
	b := newBuilder(env, false)
	v := &View{Schema: p.Schema(), AppendOnly: p.AppendOnly()}
	out := &outlet{}
	above, root := splitTail(p)
	tail := func(to *builder, next stream.Sink) stream.Sink {
		for _, n := range above {
			next, _ = to.stateless(n, next)
		}
		return next
	}
	var k keeper
	var err error
	if err = b.retain(p, root); err != nil {
		return nil, err
	}
	if root != nil {
		k, err = b.keeper(root, tail(b, out))
		quiet := *env // a reader reports no failures: the view has
		quiet.DeadLetter, quiet.Count = nil, false
		reader := newBuilder(&quiet, false)
		v.Tail = func(next stream.Sink) stream.Sink { return tail(reader, next) }
	} else {
		schema := p.Schema()
		k, err = b.materialized(p, &retyped{Sink: out, to: schema})
		v.Tail = func(next stream.Sink) stream.Sink { return &retyped{Sink: next, to: schema} }
	}
	if err != nil {
		return nil, err
	}
	if len(b.feeds) > 0 {
		return nil, sqlerr.NotSupported("VALUES in a materialized view")
	}
	keepers := make([]keptState, 0, len(b.stateful))
	for i, s := range b.stateful {
		inner := s.(keptState)
		keepers = append(keepers, inner)
		if any(inner) != any(k) {
			inner.Listen(true)
			b.stateful[i] = listening{inner}
		}
	}
	v.Inputs, v.Stateful, v.Root, v.Counters = b.inputs, b.stateful, k, b.counters
	v.Listen, v.Out = k.Listen, func(next stream.Sink) { out.next = next }
	v.Closing, v.Marks, v.Judges = closing(k, keepers), b.waits, b.judges
	v.OnClose, v.Lapsed = byTime(p), lapsed(keepers)
	v.Bytes = func() (n int64) {
		for _, k := range keepers {
			n += k.Bytes()
		}
		for i := range v.Inputs {
			if l := v.Inputs[i].Lanes; l != nil {
				n += l.Bytes()
			}
		}
		return n
	}
	v.Cold = func() (n int64) {
		for _, k := range keepers {
			if c, ok := k.(interface{ Cold() int64 }); ok {
				n += c.Cold()
			}
		}
		return n
	}
	return v, nil
}

// byTime says whether rows come or go as time passes.
func byTime(p plan.Node) (found bool) {
	plan.Walk(p, func(n plan.Node) {
		switch n := n.(type) {
		case *plan.Hop:
			found = found || n.OnClose
		case *plan.Session:
			found = found || n.OnClose
		case *plan.Window:
			found = found || n.OnClose
		case *plan.Over:
			found = found || n.OnClose
		case *plan.Temporal, *plan.Lapse:
			found = true
		case *plan.Aggregate:
			found = found || n.Idle != nil
		}
	})
	return found
}

// lapsed makes View.Lapsed of the operators with state.
func lapsed(all []keptState) func() int64 {
	return func() (n int64) {
		for _, k := range all {
			if l, ok := k.(interface{ Lapsed() int64 }); ok {
				n += l.Lapsed()
			}
		}
		return n
	}
}

// closing makes View.Closing of the operators with state, the root of the contents among them.
func closing(root keeper, all []keptState) func() (window.Closing, bool) {
	return func() (window.Closing, bool) {
		if e, ok := root.(interface{ Empty() bool }); !ok || !e.Empty() {
			return window.Closing{}, false
		}
		for _, k := range all {
			if h, ok := k.(interface{ Closing() (window.Closing, bool) }); ok {
				if c, ok := h.Closing(); ok {
					return c, true
				}
			}
		}
		return window.Closing{}, false
	}
}

// splitTail finds the topmost operator with state, if nothing but stateless ones stand above it: those, from the top.
func splitTail(n plan.Node) (above []plan.Node, root plan.Node) {
	for {
		switch x := n.(type) {
		case *plan.Window:
			if x.OnClose {
				return nil, nil
			}
			above, n = append(above, n), x.Input
		case *plan.Filter, *plan.Project, *plan.Unfold:
			above, n = append(above, n), n.Children()[0]
		case *plan.Hop:
			if x.OnClose { // it forgets what it has given
				return nil, nil
			}
			return above, n
		case *plan.Session:
			if x.OnClose {
				return nil, nil
			}
			return above, n
		case *plan.Over:
			if x.OnClose {
				return nil, nil
			}
			return above, n
		case *plan.Aggregate:
			if s, ok := x.SessionGroups(); ok && s.OnClose {
				return nil, nil
			}
			return above, n
		case *plan.Distinct, *plan.TopN:
			return above, n
		default:
			return nil, nil
		}
	}
}

// listening is an operator whose changes feed others in the view, always.
type listening struct{ keptState }

// Expect makes room for the pages of a checkpoint.
func (l listening) Expect(keys iter.Seq[[]byte]) {
	if x, ok := l.keptState.(state.Expecter); ok {
		x.Expect(keys)
	}
}

// PagesSince is the format of checkpoints from which on the operator's pages are as they are.
func (l listening) PagesSince() byte {
	if r, ok := l.keptState.(state.Relaid); ok {
		return r.PagesSince()
	}
	return 0
}

// Loaded ends the loading: changes are from what was loaded on.
func (l listening) Loaded(p stream.Progress) error {
	err := l.keptState.Loaded(p)
	l.Listen(false)
	l.Listen(true)
	return err
}

// outlet is where a view's changes leave: nowhere, until it is told.
type outlet struct{ next stream.Sink }

func (o *outlet) Push(ctx context.Context, b *batch.Batch) error {
	if o.next == nil {
		return nil
	}
	return o.next.Push(ctx, b)
}

func (o *outlet) Advance(ctx context.Context, p stream.Progress) error {
	if o.next == nil {
		return nil
	}
	return o.next.Advance(ctx, p)
}

func (o *outlet) Close() error {
	if o.next == nil {
		return nil
	}
	return o.next.Close()
}

// retyped passes rows on under other types of the same layouts.
type retyped struct {
	stream.Sink
	to  batch.Schema
	out batch.Batch
}

func (r *retyped) Push(ctx context.Context, b *batch.Batch) error {
	cols := append(r.out.Cols[:0], b.Cols...)
	r.out = *b
	r.out.Cols = cols
	for i := range cols {
		cols[i].Type = r.to[i].Type
	}
	return r.Sink.Push(ctx, &r.out)
}
