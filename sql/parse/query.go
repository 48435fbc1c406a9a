package parse

import (
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/lex"
)

// query writes a query: WITH, the body, ORDER BY and what follows. Every query becomes one SELECT, or SELECTs joined by
// set operators, of TiDB's; the head carrier of a SELECT knows what it was.
func (p *parser) query() {
	p.enter()
	at := p.sheet.here()
	var with []*ast.CTE
	recurse := false
	if p.is("with") {
		with, recurse = p.with()
	}
	p.setOperation(with != nil)
	p.settleQuery(at, with, recurse, p.tail())
	p.leave()
}

// startsQuery tells whether a query begins at the current token.
func (p *parser) startsQuery() bool {
	return p.is("select") || p.is("values") || p.is("with") || p.is("table") || p.isOp("(") && p.isSubquery(p.i)
}

// with writes WITH [RECURSIVE] name [(cols)] AS (query), ...
func (p *parser) with() (ctes []*ast.CTE, recurse bool) {
	word := p.pos()
	p.expect("with")
	p.write("WITH ")
	if recurse = p.accept("recursive"); recurse {
		p.write("RECURSIVE ")
	}
	for {
		c := &ast.CTE{Pos: p.pos(), Word: word, Name: p.columnID()}
		if p.isOp("(") {
			c.Columns = p.columnList()
		}
		p.expect("as")
		switch {
		case p.accept("materialized"):
			c.Hint = "materialized"
		case p.accept("not", "materialized"):
			c.Hint = "not materialized"
		}
		ctes = append(ctes, c)
		p.carry(carrier{node: c})
		p.write(" AS ")
		switch n := p.at(1); {
		case n.Is("insert"), n.Is("update"), n.Is("delete"), n.Is("merge"):
			p.i++
			p.fail(sqlerr.New(sqlerr.FeatureNotSupported, "WITH clause containing a data-modifying statement must be at the top level").At(int(c.Pos)))
		}
		p.writeSubquery()
		p.search(c)
		if !p.acceptOp(",") {
			break
		}
		p.write(",")
	}
	p.write(" ")
	return ctes, recurse
}

// setOperation writes members joined by UNION, INTERSECT and EXCEPT. Their precedence is settled in the translation.
func (p *parser) setOperation(with bool) {
	if p.isOp("(") {
		p.parenMember(with)
	} else {
		p.member()
	}
	for chain := 1; isSetWord(p.tok()); chain++ {
		p.checkChain(chain, MaxDepth)
		p.write(" " + upper(p.tok().Val) + " ")
		p.i++
		if p.accept("all") {
			p.write("ALL ")
		} else {
			p.accept("distinct")
		}
		if p.isOp("(") {
			p.parenQuery()
			continue
		}
		p.write("(")
		p.member()
		p.write(")")
	}
}

// parenMember writes a query in parentheses that is the whole body, or the first member. With a WITH before it or an ORDER
// BY behind it, it becomes the FROM of a SELECT of its own: TiDB would mix the two.
func (p *parser) parenMember(with bool) {
	if !p.isSubquery(p.i) {
		p.i++
		p.unexpected()
	}
	after := &p.toks[min(p.match(p.i)+1, len(p.toks)-1)]
	if isSetWord(after) || !with && !isTailWord(after) {
		p.parenQuery()
		return
	}
	p.write("SELECT ")
	p.carry(carrier{node: &selectHead{wraps: true, pos: p.pos()}})
	p.write(" FROM ")
	p.parenQuery()
	p.write(" AS ")
	p.carry(carrier{node: &ast.Derived{}})
}

// parenQuery writes a query in parentheses, of which several may stand around it, in one pair: TiDB takes no more before a
// set operation.
func (p *parser) parenQuery() {
	more := 0
	for ; p.at(1).IsOp("(") && p.match(p.i+1)+1 == p.match(p.i); more++ {
		p.i++
	}
	p.writeSubquery()
	for range more {
		p.expectOp(")")
	}
}

// selectHead is the first field of every SELECT on the sheet: what the text itself does not say.
type selectHead struct {
	pos    ast.Pos
	sel    *ast.Select      // of a SELECT or TABLE
	as     []ast.SelectItem // one for each further field: the alias
	values *ast.Values      // of VALUES: with holes for the head's operands
	wraps  bool             // a query in parentheses, which is its FROM
	body   ast.Body         // what it is, once that is settled
	// on, froms, wheres and groups count the operands of the head, the entries of FROM, the conditions of WHERE and the keys
	// of GROUP BY; having is the carrier behind them.
	on, froms, wheres, groups int
	having                    *havingNode
}

