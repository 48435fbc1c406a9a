package plan

import (
	"slices"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// dependent is the columns of an outer query that a subquery reads.
type dependent struct {
	outer   Node
	refs    []int // of outer; the last ones are those of spelled
	spelled []int // places in refs of columns whose spellings are columns too
	reached bool  // what may fail is evaluated for outer's rows alone
	alone   bool  // the subquery reads none of the columns: there is one value at most
	each    bool  // the columns number the rows: what is volatile is evaluated for each
	rounds  []int // of the Working whose rows have the columns already
}

// needs says whether n must be evaluated beside outer's values.
func (d *dependent) needs(n Node) bool { return d.depends(n) || d.each && Volatile(n) }

// depends is needs of what PostgreSQL evaluates once if it reads no row around it, whatever it gives the next time: a
// subquery of an expression.
func (d *dependent) depends(n Node) bool {
	return len(outerColumns(n)) > 0 || d.works(n) || d.reached && failsByRow(n)
}

// push gives n for every value of the outer columns at once: n's columns, and then the outer ones that they belong to.
func (d *dependent) push(n Node) (Node, error) {
	if v, ok := n.(*Values); ok && len(v.Rows) == 1 && len(v.Columns) == 0 { // the row that a function alone in FROM is over
		return d.values(), nil
	}
	if !d.needs(n) {
		return d.every(n), nil
	}
	switch n := n.(type) {
	case *Filter:
		return d.filter(n)
	case *Project:
		in, err := d.push(n.Input)
		if err != nil {
			return nil, err
		}
		p := &Project{Input: in, Exprs: d.bound(n.Exprs, Width(n.Input)), Names: n.Names}
		return d.beside(p, in, Width(n.Input)), nil
	case *Aggregate:
		return d.aggregate(n)
	case *Join:
		return d.join(n)
	case *Distinct, *Order:
		in, err := d.push(n.Children()[0])
		if err != nil {
			return nil, err
		}
		return n.With([]Node{in}), nil
	case *Union:
		u := &Union{}
		for _, c := range n.Inputs {
			in, err := d.push(c)
			if err != nil {
				return nil, err
			}
			u.Inputs = append(u.Inputs, in)
		}
		return u, nil
	case *Limit:
		return d.limit(n)
	case *TopN:
		return d.top(n)
	case *Over:
		return d.over(n)
	case *Unfold:
		return d.unfold(n)
	case *Values:
		return d.rows(n), nil
	case *Recursive:
		return d.recursive(n)
	case *Working:
		return &Working{ID: n.ID, Name: n.Name, Columns: d.wider(n.Columns)}, nil
	}
	if len(outerColumns(n)) == 0 && !d.works(n) {
		return d.every(n), nil
	}
	return nil, sqlerr.NotSupported("%s in a subquery that reads columns of the query around it", n.Describe().Name)
}

// every puts the rows of n, which does not depend on outer, beside every value.
func (d *dependent) every(n Node) Node { return &Join{Kind: InnerJoin, Left: n, Right: d.values()} }

// bound makes the outer columns of expressions the ones that stand from width on.
func (d *dependent) bound(es []expr.Expr, width int) []expr.Expr {
	return remapAll(es, d.place(width))
}

func (d *dependent) place(width int) func(int) int {
	return func(i int) int {
		if i/OuterBase != 1 {
			return i
		}
		for k, c := range d.refs {
			if c == i-OuterBase {
				return width + k
			}
		}
		return i
	}
}

// beside adds the outer columns, which stand in in from width on, to a projection.
func (d *dependent) beside(p *Project, in Node, width int) Node {
	out := &Project{Input: p.Input, Exprs: append([]expr.Expr(nil), p.Exprs...), Names: append([]string(nil), p.Names...)}
	schema := in.Schema()
	for k := range d.refs {
		f := schema[width+k]
		out.Exprs, out.Names = append(out.Exprs, expr.Col(width+k, f.Type, f.Name)), append(out.Names, f.Name)
	}
	return out
}

// filter takes the outer columns from equalities with columns of the input, if all of them have one; else it filters
// the input's rows beside every outer value.
func (d *dependent) filter(n *Filter) (Node, error) {
	width := Width(n.Input)
	if d.needs(n.Input) || d.reached {
		in, err := d.push(n.Input)
		if err != nil {
			return nil, err
		}
		return &Filter{Input: in, Cond: expr.Remap(n.Cond, d.place(width))}, nil
	}
	given := make([]expr.Expr, len(d.refs))
	var rest []expr.Expr
	for _, t := range expr.Terms(n.Cond) {
		if k, v, ok := d.equal(t); ok && given[k] == nil {
			given[k] = v
			rest = append(rest, expr.IsNull(v, true)) // a null equals nothing
			continue
		}
		rest = append(rest, t)
	}
	for _, g := range given {
		if g == nil {
			return &Filter{Input: &Join{Kind: InnerJoin, Left: n.Input, Right: d.values()}, Cond: expr.Remap(n.Cond, d.place(width))}, nil
		}
	}
	p := firstOf(n.Input, width).(*Project)
	schema := d.outer.Schema()
	for k, g := range given {
		p.Exprs, p.Names = append(p.Exprs, g), append(p.Names, schema[d.refs[k]].Name)
	}
	return &Filter{Input: p, Cond: expr.Remap(expr.And(rest...), d.place(width))}, nil
}

// equal reads a term as the equality of outer column k and an expression over the input that has its type and, where
// equal, its very value.
func (d *dependent) equal(t expr.Expr) (k int, v expr.Expr, ok bool) {
	a, b, safe, ok := expr.Equality(t)
	if !ok || safe {
		return 0, nil, false
	}
	for range 2 {
		if c, is := expr.IsCol(a); is && c/OuterBase == 1 && !types.Tellable(a.Type()) && !expr.Fallible(b) && allInner(b) {
			for k, r := range d.refs {
				if r == c-OuterBase {
					return k, b, true
				}
			}
		}
		a, b = b, a
	}
	return 0, nil, false
}

func allInner(e expr.Expr) bool {
	cols := expr.Columns(e)
	return len(cols) > 0 && cols[len(cols)-1] < OuterBase
}

// aggregate groups by the outer columns, too. Without keys there is a row for every outer value, also for one that
// nothing belongs to.
func (d *dependent) aggregate(n *Aggregate) (Node, error) {
	width := Width(n.Input)
	in, err := d.push(n.Input)
	if err != nil {
		return nil, err
	}
	keys, refs := len(n.Keys), len(d.refs)
	a := &Aggregate{Input: in, Keys: d.bound(n.Keys, width), KeyNames: append([]string(nil), n.KeyNames...), Aggs: remapAggs(n.Aggs, d.place(width))}
	schema := in.Schema()
	for k := range d.refs {
		f := schema[width+k]
		a.Keys, a.KeyNames = append(a.Keys, expr.Col(width+k, f.Type, f.Name)), append(a.KeyNames, f.Name)
	}
	var order []int
	for i := range keys {
		order = append(order, i)
	}
	for i := range n.Aggs {
		order = append(order, keys+refs+i)
	}
	for k := range d.refs {
		order = append(order, keys+k)
	}
	if keys > 0 {
		return chosen(a, order), nil
	}
	return d.always(a, n.Aggs)
}

// always gives the groups of a, which has the outer columns as keys, and those of outer values without rows.
func (d *dependent) always(a *Aggregate, aggs []Agg) (Node, error) {
	all := d.values()
	schema, refs := all.Schema(), len(d.refs)
	terms, err := d.same(func(k int) (a, b expr.Expr) {
		f := schema[k]
		return expr.Col(k, f.Type, f.Name), expr.Col(refs+k, f.Type, f.Name)
	})
	if err != nil {
		return nil, err
	}
	j := &Join{Kind: LeftJoin, Left: all, Right: a, On: expr.And(terms...)}
	p := &Project{Input: j}
	for i, g := range aggs {
		v := expr.Col(2*refs+i, g.Type, g.Label)
		if empty := g.Empty(); empty != "" {
			zero, err := expr.Lit(g.Type, empty)
			if err != nil {
				return nil, err
			}
			if v, err = expr.Coalesce([]expr.Expr{v, zero}); err != nil {
				return nil, err
			}
		}
		p.Exprs, p.Names = append(p.Exprs, v), append(p.Names, g.Label)
	}
	for k, f := range schema {
		p.Exprs, p.Names = append(p.Exprs, expr.Col(k, f.Type, f.Name)), append(p.Names, f.Name)
	}
	return p, nil
}

// join gives the outer columns to the side that reads them, to both where both do, or where rows of either may stand
// alone.
func (d *dependent) join(n *Join) (Node, error) {
	lw, rw, refs := Width(n.Left), Width(n.Right), len(d.refs)
	left, err := d.push(n.Left)
	if err != nil {
		return nil, err
	}
	right, both := n.Right, n.Kind == FullJoin || d.depends(n.Right) || !n.ofExpression() && d.needs(n.Right)
	if both {
		if right, err = d.push(n.Right); err != nil {
			return nil, err
		}
	}
	place := d.place(lw) // of the outer columns on the left
	to := func(i int) int {
		if i/OuterBase != 1 && i >= lw && i < OuterBase {
			return i + refs
		}
		return place(i)
	}
	j := &Join{Kind: n.Kind, Left: left, Right: right, Single: n.Single, Value: n.Value, NullAware: n.NullAware}
	terms := slices.Clone(expr.Terms(n.On))
	for i := range terms {
		terms[i] = expr.Remap(terms[i], to)
	}
	if both {
		schema := left.Schema()
		same, err := d.same(func(k int) (a, b expr.Expr) {
			f := schema[lw+k]
			return expr.Col(lw+k, f.Type, f.Name), expr.Col(lw+refs+rw+k, f.Type, f.Name)
		})
		if err != nil {
			return nil, err
		}
		terms = append(terms, same...)
	}
	if len(terms) > 0 {
		j.On = expr.And(terms...)
	}
	var order []int
	for i := range lw {
		order = append(order, i)
	}
	for i := range Width(n) - lw {
		order = append(order, lw+refs+i)
	}
	if n.Kind == FullJoin {
		return d.eitherSide(j, order, lw, lw+refs+rw)
	}
	for k := range d.refs {
		order = append(order, lw+k)
	}
	p := chosen(j, order).(*Project)
	for k := range d.refs {
		if n.Kind != FullJoin {
			break
		}
		f := j.Schema()[lw+k]
		either := []expr.Expr{expr.Col(lw+k, f.Type, f.Name), expr.Col(lw+refs+rw+k, f.Type, f.Name)}
		if p.Exprs[lw+rw+k], err = expr.Coalesce(either); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// eitherSide chooses columns of a full join, and behind them the outer columns, which stand in it from left on and from
// right on: a row that only one side has takes them from there.
func (d *dependent) eitherSide(j *Join, order []int, left, right int) (Node, error) {
	p := chosen(j, order).(*Project)
	schema := j.Schema()
	for k := range d.refs {
		f := schema[left+k]
		v, err := expr.Coalesce([]expr.Expr{expr.Col(left+k, f.Type, f.Name), expr.Col(right+k, f.Type, f.Name)})
		if err != nil {
			return nil, err
		}
		p.Exprs, p.Names = append(p.Exprs, v), append(p.Names, f.Name)
	}
	return p, nil
}

// rows makes a projection of outer values of each row.
func (d *dependent) rows(n *Values) Node {
	u := &Union{}
	for _, r := range n.Rows {
		p := &Project{Input: d.values(), Exprs: d.bound(r, 0)}
		for _, f := range n.Columns {
			p.Names = append(p.Names, f.Name)
		}
		u.Inputs = append(u.Inputs, d.beside(p, p.Input, 0))
	}
	if len(u.Inputs) == 1 {
		return u.Inputs[0]
	}
	return u
}

// unfold puts the outer columns behind those of the functions, over an input that has them before.
func (d *dependent) unfold(n *Unfold) (Node, error) {
	in, err := d.push(n.Input)
	if err != nil {
		return nil, err
	}
	width, all := Width(n.Input), Width(n)
	u := n.over(in, d.place(width))
	var order []int
	for i := range all {
		if i >= width {
			i += len(d.refs)
		}
		order = append(order, i)
	}
	for k := range d.refs {
		order = append(order, width+k)
	}
	return chosen(u, order), nil
}
