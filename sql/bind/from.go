package bind

import (
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/plan"
)

// from binds a FROM: its node, and the columns in reach.
func (b *binder) from(fs []ast.From) (plan.Node, *scope, error) {
	switch len(fs) {
	case 0:
		return &plan.Values{Rows: oneEmptyRow}, &scope{eventTime: -1}, nil
	}
	n, s, err := b.entry(fs[0])
	for _, f := range fs[1:] {
		if err != nil {
			return nil, nil, err
		}
		n, s, err = b.beside(n, s, f)
	}
	return n, s, err
}

func (b *binder) entry(f ast.From) (plan.Node, *scope, error) {
	switch f := f.(type) {
	case *ast.Table:
		return b.table(f)
	case *bound:
		return f.node, f.scope, nil
	case *ast.Derived:
		return b.derived(f)
	case *ast.Func:
		if fn, ok := isSetFunction(f); ok {
			return b.functionAlone(fn)
		}
		return b.function(f)
	case *ast.Join:
		return b.join(f)
	}
	return nil, nil, missing(f.Position(), "this entry of FROM")
}

func (b *binder) table(f *ast.Table) (plan.Node, *scope, error) {
	if f.AsOf != nil {
		return nil, nil, missing(f.AsOf.Position(), "FOR SYSTEM_TIME AS OF other than of the right side of a join").(*sqlerr.Error).
			WithHint("Write s JOIN t FOR SYSTEM_TIME AS OF proctime() ON ...")
	}
	alias := f.Alias
	if len(f.Name) == 1 {
		for i := len(b.ctes) - 1; i >= 0; i-- {
			if b.ctes[i].Name != f.Name[0] {
				continue
			}
			if b.ctes[i].working != nil {
				return b.ctes[i].ofWorking(alias, f.Position())
			}
			return b.withQuery(b.ctes[i], alias, f.Position())
		}
	}
	r, ref, source, err := b.relation(f)
	if err != nil {
		return nil, nil, err
	}
	visible := len(r.Visible())
	if ref != nil && ref.Columns != nil {
		visible = len(ref.Columns)
	}
	if err := checkAlias(alias, visible, f.Position()); err != nil {
		return nil, nil, err
	}
	alias = ref.alias(alias, f, r)
	switch {
	case r.Kind == catalog.Sink:
		return nil, nil, sqlerr.New(sqlerr.WrongObjectType, "%q is a sink", r.Name).At(f.Position()).WithHint("Its rows have left. Read what it reads.")
	case r.Kind == catalog.View:
		n, s, err := b.view(r, alias, f.Position())
		if err != nil {
			return nil, nil, err
		}
		for i := range s.cols {
			s.cols[i].rel = r
		}
		return n, ref.known(s.from(source), visible), nil
	case (r.Kind == catalog.System || r.Kind == catalog.SequenceKind) && b.env.Continuous:
		return nil, nil, missing(f.Position(), "a materialized view over the %s %s", r.Kind, r.QualifiedName())
	}
	scan := &plan.Scan{Relation: r, Alias: alias.Name, Columns: make([]int, len(r.Columns))}
	for i := range scan.Columns {
		scan.Columns[i] = i
	}
	return scan, ref.known(relationScope(r, alias).from(source), visible), nil
}

func checkAlias(a ast.Alias, columns, pos int) error {
	if len(a.Columns) > columns {
		return sqlerr.New(sqlerr.InvalidColumnReference, "table %q has %d columns available but %d columns specified", a.Name, columns, len(a.Columns)).At(pos)
	}
	return nil
}