// filled is the VALUES with its operands in their holes.
func (h *selectHead) filled(operands []ast.Expr) *ast.Values {
	for _, row := range h.values.Rows {
		operands = fill(row, operands)
	}
	return h.values
}

// member writes one SELECT, VALUES or TABLE.
func (p *parser) member() {
	switch {
	case p.is("select"):
		p.selectMember()
	case p.is("values"):
		p.valuesMember()
	case p.is("table"):
		p.tableMember()
	default:
		p.unexpected()
	}
}

// tableMember writes TABLE t, which is SELECT * FROM t.
func (p *parser) tableMember() {
	pos := p.pos()
	at := p.sheet.here()
	p.i++
	p.accept("only")
	p.write("SELECT ")
	h := &selectHead{pos: pos, sel: &ast.Select{Pos: pos}, as: make([]ast.SelectItem, 1), froms: 1}
	p.carry(carrier{node: h})
	p.write(",")
	p.atom(&ast.Star{Pos: pos})
	p.write(" FROM ")
	n := p.name()
	p.carry(carrier{node: &ast.Table{Pos: n.Pos, Name: n.Parts}})
	p.settleSelect(at, h)
}

// valuesMember writes VALUES (...), (...). Plain literals go straight into the tree; only other items reach the sheet.
func (p *parser) valuesMember() {
	v := &ast.Values{Pos: p.pos()}
	p.i++
	at := p.sheet.here()
	p.write("SELECT ")
	h := &selectHead{pos: v.Pos, values: v}
	t := p.carry(carrier{node: h})
	free := p.rows
	p.rows = false
	for {
		p.expectOp("(")
		before := p.written
		v.Rows = append(v.Rows, p.rowItems(&t, len(v.Rows), v))
		if free {
			p.written = before
		}
		if !p.acceptOp(",") {
			break
		}
	}
	p.closeTerm(t)
	p.settleValues(at, h, t)
}

// rowItems reads one row of VALUES from its first item to its parenthesis.
func (p *parser) rowItems(t *term, n int, v *ast.Values) []ast.Expr {
	width := 4
	if n > 0 {
		width = len(v.Rows[n-1])
	}
	row := make([]ast.Expr, 0, width)
	for {
		x := p.plainItem()
		if x == nil {
			p.operand(t, lowest)
		}
		row = append(row, x)
		if !p.acceptOp(",") {
			break
		}
	}
	p.checkColumns(len(row))
	p.expectOp(")")
	return row
}

// selectMember writes a SELECT up to its WINDOW clause.
func (p *parser) selectMember() {
	s := &ast.Select{Pos: p.pos()}
	h := &selectHead{pos: s.Pos, sel: s}
	at := p.sheet.here()
	into := p.mayInto
	p.mayInto = false
	p.i++
	p.write("SELECT ")
	t := p.carry(carrier{node: h})
	p.distinct(&t, s)
	p.closeTerm(t)
	h.on = t.n
	if (s.Distinct || t.n > 0) && p.clauseWord() {
		p.unexpected()
	}
	p.selectItems(h)
	if p.is("into") {
		p.intoTable(into)
	}
	if p.accept("from") {
		p.write(" FROM ")
		h.froms = p.fromList()
	} else if p.is("where") || p.is("group") || p.is("having") || p.is("window") {
		p.write(" FROM ")
		h.froms = 1
		p.carry(carrier{})
	}
	p.ksqlWindow(s)
	if p.accept("where") {
		h.wheres = 1
		p.write(" WHERE ")
		p.expr(lowest)
	}
	p.ksqlWindow(s)
	if p.accept("group") {
		p.expect("by")
		if s.GroupOnce = p.accept("distinct"); !s.GroupOnce {
			p.accept("all")
		}
		h.groups = p.groupBy()
	}
	h.having = p.having(s)
	p.settleSelect(at, h)
}

// distinct reads DISTINCT, DISTINCT ON (...) or ALL; the expressions are operands of the head.
func (p *parser) distinct(t *term, s *ast.Select) {
	if !p.accept("distinct") {
		p.accept("all")
		return
	}
	if !p.accept("on") {
		s.Distinct = true
		return
	}
	p.expectOp("(")
	p.operands(t)
	p.expectOp(")")
}

