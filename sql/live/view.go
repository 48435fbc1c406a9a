package live

import (
	"context"
	"sync/atomic"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/flow"
	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/rule"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/window"
)

// Input is a place where rows of a relation enter a pipeline.
type Input struct {
	Relation uint32
	Columns  []int // positions among the relation's columns; see Scan
	Sink     stream.Sink
	Filter   *rule.Filter // the filter that Sink is, if its rows can be found together with those of others; nil: they cannot

	Lanes *flow.Lanes // folds the rows of large epochs on several cores; nil: Sink alone takes them

	mesh rule.Mesh // of Filter, while the member runs
}

// Pipeline is a continuous query ready to run: package build makes it. The group calls it from one goroutine at a
// time.
type Pipeline struct {
	Inputs []Input
	// Stateful are the operators that survive a restart, in an order that depends on the query's text alone.
	Stateful []state.Keeper
	// Root is the operator whose contents, through Tail, are the view's.
	Root state.Pinner
	Tail func(next stream.Sink) stream.Sink
	// Listen switches the production of changes on and off. What they are sent to is set once by Out.
	Listen func(on bool)
	Out    func(next stream.Sink)
	// Bytes is the memory that the state occupies.
	Bytes func() int64
	// Cold is how much of the state lies outside memory; nil: nothing.
	Cold func() int64
	// Lapsed counts what the operators dropped because it was too old; nil: none does. It may be called from any goroutine.
	Lapsed func() int64
	// Closing says what a view that is empty because no window has closed waits for; ok is false for every other.
	Closing func() (c window.Closing, ok bool)
	// Marks are the watermarks that the view's windows go by, one of a relation.
	Marks []window.Mark
	// Feedback is what a stream is to have of the view's rows, one of Stateful; nil: nothing.
	Feedback *Feedback
	// OnClose says that rows leave when windows close, so that a quiet stream still needs epochs to move its clock.
	OnClose bool
}

// FeedBack has a pipeline write what f is given to f's stream.
func (p *Pipeline) FeedBack(f *Feedback) {
	own := p.Bytes
	p.Feedback, p.Stateful = f, append(p.Stateful, f)
	p.Bytes = func() int64 { return own() + f.Bytes() }
}

// Member is a view in a group.
type Member struct {
	ID       uint32
	name     string
	filling  *filling
	mayFall  bool                 // see Definition
	failed   error                // in the epoch under way
	fell     atomic.Pointer[fall] // nil: it takes part
	made     uint64               // see Definition
	Since    uint64               // the first epoch whose rows the view sees; 0: all that the log holds
	floors   map[uint32]uint64    // by relation: likewise, where that is later
	Visible  func(relation uint32) int
	joins    uint64 // of one that waits: the first epoch that it was there for
	budget   *mem.Budget
	pipeline *Pipeline
	tap      *tap
	whole    func(relation uint32, rows *batch.Batch)
	sieves   *sieves
	rowsIn   int64
	holder   Holder
	size     atomic.Int64 // about how many rows there are, 0 where the root does not say
}

// count takes the size of the contents. The group's lock is held.
func (m *Member) count() {
	if s, ok := m.pipeline.Root.(interface{ Len() int }); ok {
		m.size.Store(int64(s.Len()))
	}
}

// Rows is about how many rows a view has, if that is known without asking its group.
func (l *Live) Rows(id uint32) (rows int64, known bool) {
	e, _, err := l.entry(id)
	if err != nil {
		return 0, false
	}
	_, known = e.member.pipeline.Root.(interface{ Len() int })
	return e.member.size.Load(), known
}

// Bytes is the memory that a view's operators hold; known is false where nothing runs.
func (l *Live) Bytes(id uint32) (bytes int64, known bool) {
	e, _, err := l.entry(id)
	if err != nil {
		return 0, false
	}
	return e.member.budget.Used(), true
}

// Snapshot is a hold on a view's contents at one epoch.
type Snapshot struct {
	pin    state.Pin
	tail   func(next stream.Sink) stream.Sink
	poured func() int64 // set: who reads stands back while this grows
}

// Epoch is the number of the epoch that the contents belong to.
func (s *Snapshot) Epoch() uint64 { return s.pin.Epoch() }

// Rows pushes the contents into to, and does not call Advance. It may be called while the view goes on.
func (s *Snapshot) Rows(ctx context.Context, to stream.Sink) error {
	if s.poured != nil {
		to = &patient{Sink: to, poured: s.poured}
	}
	return s.pin.Rows(ctx, s.tail(open{to}))
}

// Find pushes the rows whose columns cols have one of the keys, and maybe others, if they can be found; see state.Finder.
// Only a relation that shows all its columns as they are held can be asked.
func (s *Snapshot) Find(ctx context.Context, cols []int, keys [][]byte, to stream.Sink) (found bool, err error) {
	f, ok := s.pin.(state.Finder)
	if !ok {
		return false, nil
	}
	return f.Find(ctx, cols, keys, s.tail(open{to}))
}

// Release ends the hold. It may come twice.
func (s *Snapshot) Release() { s.pin.Release() }

// open keeps a Sink open and its time still while rows are pushed through operators that belong to somebody else.
type open struct{ stream.Sink }

func (open) Advance(context.Context, stream.Progress) error { return nil }
func (open) Close() error                                   { return nil }

// failure turns what ended a group into the error its readers see.
func failure(name string, err error) error {
	if e, ok := sqlerr.As(err); ok {
		return e
	}
	return sqlerr.Wrap(sqlerr.InternalError, err, "materialized view %q has failed", name).
		WithHint("The cause is in the journal. DROP it and create it again; its streams are unharmed.")
}
