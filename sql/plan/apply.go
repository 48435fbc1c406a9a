package plan

import (
	"slices"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// OuterBase is the position from which columns are those of the query around a subquery: OuterBase+i is its column i,
// 2*OuterBase+i that of the query around that one. Only Apply sees such columns: it makes joins of them.
const OuterBase = 1 << 20

// Subquery is a query that another evaluates for each of its rows, as a join of a kind: LeftJoin for a value, MarkJoin
// for EXISTS and IN, InnerJoin for LATERAL.
type Subquery struct {
	Kind      JoinKind
	Query     Node
	Single    bool // see Join
	Value     bool
	NullAware bool
	// On is the condition, over the columns of the query around and then those of Query; nil: none.
	On expr.Expr
	// Reached is true, over the columns of the query around, for those of its rows that evaluate the subquery; nil: all.
	Reached expr.Expr

	number []int // the column of the query around that numbers its rows, if each must have the subquery to itself
}

// Apply joins outer with a subquery whose expressions may read outer's columns. The result has outer's columns, and
// then the subquery's or the mark. The subquery is evaluated once for all rows: as far as it depends on outer, it is
// turned into one over the set of values that outer has there (Neumann and Kemper, Unnesting Arbitrary Queries, 2015).
// The error is 0A000, for what cannot be turned.
func Apply(outer Node, s Subquery) (Node, error) {
	if large(outer) || large(s.Query) {
		return nil, sqlerr.NotSupported("a query of so many subqueries that read each other's rows").
			WithHint("Plans of up to %d nodes are made. A query in WITH AS MATERIALIZED, or a table, can hold what is between.", maxNodes)
	}
	if s.differs() && s.number == nil {
		return applyEach(outer, s)
	}
	if s.Reached != nil {
		return applyReached(outer, s)
	}
	if len(outerColumns(s.Query)) == 0 {
		return s.join(outer, lowered(s.Query), s.On), nil
	}
	if n, ok := s.exists(outer); ok {
		return n, nil
	}
	outer, err := once(outer, s.refs())
	if err != nil {
		return nil, err
	}
	return s.apply(outer, &dependent{outer: outer, refs: s.refs(), each: s.number != nil})
}

// refs gives the columns of the query around that there is a set of values of, ascending.
func (s *Subquery) refs() []int { return append(outerColumns(s.Query), s.number...) }

// maxNodes bounds the plan that a subquery is applied to, and its own: what is evaluated for outer's values has outer's plan
// in it, where that reads further queries around, so that a few subqueries in one another can make a plan that nobody has
// the memory for.
const maxNodes = 20_000

func large(n Node) bool { return nodes(n) > maxNodes }

// nodes counts the nodes of a plan, what is computed once as one.
func nodes(n Node) (count int) {
	Walk(n, func(Node) { count++ })
	return count
}

func (s *Subquery) join(outer, query Node, on expr.Expr) *Join {
	return &Join{Kind: s.Kind, Left: outer, Right: query, On: on, Single: s.Single, Value: s.Value, NullAware: s.NullAware}
}

// apply joins outer with the subquery for each of the values that d has.
func (s *Subquery) apply(outer Node, d *dependent) (Node, error) {
	if d.spell() {
		return s.applySpelled(outer, d)
	}
	return s.applyTo(outer, d)
}

func (s *Subquery) applyTo(outer Node, d *dependent) (Node, error) {
	width, inner, refs := Width(outer), Width(s.Query), d.refs
	q, err := d.push(s.Query)
	if err != nil {
		return nil, err
	}
	schema := outer.Schema()
	terms, err := d.same(func(k int) (a, b expr.Expr) {
		f := schema[refs[k]]
		return expr.Col(refs[k], f.Type, f.Name), expr.Col(width+inner+k, f.Type, f.Name)
	})
	if err != nil {
		return nil, err
	}
	j := s.join(outer, lowered(q), expr.And(append(terms, expr.Terms(s.On)...)...))
	if s.Kind == SemiJoin || s.Kind == AntiJoin || s.Kind == MarkJoin {
		return j, nil
	}
	return firstOf(j, width+inner), nil
}

// widened is s for an outer query that has more columns behind its first width ones.
func (s *Subquery) widened(width, more int) *Subquery {
	wide := *s
	if s.On != nil {
		wide.On = expr.Remap(s.On, func(i int) int {
			if i >= width && i < OuterBase {
				return i + more
			}
			return i
		})
	}
	return &wide
}

// narrowed leaves these columns out again.
func narrowed(n Node, width, more int) Node {
	return chosen(n, slices.Delete(upTo(Width(n)), width, width+more))
}

// firstOf gives the first n columns of a node.
func firstOf(in Node, n int) Node { return chosen(in, upTo(n)) }

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// chosen gives columns of a node by position.
func chosen(in Node, cols []int) Node {
	p := &Project{Input: in}
	schema := in.Schema()
	for _, c := range cols {
		p.Exprs, p.Names = append(p.Exprs, expr.Col(c, schema[c].Type, schema[c].Name)), append(p.Names, schema[c].Name)
	}
	return p
}

// outerColumns gives the columns of the query around that n reads, ascending.
func outerColumns(n Node) []int {
	var out []int
	Walk(n, func(n Node) {
		for _, e := range exprsOf(n) {
			for _, c := range expr.Columns(e) {
				if c/OuterBase == 1 {
					out = append(out, c-OuterBase)
				}
			}
		}
	})
	slices.Sort(out)
	return slices.Compact(out)
}

// lowered makes the columns of the query around the one around those of the query around.
func lowered(n Node) Node { return shifted(n, 2*OuterBase, -OuterBase) }

// raised is the opposite of lowered.
func raised(n Node) Node { return shifted(n, 2*OuterBase, OuterBase) }

// Raise gives n for a place that is some queries further in: what it reads of queries around is of queries that much further
// around.
func Raise(n Node, queries int) Node {
	if queries == 0 {
		return n
	}
	return shifted(n, OuterBase, queries*OuterBase)
}

// ReadsOuter says whether n reads columns of any query around.
func ReadsOuter(n Node) bool {
	reads := false
	Walk(n, func(n Node) { reads = reads || reaches(n, OuterBase) })
	return reads
}

// reaches says whether the expressions of n itself read columns from position from on.
func reaches(n Node, from int) bool {
	for _, e := range exprsOf(n) {
		if cols := expr.Columns(e); len(cols) > 0 && cols[len(cols)-1] >= from {
			return true
		}
	}
	return false
}

// shifted moves the columns from position from on.
func shifted(n Node, from, by int) Node {
	return up(n, func(n Node) Node {
		if !reaches(n, from) {
			return n
		}
		return mapExprs(n, func(i int) int {
			if i >= from {
				return i + by
			}
			return i
		})
	})
}

// exprsOf gives the expressions of a node itself.
func exprsOf(n Node) []expr.Expr {
	switch n := n.(type) {
	case *Filter:
		return []expr.Expr{n.Cond}
	case *Project:
		return n.Exprs
	case *Aggregate:
		return append(slices.Clone(n.Keys), aggExprs(n.Aggs)...)
	case *Join:
		if n.On != nil {
			return []expr.Expr{n.On}
		}
	case *Unfold:
		return n.args()
	case *Values:
		return slices.Concat(n.Rows...)
	case *Limit:
		return present(n.Count, n.Offset)
	case *TopN:
		return present(n.Count, n.Offset)
	}
	return nil
}

func present(es ...expr.Expr) []expr.Expr {
	return slices.DeleteFunc(es, func(e expr.Expr) bool { return e == nil })
}

func aggExprs(aggs []Agg) []expr.Expr {
	var out []expr.Expr
	for _, a := range aggs {
		out = append(append(out, a.Args...), present(a.Filter)...)
	}
	return out
}

// mapExprs gives n with the columns of its expressions moved.
func mapExprs(n Node, to func(int) int) Node {
	switch n := n.(type) {
	case *Filter:
		return &Filter{Input: n.Input, Cond: expr.Remap(n.Cond, to)}
	case *Project:
		return &Project{Input: n.Input, Exprs: remapAll(n.Exprs, to), Names: n.Names}
	case *Aggregate:
		return &Aggregate{Input: n.Input, Keys: remapAll(n.Keys, to), KeyNames: n.KeyNames, Aggs: remapAggs(n.Aggs, to)}
	case *Join:
		d := *n
		d.On = expr.Remap(n.On, to)
		return &d
	case *Unfold:
		return n.over(n.Input, to)
	case *Values:
		d := *n
		d.Rows = make([][]expr.Expr, len(n.Rows))
		for i, r := range n.Rows {
			d.Rows[i] = remapAll(r, to)
		}
		return &d
	}
	return n
}

// AtMostOne says whether n gives at most one row, whatever it reads.
func AtMostOne(n Node) bool {
	switch n := n.(type) {
	case *Project, *Filter, *Order, *Distinct:
		return AtMostOne(n.Children()[0])
	case *Aggregate:
		return len(n.Keys) == 0
	case *Shared:
		return AtMostOne(n.Of.Plan)
	case *Values:
		return len(n.Rows) <= 1
	case *Limit:
		return isOne(n.Count) || AtMostOne(n.Input)
	case *TopN:
		return isOne(n.Count) && n.Prefix == 0 && !n.Ties
	}
	return false
}

func isOne(e expr.Expr) bool {
	one, err := expr.Lit(types.Int8, "1")
	return e != nil && err == nil && expr.Equal(expr.Fold(e), one)
}