// selectItems writes the select list, which may be empty.
func (p *parser) selectItems(h *selectHead) {
	if p.done() || p.isOp(")") || p.clauseWord() {
		return
	}
	for {
		p.write(",")
		h.as = append(h.as, p.selectItem())
		p.checkColumns(len(h.as))
		if !p.acceptOp(",") {
			return
		}
	}
}

// clauseWord tells whether a clause begins where a select item could.
func (p *parser) clauseWord() bool {
	t := p.tok()
	return t.Is("from") || t.Is("where") || t.Is("group") || t.Is("having") || t.Is("into") || isSetWord(t) ||
		t.Is("order") || t.Is("limit") || t.Is("fetch")
}

// selectItem writes one expression and reads its alias.
func (p *parser) selectItem() ast.SelectItem {
	if p.isOp("*") {
		p.atom(&ast.Star{Pos: p.pos()})
		p.i++
		return ast.SelectItem{}
	}
	p.expr(lowest)
	t := p.tok()
	switch {
	case p.accept("as"):
		return ast.SelectItem{As: p.label()}
	case t.Kind == lex.QIdent, t.Kind == lex.Ident && lex.BareLabel(t.Val) && !p.emitAhead() && !t.Is("qualify"):
		p.i++
		return ast.SelectItem{As: t.Val}
	}
	return ast.SelectItem{}
}

// emitAhead tells whether EMIT ON WINDOW CLOSE or EMIT CHANGES is next: the word is no keyword elsewhere.
func (p *parser) emitAhead() bool {
	return p.is("emit") && (p.at(1).Is("changes") || p.at(1).Is("on") || p.at(1).Is("final"))
}

// groupBy writes the keys of GROUP BY and counts them.
func (p *parser) groupBy() int {
	p.write(" GROUP BY ")
	for n := 1; ; n++ {
		p.groupKey()
		if !p.acceptOp(",") {
			return n
		}
		p.write(",")
	}
}

// groupKey writes an expression, (), ROLLUP (...), CUBE (...) or GROUPING SETS (...).
func (p *parser) groupKey() {
	pos := p.pos()
	name := ""
	switch {
	case p.isOp("(") && p.at(1).IsOp(")"):
		p.i += 2
		p.atom(&ast.Row{Pos: pos})
		return
	case p.words("grouping", "sets"):
		p.i += 2
		name = "grouping sets"
	case (p.is("rollup") || p.is("cube")) && p.at(1).IsOp("("):
		name = p.tok().Val
		p.i++
	default:
		p.expr(lowest)
		return
	}
	p.enter()
	p.expectOp("(")
	t := p.carry(carrier{})
	for {
		p.next(&t)
		p.groupKey()
		if !p.acceptOp(",") {
			break
		}
	}
	p.leave()
	p.closeTerm(p.plainCall(t, pos, name))
}

// havingNode is the carrier in HAVING: the condition, the named windows, QUALIFY, in the order they were read.
type havingNode struct{ call callReader }

// having writes HAVING, WINDOW and QUALIFY as operands of one carrier, nil if there are none.
func (p *parser) having(s *ast.Select) *havingNode {
	window := p.is("window")
	if !window && !p.is("having") && !p.is("qualify") {
		return nil
	}
	p.write(" HAVING ")
	n := &havingNode{call: callReader{parser: p}}
	r := &n.call
	r.t = p.carry(carrier{node: n})
	if p.accept("having") {
		r.extra(func(x ast.Expr) { s.Having = x })
	}
	if p.accept("window") {
		r.namedWindows(s)
	}
	if p.accept("qualify") {
		r.extra(func(x ast.Expr) { s.Qualify = x })
	}
	p.closeTerm(r.t)
	return n
}

// namedWindows reads w AS (...), ... The definitions are filled in place, so their slice must not move.
func (r *callReader) namedWindows(s *ast.Select) {
	var defs []*ast.WindowDef
	for {
		w := &ast.WindowDef{Name: r.columnID()}
		r.expect("as")
		w.Pos = r.pos()
		r.windowSpec(w)
		defs = append(defs, w)
		if !r.acceptOp(",") {
			break
		}
	}
	r.extraDone(func() {
		for _, w := range defs {
			s.Windows = append(s.Windows, *w)
		}
	})
}
