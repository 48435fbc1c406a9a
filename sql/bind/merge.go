package bind

import (
	"slices"
	"strconv"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/plan"
)

// Merge is a bound MERGE. Its plan gives for each pair of rows that some action is for all columns of the target's row,
// null where there is none; the position of the action; and then the values of all actions, in order.
type Merge struct {
	Relation *catalog.Relation
	Plan     plan.Node
	Actions  []MergeAction
	Parts    []Part // of the statement's WITH
}

// MergeAction is what a MERGE does to a row: Kind is "update", "delete", "insert" or "nothing".
type MergeAction struct {
	Kind    string
	Set     []int  // columns, in the order of their values
	Default []bool // of Set: the value is the column's default, and the plan's is null
}

// BindMerge binds a MERGE.
func BindMerge(s *ast.Merge, env *Env) (*Merge, error) {
	b := &binder{env: env}
	var m *Merge
	var parts []Part
	_, err := b.twice(func() (plan.Node, error) {
		return nil, b.pass(&parts, s.With, s.Recurse, func() (err error) {
			m, err = b.bindMerge(s)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	m.Parts = parts
	b.settleParams()
	return m, nil
}

func (b *binder) bindMerge(s *ast.Merge) (*Merge, error) {
	r, err := b.env.Catalog.Resolve(s.Table.Position(), s.Table.Parts...)
	switch {
	case err != nil:
		return nil, err
	case r.Kind == catalog.Stream:
		return nil, missing(s.Table.Position(), "MERGE of a stream").(*sqlerr.Error).WithHint("A stream only grows; keep rows that change in a table.")
	case r.Kind != catalog.Table:
		return nil, sqlerr.New(sqlerr.FeatureNotSupported, "cannot execute MERGE on relation %q", r.Name).At(s.Table.Position()).
			WithDetail("This operation is not supported for %ss.", r.Kind)
	}
	if err := reachable(s.Actions); err != nil {
		return nil, err
	}
	want := ""
	for _, a := range s.Actions {
		want += map[string]string{"update": "w", "delete": "d", "insert": "a"}[a.Kind]
	}
	b.env.target = s.Table.Position()
	to, err := b.aims(r, s.Table.Position())
	if err != nil {
		return nil, err
	}
	into := b.writes(to, s.Table.Position(), want)
	b.into = into
	if err := b.bySource(s, r); err != nil {
		return nil, err
	}
	from, items := target(r, s.Table, s.Alias)
	m := &Merge{Relation: r}
	number := items[len(items)-1].X
	which := &ast.Case{Pos: s.Pos}
	called := s.Alias
	if called == "" {
		called = r.Name
	}
	actions := bySides(s.Actions, called)
	for i, a := range actions {
		which.Whens = append(which.Whens, ast.When{Cond: applies(a, number), Then: numeral(i, a.Pos)})
	}
	items = append(items, ast.SelectItem{X: which, Name: "\x01action"})
	var sets []assignment
	for i, a := range actions {
		set, err := b.mergeSet(to, s.Alias, a)
		if err != nil {
			return nil, err
		}
		if a.Kind == "update" {
			into.updates(set)
		}
		out := MergeAction{Kind: a.Kind}
		for _, one := range set {
			out.Set, out.Default = append(out.Set, one.column), append(out.Default, one.preset)
			one.x = &ast.Case{Pos: a.Pos, X: which, Whens: []ast.When{{Cond: numeral(i, a.Pos), Then: one.x}}}
			items = append(items, ast.SelectItem{X: one.x, Name: "\x01value"})
			sets = append(sets, one)
		}
		m.Actions = append(m.Actions, out)
	}
	join := &ast.Join{Pos: s.Pos, Kind: "left", Left: s.Source, Right: from, On: s.On}
	n, err := b.query(&ast.Query{Pos: s.Pos, Body: &ast.Select{Pos: s.Pos, Items: items, From: []ast.From{join}}})
	if err != nil {
		return nil, bothNamed(err, called)
	}
	if n, err = mergeCast(n, r, sets); err != nil {
		return nil, err
	}
	m.Plan = plan.Optimize(n, plan.Options{Bounded: true, Rows: b.env.Rows})
	return m, nil
}

// bothNamed is err, in PostgreSQL's words where the target and the source have one name.
func bothNamed(err error, called string) error {
	if e, ok := sqlerr.As(err); ok && e.Code == sqlerr.DuplicateAlias && e.Message == sqlerr.New(e.Code, "table name %q specified more than once", called).Message {
		return sqlerr.New(e.Code, "name %q specified more than once", called).At(e.Pos).WithHint("%s", e.Hint).
			WithDetail("The name is used both as MERGE target table and data source.")
	}
	return err
}

// ofSource is an expression of an action for rows without a partner: a name without a relation before it is one of the source's
// columns there, whatever those of the target are called.
type ofSource struct {
	ast.Expr
	target string // what the statement calls the target
}

// bySides are the actions with those for rows without a partner unmatched.
func bySides(actions []ast.MergeAction, called string) []ast.MergeAction {
	out := slices.Clone(actions)
	for i, a := range out {
		if !a.Matched {
			out[i] = unmatched(a, called)
		}
	}
	return out
}

// unmatched is an action for rows without a partner with its expressions ofSource.
func unmatched(a ast.MergeAction, called string) ast.MergeAction {
	if a.Cond != nil {
		a.Cond = sourced(a.Cond, called)
	}
	a.Values = slices.Clone(a.Values)
	for i, x := range a.Values {
		a.Values[i] = sourced(x, called)
	}
	return a
}

func sourced(x ast.Expr, called string) ast.Expr {
	switch x.(type) {
	case *ast.Default, *ast.Literal, *ast.Param:
		return x
	}
	return &ofSource{x, called}
}

// ofSource binds an expression with the target's columns behind their relation's name only.
func (e *exprs) ofSource(x *ofSource) (expr.Expr, error) {
	var hid []int
	for i := range e.s.cols {
		if c := &e.s.cols[i]; c.table == x.target && !c.only {
			c.only = true
			hid = append(hid, i)
		}
	}
	s := e.s
	defer func() {
		for _, i := range hid {
			s.cols[i].only = false
		}
	}()
	return e.bind(x.Expr)
}

// reachable refuses an action behind one that is always taken.
func reachable(actions []ast.MergeAction) error {
	last := map[bool]bool{}
	for _, a := range actions {
		if last[a.Matched] {
			return sqlerr.New(sqlerr.SyntaxError, "unreachable WHEN clause specified after unconditional WHEN clause")
		}
		last[a.Matched] = a.Cond == nil
	}
	return nil
}

// bySource refuses actions for rows without a partner that read the target, which has none for them.
func (b *binder) bySource(s *ast.Merge, r *catalog.Relation) error {
	sel := &ast.Select{Pos: s.Pos, From: []ast.From{s.Source}}
	for _, a := range s.Actions {
		if a.Matched {
			continue
		}
		for _, x := range append(some(a.Cond), a.Values...) {
			if _, preset := x.(*ast.Default); !preset {
				sel.Items = append(sel.Items, ast.SelectItem{X: x, Name: "x"})
			}
		}
	}
	if sel.Items == nil {
		return nil
	}
	said := len(b.said)
	_, err := b.query(&ast.Query{Pos: s.Pos, Body: sel})
	b.said = b.said[:said]
	called := ast.Alias{Name: s.Alias}
	return relationScope(r, called).unreachable(err)
}

// applies is the condition of an action, over the target's row number.
func applies(a ast.MergeAction, number ast.Expr) ast.Expr {
	met := ast.Expr(&ast.Is{Pos: a.Pos, X: number, What: "null", Negate: a.Matched})
	if a.Cond != nil {
		met = &ast.Logic{Pos: a.Pos, And: true, Terms: []ast.Expr{met, a.Cond}}
	}
	return met
}

func numeral(i int, pos ast.Pos) ast.Expr {
	return &ast.Literal{Pos: pos, Kind: ast.LitNumber, Text: strconv.Itoa(i)}
}

// mergeSet is the columns that an action gives values, and these; called is what expressions call the target.
func (b *binder) mergeSet(to *aim, called string, a ast.MergeAction) ([]assignment, error) {
	r := to.base
	switch a.Kind {
	case "update":
		return assignments(to, called, a.Set)
	case "insert":
	default:
		return nil, nil
	}
	cols, err := targetColumns(r, a.Columns)
	if err != nil {
		return nil, err
	}
	if a.Values == nil {
		cols = nil
	} else if err := fits(len(a.Values), len(cols), a.Columns, a.Position()); err != nil {
		return nil, err
	}
	b.into.inserts(cols[:min(len(a.Values), len(cols))]...)
	given := map[int]ast.Expr{}
	for i := range a.Values {
		given[cols[i]] = a.Values[i]
	}
	was := b.overriding
	b.overriding = a.Overriding
	defer func() { b.overriding = was }()
	var out []assignment
	for i := range r.Visible() {
		c := &r.Columns[i]
		one := assignment{column: i, pos: a.Position()}
		x, ok := given[i]
		if _, preset := x.(*ast.Default); !ok || preset || c.Identity != "" && a.Overriding == "user" {
			one.preset = true
			one.x = loosely(&ast.Literal{Pos: a.Pos, Kind: ast.LitNull}, c.Type)
		} else {
			if err := b.mayGive(to, i); err != nil {
				return nil, err
			}
			one.x, one.pos = loosely(x, c.Type), x.Position()
		}
		out = append(out, one)
	}
	return out, nil
}

// mergeCast casts the values of a MERGE's actions to the types of their columns.
func mergeCast(n plan.Node, r *catalog.Relation, sets []assignment) (plan.Node, error) {
	p := &plan.Project{Input: n}
	for i, f := range n.Schema() {
		v := expr.Expr(expr.Col(i, f.Type, f.Name))
		if at := i - len(r.Columns) - 1; at >= 0 {
			c := &r.Columns[sets[at].column]
			var err error
			if v, err = expr.Cast(v, c.Type, expr.Assignment); err != nil {
				return nil, wrongType(c, f.Type, sets[at].pos)
			}
		}
		p.Exprs, p.Names = append(p.Exprs, v), append(p.Names, f.Name)
	}
	return p, nil
}
