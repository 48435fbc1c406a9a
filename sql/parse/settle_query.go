package parse

import "github.com/vexfs/vexstream/sql/ast"

// A SELECT whose parts are whole is whole itself: its clauses begin with words of their own, so no grammar could take it
// another way. What is left of it on the sheet is SELECT and its head, which has the body. The same goes for a query
// around such a body, and for an entry of FROM.

// back takes back what was written since at. It counted as one operand, and what is written in its place counts again.
func (p *parser) back(at here) {
	s := &p.sheet
	clear(s.carriers[at.carriers:])
	s.text, s.carriers, s.ops = s.text[:at.text], s.carriers[:at.carriers], s.ops[:at.ops]
	p.written--
}

// since gives the carriers that were written since at.
func (s *sheet) since(at here) []carrier { return s.carriers[at.carriers:] }

// exprsOf gives the expressions of carriers if all are whole.
func exprsOf(cs []carrier) (xs []ast.Expr, ok bool) {
	if len(cs) == 0 {
		return nil, true
	}
	xs = make([]ast.Expr, len(cs))
	for i := range cs {
		if !cs[i].whole() {
			return nil, false
		}
		xs[i] = cs[i].expr
	}
	return xs, true
}

// sourcesOf gives the entries of FROM that carriers stand for; the place holder of a SELECT without FROM is none.
func sourcesOf(cs []carrier) (fs []ast.From, ok bool) {
	for i := range cs {
		switch node := cs[i].node.(type) {
		case *functionNode:
			fs = append(fs, node.f)
		case ast.From:
			fs = append(fs, node)
		case nil:
			if cs[i].expr != nil || cs[i].build != nil {
				return nil, false
			}
		default:
			return nil, false
		}
	}
	return fs, true
}

// settleSelect makes the SELECT of the head that was written at at, if all its parts are whole.
func (p *parser) settleSelect(at here, h *selectHead) {
	cs := p.sheet.since(at)[1:]
	more := 0
	if h.having != nil {
		more = 1 + h.having.call.t.n
	}
	if len(cs) != h.on+len(h.as)+h.froms+h.wheres+h.groups+more {
		return
	}
	take := func(n int) []carrier {
		some := cs[:n]
		cs = cs[n:]
		return some
	}
	on, ok1 := exprsOf(take(h.on))
	items, ok2 := exprsOf(take(len(h.as)))
	from, ok3 := sourcesOf(take(h.froms))
	where, ok4 := exprsOf(take(h.wheres))
	groups, ok5 := exprsOf(take(h.groups))
	having, ok6 := exprsOf(cs[min(1, more):])
	if !(ok1 && ok2 && ok3 && ok4 && ok5 && ok6) {
		return
	}
	s := h.sel
	s.DistinctOn, s.From, s.GroupBy = on, from, groups
	s.Items = named(h.as, items)
	if where != nil {
		s.Where = where[0]
	}
	if h.having != nil {
		h.having.call.apply(having)
	}
	p.back(at)
	p.body(h, s)
}

// settleValues makes the VALUES of the head that was written at at, if all that stands in its rows is whole.
func (p *parser) settleValues(at here, h *selectHead, t term) {
	cs := p.sheet.since(at)[1:]
	if xs, ok := exprsOf(cs); ok && len(xs) == t.n {
		p.back(at)
		p.body(h, h.filled(xs))
	}
}

// named gives the select list its expressions and names.
func named(items []ast.SelectItem, xs []ast.Expr) []ast.SelectItem {
	for i := range items {
		items[i].X = xs[i]
		items[i].Name = itemName(items[i])
	}
	return items
}

// body writes the head of a SELECT that is whole.
func (p *parser) body(h *selectHead, b ast.Body) {
	h.body = b
	p.write("SELECT ")
	p.carry(carrier{node: h})
}

// settledBody is the body that c stands for, nil if it waits for anything.
func (c *carrier) settledBody() ast.Body {
	if h, ok := c.node.(*selectHead); ok {
		return h.body
	}
	return nil
}

// settleQuery makes the query that was written since at if its parts are whole: the queries of its WITH, a SELECT, and
// its tail, if it has one.
func (p *parser) settleQuery(at here, with []*ast.CTE, recurse bool, tail *tailNode) {
	if with == nil && tail == nil {
		return
	}
	cs := p.sheet.since(at)
	last := 2 * len(with) // a query of the WITH has its name and its body
	more := 0
	if tail != nil {
		more = 1 + tail.call.t.n
	}
	if len(cs) != last+1+more || cs[last].settledBody() == nil {
		return
	}
	operands, ok := exprsOf(cs[last+1+min(1, more):])
	if !ok {
		return
	}
	for i := range with {
		if cs[2*i+1].settledBody() == nil {
			return
		}
	}
	for i, c := range with {
		c.Query = queryOf(cs[2*i+1].settledBody())
	}
	if tail != nil {
		tail.call.apply(operands)
	}
	h := cs[last].node.(*selectHead)
	q := surround(h.body, with, recurse, tail)
	p.back(at)
	p.body(h, q)
}

// queryOf is a body as a query.
func queryOf(b ast.Body) *ast.Query {
	if q, ok := b.(*ast.Query); ok {
		return q
	}
	return &ast.Query{Pos: ast.Pos(b.Position()), Body: b}
}

// settleSubquery makes an operand of the query in parentheses that was written since at.
func (p *parser) settleSubquery(at here) {
	if cs := p.sheet.since(at); len(cs) == 1 {
		if b := cs[0].settledBody(); b != nil {
			p.back(at)
			p.atom(&ast.Subquery{Query: queryOf(b)})
		}
	}
}

// settleDerived makes an entry of FROM of the query in parentheses that was written since at.
func (p *parser) settleDerived(at here, d *ast.Derived) bool {
	cs := p.sheet.since(at)
	if len(cs) != 1 || cs[0].settledBody() == nil {
		return false
	}
	d.Query = queryOf(cs[0].settledBody())
	p.back(at)
	p.carry(carrier{node: d})
	return true
}

// settleJoin makes a join whose sides and condition are whole. A join has the one before it as its left side.
func (p *parser) settleJoin(at here, t term) {
	cs := p.sheet.since(at)
	if len(cs) != 3+t.n {
		return
	}
	sides, ok := sourcesOf(cs[:2])
	on, whole := exprsOf(cs[3:])
	if !ok || !whole {
		return
	}
	j := cs[2].node.(*ast.Join)
	j.Left, j.Right = sides[0], sides[1]
	if on != nil {
		j.On = on[0]
	}
	p.back(at)
	p.carry(carrier{node: j})
}

// settleEntry takes the parentheses off an entry of FROM that is whole.
func (p *parser) settleEntry(at here) {
	if cs := p.sheet.since(at); len(cs) == 1 {
		c := cs[0]
		p.back(at)
		p.carry(c)
	}
}
