package session

import (
	"context"
	"fmt"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/sql/bind"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/parse"
)

// writer checks rows of one relation and adds them to a statement.
type writer struct {
	r       *catalog.Relation
	to      rowsTo
	at      epoch.Target
	derived []derived
	eval    expr.Ctx
	rows    int64
}

// rowsTo is where a writer's rows gather: a statement of the committer, or kept.
type rowsTo interface {
	Add(t epoch.Target, b *batch.Batch) error
	Rows() int64
}

// derived is a column whose nulls are filled in from the rest of the row.
type derived struct {
	column int
	value  expr.Expr
}

func (s *Session) newWriter(r *catalog.Relation, to rowsTo) (*writer, error) {
	w := &writer{r: r, to: to, at: target(r)}
	local := s.Locale()
	w.eval = expr.Ctx{Now: local.Now, Locale: local}
	for i, c := range r.Visible() {
		if c.Derived == "" {
			continue
		}
		x, err := parse.Expr(c.Derived)
		if err != nil {
			return nil, err
		}
		v, err := bind.Row(x, r, s.bindEnv(s.catalog(), nil))
		if err == nil {
			v, err = expr.Cast(v, c.Type, expr.Assignment)
		}
		if err != nil {
			return nil, err
		}
		w.derived = append(w.derived, derived{i, v})
	}
	return w, nil
}

// derive fills in the columns that follow from the rest of a row.
func (w *writer) derive(b *batch.Batch) (*batch.Batch, error) {
	if len(w.derived) == 0 {
		return b, nil
	}
	out := *b
	out.Cols = append([]batch.Column(nil), b.Cols...)
	w.eval.Reset()
	for _, d := range w.derived {
		out.Cols[d.column] = d.value.Eval(&w.eval, b, nil)
	}
	if f := w.eval.Failures(); len(f) > 0 {
		return nil, f[0].Err
	}
	return &out, nil
}

// Push adds rows in the relation's visible columns.
func (w *writer) Push(ctx context.Context, b *batch.Batch) error {
	for i, c := range w.r.Visible() {
		if w.r.Kind == catalog.Table { // its rules check the finished row
			break
		}
		if !c.NotNull && i != w.r.EventTime || b.Cols[i].Nulls() == 0 {
			continue
		}
		row := 0
		for !b.Cols[i].Null(row) {
			row++
		}
		err := sqlerr.New(sqlerr.NotNullViolation, "null value in column %q of relation %q violates not-null constraint", c.Name, w.r.QualifiedName()).
			WithDetail("It is row %d of the statement.", w.rows+int64(row)+1)
		if i == w.r.EventTime {
			err.WithHint("Give every row a value there: it is the event time of the stream, by which windows take rows.")
		}
		return err
	}
	b, err := w.derive(b)
	if err != nil {
		return err
	}
	for i := range w.r.Visible() {
		if err := w.refuseReserved(i, &b.Cols[i]); err != nil {
			return err
		}
	}
	if err := w.to.Add(w.at, b); err != nil {
		return err
	}
	w.rows += int64(b.N)
	return ctx.Err()
}

// stored is how many of the rows are there once they are committed, or as far as a block knows.
func (w *writer) stored() int64 {
	if st, ok := w.to.(*epoch.Statement); ok {
		return w.rows - st.Dropped() - st.Held()
	}
	return w.rows
}

// refuseReserved refuses a value that only the node itself writes.
func (w *writer) refuseReserved(i int, c *batch.Column) error {
	col := &w.r.Visible()[i]
	if col.Only == "" {
		return nil
	}
	for row := range c.N {
		if c.Null(row) || c.Str(row) == col.Only {
			continue
		}
		return sqlerr.New(sqlerr.InsufficientPrivilege, "permission denied for %s %q of relation %q", col.Name, c.Str(row), w.r.QualifiedName()).
			WithDetail("It is row %d of the statement. Only the node's own sources write another %s than %q.", w.rows+int64(row)+1, col.Name, col.Only).
			WithHint("Leave %s out.", col.Name)
	}
	return nil
}

// Advance and Close have nothing to do: the statement commits when all rows are there.
func (w *writer) Advance(context.Context, stream.Progress) error { return nil }

// Close does nothing.
func (w *writer) Close() error { return nil }

