package session

import (
	"context"
	"fmt"
	"strconv"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/bind"
	"github.com/vexfs/vexstream/sql/build"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/live"
	"github.com/vexfs/vexstream/sql/plan"
)

// subscription is a bound SUBSCRIBE.
type subscription struct {
	view     *catalog.Relation // of SUBSCRIBE name; nil: plan is run for this subscriber alone
	plan     plan.Node
	snapshot bool
	progress bool
	schema   batch.Schema
}

// bindSubscribe finds what a SUBSCRIBE is about, and the columns it gives.
func (s *Session) bindSubscribe(x *ast.Subscribe, env *bind.Env) (*subscription, error) {
	sub := &subscription{snapshot: true}
	if len(x.Upsert) > 0 {
		return nil, sqlerr.NotSupported("ENVELOPE UPSERT").At(x.Position())
	}
	for _, o := range x.With {
		value := true
		if l, ok := o.Value.(*ast.Literal); ok {
			value = l.Text != "false" && l.Text != "off"
		}
		switch o.Name {
		case "snapshot":
			sub.snapshot = value
		case "progress":
			sub.progress = value
		default:
			return nil, sqlerr.NotSupported("option %q of SUBSCRIBE", o.Name).At(o.Position()).WithHint("There are snapshot and progress.")
		}
	}
	q := x.Query
	if x.Table != nil {
		r, err := env.Catalog.Resolve(x.Table.Position(), x.Table.Parts...)
		if err != nil {
			return nil, err
		}
		if r.Kind == catalog.MaterializedView {
			if env.Access != nil {
				env.Access(x.Table.Position(), r, "r", "")
			}
			sub.view = r
			sub.schema = subscribedSchema(r.RowSchema(), sub.progress)
			return sub, nil
		}
		q = &ast.Query{Pos: x.Table.Pos, Body: &ast.Select{
			Pos: x.Table.Pos, Items: []ast.SelectItem{{X: &ast.Star{Pos: x.Table.Pos}}},
			From: []ast.From{&ast.Table{Pos: x.Table.Pos, Name: x.Table.Parts}},
		}}
	}
	cont := *env
	cont.Continuous = true
	p, err := bind.Query(q, &cont)
	if err != nil {
		return nil, err
	}
	sub.plan, sub.schema = p, subscribedSchema(p.Schema(), sub.progress)
	return sub, nil
}

func subscribedSchema(s batch.Schema, progress bool) batch.Schema {
	out := batch.Schema{{Name: "_epoch", Type: types.Text}, {Name: "_time", Type: types.Timestamptz}, {Name: "_diff", Type: types.Int8}}
	if progress {
		out = append(out, batch.Field{Name: "_progress", Type: types.Bool})
	}
	return append(out, s...)
}

// changeWriter takes the rows of a subscription, and is told when what it has should be sent.
type changeWriter interface {
	write(ctx context.Context, schema batch.Schema, b *batch.Batch) error
	flush()
}

// rowWriter gives a plain SUBSCRIBE's rows to the protocol.
type rowWriter struct{ out Output }

func (w rowWriter) write(ctx context.Context, _ batch.Schema, b *batch.Batch) error {
	return w.out.Rows(ctx, b)
}

func (w rowWriter) flush() {
	if f, ok := w.out.(interface{ Flush() }); ok {
		f.Flush()
	}
}

