package bind

import (
	"errors"
	"slices"
	"strconv"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/plan"
)

func itoa(n int) string { return strconv.Itoa(n) }

// selection is a SELECT on its way to a plan.
type selection struct {
	b       *binder
	s       *ast.Select
	q       *ast.Query // what surrounds it: ORDER BY, LIMIT
	scope   *scope
	node    plan.Node
	items   []item
	group   *grouping
	overs   []overCall
	unfolds []setItem
	late    []lateSub
	asked   []asked

	keySets []keySet
	keyNode *plan.Unfold // of the keySets
}

// item is one column of the result.
type item struct {
	x    ast.Expr // nil: column col of the scope, from a *
	col  int
	name string
	pos  int
	v    expr.Expr // bound
}

// selectQuery binds a SELECT with the ORDER BY and LIMIT of the query it is the body of: again, if a subquery turns out
// to have an aggregate of it.
func (b *binder) selectQuery(s *ast.Select, q *ast.Query) (plan.Node, error) {
	before := *b
	n, err := b.oneSelect(s, q)
	var again *regroup
	if !errors.As(err, &again) || again.s != s {
		return n, err
	}
	b.loose, b.said, b.clockAt, b.rounds = before.loose, before.said, before.clockAt, before.rounds
	b.grouped = append(b.grouped, s)
	return b.oneSelect(s, q)
}

func (b *binder) oneSelect(s *ast.Select, q *ast.Query) (plan.Node, error) {
	if b.around = nil; len(s.From) == 1 {
		b.around = s
	}
	outer := b.locks
	b.locks = append(slices.Clip(outer), q.Locks...)
	n, scope, err := b.from(s.From)
	b.around, b.locks = nil, outer
	if err != nil {
		return nil, err
	}
	sel := &selection{b: b, s: s, q: q, scope: scope, node: n}
	if err := sel.windowNames(); err != nil {
		return nil, err
	}
	for _, step := range []func() error{sel.where, sel.window, sel.expand, sel.groupBy, sel.outputs, sel.unusedWindows} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return sel.finish()
}

// windowNames refuses two windows of one name.
func (s *selection) windowNames() error {
	for i, w := range s.s.Windows {
		for _, v := range s.s.Windows[:i] {
			if v.Name == w.Name {
				return sqlerr.New(sqlerr.WindowingError, "window %q is already defined", w.Name).At(w.Position())
			}
		}
	}
	return nil
}

func (s *selection) exprs(clause string) *exprs {
	windows := clause == "the select list" || clause == "ORDER BY" || clause == "DISTINCT ON" || clause == "QUALIFY"
	return &exprs{b: s.b, s: s.scope, clause: clause, group: s.group, rows: s, windows: windows}
}

func (s *selection) where() error {
	if s.s.Where == nil {
		return nil
	}
	if a := s.exprs("WHERE").ownAggregate(s.s.Where); a != nil {
		return sqlerr.New(sqlerr.GroupingError, "aggregate functions are not allowed in WHERE").At(a.Position()).
			WithHint("Conditions on groups stand in HAVING.")
	}
	for _, x := range cheapFirst(s.s.Where) {
		e := s.exprs("WHERE")
		e.sure = x
		cond, err := e.condition(x)
		if err != nil {
			return err
		}
		s.node = &plan.Filter{Input: s.node, Cond: cond}
	}
	return nil
}

// cheapFirst is a condition in two parts: the terms without a subquery, which decide as in PostgreSQL for which rows the
// subqueries of the others are evaluated.
func cheapFirst(x ast.Expr) []ast.Expr {
	all, ok := x.(*ast.Logic)
	if !ok || !all.And || !hasSubquery(x) {
		return []ast.Expr{x}
	}
	plain, rest := *all, *all
	plain.Terms, rest.Terms = nil, nil
	for _, t := range all.Terms {
		if hasSubquery(t) {
			rest.Terms = append(rest.Terms, t)
		} else {
			plain.Terms = append(plain.Terms, t)
		}
	}
	var out []ast.Expr
	for _, l := range []*ast.Logic{&plain, &rest} {
		switch len(l.Terms) {
		case 0:
		case 1:
			out = append(out, l.Terms[0])
		default:
			out = append(out, l)
		}
	}
	return out
}

// window finds a window that the query asks for in an expression or in ksqlDB's clause.
func (s *selection) window() error {
	if k := s.s.Window; k != nil {
		return s.ksql(k)
	}
	xs := make([]ast.Expr, 0, len(s.s.Items)+len(s.s.GroupBy)+1+len(s.q.OrderBy))
	for _, it := range s.s.Items {
		xs = append(xs, it.X)
	}
	xs = append(append(xs, s.s.GroupBy...), some(s.s.Having)...)
	for _, o := range s.q.OrderBy {
		xs = append(xs, o.X)
	}
	var spec *windowSpec
	for _, x := range xs {
		c := windowInExpr(x)
		if c == nil {
			continue
		}
		w, err := s.exprs("a window function").window(c.Name[0], c.Args, c.ArgNames, c.Position())
		if err != nil {
			return err
		}
		if spec != nil && !spec.same(w) {
			return missing(c.Position(), "a second window in one SELECT")
		}
		spec = w
	}
	if spec == nil {
		return nil
	}
	if err := s.sessionKeys(spec); err != nil {
		return err
	}
	s.place(spec)
	for _, it := range s.s.Items {
		if c, ok := it.X.(*ast.Call); ok && isWindowCall(c) {
			s.scope.window.aliases[nameOf(it)] = true
		}
	}
	return nil
}

