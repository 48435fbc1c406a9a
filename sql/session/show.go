package session

import (
	"context"
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/bind"
	"github.com/vexfs/vexstream/sql/build"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/plan"
)

// describe gives the columns of statements that give rows without being queries.
func (s *Session) describe(st ast.Stmt, env *bind.Env) (batch.Schema, error) {
	switch x := st.(type) {
	case *ast.Show:
		if kind, ok := listed[x.What]; ok {
			return listSchema(kind), nil
		}
		schema, _, err := s.shown(x)
		return schema, err
	case *ast.ShowCreate:
		return texts("name", "create_statement"), nil
	case *ast.Explain:
		return texts("QUERY PLAN"), nil
	case *ast.Subscribe:
		sub, err := s.bindSubscribe(x, env)
		if err != nil {
			return nil, err
		}
		return sub.schema, nil
	}
	return nil, nil
}

// listed are the kinds that SHOW lists.
var listed = map[string]catalog.Kind{
	"streams": catalog.Stream, "sources": catalog.Stream, "views": catalog.View, "tables": "",
	"materialized views": catalog.MaterializedView,
}

func listSchema(kind catalog.Kind) batch.Schema {
	if kind == catalog.View {
		return texts("schema", "name", "kind", "definition")
	}
	return texts("schema", "name", "columns", "watermark")
}

// rowsOf makes a batch of text columns; a row must have as many values as the schema has columns.
func rowsOf(schema batch.Schema, rows [][]string) *batch.Batch {
	bs := make([]*batch.Builder, len(schema))
	b := &batch.Batch{N: len(rows)}
	for i := range bs {
		bs[i] = batch.NewBuilder(types.Text, len(rows))
		for _, r := range rows {
			bs[i].String(r[i])
		}
		b.Cols = append(b.Cols, bs[i].Finish())
	}
	return b
}

