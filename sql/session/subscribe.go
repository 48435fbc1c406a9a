package session

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

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
	since    *uint64      // the epoch that the subscriber has seen last; nil: none
	every    types.Micros // of EMIT CHANGES EVERY
	keys     []int        // of ENVELOPE UPSERT: columns among those of the rows; nil: none
	schema   batch.Schema
}

// bindSubscribe finds what a SUBSCRIBE is about, and the columns it gives.
func (s *Session) bindSubscribe(x *ast.Subscribe, env *bind.Env) (*subscription, error) {
	sub := &subscription{snapshot: true}
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
		case "since":
			no, err := sinceToken(o)
			if err != nil {
				return nil, err
			}
			sub.since, sub.snapshot = &no, false
		default:
			return nil, sqlerr.NotSupported("option %q of SUBSCRIBE", o.Name).At(o.Position()).WithHint("There are snapshot, progress and since.")
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
				env.Access(accessTo(x.Table.Position(), r, "r", nil))
			}
			sub.view = r
			return sub, sub.shape(x, r.RowSchema())
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
	if sub.since != nil {
		return nil, sqlerr.New(sqlerr.SnapshotTooOld, "only a materialized view keeps a history that a subscription could resume from").At(x.Position()).
			WithHint("CREATE MATERIALIZED VIEW ... WITH (history = '10 minutes') AS ..., and subscribe to that.")
	}
	sub.plan = p
	if sub.every, err = bind.Every(q.Emit); err != nil {
		return nil, err
	}
	return sub, sub.shape(x, p.Schema())
}

// shape says which columns the subscriber gets.
func (sub *subscription) shape(x *ast.Subscribe, rows batch.Schema) error {
	for _, name := range x.Upsert {
		i := slices.IndexFunc(rows, func(f batch.Field) bool { return f.Name == name })
		if i < 0 {
			return sqlerr.New(sqlerr.UndefinedColumn, "column %q named in key does not exist", name).At(x.Position())
		}
		sub.keys = append(sub.keys, i)
	}
	third := batch.Field{Name: "_diff", Type: types.Int8}
	if sub.keys != nil {
		third = batch.Field{Name: "_op", Type: types.Text}
	}
	out := batch.Schema{{Name: "_epoch", Type: types.Text}, {Name: "_time", Type: types.Timestamptz}, third}
	if sub.progress {
		out = append(out, batch.Field{Name: "_progress", Type: types.Bool})
	}
	sub.schema = append(out, rows...)
	return nil
}

// sinceToken reads the token of an epoch, as the column _epoch gives it.
func sinceToken(o ast.Option) (uint64, error) {
	l, ok := o.Value.(*ast.Literal)
	if ok {
		_, no, cut := strings.Cut(l.Text, "-")
		if n, err := strconv.ParseUint(no, 10, 64); cut && err == nil {
			return n, nil
		}
	}
	return 0, sqlerr.New(sqlerr.InvalidParameterValue, "since is no token of a subscription").At(o.Position()).
		WithHint("Give the _epoch of the last row that you have, such as since = '1-42'.")
}

// historyOf is for how long a view keeps its changes for subscribers that come back.
func historyOf(r *catalog.Relation) types.Micros {
	d, _ := parseDuration("history", r.Option("history", "0")) // it was checked when the view was made
	return d
}

// everyOf is the interval of a materialized view's EMIT CHANGES EVERY; 0: it has none.
func everyOf(r *catalog.Relation) types.Micros {
	if r.Kind != catalog.MaterializedView {
		return 0
	}
	q, err := parseQuery(r.Query)
	if err != nil {
		return 0 // it was read when the view was made
	}
	d, _ := bind.Every(q.Emit)
	return d
}

// everyLines is the line of EXPLAIN about EMIT CHANGES EVERY.
func everyLines(emit *ast.Emit) []string {
	d, _ := bind.Every(emit)
	if d == 0 {
		return nil
	}
	return []string{"Emit Changes Every: " + string(types.AppendInterval(nil, types.Span{Micros: int64(d)}))}
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
	f, err := s.follow(ctx, x, to)
	if err != nil {
		return err
	}
	defer f.close()
	if err := f.snapshot(ctx); err != nil {
		return err
	}
	to.flush()
	for {
		updates, err := f.changes.Next(ctx)
		if err == nil {
			err = f.pass(ctx, updates)
		}
		if err != nil {
			return err
		}
		to.flush()
	}
}

// following is a subscription under way.
type following struct {
	sub     *subscription
	id      uint32 // of the view that it listens to
	to      changeWriter
	send    changeSink
	at      *changeSender
	snap    *live.Snapshot // nil: none is to be sent
	changes *live.Subscription
	end     func()
}

// follow begins a subscription.
func (s *Session) follow(ctx context.Context, x *ast.Subscribe, to changeWriter) (*following, error) {
	var reads accesses
	sub, err := s.bindSubscribe(x, reads.of(s.bindEnv(s.catalog(), nil)))
	if err == nil {
		err = s.allowed(s.catalog(), &reads)
	}
	if err != nil {
		return nil, err
	}
	id, end, err := s.e.subscribed(ctx, sub)
	if err != nil {
		return nil, err
	}
	f := &following{sub: sub, id: id, to: to, end: end}
	var at batch.Epoch
	if sub.since != nil {
		f.changes, at, err = s.e.Live.Resume(ctx, id, *sub.since, s.e.Committer.Last().No, sub.progress)
	} else {
		f.snap, at, f.changes, err = s.e.Live.Subscribe(ctx, id, s.e.Committer.Last().No, sub.progress)
	}
	if err != nil {
		end()
		return nil, err
	}
	if f.snap != nil && !sub.snapshot {
		f.snap.Release()
		f.snap = nil
	}
	f.at = &changeSender{to: to, sub: sub, at: at}
	f.send = f.at
	if sub.keys != nil {
		u := &upserts{to: f.at, keys: sub.keys}
		if sub.snapshot {
			u.present = map[string]int64{}
		}
		f.send = u
	}
	return f, nil
}

// snapshot sends what there is at the beginning.
func (f *following) snapshot(ctx context.Context) error {
	if f.snap == nil {
		return nil
	}
	err := f.snap.Rows(ctx, f.send)
	f.snap.Release()
	f.snap = nil
	if err == nil {
		err = f.send.done(ctx)
	}
	return err
}

// pass sends changes.
func (f *following) pass(ctx context.Context, updates []live.Update) error {
	for _, u := range updates {
		f.at.at = *u.Epoch
		for _, b := range u.Rows {
			if err := f.send.Push(ctx, b); err != nil {
				return err
			}
		}
		if err := f.send.done(ctx); err != nil {
			return err
		}
		if err := f.at.progress(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (f *following) close() {
	if f.snap != nil {
		f.snap.Release()
	}
	f.changes.Close()
	f.end()
}

// changeSink takes the rows of an epoch, and is told when they are all there.
type changeSink interface {
	stream.Sink
	done(ctx context.Context) error
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
	floors, err := e.floors(ctx, e.Catalog(), plan.Relations(sub.plan))
	if err != nil {
		return 0, nil, err
	}
	d := live.Definition{ID: id, Name: name, Floors: floors, Upstream: plan.Relations(sub.plan), Visible: e.visibleOf, Every: sub.every, MayFall: true, Pipeline: pipeline(v)}
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

func (w *changeSender) done(context.Context) error { return nil }

// head makes the columns before a row's own. Without weights each is 1.
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
	if w.sub.keys != nil {
		cols[2] = operations(weights)
	}
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