// view binds the query of a plain view in its place.
func (b *binder) view(r *catalog.Relation, alias ast.Alias, pos int) (plan.Node, *scope, error) {
	name := r.QualifiedName()
	if slices.Contains(b.views, name) || len(b.views) >= maxViewDepth {
		return nil, nil, sqlerr.New(sqlerr.InvalidObjectDefinition, "infinite recursion detected in the view %q", name).At(pos)
	}
	if b.env.ParseQuery == nil {
		return nil, nil, missing(pos, "a view here")
	}
	q, err := b.env.ParseQuery(r.Query)
	if err != nil {
		return nil, nil, inView(err, name, pos)
	}
	inner := *b
	inner.outer, inner.ctes, inner.views, inner.refs = nil, nil, append(slices.Clone(b.views), name), r.Refs
	inner.as, inner.within, inner.depth, inner.locks = r.Reader(), 0, b.depth+1, b.inside(alias, r.Name)
	n, err := inner.query(q)
	if err == nil {
		n, err = windowsAsText(n)
	}
	b.loose, b.said, b.clockAt = inner.loose, inner.said, inner.clockAt
	if err != nil {
		return nil, nil, inView(err, name, pos)
	}
	schema := slices.Clone(n.Schema())
	for i := range schema {
		if i < len(r.Columns) {
			schema[i].Name = r.Columns[i].Name
		}
	}
	if alias.Name == "" {
		alias.Name = r.Name
	}
	return n, schemaScope(schema, alias), nil
}

// inView gives an error inside a view the place where the view was named: its own lies in another text.
func inView(err error, name string, pos int) error {
	e, ok := sqlerr.As(err)
	if !ok {
		return err
	}
	c := *e
	c.Pos = pos
	return c.In("view %s", name)
}

func (b *binder) derived(f *ast.Derived) (plan.Node, *scope, error) {
	locks := b.locks
	b.locks = b.inside(f.Alias, "")
	b.within, b.depth = b.within+1, b.depth+1
	n, err := b.query(f.Query)
	b.within, b.depth, b.locks = b.within-1, b.depth-1, locks
	if err != nil {
		return nil, nil, err
	}
	return n, schemaScope(n.Schema(), f.Alias), checkAlias(f.Alias, plan.Width(n), f.Position())
}

// function binds a window function in FROM.
func (b *binder) function(f *ast.Func) (plan.Node, *scope, error) {
	pos := f.Position()
	switch {
	case f.Ordinality:
		return nil, nil, missing(pos, "WITH ORDINALITY of %s", strings.ToUpper(f.Name))
	case f.PartitionBy != nil && f.Name != "session":
		return nil, nil, missing(pos, "PARTITION BY of %s", strings.ToUpper(f.Name)).(*sqlerr.Error).
			WithHint("GROUP BY parts the rows of a window; only where a SESSION ends goes by key.")
	}
	around := b.around
	b.around = nil
	if f.Name == "session" && f.PartitionBy == nil && around == nil {
		return nil, nil, missing(pos, "SESSION without PARTITION BY beside other entries of FROM").(*sqlerr.Error).
			WithHint("Say what partitions it: SESSION(relation PARTITION BY key, time, gap).")
	}
	n, s, err := b.entry(f.Input)
	if err != nil {
		return nil, nil, err
	}
	e := &exprs{b: b, s: s, clause: "a window function"}
	w, err := e.window(f.Name, f.Args, f.ArgNames, pos)
	if err != nil {
		return nil, nil, err
	}
	out := &scope{cols: slices.Clone(s.cols), eventTime: s.eventTime}
	table := ""
	if len(s.cols) > 0 {
		table = s.cols[0].table
	}
	if f.Alias.Name != "" {
		table = f.Alias.Name
		for i := range out.cols {
			out.cols[i].table, out.cols[i].schema = table, ""
		}
	}
	if f.Name == "session" {
		if f.PartitionBy == nil { // what is grouped by knows the relation under its alias
			e = &exprs{b: b, s: out, clause: "GROUP BY"}
		}
		if err := e.partition(w, f.PartitionBy, around); err != nil {
			return nil, nil, err
		}
	}
	n = w.apply(n, out, table)
	for i, name := range f.Alias.Columns {
		if i >= len(out.cols) {
			return nil, nil, checkAlias(f.Alias, len(out.cols), pos)
		}
		out.cols[i].name = name
	}
	return n, out, nil
}
