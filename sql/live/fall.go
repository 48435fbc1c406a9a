package live

import (
	"context"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
)

// A view that cannot take an epoch in, as its memory is at its limit, falls out of its group with those that read it: what it
// holds is no state of any epoch. The others go on, unless one that falls cannot be made anew from what is there: a table, or
// what has sent something out. Then the whole group fails, and a restart takes it up at its last checkpoint.

// fall is why a member takes no part any more.
type fall struct{ err error }

// fallen says why a member has fallen; nil: it has not.
func (m *Member) fallen() error {
	if f := m.fell.Load(); f != nil {
		return f.err
	}
	return nil
}

// apart is an input of a member behind the view that it reads, whose own work goes on when the member fails. The group's lock
// guards failed.
type apart struct {
	chosen
	m *Member
}

func (a apart) Push(ctx context.Context, b *batch.Batch) error {
	return a.m.bear(func() error { return a.chosen.Push(ctx, b) })
}

func (a apart) Advance(ctx context.Context, p stream.Progress) error {
	return a.m.bear(func() error { return a.Sink.Advance(ctx, p) })
}

// bear does something for a member unless it has failed in this epoch, and keeps to itself why it fails.
func (m *Member) bear(do func() error) error {
	if m.failed != nil {
		return nil
	}
	m.failed = do()
	return nil
}

// shed has members fall that failed in the epoch under way, and those that read them. The lock is held.
func (g *Group) shed() error {
	var lost []*Member
	gone := map[uint32]error{}
	for _, m := range g.members { // a view comes after those it reads
		for i := range m.pipeline.Inputs {
			if id := m.pipeline.Inputs[i].Relation; id != m.ID && m.failed == nil {
				m.failed = gone[id]
			}
		}
		if m.failed != nil {
			lost = append(lost, m)
			gone[m.ID] = m.failed
		}
	}
	for _, m := range lost {
		if !m.mayFall || len(lost) == len(g.members) {
			return lost[0].failed
		}
	}
	for _, m := range lost {
		g.drop(m, m.failed)
		g.detach(m)
	}
	for _, j := range g.joiners {
		for i := range j.m.pipeline.Inputs {
			if gone[j.m.pipeline.Inputs[i].Relation] != nil {
				j.cancel()
			}
		}
	}
	return nil
}

// drop says that a member has fallen. The lock is held.
func (g *Group) drop(m *Member, why error) {
	code, detail := sqlerr.InternalError, ""
	text := why.Error()
	if e, ok := sqlerr.As(why); ok {
		code, text, detail = e.Code, e.Message, e.Detail
	}
	err := sqlerr.New(code, "materialized view %s has stopped: %s", m.name, text).WithDetail("%s", detail).
		WithHint("ALTER MATERIALIZED VIEW %[1]s PAUSE, then SET (memory_limit = '...') and RESUME make it anew; those that read it come first in PAUSE and last in RESUME.", m.name)
	m.fell.Store(&fall{err})
	if g.gone == nil {
		g.gone = map[uint32]error{}
	}
	g.gone[m.ID] = err
	m.tap.fail(err)
}
