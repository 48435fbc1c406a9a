package parse

import "github.com/vexfs/vexstream/sql/ast"

// prepare reads PREPARE name [(types)] AS statement.
func (p *parser) prepare() ast.Stmt {
	s := &ast.Prepare{Pos: p.pos()}
	p.i++
	if p.is("transaction") {
		p.missing("PREPARE TRANSACTION")
	}
	s.Name = p.columnID()
	if p.acceptOp("(") {
		for {
			s.Types = append(s.Types, p.typeName())
			if !p.acceptOp(",") {
				break
			}
		}
		p.expectOp(")")
	}
	p.expect("as")
	first := p.i
	switch t := p.tok(); {
	case t.Is("select"), t.Is("values"), t.Is("with"), t.Is("table"), t.Is("insert"), t.Is("subscribe"), t.IsOp("("),
		t.Is("update"), t.Is("delete"), t.Is("merge"):
		s.Stmt = p.statement()
	default:
		p.unexpected()
	}
	s.Text = p.textBetween(first, p.i)
	return s
}

// execute reads EXECUTE name [(args)].
func (p *parser) execute() ast.Stmt {
	s := &ast.Execute{Pos: p.pos()}
	p.i++
	s.Name = p.columnID()
	if p.acceptOp("(") {
		for {
			s.Args = append(s.Args, p.wholeExpr())
			if !p.acceptOp(",") {
				break
			}
		}
		p.expectOp(")")
	}
	return s
}

// deallocate reads DEALLOCATE [PREPARE] name or ALL.
func (p *parser) deallocate() ast.Stmt {
	s := &ast.Deallocate{Pos: p.pos()}
	p.i++
	p.accept("prepare")
	if !p.accept("all") {
		s.Name = p.columnID()
	}
	return s
}

// callStmt reads CALL name(args).
func (p *parser) callStmt() ast.Stmt {
	p.i++
	at := p.tok()
	if c, ok := p.wholeExpr().(*ast.Call); ok {
		return &ast.CallStmt{Call: c}
	}
	p.unexpectedAt(at)
	return nil
}

// discard reads DISCARD ALL and its kin.
func (p *parser) discard() ast.Stmt {
	p.i++
	what := p.oneOf("all", "plans", "sequences", "temp", "temporary")
	switch what {
	case "":
		p.unexpected()
	case "temporary":
		what = "temp"
	}
	return &ast.Discard{What: what}
}
