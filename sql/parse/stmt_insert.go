package parse

import "github.com/vexfs/vexstream/sql/ast"

// insert reads INSERT INTO relation [AS alias] [(cols)] query or DEFAULT VALUES [RETURNING ...].
func (p *parser) insert() ast.Stmt {
	p.i++
	p.expect("into")
	s := &ast.Insert{Into: p.name()}
	if p.accept("as") {
		s.Alias = p.columnID()
	}
	if p.isOp("(") && !p.isSubquery(p.i) {
		s.Columns = p.insertColumns()
	}
	if p.accept("overriding") {
		if s.Overriding = p.oneOf("system", "user"); s.Overriding == "" {
			p.unexpected()
		}
		p.expect("value")
	}
	if !p.accept("default", "values") {
		if !p.startsQuery() {
			p.unexpected()
		}
		p.rows = p.is("values")
		s.Source = p.wholeQuery()
	}
	if p.is("on") {
		s.Conflict = p.onConflict()
	}
	if p.accept("returning") {
		s.Returning = p.returning()
	}
	return s
}

// insertColumns reads (a, b): each a name with its place.
func (p *parser) insertColumns() []ast.Name {
	p.expectOp("(")
	var cols []ast.Name
	for {
		n := ast.Name{Pos: p.pos()}
		n.Parts = []string{p.columnID()}
		if p.isOp(".") || p.isOp("[") {
			p.missing("a part of a column in INSERT")
		}
		cols = append(cols, n)
		if !p.acceptOp(",") {
			break
		}
	}
	p.expectOp(")")
	p.checkColumns(len(cols))
	return cols
}

// returning reads a select list.
func (p *parser) returning() []ast.SelectItem {
	p.sheet.reset()
	h := &selectHead{pos: p.pos(), sel: &ast.Select{Pos: p.pos()}}
	p.write("SELECT ")
	p.carry(carrier{node: h})
	for {
		p.write(",")
		h.as = append(h.as, p.selectItem())
		if !p.acceptOp(",") {
			break
		}
	}
	return p.theSelect(h).Items
}
