package session

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/format"
	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/build"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/live"
	"github.com/vexfs/vexstream/window"
)

// lateColumns are the columns of a stream of late rows that say why a row is there, as in vex.late_rows. Every other one
// has the row's value of its name.
var lateColumns = []struct {
	name string
	t    types.Type
	put  func(c *batch.Builder, view string, l *window.Late)
}{
	{"view", types.Text, func(c *batch.Builder, view string, _ *window.Late) { c.String(view) }},
	{"window_start", types.Timestamptz, func(c *batch.Builder, _ string, l *window.Late) { putTime(c, l.WindowStart) }},
	{"window_end", types.Timestamptz, func(c *batch.Builder, _ string, l *window.Late) { putTime(c, l.WindowEnd) }},
	{"windows", types.Int8, func(c *batch.Builder, _ string, l *window.Late) { batch.Put(c, l.Windows) }},
	{"watermark", types.Timestamptz, func(c *batch.Builder, _ string, l *window.Late) { putTime(c, l.Watermark) }},
	{"row", types.JSONB, nil},
}

// putTime appends an instant, or null for one that is not known.
func putTime(c *batch.Builder, t types.Micros) {
	if t == 0 || t <= types.MinTime || t >= types.MaxTime {
		c.Null()
		return
	}
	batch.Put(c, t)
}

func lateColumn(name string) int {
	for i := range lateColumns {
		if lateColumns[i].name == name {
			return i
		}
	}
	return -1
}

// lateTarget finds the stream that a view's option late_rows names.
func (s *Session) lateTarget(snap *catalog.Snapshot, r *catalog.Relation, with []ast.Option) error {
	r.LateTo = 0
	name, given := r.With["late_rows"]
	if !given {
		return nil
	}
	pos := optionPlace(with, "late_rows")
	to, err := snap.Resolve(pos, strings.Split(name, ".")...)
	switch {
	case err != nil:
		return err
	case to.Kind != catalog.Stream || to.ID < catalog.FirstUserID:
		return sqlerr.New(sqlerr.WrongObjectType, "late_rows names %s, which is not a stream to write to", called(snap, to)).At(pos).
			WithHint("CREATE STREAM makes one: with columns of the rows, and view, window_start, window_end, windows, watermark, \"row\" jsonb.")
	case !s.rights(snap).Relation(to, "a"):
		return denied(to)
	case comesBack(snap, to.ID, r):
		return sqlerr.New(sqlerr.InvalidObjectDefinition, "materialized view %q would read its own late rows", r.Name).At(pos).
			WithDetail("They are late there again, and so for ever.")
	}
	r.LateTo = to.ID
	return nil
}

// comesBack says whether what is written to a stream gets into a view: through views that read it, and streams that have
// their late rows.
func comesBack(snap *catalog.Snapshot, stream uint32, view *catalog.Relation) bool {
	reached := map[uint32]bool{}
	var reach func(id uint32)
	reach = func(id uint32) {
		if reached[id] {
			return
		}
		reached[id] = true
		for _, t := range snap.Triggers(id) {
			for _, to := range t.Into() {
				reach(to)
			}
		}
		for _, d := range snap.Dependents(id) {
			reach(d.ID)
			if d.LateTo != 0 {
				reach(d.LateTo)
			}
		}
	}
	reach(stream)
	return reached[view.ID] || slices.ContainsFunc(view.DependsOn, func(id uint32) bool { return reached[id] })
}

// lateKept refuses to rename a column by whose name late rows are written.
func lateKept(snap *catalog.Snapshot, r *catalog.Relation) error {
	for _, v := range snap.Relations() {
		if v.LateTo != 0 && (v.LateTo == r.ID || readsThrough(snap, v.ID, r.ID)) {
			return sqlerr.New(sqlerr.DependentObjectsExist, "cannot rename a column of %s because late rows are written by its name", called(snap, snap.ByID(r.ID))).
				WithDetail("%s writes its late rows to %s.", called(snap, v), called(snap, snap.ByID(v.LateTo))).
				WithHint("ALTER MATERIALIZED VIEW %s RESET (late_rows), and set it again afterwards.", v.QualifiedName())
		}
	}
	return nil
}

// lateRenamed has the views that write their late rows to a stream know its name.
func lateRenamed(snap *catalog.Snapshot, version uint64, to *catalog.Relation) *catalog.Snapshot {
	for _, v := range snap.Relations() {
		if v.LateTo != to.ID {
			continue
		}
		c := *v
		c.With = map[string]string{}
		for k, value := range v.With {
			c.With[k] = value
		}
		c.With["late_rows"] = to.QualifiedName()
		snap = snap.With(version, &c)
	}
	return snap
}

// lateStream writes a view's late rows to a stream.
type lateStream struct {
	to    *live.Feedback
	cols  []catalog.Column
	from  map[lateOrigin]*lateForm
	names func(relation uint32) batch.Schema
}

// lateOrigin tells apart the columns that late rows come with.
type lateOrigin struct {
	relation uint32       // the row has all of its columns
	first    *batch.Field // else those of this schema
}

// lateForm says what of such a row goes into each column of the stream, -1: why it is there.
type lateForm struct {
	source []int
	json   format.Writer // nil: no column wants it
	buf    []byte
}

