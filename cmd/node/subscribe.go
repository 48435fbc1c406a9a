package node

import (
	"context"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/sql/catalog"
)

// Change is rows that a view has gained or lost.
type Change struct {
	Epoch    batch.Epoch  // that made it
	Snapshot bool         // the contents at the start of the subscription
	Rows     *batch.Batch // by weight: +1 a row more, -1 one less; borrowed
}

// Subscribe calls visit with a view's contents as of now, and then with each change, until ctx is done, visit fails, or
// the view is dropped. It gives nil when ctx ended it, 53400 when visit was too slow to keep up.
func (n *Node) Subscribe(ctx context.Context, view string, visit func(Change) error) error {
	r, err := n.engine.Catalog().Resolve(0, view)
	if err != nil {
		return err
	}
	if r.Kind != catalog.MaterializedView {
		return sqlerr.New(sqlerr.WrongObjectType, "%q is a %s, not a materialized view", r.QualifiedName(), r.Kind).
			WithHint("CREATE MATERIALIZED VIEW over it, and subscribe to that.")
	}
	snap, at, sub, err := n.engine.Live.Subscribe(ctx, r.ID, n.engine.Committer.Last().No, false)
	if err != nil {
		return ended(ctx, err)
	}
	defer sub.Close()
	err = snap.Rows(ctx, visitor{at: at, visit: visit})
	snap.Release()
	if err != nil {
		return ended(ctx, err)
	}
	for {
		updates, err := sub.Next(ctx)
		if err != nil {
			return ended(ctx, err)
		}
		for _, u := range updates {
			for _, b := range u.Rows {
				if err := visit(Change{Epoch: *u.Epoch, Rows: b}); err != nil {
					return err
				}
			}
		}
	}
}

// ended takes the end of ctx for the good end of a subscription.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// visitor gives the rows of a snapshot to visit.
type visitor struct {
	at    batch.Epoch
	visit func(Change) error
}

// Push gives b on.
func (v visitor) Push(_ context.Context, b *batch.Batch) error {
	return v.visit(Change{Epoch: v.at, Snapshot: true, Rows: b})
}

// Advance and Close have nothing to do.
func (v visitor) Advance(context.Context, stream.Progress) error { return nil }

// Close does nothing.
func (v visitor) Close() error { return nil }
