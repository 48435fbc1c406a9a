package build

import (
	"context"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/op"
	"github.com/vexfs/vexstream/sql/plan"
	"github.com/vexfs/vexstream/window"
)

// Aside says where a row that a view leaves aside came from.
type Aside struct {
	// Schema is the columns of the batch that the row stands in.
	Schema batch.Schema
	// Relation, if it is not 0, says that the row was made of one row of that relation, of which the operator may have
	// been given a part only: the row at the same place of the epoch, in the batch that is pushed into the view.
	Relation uint32
}

// aside says where the rows come from that an operator over n's rows leaves aside. schema is what it is given of them.
func aside(n plan.Node, schema batch.Schema) Aside {
	a := Aside{Schema: schema}
	for {
		switch x := n.(type) {
		case *plan.Filter, *plan.Project, *plan.Window: // they keep the places of rows
			n = n.Children()[0]
		case *plan.Scan:
			a.Relation = x.Relation.ID
			return a
		default:
			return a
		}
	}
}

// opsOver is what an operator over n's rows shares with the others: the Env, with a DeadLetter that says where a row that
// fails comes from. schema is what the operator is given of the rows; nil: all of n's columns.
func (b *builder) opsOver(n plan.Node, schema batch.Schema) *op.Env {
	if b.env.DeadLetter == nil || b.ops.Bounded {
		return b.ops
	}
	if schema == nil {
		schema = n.Schema()
	}
	at, own := aside(n, schema), *b.ops
	own.DeadLetter = func(ctx context.Context, op string, err error, rows *batch.Batch, row int) {
		b.env.DeadLetter(ctx, op, err, rows, row, at)
	}
	return &own
}

// Judge is a place of a view where rows may come too late.
type Judge struct {
	Aside
	AppendOnly bool // no row that comes there is ever taken back
}

// late takes the rows that come too late for a window over n, which is given schema of them; nil: nobody does.
func (b *builder) late(n plan.Node, schema batch.Schema) window.LateSink {
	at := aside(n, schema)
	b.judges = append(b.judges, Judge{at, n.AppendOnly()})
	if b.env.Late == nil {
		return nil
	}
	return lateFrom{b.env.Late, at}
}

type lateFrom struct {
	to func(ctx context.Context, l *window.Late, at Aside) error
	at Aside
}

// Late says where the row comes from.
func (l lateFrom) Late(ctx context.Context, row *window.Late) error { return l.to(ctx, row, l.at) }