// runSubscribe sends the snapshot and then every change, until the client has enough.
func (s *Session) runSubscribe(ctx context.Context, x *ast.Subscribe, to changeWriter) error {
	if w, ok := to.(rowWriter); ok && s.settings.values["application_name"] == "psql" {
		w.out.Notice("NOTICE", sqlerr.New(sqlerr.Success, "psql shows the rows of a SUBSCRIBE only when it ends").
			WithHint("Use COPY (SUBSCRIBE ...) TO STDOUT to see them as they come."))
	}
	var reads accesses
	sub, err := s.bindSubscribe(x, reads.of(s.bindEnv(s.catalog(), nil)))
	if err == nil {
		err = s.allowed(s.catalog(), &reads)
	}
	if err != nil {
		return err
	}
	id, end, err := s.e.subscribed(ctx, sub)
	if err != nil {
		return err
	}
	defer end()
	snap, at, changes, err := s.e.Live.Subscribe(ctx, id, s.e.Committer.Last().No, sub.progress)
	if err != nil {
		return err
	}
	defer changes.Close()
	w := &changeSender{to: to, sub: sub, at: at}
	if sub.snapshot {
		err = snap.Rows(ctx, w)
	}
	snap.Release()
	if err != nil {
		return err
	}
	to.flush()
	for {
		updates, err := changes.Next(ctx)
		if err != nil {
			return err
		}
		for _, u := range updates {
			w.at = *u.Epoch
			for _, b := range u.Rows {
				if err := w.Push(ctx, b); err != nil {
					return err
				}
			}
			if err := w.progress(ctx); err != nil {
				return err
			}
		}
		to.flush()
	}
}

// subscribed gives the view to listen to: the named one, or one made for this subscriber and removed by end.
func (e *Engine) subscribed(ctx context.Context, sub *subscription) (id uint32, end func(), err error) {
	if sub.view != nil {
		return sub.view.ID, func() {}, nil
	}
	id = e.temp.Add(1)
	name := fmt.Sprintf("subscription %d", id)
	v, err := build.NewView(sub.plan, &build.Env{View: name, Budget: e.statementMemory(), Logger: e.journal})
	if err != nil {
		return 0, nil, err
	}
	d := live.Definition{ID: id, Name: name, Upstream: plan.Relations(sub.plan), Visible: e.visibleOf, Pipeline: pipeline(v)}
	if err := e.Live.Add(ctx, d); err != nil {
		return 0, nil, err
	}
	return id, func() { e.Live.Remove(id) }, nil
}

// changeSender puts epoch, time and weight before each row.
type changeSender struct {
	to  changeWriter
	sub *subscription
	at  batch.Epoch
}

// token is an epoch as a client sees it: origin and number.
func token(ep batch.Epoch) string {
	return strconv.FormatUint(uint64(ep.Origin), 10) + "-" + strconv.FormatUint(ep.No, 10)
}

func (w *changeSender) Push(ctx context.Context, b *batch.Batch) error {
	return w.to.write(ctx, w.sub.schema, &batch.Batch{N: b.N, Cols: append(w.head(b.N, b.Diff, false), b.Cols...)})
}

func (w *changeSender) head(n int, diff []int64, progress bool) []batch.Column {
	epochs := batch.NewBuilder(types.Text, n)
	times, weights := batch.MakeValues[types.Micros](n), batch.MakeValues[int64](n)
	text := token(w.at)
	for i := range n {
		epochs.String(text)
		times[i], weights[i] = w.at.Time, 1
		if diff != nil {
			weights[i] = diff[i]
		}
	}
	cols := []batch.Column{epochs.Finish(), batch.FixedOf(types.Timestamptz, times, nil), batch.FixedOf(types.Int8, weights, nil)}
	if w.sub.progress {
		bits := batch.NewBitmap(n)
		if progress {
			bits = batch.NewBitmapSet(n)
		}
		cols = append(cols, batch.BitsOf(n, bits, nil))
	}
	return cols
}

// progress says that an epoch is complete, to who asked for that: a row of nulls.
func (w *changeSender) progress(ctx context.Context) error {
	if !w.sub.progress {
		return nil
	}
	cols := w.head(1, []int64{0}, true)
	for _, f := range w.sub.schema[len(cols):] {
		b := batch.NewBuilder(f.Type, 1)
		b.Null()
		cols = append(cols, b.Finish())
	}
	return w.to.write(ctx, w.sub.schema, &batch.Batch{N: 1, Cols: cols})
}

// Advance and Close have nothing to do.
func (w *changeSender) Advance(context.Context, stream.Progress) error { return nil }

// Close does nothing.
func (w *changeSender) Close() error { return nil }
