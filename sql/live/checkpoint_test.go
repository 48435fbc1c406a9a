package live

import (
	"context"
	"testing"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/storage/memstore"
)

// large is an operator with a page that does not fit into one transaction. It counts the pins that are held.
type large struct{ held int }

type largePin struct {
	of   *large
	gone bool
}

func (l *large) Pin() state.Pin                             { l.held++; return &largePin{of: l} }
func (l *large) LoadPage(_, _ []byte) error                 { return nil }
func (l *large) Loaded(stream.Progress) error               { return nil }
func (p *largePin) Epoch() uint64                           { return 1 }
func (p *largePin) Release()                                { p.of.held -= map[bool]int{false: 1}[p.gone]; p.gone = true }
func (p *largePin) Rows(context.Context, stream.Sink) error { return nil }

func (p *largePin) Pages(visit func(state.Page) error) error {
	return visit(state.Page{Key: []byte("k"), Stamp: 1, Encode: func(dst []byte) ([]byte, error) {
		return append(dst, make([]byte, state.MaxTxnBytes)...), nil
	}})
}

// full is a store without room.
type full struct{ state.Store }

func (full) Update(func(state.Writer) error) error { return sqlerr.New(sqlerr.DiskFull, "no room") }

// A checkpoint that cannot be written holds nothing: it is tried again and again, for as long as a disk is full.
func TestFailedCheckpointHoldsNothing(t *testing.T) {
	ops := []*large{{}, {}, {}}
	c := committerOn(t, memstore.NewLog())
	g := newGroup(c, nil, 1)
	l := &Live{committer: c, store: full{&limited{}}, saved: map[uint32]standing{}, views: map[uint32]*entry{}}
	for i := range 2 {
		m := &Member{ID: uint32(i + 1), pipeline: &Pipeline{}}
		for _, op := range ops {
			m.pipeline.Stateful = append(m.pipeline.Stateful, op)
		}
		g.members = append(g.members, m)
		l.views[m.ID] = &entry{group: g, member: m}
	}
	if err := l.Checkpoint(t.Context()); sqlerr.CodeOf(err) != sqlerr.DiskFull {
		t.Fatalf("a checkpoint on a full disk gives %v", err)
	}
	for i, op := range ops {
		if op.held != 0 {
			t.Errorf("operator %d is held by %d pins", i, op.held)
		}
	}
}
