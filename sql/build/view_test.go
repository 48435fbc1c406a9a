package build_test

import (
	"context"

	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/sql/build"
	"github.com/vexfs/vexstream/sql/plan"
)

// view runs p as a view, epoch by epoch. It gives the contents, and the sum of the changes. Before epoch restart it is
// saved, built anew and restored.
func (w *world) view(p plan.Node, restart int) (contents, changes *gathered, err error) {
	ctx := context.Background()
	contents, changes = &gathered{}, &gathered{}
	v, err := build.NewView(p, &build.Env{})
	if err != nil {
		return nil, nil, err
	}
	if err := listen(ctx, v, changes); err != nil {
		return nil, nil, err
	}
	for no := range w.epochs {
		if no == restart && no > 0 {
			if v, err = w.restored(p, v, no-1); err != nil {
				return nil, nil, err
			}
			changes = &gathered{} // a reader comes back, and begins with what is there
			if err := listen(ctx, v, changes); err != nil {
				return nil, nil, err
			}
		}
		for i := range v.Inputs {
			if err := w.push(ctx, no, &v.Inputs[i]); err != nil {
				return nil, nil, err
			}
			if err := v.Inputs[i].Sink.Advance(ctx, stream.Progress{Epoch: w.epoch(no), Watermarks: w.epochs[no].marks}); err != nil {
				return nil, nil, err
			}
		}
	}
	pin := v.Root.Pin()
	defer pin.Release()
	return contents, changes, pin.Rows(ctx, v.Tail(contents))
}

// listen gives a reader of changes what a subscription begins with.
func listen(ctx context.Context, v *build.View, changes *gathered) error {
	pin := v.Root.Pin()
	defer pin.Release()
	if err := pin.Rows(ctx, v.Tail(changes)); err != nil {
		return err
	}
	v.Out(changes)
	v.Listen(true)
	return nil
}

// restored is p with the state of old, which stands after epoch no.
func (w *world) restored(p plan.Node, old *build.View, no int) (*build.View, error) {
	v, err := build.NewView(p, &build.Env{})
	if err != nil {
		return nil, err
	}
	for i, k := range old.Stateful {
		pin := k.Pin()
		err := pin.Pages(func(pg state.Page) error {
			data, err := pg.Encode(nil)
			if err != nil {
				return err
			}
			return v.Stateful[i].LoadPage(pg.Key, data)
		})
		pin.Release()
		if err != nil {
			return nil, err
		}
		if err := v.Stateful[i].Loaded(stream.Progress{Epoch: w.epoch(no), Watermarks: w.epochs[no].marks}); err != nil {
			return nil, err
		}
	}
	return v, nil
}
