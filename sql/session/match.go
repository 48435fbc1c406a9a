package session

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/vexfs/vexstream/engine/action"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/format"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/pgcatalog"
)

// Match says what triggers would do with a row.
func (a asked) Match(relation, row string) ([]pgcatalog.Match, error) {
	ctx := a.ctx
	if ctx == nil {
		ctx = context.Background()
	}
	return a.s.match(ctx, relation, row)
}

// match says what the triggers of a relation would do with a row that is inserted, and those of the streams that it would be sent
// to. Columns that the row lacks have their defaults.
func (s *Session) match(ctx context.Context, relation, row string) ([]pgcatalog.Match, error) {
	names, err := namesIn(relation, ".")
	if err != nil {
		return nil, err
	}
	snap := s.catalog()
	r, err := snap.Resolve(-1, names...)
	if err != nil {
		return nil, err
	}
	if r.Kind != catalog.Stream && r.Kind != catalog.Table {
		return nil, sqlerr.NotSupported("vex.match_triggers() of a %s", r.Kind).WithHint("It takes the rows of streams, and those that are inserted into tables.")
	}
	if err := s.needs(snap, -1, r, "r", nil); err != nil {
		return nil, err
	}
	b, err := s.rowOf(ctx, r, row)
	if err != nil {
		return nil, err
	}
	stored := func(b *batch.Batch) (*batch.Batch, error) { return b, nil }
	if r.Kind == catalog.Table {
		u, err := s.rules(r)
		if err != nil {
			return nil, err
		}
		if stored = u.complete; s.e.gate.list(r.ID) == nil {
			_, err := stored(b) // it is refused, or nothing happens to it
			return nil, err
		}
	}
	_, out, err := s.e.decideAll(snap, r.ID, b, stored)
	return out, err
}

// rowOf makes a row of a relation of an object in JSON.
func (s *Session) rowOf(ctx context.Context, r *catalog.Relation, row string) (*batch.Batch, error) {
	var has map[string]json.RawMessage
	if err := json.Unmarshal([]byte(row), &has); err != nil {
		return nil, sqlerr.Wrap(sqlerr.InvalidTextRepresentation, err, "vex.match_triggers() takes the row as an object")
	}
	var cols []int
	for _, name := range slices.Sorted(maps.Keys(has)) {
		at := r.ColumnIndex(name)
		if at < 0 || r.Columns[at].Hidden {
			return nil, sqlerr.New(sqlerr.UndefinedColumn, "column %q of relation %q does not exist", name, r.Name)
		}
		cols = append(cols, at)
	}
	l, err := s.newLoader(ctx, r, cols, silent{})
	if err != nil {
		return nil, err
	}
	l.end()
	to := &kept{}
	if l.w, err = s.newWriter(r, to); err != nil {
		return nil, err
	}
	in, err := format.NewReader(format.NDJSON, r.RowSchema(), cols, format.Options{Locale: s.Locale(), Relation: r.QualifiedName()}, l.add)
	if err == nil {
		err = in.Write(append([]byte(row), '\n'))
	}
	if err == nil {
		err = in.Close()
	}
	if err != nil {
		if e, ok := sqlerr.As(err); ok {
			told := *e
			told.Where = "" // speaks of a line of a file
			err = &told
		}
		return nil, err
	}
	return to.batches[0], nil
}

// Decide says what the triggers of a stream would do with a row, b, which has the stream's visible columns; then what those of the
// streams would do that it would be sent to. stored is whether it would be.
func (e *Engine) Decide(snap *catalog.Snapshot, stream uint32, b *batch.Batch) (stored bool, out []pgcatalog.Match, err error) {
	return e.decideAll(snap, stream, b, func(b *batch.Batch) (*batch.Batch, error) { return b, nil })
}

// decideAll is Decide of a stream or a table; complete gives what is stored of what BEFORE triggers leave.
func (e *Engine) decideAll(snap *catalog.Snapshot, relation uint32, b *batch.Batch, complete func(*batch.Batch) (*batch.Batch, error)) (stored bool, out []pgcatalog.Match, err error) {
	type arrival struct {
		action.Added
		hops int
	}
	came := []arrival{{Added: action.Added{Target: epoch.Target{Relation: relation}, Rows: b}}}
	for i := 0; i < len(came); i++ {
		r := snap.ByID(came[i].Target.Relation)
		if r == nil {
			continue
		}
		left, decided, err := e.decide(r, came[i].Rows, complete)
		if err != nil {
			return false, nil, err
		}
		stored = stored || i == 0 && left
		for k := range decided {
			d := &decided[k]
			out = append(out, matches(snap, r, d)...)
			for _, to := range d.Rows {
				if came[i].hops < epoch.MaxHops {
					came = append(came, arrival{to, came[i].hops + 1})
				}
			}
		}
	}
	return stored, out, nil
}

// decide says what the triggers of one relation would do, and whether the row would be stored.
func (e *Engine) decide(r *catalog.Relation, b *batch.Batch, complete func(*batch.Batch) (*batch.Batch, error)) (stored bool, decided []action.Decided, err error) {
	l := e.gate.list(r.ID)
	if l == nil || l.Len() == 0 {
		return true, nil, nil
	}
	if r.Kind != catalog.Table { // only the first of them can be one
		left, decided, err := l.Decide(e.clock(), action.Change{}, b, func(b *batch.Batch) (*batch.Batch, error) { return b, nil })
		return err == nil && left.N > 0, decided, err
	}
	n := len(r.Visible())
	wide := func(b *batch.Batch) *batch.Batch {
		return &batch.Batch{N: b.N, Cols: append(slices.Clone(b.Cols[:n]), noRows(r, b.N)...)}
	}
	left, decided, err := l.Decide(e.clock(), action.Change{Op: action.Insert, Width: n}, wide(ungenerated(r, b)), func(b *batch.Batch) (*batch.Batch, error) {
		b, err := complete(&batch.Batch{N: b.N, Cols: b.Cols[:n:n]})
		if err != nil {
			return nil, err
		}
		return wide(b), nil
	})
	return err == nil && left.N > 0, decided, err
}

// matches are the lines of one step: one for each relation that it adds to.
func matches(snap *catalog.Snapshot, r *catalog.Relation, d *action.Decided) []pgcatalog.Match {
	m := pgcatalog.Match{Relation: r.QualifiedName(), Trigger: d.Trigger.Name, Before: d.Before, Priority: d.Trigger.Priority, Action: d.Action}
	if d.Err != nil {
		m.Error = messageOf(d.Err)
	}
	if d.Action == "block" && len(d.Rows) > 0 {
		return nil // what is kept of the row; its own line says that it is blocked
	}
	var out []pgcatalog.Match
	for _, to := range d.Rows {
		if into := snap.ByID(to.Target.Relation); into != nil && into.Schema != "vex" {
			m.Destination = into.QualifiedName()
			out = append(out, m)
		}
	}
	if out == nil {
		return []pgcatalog.Match{m}
	}
	return out
}
