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
		s.Columns, s.Parts = p.insertTargets()
	}
	if p.accept("overriding") {
		if s.Overriding = p.oneOf("system", "user"); s.Overriding == "" {
			p.unexpected()
		}
		p.expect("value")
	}
	if s.Columns != nil || !p.accept("default", "values") {
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
		cols = append(cols, p.columnName())
		if !p.acceptOp(",") {
			break
		}
	}
	p.expectOp(")")
	p.checkColumns(len(cols))
	return cols
}

// insertTargets reads (a, b[1], c[2:3]): names with what is given of each, nil if all are given as a whole.
func (p *parser) insertTargets() (cols []ast.Name, parts [][]*ast.Subscript) {
	p.expectOp("(")
	some := false
	for {
		n, at := p.targetColumn()
		cols, parts, some = append(cols, n), append(parts, at), some || at != nil
		if !p.acceptOp(",") {
			break
		}
	}
	p.expectOp(")")
	p.checkColumns(len(cols))
	if !some {
		return cols, nil
	}
	return cols, parts
}

// targetColumn reads a column that gets a value, with the fields or subscripts where a part of it does.
func (p *parser) targetColumn() (n ast.Name, parts []*ast.Subscript) {
	n = p.columnName()
	for p.acceptOp(".") {
		n.Parts = append(n.Parts, p.label())
	}
	for p.isOp("[") {
		s := &ast.Subscript{Pos: p.pos()}
		p.i++
		if !p.isOp(":") {
			s.Lo = p.wholeExpr()
		}
		if p.acceptOp(":") {
			if s.Slice = true; !p.isOp("]") {
				s.Hi = p.wholeExpr()
			}
		}
		p.expectOp("]")
		parts = append(parts, s)
	}
	if parts != nil && p.isOp(".") {
		p.lacking("Assign to the whole element.", "an assignment to a field of an element of an array")
	}
	return n, parts
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
