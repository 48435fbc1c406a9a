package rule

import (
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
)

// Compile divides a boolean expression over the columns of a batch into conjunctions: its value is true where any of them
// is. The list is empty if it is never true.
func Compile(condition expr.Expr) []Cond {
	terms := expr.Terms(expr.SimplifyCondition(condition))
	c, never := conjunction(terms)
	if never {
		return []Cond{}
	}
	if cost(&c) <= selective {
		return []Cond{c}
	}
	if cs := byAlternatives(terms, cost(&c)); cs != nil {
		return cs
	}
	return []Cond{c}
}

// conjunction takes apart terms, or says that they are never true together.
func conjunction(terms []expr.Expr) (c Cond, never bool) {
	var plain, rest []expr.Expr
	var computed []Pred
	for _, t := range terms {
		p, ok := predicate(t)
		switch {
		case !ok:
			if v, is := expr.IsConst(t); is && (v.Null(0) || !v.Bits.Get(0)) {
				return c, true
			} else if !is {
				plain = append(plain, t)
			}
			continue
		case p.Kind == Keys && len(p.Keys) == 0, p.Kind == Numbers && len(p.Numbers) == 0:
			return c, true
		case p.Of != nil:
			p.term = t
			computed = append(computed, p)
		case p.Kind == Range:
			if i := slices.IndexFunc(c.Preds, func(q Pred) bool { return q.Kind == Range && q.Col == p.Col }); i >= 0 {
				q := &c.Preds[i]
				q.Lo, q.Hi = max(q.Lo, p.Lo), min(q.Hi, p.Hi)
				p = *q
			} else {
				c.Preds = append(c.Preds, p)
			}
			if p.Lo > p.Hi {
				return c, true
			}
		default:
			c.Preds = append(c.Preds, p)
		}
	}
	left := c.computed(computed)
	for _, t := range terms { // in their order: one may guard another that fails
		if slices.Contains(plain, t) || slices.ContainsFunc(left, func(p Pred) bool { return p.term == t }) {
			rest = append(rest, t)
		}
	}
	if rest != nil {
		c.Rest = expr.And(rest...)
	}
	return c, false
}

// computed takes the most selective of what is asked of expressions, if that is needed to reach c, and gives the others: they
// are evaluated for the rows that are left.
func (c *Cond) computed(of []Pred) []Pred {
	best, bound := -1, cost(c)
	if bound <= selective {
		return of
	}
	for i := range of {
		if share := census(nil).share(&of[i]); share < bound {
			best, bound = i, share
		}
	}
	if best < 0 {
		return of
	}
	c.Preds = append(c.Preds, of[best])
	return slices.Delete(of, best, best+1)
}

// byAlternatives makes a conjunction of each alternative of the most selective OR among terms, with all other terms. nil
// says that none is more selective than bound, or, where nothing else is looked up, that all have an alternative that is not either.
func byAlternatives(terms []expr.Expr, bound float64) []Cond {
	var best []Cond
	scanned := bound >= unknown
	for i, t := range terms {
		alts := expr.Alternatives(t)
		if len(alts) < 2 || len(alts) > MaxConds || expr.Fallible(t) || expr.Volatility(t) == expr.Volatile {
			continue
		}
		others := slices.Delete(slices.Clone(terms), i, i+1)
		cs, sum, reached := []Cond{}, 0.0, true
		for _, a := range alts {
			c, never := conjunction(append(slices.Clone(expr.Terms(a)), others...))
			if never {
				continue
			}
			cs = append(cs, c)
			sum += cost(&c)
			reached = reached && cost(&c) < unknown
		}
		if sum < bound || scanned && best == nil && reached { // many ways in are better than to look at each row
			best, bound = cs, sum
		}
	}
	return best
}

