package parse

import "github.com/vexfs/vexstream/sql/ast"

// subscribe reads SUBSCRIBE [TO] name or (query) [WITH (...)] [ENVELOPE UPSERT (KEY (cols))]. TAIL is its older name.
func (p *parser) subscribe() ast.Stmt {
	first := p.i
	s := &ast.Subscribe{Pos: p.pos()}
	p.i++
	p.accept("to")
	if p.isOp("(") {
		if !p.isSubquery(p.i) {
			p.i++
			p.unexpected()
		}
		p.i++
		s.Query = p.wholeQuery()
		p.expectOp(")")
	} else {
		n := p.name()
		s.Table = &n
	}
	for {
		switch {
		case p.accept("with"):
			s.With = append(s.With, p.options()...)
			continue
		case p.accept("envelope"):
			if !p.accept("upsert") {
				p.missing("ENVELOPE %s", upper(p.tok().Val))
			}
			p.expectOp("(")
			p.expect("key")
			s.Upsert = p.columnList()
			p.expectOp(")")
			continue
		}
		break
	}
	s.Text = p.textBetween(first, p.i)
	return s
}