func send(ctx context.Context, out Output, schema batch.Schema, rows [][]string) error {
	for len(rows) > 0 {
		n := min(len(rows), batch.MaxRows)
		if err := out.Rows(ctx, rowsOf(schema, rows[:n])); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

func (s *Session) runShow(ctx context.Context, x *ast.Show, out Output) error {
	kind, ok := listed[x.What]
	if !ok {
		schema, rows, err := s.shown(x)
		if err != nil {
			return err
		}
		return send(ctx, out, schema, rows)
	}
	var rows [][]string
	for _, r := range s.e.Catalog().Relations() {
		switch {
		case kind == catalog.View && (r.Kind == catalog.View || r.Kind == catalog.MaterializedView):
			rows = append(rows, []string{r.Schema, r.Name, string(r.Kind), r.Query})
		case r.Kind == kind:
			rows = append(rows, []string{r.Schema, r.Name, columnList(r), watermarkText(r)})
		}
	}
	return send(ctx, out, listSchema(kind), rows)
}

func columnList(r *catalog.Relation) string {
	var parts []string
	for _, c := range r.Visible() {
		parts = append(parts, c.Name+" "+types.FormatType(c.Type))
	}
	return strings.Join(parts, ", ")
}

func watermarkText(r *catalog.Relation) string {
	if r.Watermark == nil {
		return ""
	}
	return r.Columns[r.Watermark.Column].Name + " - " + strconv.FormatFloat(float64(r.Watermark.Delay)/float64(types.Second), 'g', -1, 64) + " s"
}

func (s *Session) runShowCreate(ctx context.Context, x *ast.ShowCreate, out Output) error {
	r, err := s.e.Catalog().Resolve(x.Name.Position(), x.Name.Parts...)
	if err != nil {
		return err
	}
	text := r.Text
	if text == "" {
		text = "-- " + r.QualifiedName() + " is there from the start: " + columnList(r)
	}
	return send(ctx, out, texts("name", "create_statement"), [][]string{{r.QualifiedName(), text}})
}

// runExplain shows the plan of a query, or that of a running view with its counters.
func (s *Session) runExplain(ctx context.Context, x *ast.Explain, out Output) error {
	p, note, extra, err := s.explained(ctx, x)
	if err != nil {
		return err
	}
	var lines []string
	switch x.Format {
	case "", "text":
		lines = append(plan.Text(p, note), extra...)
	case "json":
		text, err := plan.JSON(p, note)
		if err != nil {
			return err
		}
		lines = strings.Split(text, "\n")
	case "dot":
		lines = strings.Split(plan.Dot(p, note), "\n")
	default:
		return sqlerr.New(sqlerr.InvalidParameterValue, "unrecognized value for EXPLAIN option \"format\": %q", x.Format).At(x.Position()).
			WithHint("There are text, json and dot.")
	}
	rows := make([][]string, len(lines))
	for i, l := range lines {
		rows[i] = []string{l}
	}
	return send(ctx, out, texts("QUERY PLAN"), rows)
}

func (s *Session) explained(ctx context.Context, x *ast.Explain) (plan.Node, plan.Note, []string, error) {
	snap := s.e.Catalog()
	if x.View != nil {
		return s.explainView(x, snap)
	}
	env := s.bindEnv(snap, nil)
	var p plan.Node
	var err error
	switch st := x.Stmt.(type) {
	case *ast.SelectStmt:
		p, err = bind.Query(st.Query, env)
	case *ast.CreateView:
		env.Continuous = true
		p, err = bind.Query(st.Query, env)
	case *ast.Insert:
		var w *bind.Write
		if w, err = bind.Insert(st, env); err == nil {
			p = w.Plan
		}
	case *ast.Unsupported:
		err = sqlerr.NotSupported("%s", st.What).At(st.Position())
	default:
		err = sqlerr.NotSupported("EXPLAIN of %s", x.Stmt.Tag()).At(x.Position())
	}
	if err != nil || !x.Analyze {
		return p, nil, nil, err
	}
	q, err := s.e.query(ctx, p, &singly{out: nowhere{}}, &build.Env{Zone: s.zone, Catalog: s.state(), Now: s.e.Committer.Now(), Logger: s.e.journal, Count: true})
	if err != nil {
		return nil, nil, nil, err
	}
	return p, build.Notes(q.Counters), nil, nil
}

// nowhere takes rows that nobody wants.
type nowhere struct{ Output }

func (nowhere) Rows(ctx context.Context, _ *batch.Batch) error { return ctx.Err() }

func (s *Session) explainView(x *ast.Explain, snap *catalog.Snapshot) (plan.Node, plan.Note, []string, error) {
	r, err := snap.Resolve(x.View.Position(), x.View.Parts...)
	if err != nil {
		return nil, nil, nil, err
	}
	if r.Kind != catalog.MaterializedView {
		return nil, nil, nil, sqlerr.New(sqlerr.WrongObjectType, "%q is not a materialized view", r.QualifiedName()).At(x.View.Position())
	}
	q, err := parseQuery(r.Query)
	if err != nil {
		return nil, nil, nil, err
	}
	p, err := bind.Query(q, s.e.viewEnv(r, snap))
	if err != nil || !x.Analyze {
		return p, nil, nil, err
	}
	var extra []string
	for _, st := range s.e.Live.Status() {
		if st.ID != r.ID {
			continue
		}
		extra = append(extra, "Epoch: "+strconv.FormatUint(st.Visible.No, 10), "Rows In: "+strconv.FormatInt(st.RowsIn, 10),
			"State: "+strconv.FormatInt(st.Bytes>>10, 10)+" KiB", "Subscribers: "+strconv.Itoa(st.Subs))
		for _, m := range st.Marks {
			if rel := snap.ByID(m.Relation); rel != nil && m.At != types.MinTime {
				extra = append(extra, "Watermark of "+rel.QualifiedName()+": "+string(types.AppendTimestamptz(nil, m.At, s.zone)))
			}
		}
	}
	return p, nil, extra, nil
}
