package session

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/bind"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/pgcatalog"
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
	case *ast.Execute:
		p, err := s.preparedNamed(x.Name)
		if err != nil {
			return nil, err
		}
		return p.Schema, nil
	case *ast.Fetch:
		c, err := s.cursorNamed(x.Cursor)
		if err != nil || x.Move {
			return nil, err
		}
		return c.schema, nil
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
	"streams": catalog.Stream, "sources": catalog.Stream, "views": catalog.View, "tables": catalog.Table,
	"materialized views": catalog.MaterializedView, "sinks": catalog.Sink,
}

func listSchema(kind catalog.Kind) batch.Schema {
	switch kind {
	case catalog.Sink:
		return sinkSchema()
	case catalog.View:
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
	for _, r := range s.catalog().Relations() {
		switch {
		case kind == catalog.View && (r.Kind == catalog.View || r.Kind == catalog.MaterializedView):
			rows = append(rows, []string{r.Schema, r.Name, string(r.Kind), pgcatalog.QueryText(s.catalog(), r)})
		case r.Kind == kind && kind == catalog.Sink:
			rows = append(rows, sinkRow(s.catalog(), r))
		case r.Kind == kind && r.Schema != "vex":
			rows = append(rows, []string{r.Schema, r.Name, columnList(r, listedColumns), watermarkText(r)})
		}
	}
	return send(ctx, out, listSchema(kind), rows)
}

// listedColumns is how many columns of a relation SHOW lists; \d shows all.
const listedColumns = 8

// ColumnList is a relation's columns with their types, for people: the first few, and how many more there are.
func ColumnList(r *catalog.Relation) string { return columnList(r, listedColumns) }

func columnList(r *catalog.Relation, limit int) string {
	var parts []string
	for i, c := range r.Visible() {
		if i == limit {
			parts = append(parts, fmt.Sprintf("and %d more", len(r.Visible())-i))
			break
		}
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
	r, err := s.catalog().Find(x.Name.Position(), x.Name.Parts...)
	if err != nil {
		return err
	}
	snap := s.catalog()
	if r.Kind == catalog.View || r.Kind == catalog.MaterializedView {
		snap = s.e.Catalog() // its query is read with names looked up in public
	}
	text := createText(snap, r)
	if text == "" {
		text = "-- " + r.QualifiedName() + " is there from the start: " + columnList(r, len(r.Columns))
	}
	return send(ctx, out, texts("name", "create_statement"), [][]string{{r.QualifiedName(), text}})
}
