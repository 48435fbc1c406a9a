package parse

import (
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/lex"
)

// search reads SEARCH and CYCLE behind a query of WITH RECURSIVE.
func (p *parser) search(c *ast.CTE) {
	if at := p.pos(); p.accept("search") {
		s := &ast.Search{Pos: at}
		if s.Breadth = p.accept("breadth"); !s.Breadth {
			p.expect("depth")
		}
		p.expect("first", "by")
		s.By = p.columnIDs()
		p.expect("set")
		s.Set = p.columnID()
		c.Search = s
	}
	if at := p.pos(); p.accept("cycle") {
		s := &ast.Cycle{Pos: at, By: p.columnIDs()}
		p.expect("set")
		s.Mark = p.columnID()
		s.To, s.Default = p.literal(ast.LitBool, "true", at), p.literal(ast.LitBool, "false", at)
		if p.accept("to") {
			s.To = p.markValue()
			p.expect("default")
			s.Default = p.markValue()
		}
		p.expect("using")
		s.Path = p.columnID()
		c.Cycle = s
	}
}

func (p *parser) columnIDs() []string {
	cols := []string{p.columnID()}
	for p.acceptOp(",") {
		cols = append(cols, p.columnID())
	}
	p.checkColumns(len(cols))
	return cols
}

// markValue reads a constant: a string, a number, true, false or null.
func (p *parser) markValue() ast.Expr {
	at := p.pos()
	switch t := p.tok(); {
	case t.Kind == lex.Number:
		p.i++
		return p.literal(ast.LitNumber, t.Val, at)
	case t.Kind == lex.Str:
		p.i++
		return p.literal(ast.LitString, t.Val, at)
	case p.is("true"), p.is("false"):
		p.i++
		return p.literal(ast.LitBool, t.Val, at)
	case p.accept("null"):
		return p.literal(ast.LitNull, "", at)
	case t.Kind == lex.Ident:
		p.lacking("Write a string, a number, true, false or null.", "a mark of CYCLE with a type before it")
	}
	p.unexpected()
	return nil
}
