package parse

import (
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/lex"
)

func isWriting(t *lex.Token) bool {
	return t.Is("insert") || t.Is("update") || t.Is("delete") || t.Is("merge")
}

// withWrites tells whether the statement that begins with the WITH here changes rows, in a query of the WITH or behind it.
func (p *parser) withWrites() bool {
	for j, depth := p.i+1, 0; j < len(p.toks)-1; j++ {
		switch t := &p.toks[j]; {
		case t.IsOp("("):
			if depth++; depth == 1 && isWriting(&p.toks[j+1]) && (p.toks[j-1].Is("as") || p.toks[j-1].Is("materialized")) {
				return true
			}
		case t.IsOp(")"):
			if depth--; depth < 0 {
				return false
			}
		case t.IsOp(";"):
			return false
		case depth == 0 && p.endsItem(j) && isWriting(t):
			return true
		case depth == 0 && p.endsItem(j) && (t.Is("select") || t.Is("values") || t.Is("table")):
			return false
		}
	}
	return false
}

// endsItem says whether a query of WITH may end before token j: with its parenthesis, or with the last name of SEARCH or CYCLE.
func (p *parser) endsItem(j int) bool {
	return p.toks[j-1].IsOp(")") || j > 1 && (p.toks[j-2].Is("set") || p.toks[j-2].Is("using"))
}

// withStmt reads WITH and the statement behind it, one of which changes rows.
func (p *parser) withStmt() ast.Stmt {
	p.expect("with")
	recurse := p.accept("recursive")
	var with []ast.CTE
	for {
		with = append(with, p.withItem())
		if !p.acceptOp(",") {
			break
		}
	}
	p.enter()
	defer p.leave()
	switch {
	case p.is("insert"):
		s := p.insert().(*ast.Insert)
		s.With, s.Recurse = with, recurse
		return s
	case p.is("update"):
		s := p.update().(*ast.Update)
		s.With, s.Recurse = with, recurse
		return s
	case p.is("delete"):
		s := p.delete().(*ast.Delete)
		s.With, s.Recurse = with, recurse
		return s
	case p.is("merge"):
		s := p.merge().(*ast.Merge)
		s.With, s.Recurse = with, recurse
		return s
	case !p.startsQuery() || p.is("with"):
		p.unexpected()
	}
	q := p.wholeQuery()
	if q.With != nil { // of the query in parentheses
		q = &ast.Query{Pos: q.Pos, Body: q}
	}
	q.With, q.Recurse = with, recurse
	return &ast.SelectStmt{Query: q}
}

// withItem reads name [(columns)] AS [[NOT] MATERIALIZED] (query or statement).
func (p *parser) withItem() ast.CTE {
	c := ast.CTE{Pos: p.pos(), Name: p.columnID()}
	if p.isOp("(") {
		c.Columns = p.columnList()
	}
	p.expect("as")
	if !p.accept("materialized") {
		p.accept("not", "materialized")
	}
	p.expectOp("(")
	p.enter()
	switch {
	case p.is("insert"):
		c.Stmt = p.insert()
	case p.is("update"):
		c.Stmt = p.update()
	case p.is("delete"):
		c.Stmt = p.delete()
	case p.is("merge"):
		p.lacking("Use INSERT ... ON CONFLICT, UPDATE or DELETE there, or MERGE as the statement.", "MERGE in WITH")
	case !p.startsQuery():
		p.unexpected()
	default:
		c.Query = p.wholeQuery()
	}
	p.leave()
	p.expectOp(")")
	p.search(&c)
	return c
}