// place puts the window over what is there; * does not give its columns.
func (s *selection) place(spec *windowSpec) {
	from := len(s.scope.cols)
	s.node = spec.apply(s.node, s.scope, "")
	for i := from; i < len(s.scope.cols); i++ {
		s.scope.cols[i].hidden = true
	}
}

// sessionKeys partitions a SESSION window by what the query groups by beside it.
func (s *selection) sessionKeys(w *windowSpec) error {
	if w.kind != "session" {
		return nil
	}
	return s.exprs("GROUP BY").partition(w, nil, s.s)
}

// isWindowCall says whether c is a window as a whole: tumble(...), hop(...).
func isWindowCall(c *ast.Call) bool {
	if len(c.Name) != 1 || len(c.Args) == 0 {
		return false
	}
	f, ok := windowWords[c.Name[0]]
	return ok && f == ""
}

func (s *selection) ksql(k *ast.KSQLWindow) error {
	args := []ast.Expr{k.Size}
	name := "tumble"
	switch k.Kind {
	case "hopping":
		name, args = "hop", []ast.Expr{k.Advance, k.Size}
		if k.Advance == nil {
			args = args[1:]
		}
	case "session":
		name = "session"
	}
	e := s.exprs("WINDOW")
	w, err := e.window(name, args, nil, k.Position())
	if err != nil {
		return err
	}
	if k.Grace != nil {
		if w.grace, err = duration(k.Grace); err != nil {
			return err
		}
		if w.grace < 0 {
			return sqlerr.New(sqlerr.InvalidParameterValue, "GRACE PERIOD must not be negative").At(k.Grace.Position())
		}
		w.judge = true
	}
	if err := s.sessionKeys(w); err != nil {
		return err
	}
	s.place(w)
	s.scope.window.ksql = true
	return nil
}

// expand makes items of the select list, a * among them.
func (s *selection) expand() error {
	s.items = make([]item, 0, len(s.s.Items))
	for _, it := range s.s.Items {
		if f, ok := it.X.(*ast.FieldOf); ok && f.Name == "*" {
			if err := s.fieldStar(f); err != nil {
				return err
			}
			continue
		}
		star, ok := it.X.(*ast.Star)
		if !ok {
			s.items = append(s.items, item{x: it.X, name: nameOf(it), pos: it.X.Position()})
			continue
		}
		if err := s.star(star); err != nil {
			return err
		}
	}
	if len(s.items) > maxColumns {
		return sqlerr.New(sqlerr.TooManyColumns, "target lists can have at most %d entries", maxColumns).At(s.s.Position())
	}
	return nil
}

func nameOf(it ast.SelectItem) string {
	switch {
	case it.As != "":
		return it.As
	case it.Name != "":
		return it.Name
	}
	return "?column?"
}

func (s *selection) star(star *ast.Star) error {
	found := false
	for i := range s.scope.cols {
		c := &s.scope.cols[i]
		if n := len(star.Of); n > 0 && (c.table != star.Of[n-1] || n > 1 && c.schema != star.Of[n-2]) {
			continue
		}
		found = true
		if !c.hidden || c.only && len(star.Of) > 0 {
			s.items = append(s.items, item{x: s.scope.written(i, star.Pos), col: i, name: c.name, pos: star.Position()})
		}
	}
	switch {
	case found:
		return nil
	case len(star.Of) > 0:
		if cols := s.b.columnsAround(star.Of, star.Pos); cols != nil {
			for _, c := range cols {
				s.items = append(s.items, item{x: c, name: c.Name[len(c.Name)-1], pos: star.Position()})
			}
			return nil
		}
		if err := s.scope.hidden(star.Of[len(star.Of)-1], star.Position()); err != nil {
			return err
		}
		return noEntry(star.Of[len(star.Of)-1], star.Position())
	}
	return sqlerr.New(sqlerr.SyntaxError, "SELECT * with no tables specified is not valid").At(star.Position())
}

// written is column i as an expression: its name, or its place where another has the name too.
func (s *scope) written(i int, pos ast.Pos) ast.Expr {
	name := qualified(&s.cols[i])
	if _, err := s.find(name, int(pos)); err != nil {
		return &placed{Pos: pos, col: i}
	}
	return &ast.Column{Pos: pos, Name: name}
}

// placed is a column that a * gives and whose name another has too.
type placed struct {
	ast.Pos
	col int
}

func qualified(c *column) []string {
	if c.table == "" {
		return []string{c.name}
	}
	return []string{c.table, c.name}
}

// outputs binds the select list, and makes the group's node of what its expressions asked for.
func (s *selection) outputs() error {
	e := s.exprs("the select list")
	e.clock = true
	for i := range s.items {
		it := &s.items[i]
		var err error
		if c, ok := it.x.(*ast.Call); ok && isWindowCall(c) && s.scope.window != nil {
			it.v, err = e.windowValue(c)
		} else {
			it.v, err = e.settled(it.x)
		}
		if err != nil {
			return err
		}
		if it.v.Type() == types.Void && s.b.env.Continuous {
			return missing(it.pos, "a column of type void in what goes on")
		}
	}
	return nil
}