// runInsert stores the rows of an INSERT, all or none.
func (s *Session) runInsert(ctx context.Context, ins *bind.Write, args []batch.Column, out Output) (string, error) {
	if ins.Relation.Kind == catalog.Table {
		return s.insertIntoTable(ctx, ins, args, out)
	}
	if ins.Conflict != nil {
		return "", sqlerr.NotSupported("ON CONFLICT on a stream").WithHint("A stream has no keys; keep rows that change in a table.")
	}
	if key, _ := DedupKey(ins.Relation); key != nil && ins.Returning != nil {
		return "", sqlerr.NotSupported("RETURNING of a stream with a dedup_key").WithHint("Which rows are stored is known when they are committed: leave RETURNING out.")
	}
	if err := s.e.gate.returns(ins); err != nil {
		return "", err
	}
	var to rowsTo = &kept{}
	if !s.tx.open && ins.Returning == nil && ins.Checks == nil {
		st := s.e.Committer.Begin()
		defer st.Abort()
		to = st
	}
	w, err := s.newWriter(ins.Relation, to)
	if err != nil {
		return "", err
	}
	if err := s.query(ctx, ins.Plan, w, args); err != nil {
		return "", err
	}
	var rows []*batch.Batch
	if k, ok := to.(*kept); ok {
		refused, err := s.checked(ctx, ins.Checks, ins.Relation, gives(ins), k.batches, args)
		if err == nil {
			err = refused
		}
		if err != nil {
			return "", err
		}
		if rows, err = s.returned(ctx, ins.Returning, k.batches, args); err != nil {
			return "", err
		}
	}
	if err := s.commitOrKeep(ctx, ins.Relation, to, out); err != nil {
		return "", err
	}
	if err := sendAll(ctx, rows, out); err != nil {
		return "", err
	}
	return fmt.Sprintf("INSERT 0 %d", w.stored()), nil
}

// insertedRows gives the rows of an INSERT in the visible columns of its relation.
func (s *Session) insertedRows(ctx context.Context, ins *bind.Write, args []batch.Column, to rowsTo) error {
	if ins.Conflict != nil && ins.Relation.Kind == catalog.Stream {
		return sqlerr.NotSupported("ON CONFLICT on a stream").WithHint("A stream has no keys; keep rows that change in a table.")
	}
	if err := s.e.gate.returns(ins); err != nil {
		return err
	}
	w, err := s.newWriter(ins.Relation, to)
	if err != nil {
		return err
	}
	return s.query(ctx, ins.Plan, w, args)
}

// commitOrKeep commits the rows of a statement into a stream, or leaves them to the COMMIT of the block.
func (s *Session) commitOrKeep(ctx context.Context, r *catalog.Relation, to rowsTo, out Output) error {
	if st, ok := to.(*epoch.Statement); ok {
		if st.Empty() {
			return nil
		}
		return s.commitRows(ctx, st, []uint32{r.ID}, out)
	}
	c := &change{r: r, added: to.(*kept).batches}
	if s.tx.open {
		return s.tx.apply(c)
	}
	var tx transaction
	if err := tx.apply(c); err != nil {
		return err
	}
	return s.publish(ctx, &tx, func() {}, out)
}

// returned computes what RETURNING asks of rows that are to be written.
func (s *Session) returned(ctx context.Context, ret *bind.Returning, rows []*batch.Batch, args []batch.Column) ([]*batch.Batch, error) {
	if ret == nil {
		return nil, nil
	}
	if ret.Plan != nil {
		given, _, err := s.overRows(ctx, ret.Plan, rows, args)
		return given, err
	}
	local := s.Locale()
	eval := expr.Ctx{Now: local.Now, Locale: local, Params: args, Catalog: s.stateWithin(ctx)}
	var out []*batch.Batch
	for _, b := range rows {
		given, err := project(ret.Exprs, b, &eval)
		if err != nil {
			return nil, err
		}
		out = append(out, given.Clone())
	}
	return out, nil
}

func sendAll(ctx context.Context, rows []*batch.Batch, out Output) error {
	for _, b := range rows {
		if b.N == 0 {
			continue
		}
		if err := out.Rows(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

// project computes expressions over rows. The result is borrowed until the next use of eval.
func project(xs []expr.Expr, b *batch.Batch, eval *expr.Ctx) (*batch.Batch, error) {
	eval.Reset()
	out := &batch.Batch{N: b.N, Cols: make([]batch.Column, len(xs))}
	for i, x := range xs {
		out.Cols[i] = x.Eval(eval, b, nil)
	}
	if f := eval.Failures(); len(f) > 0 {
		return nil, f[0].Err
	}
	return out, nil
}
