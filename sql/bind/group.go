package bind

import (
	"errors"
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/plan"
)

// grouping is what expressions above a GROUP BY can see: the keys, then the aggregates, which they add as they need
// them.
type grouping struct {
	inner *exprs // over the rows that are grouped
	keys  []expr.Expr
	names []string
	aggs  []plan.Agg
	subs  []pending
	named []int   // the keys of the entry of the GROUP BY under way
	sets  [][]int // the keys of each grouping set; nil: all of them, once
}

// key gives the column of the group's row that holds v, if v is a key.
func (g *grouping) key(v expr.Expr) (expr.Expr, bool) {
	for i, k := range g.keys {
		if expr.Equal(v, k) {
			return expr.Col(i, k.Type(), g.names[i]), true
		}
	}
	return nil, false
}

// addKey makes v a key unless it is one. A literal that met no type becomes text.
func (g *grouping) addKey(v expr.Expr, name string) {
	k, ok := g.key(v)
	if !ok {
		g.keys, g.names = append(g.keys, v), append(g.names, name)
		k = expr.Col(len(g.keys)-1, v.Type(), name)
	}
	i, _ := expr.IsCol(k)
	g.named = append(g.named, i)
}

// grouped binds x if it is a key, an aggregate, or the same for every row; done says whether it did. What is none of
// these is bound part by part.
func (e *exprs) grouped(x ast.Expr) (v expr.Expr, done bool, err error) {
	g := e.group
	if isGroupingCall(x) {
		v, err = e.groupingOf(x.(*ast.Call))
		return v, true, err
	}
	if c, ok := x.(*ast.Call); ok && c.Over == nil && isAggregate(c.Name[len(c.Name)-1]) {
		v, err = e.aggregate(c)
		return v, true, err
	}
	if aggregateIn(x) != nil || find(x, isGroupingCall) != nil || !g.inner.rows.answered(x) || find(x, isOver) != nil {
		return nil, false, nil
	}
	inner := *g.inner
	inner.clause, inner.clock = e.clause, e.clock
	inner.windows = e.windows
	if v, err = inner.bind(x); errors.Is(err, errNotKey) {
		return nil, false, nil
	} else if err != nil {
		return nil, true, err
	}
	if k, ok := g.key(v); ok {
		return k, true, nil
	}
	if cols := expr.Columns(v); len(cols) == 0 || cols[0] >= plan.OuterBase {
		if len(children(x)) > 0 && find(x, inner.own) != nil { // a column that folding took away must be a key all the same
			return nil, false, nil
		}
		return v, true, nil
	}
	if c, ok := x.(*ast.Column); ok {
		if g.determined(v) {
			return g.add(anyOf(v)), true, nil
		}
		return nil, true, g.ungrouped(c, v)
	}
	if len(children(x)) == 0 {
		return nil, true, g.ungrouped(&ast.Column{Pos: ast.Pos(x.Position()), Name: []string{v.String()}}, v)
	}
	return nil, false, nil
}

// own says whether x is a column of e's own rows.
func (e *exprs) own(x ast.Expr) bool {
	c, ok := x.(*ast.Column)
	if !ok {
		return false
	}
	i, err := e.s.find(c.Name, c.Position())
	return i >= 0 && err == nil
}

// determined says whether v is a column of a table whose primary key is grouped by: then it is the same in all rows.
func (g *grouping) determined(v expr.Expr) bool {
	i, ok := expr.IsCol(v)
	if !ok || i >= len(g.inner.s.cols) {
		return false
	}
	c := &g.inner.s.cols[i]
	for _, name := range c.key {
		grouped := false
		for n, k := range g.keys {
			at, ok := expr.IsCol(k)
			grouped = grouped || ok && g.always(n) && at < len(g.inner.s.cols) && g.inner.s.cols[at].name == name && g.inner.s.cols[at].table == c.table
		}
		if !grouped {
			return false
		}
	}
	return c.key != nil
}

// always says whether key n is in every grouping set.
func (g *grouping) always(n int) bool {
	return !slices.ContainsFunc(g.sets, func(set []int) bool { return !slices.Contains(set, n) })
}

// anyOf is the value of one of the group's rows.
func anyOf(v expr.Expr) plan.Agg {
	f, _ := agg.Resolve("first_value", []types.Type{v.Type()}, false) // it takes any type
	return plan.Agg{Name: "first_value", Func: f, Args: []expr.Expr{v}, Lead: 1, Type: v.Type(), Label: v.String()}
}

func (g *grouping) ungrouped(c *ast.Column, v expr.Expr) error {
	name := strings.Join(c.Name, ".")
	if i, ok := expr.IsCol(v); ok {
		col := g.inner.s.cols[i]
		if name = col.name; col.table != "" {
			name = col.table + "." + name
		}
	}
	return sqlerr.New(sqlerr.GroupingError, "column %q must appear in the GROUP BY clause or be used in an aggregate function", name).At(c.Position())
}

// add gives the column of a, which is shared with an aggregate that is the same.
func (g *grouping) add(a plan.Agg) expr.Expr {
	at := len(g.aggs)
	for i := range g.aggs {
		if sameAggregate(&g.aggs[i], &a) {
			at = i
			break
		}
	}
	if at == len(g.aggs) {
		g.aggs = append(g.aggs, a)
	}
	return expr.Col(len(g.keys)+at, a.Type, a.String())
}

func sameAggregate(a, b *plan.Agg) bool {
	if a.Name != b.Name || a.Lead != b.Lead || a.Within != b.Within || !slices.Equal(a.Order, b.Order) || a.Func.Kind != b.Func.Kind || a.Distinct != b.Distinct || len(a.Args) != len(b.Args) || (a.Filter == nil) != (b.Filter == nil) {
		return false
	}
	for i := range a.Args {
		if !expr.Equal(a.Args[i], b.Args[i]) {
			return false
		}
	}
	return a.Filter == nil || expr.Equal(a.Filter, b.Filter)
}