// lateTo makes what writes a view's late rows, where its option says so. judges are where rows may come too late.
func (e *Engine) lateTo(r *catalog.Relation, snap *catalog.Snapshot, judges []build.Judge, budget *mem.Budget) (*lateStream, error) {
	to := snap.ByID(r.LateTo)
	if r.LateTo == 0 || to == nil {
		return nil, nil
	}
	names := func(id uint32) batch.Schema {
		if rel := snap.ByID(id); rel != nil {
			return rel.RowSchema()
		}
		return nil
	}
	if len(judges) == 0 {
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, "late_rows: nothing is late for this view").
			WithHint("Give it EMIT ON WINDOW CLOSE, allowed_lateness or retention, or leave late_rows out.")
	}
	for _, j := range judges {
		if err := fits(to, j, snap); err != nil {
			return nil, err
		}
	}
	producer := fmt.Sprintf("late rows of view %d", r.ID)
	return &lateStream{
		to:   live.NewFeedback(e.Committer, target(to), producer, to.RowSchema(), budget, e.journal),
		cols: to.Visible(), from: map[lateOrigin]*lateForm{}, names: names,
	}, nil
}

// fits says what stands against writing the rows that are late at a place of a view to a stream.
func fits(to *catalog.Relation, j build.Judge, snap *catalog.Snapshot) error {
	if !j.AppendOnly {
		return sqlerr.NotSupported("late_rows of a view over rows that change").
			WithHint("A stream only grows: what takes a late row back has no place there. vex.late_rows counts both.")
	}
	has, whole := j.Schema, false
	if r := snap.ByID(j.Relation); r != nil {
		has, whole = r.RowSchema(), r.Kind == catalog.Stream
	}
	for _, c := range to.Visible() {
		var t types.Type
		var notNull bool
		if i := lateColumn(c.Name); i >= 0 {
			t, notNull = lateColumns[i].t, c.Name == "view" || c.Name == "windows" || c.Name == "row"
		} else if i := slices.IndexFunc(has, func(f batch.Field) bool { return f.Name == c.Name }); i >= 0 {
			t, notNull = has[i].Type, has[i].NotNull && (whole || j.Relation == 0)
		} else {
			return sqlerr.New(sqlerr.DatatypeMismatch, "late_rows: column %q of stream %q is none of the late rows", c.Name, to.Name).
				WithHint("They have the columns %s, and view, window_start, window_end, windows, watermark, \"row\".", strings.Join(names(has), ", "))
		}
		switch {
		case t.OID != c.Type.OID || c.Type.Mod != t.Mod && c.Type.Mod != 0:
			return sqlerr.New(sqlerr.DatatypeMismatch, "late_rows: column %q of stream %q is of type %s, and the late rows have %s",
				c.Name, to.Name, types.FormatType(c.Type), types.FormatType(t))
		case c.NotNull && !notNull:
			return sqlerr.New(sqlerr.NotNullViolation, "late_rows: column %q of stream %q takes no nulls, and the late rows may have them", c.Name, to.Name)
		}
	}
	return nil
}

// add writes a row that came too late: row place of b, which has all columns of a relation or else those of a schema.
func (l *lateStream) add(view string, late *window.Late, b *batch.Batch, place int, relation uint32, schema batch.Schema) error {
	f := l.form(relation, schema)
	for range late.Batch.Weight(late.Row) {
		for i := range l.cols {
			c := l.to.Column(i)
			from := f.source[i]
			at := lateColumn(l.cols[i].Name)
			switch {
			case from >= 0:
				c.Append(&b.Cols[from], place)
			case at >= 0 && lateColumns[at].put != nil:
				lateColumns[at].put(c, view, late)
			case at >= 0:
				f.putRow(c, b, place)
			default:
				c.Null()
			}
		}
		if err := l.to.End(); err != nil {
			return err
		}
	}
	return nil
}

// putRow appends a row as jsonb.
func (f *lateForm) putRow(c *batch.Builder, b *batch.Batch, place int) {
	f.buf = f.json.AppendRow(f.buf[:0], b, place)
	text, err := types.ParseJSONB(nil, string(f.buf))
	if err != nil { // such as a \u0000 that json keeps and jsonb cannot
		c.Null()
		return
	}
	c.Bytes(text)
}

// form finds out, once, what of such rows goes where.
func (l *lateStream) form(relation uint32, schema batch.Schema) *lateForm {
	key := lateOrigin{relation: relation}
	if relation == 0 && len(schema) > 0 {
		key.first = &schema[0]
	}
	if f := l.from[key]; f != nil {
		return f
	}
	if relation != 0 {
		schema = l.names(relation)
	}
	f := &lateForm{}
	for _, c := range l.cols {
		from := -1
		switch at := lateColumn(c.Name); {
		case at >= 0 && lateColumns[at].put == nil && f.json == nil:
			f.json, _ = format.NewWriter(format.NDJSON, schema, format.Options{}) // of no type that it does not know
		case at < 0:
			from = slices.IndexFunc(schema, func(f batch.Field) bool { return f.Name == c.Name && f.Type.OID == c.Type.OID })
		}
		f.source = append(f.source, from)
	}
	l.from[key] = f
	return f
}

// lateMisfit places the error that a stream does not fit a view's late rows.
func lateMisfit(err error, with []ast.Option) error {
	if e, ok := sqlerr.As(err); ok && strings.HasPrefix(e.Message, "late_rows") {
		e.At(optionPlace(with, "late_rows"))
	}
	return err
}
