package parse

import "github.com/vexfs/vexstream/sql/ast"

// merge reads MERGE INTO [ONLY] relation [[AS] alias] USING source ON condition WHEN ...
func (p *parser) merge() ast.Stmt {
	s := &ast.Merge{Pos: p.pos()}
	p.i++
	p.expect("into")
	p.accept("only")
	s.Table = p.name()
	p.acceptOp("*")
	if p.accept("as") || !p.is("using") {
		s.Alias = p.columnID()
	}
	p.mergeSource(s)
	for p.is("when") {
		s.Actions = append(s.Actions, p.mergeAction())
	}
	if s.Actions == nil {
		p.unexpected()
	}
	if p.is("returning") {
		p.lacking("INSERT ... ON CONFLICT DO UPDATE, UPDATE and DELETE have RETURNING.", "RETURNING of MERGE")
	}
	return s
}

// mergeSource reads USING source ON condition.
func (p *parser) mergeSource(s *ast.Merge) {
	if !p.is("using") {
		p.unexpected()
	}
	p.i++
	p.sheet.reset()
	h := &selectHead{pos: p.pos(), sel: &ast.Select{Pos: p.pos()}}
	p.write("SELECT ")
	p.carry(carrier{node: h})
	p.write(" FROM ")
	p.fromEntry()
	h.froms = 1
	s.Source = p.theSelect(h).From[0]
	p.expect("on")
	s.On = p.wholeExpr()
}

func (p *parser) mergeAction() ast.MergeAction {
	a := ast.MergeAction{Pos: p.pos()}
	p.expect("when")
	a.Matched = !p.accept("not")
	p.expect("matched")
	if p.accept("and") {
		a.Cond = p.wholeExpr()
	}
	p.expect("then")
	switch {
	case p.accept("do", "nothing"):
		a.Kind = "nothing"
	case a.Matched && p.accept("delete"):
		a.Kind = "delete"
	case a.Matched && p.accept("update"):
		p.expect("set")
		a.Kind, a.Set = "update", p.assignments()
	case !a.Matched && p.accept("insert"):
		a.Kind = "insert"
		p.mergeInsert(&a)
	default:
		p.unexpected()
	}
	return a
}

func (p *parser) mergeInsert(a *ast.MergeAction) {
	if p.isOp("(") {
		var parts [][]*ast.Subscript
		if a.Columns, parts = p.insertTargets(); parts != nil {
			p.missing("a part of a column in MERGE ... INSERT")
		}
	}
	if p.accept("overriding") {
		if a.Overriding = p.oneOf("system", "user"); a.Overriding == "" {
			p.unexpected()
		}
		p.expect("value")
	}
	if p.accept("default", "values") {
		return
	}
	p.expect("values")
	p.expectOp("(")
	for {
		if p.is("default") {
			a.Values = append(a.Values, &ast.Default{Pos: p.pos()})
			p.i++
		} else {
			a.Values = append(a.Values, p.wholeExpr())
		}
		if !p.acceptOp(",") {
			break
		}
	}
	p.expectOp(")")
}