// predicate takes apart a term that says of one column what an index can look for.
func predicate(t expr.Expr) (Pred, bool) {
	if x, negate, ok := expr.NullTest(t); ok {
		if i, is := expr.IsCol(x); is {
			if negate {
				return Pred{Kind: NotNull, Col: i}, true
			}
			return Pred{Kind: Null, Col: i}, true
		}
		return Pred{}, false
	}
	if x, test, ok := expr.TextCondition(t); ok {
		if i, of, is := subjectOf(x); is {
			if test.By == expr.DecidedByWhole {
				return Pred{Kind: Keys, Col: i, Of: of, Keys: []string{test.Prefix}}, true
			}
			return Pred{Kind: Text, Col: i, Of: of, Text: test}, true
		}
		return Pred{}, false
	}
	if p, ok := listed(t); ok {
		return p, true
	}
	if p, ok := compared(t); ok {
		return p, true
	}
	if x, yes, ok := expr.BoolTest(t); ok {
		if i, is := expr.IsCol(x); is {
			p := Pred{Kind: Numbers, Col: i, Numbers: []int64{0}}
			if yes {
				p.Numbers[0] = 1
			}
			return p, true
		}
	}
	return Pred{}, false
}

// listed is x = v, x IN (v, ...) and x = ANY (array).
func listed(t expr.Expr) (Pred, bool) {
	x, values, array, ok := expr.Listed(t)
	if !ok {
		return Pred{}, false
	}
	x = expr.Widened(x)
	i, of, is := subjectOf(x)
	if !is || !texty(x.Type()) && !ordered(x.Type()) {
		return Pred{}, false
	}
	p := Pred{Kind: Keys, Col: i, Of: of}
	if !texty(x.Type()) {
		p.Kind = Numbers
	}
	if array != nil {
		col, constant := expr.IsConst(array)
		if !constant {
			return Pred{}, false
		}
		if !col.Null(0) {
			items := expr.Items(col.At(0), col.Type)
			if !p.take(&items, texty(x.Type())) {
				return Pred{}, false
			}
		}
		return p, true
	}
	for _, v := range values {
		col, constant := expr.IsConst(v)
		if !constant || !p.take(&col, texty(x.Type())) {
			return Pred{}, false
		}
	}
	return p, true
}

// take adds the values of a column to those that p looks for; nulls equal nothing.
func (p *Pred) take(col *batch.Column, text bool) bool {
	if text != texty(col.Type) || !text && !ordered(col.Type) {
		return false
	}
	if text {
		for i := range col.N {
			if !col.Null(i) && !slices.Contains(p.Keys, col.Str(i)) {
				p.Keys = append(p.Keys, string(col.At(i)))
			}
		}
		return true
	}
	ns, _ := ordinals(nil, col, 0, col.N)
	for i, n := range ns {
		if !col.Null(i) && !slices.Contains(p.Numbers, n) {
			p.Numbers = append(p.Numbers, n)
		}
	}
	return true
}

var mirrored = map[string]string{"<": ">", "<=": ">=", ">": "<", ">=": "<="}

// compared is x < v and its kin.
func compared(t expr.Expr) (Pred, bool) {
	op, a, b, ok := expr.Comparison(t)
	if !ok || mirrored[op] == "" {
		return Pred{}, false
	}
	if _, constant := expr.IsConst(a); constant {
		a, b, op = b, a, mirrored[op]
	}
	a = expr.Widened(a)
	i, of, is := subjectOf(a)
	v, constant := expr.IsConst(b)
	if !is || !constant || v.Null(0) || !ordered(a.Type()) || !ordered(v.Type) {
		return Pred{}, false
	}
	ns, _ := ordinals(nil, &v, 0, 1)
	p, n := Pred{Kind: Range, Col: i, Of: of, Lo: least, Hi: most}, ns[0]
	switch op {
	case "<":
		if n == least {
			return Pred{Kind: Numbers, Col: i}, true
		}
		p.Hi = n - 1
	case "<=":
		p.Hi = n
	case ">":
		if n == most {
			return Pred{Kind: Numbers, Col: i}, true
		}
		p.Lo = n + 1
	case ">=":
		p.Lo = n
	}
	return p, true
}
