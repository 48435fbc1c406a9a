package parse

import "github.com/vexfs/vexstream/sql/ast"

// here is a place on the sheet: what was written before it.
type here struct{ text, carriers, ops int }

func (s *sheet) here() here { return here{len(s.text), len(s.carriers), len(s.ops)} }

// whole tells whether c is an expression that waits for nothing.
func (c *carrier) whole() bool { return c.expr != nil && c.build == nil && c.node == nil && !c.infix }

// wholes gives the expressions of the carriers from k on, after first if there is one; nil if any waits for operands.
func (s *sheet) wholes(k int, first ast.Expr) []ast.Expr {
	out := make([]ast.Expr, 0, len(s.carriers)-k+1)
	if first != nil {
		out = append(out, first)
	}
	for i := k; i < len(s.carriers); i++ {
		if !s.carriers[i].whole() {
			return nil
		}
		out = append(out, s.carriers[i].expr)
	}
	return out
}

// instead writes x as one carrier in the place of all that stands from at on.
func (p *parser) instead(at here, x ast.Expr) {
	s := &p.sheet
	clear(s.carriers[at.carriers:])
	s.text, s.carriers, s.ops = s.text[:at.text], s.carriers[:at.carriers], s.ops[:at.ops]
	p.written--
	p.atom(x)
}

// settleTerm ends a term. One whose operands are whole, without an operator between them, is made at once: there is
// nothing about it that TiDB could say.
func (p *parser) settleTerm(t term) {
	s := &p.sheet
	c := &s.carriers[t.k]
	ops := len(s.ops) > 0 && s.ops[len(s.ops)-1].off > c.off
	if c.build == nil || ops || len(s.carriers) != t.k+1+t.n {
		p.closeTerm(t)
		return
	}
	args := s.wholes(t.k+1, nil)
	if args == nil {
		p.closeTerm(t)
		return
	}
	p.instead(here{c.off, t.k, len(s.ops)}, c.build(args))
}

// settleOperators makes what was written since at, if it is one operator between operands that are whole, or several of
// one level, which go from left to right: any grammar takes them the same way.
func (p *parser) settleOperators(at here, even bool) {
	s := &p.sheet
	marks, operands := s.ops[at.ops:], s.carriers[at.carriers:]
	if len(marks) == 0 || !operands[0].whole() {
		return
	}
	left := operands[0].expr
	if right := &operands[1]; len(marks) == 1 && right.infix {
		if args := s.wholes(at.carriers+2, left); args != nil {
			p.instead(at, right.build(args))
		}
		return
	}
	if !even || len(operands) != len(marks)+1 {
		return
	}
	rights := s.wholes(at.carriers+1, nil)
	if rights == nil {
		return
	}
	for i, right := range rights {
		left = &ast.Binary{Pos: marks[i].pos, Op: marks[i].op, Left: left, Right: right}
	}
	p.instead(at, left)
}

// settleLogic makes what was written since at, if it is operands that are whole with nothing but AND, or nothing but OR,
// between them.
func (p *parser) settleLogic(at here) {
	s := &p.sheet
	marks := s.ops[at.ops:]
	if len(marks) == 0 || marks[0].op != "and" && marks[0].op != "or" || len(s.carriers) != at.carriers+len(marks)+1 {
		return
	}
	for _, m := range marks {
		if m.op != marks[0].op {
			return
		}
	}
	terms := s.wholes(at.carriers, nil)
	if terms == nil {
		return
	}
	p.instead(at, logic(terms, marks[0].op == "and", marks[0].pos))
}

// logic joins the terms by AND or OR, which are one list with what the first of them joins likewise.
func logic(terms []ast.Expr, and bool, pos ast.Pos) ast.Expr {
	if l, ok := terms[0].(*ast.Logic); ok && l.And == and {
		l.Terms = append(l.Terms, terms[1:]...)
		return l
	}
	return &ast.Logic{Pos: pos, And: and, Terms: terms}
}
