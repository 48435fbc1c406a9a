package parse

import "github.com/vexfs/vexstream/sql/ast"

// update reads UPDATE [ONLY] relation [[AS] alias] SET ... [FROM ...] [WHERE ...] [RETURNING ...].
func (p *parser) update() ast.Stmt {
	s := &ast.Update{Pos: p.pos()}
	p.i++
	p.accept("only")
	s.Table = p.name()
	p.acceptOp("*")
	if p.accept("as") || !p.is("set") {
		s.Alias = p.columnID()
	}
	p.expect("set")
	s.Set = p.assignments()
	s.From, s.Where = p.fromWhere("from")
	if p.accept("returning") {
		s.Returning = p.returning()
	}
	return s
}

// delete reads DELETE FROM [ONLY] relation [[AS] alias] [USING ...] [WHERE ...] [RETURNING ...].
func (p *parser) delete() ast.Stmt {
	s := &ast.Delete{Pos: p.pos()}
	p.i++
	p.expect("from")
	p.accept("only")
	s.Table = p.name()
	p.acceptOp("*")
	if p.accept("as") || !p.done() && !p.isOp(")") && !p.is("using") && !p.is("where") && !p.is("returning") {
		s.Alias = p.columnID()
	}
	s.Using, s.Where = p.fromWhere("using")
	if p.accept("returning") {
		s.Returning = p.returning()
	}
	return s
}

// assignments reads a = x, (b, c) = (y, z), ...
func (p *parser) assignments() []ast.Assign {
	var out []ast.Assign
	for {
		a := ast.Assign{Pos: p.pos()}
		if p.isOp("(") {
			p.i++
			a.Many = true
			for {
				p.assigned(&a)
				if !p.acceptOp(",") {
					break
				}
			}
			p.expectOp(")")
		} else {
			p.assigned(&a)
		}
		p.expectOp("=")
		if p.is("default") {
			a.X = &ast.Default{Pos: p.pos()}
			p.i++
		} else {
			a.X = p.wholeExpr()
		}
		out = append(out, a)
		if !p.acceptOp(",") {
			return out
		}
	}
}

// assigned reads a column that gets a value, with subscripts where a part of it does.
func (p *parser) assigned(a *ast.Assign) {
	n, parts := p.targetColumn()
	a.Columns, a.Parts = append(a.Columns, n), append(a.Parts, parts)
	p.checkColumns(len(a.Columns))
}

// fromWhere reads what a statement that changes rows has of a query: more relations after word, and a condition.
func (p *parser) fromWhere(word string) ([]ast.From, ast.Expr) {
	if !p.is(word) && !p.is("where") {
		return nil, nil
	}
	p.sheet.reset()
	h := &selectHead{pos: p.pos(), sel: &ast.Select{Pos: p.pos()}}
	p.write("SELECT ")
	p.carry(carrier{node: h})
	p.write(" FROM ")
	if p.accept(word) {
		h.froms = p.fromList()
	} else {
		h.froms = 1
		p.carry(carrier{})
	}
	if p.accept("where") {
		h.wheres = 1
		if p.words("current", "of") {
			p.lacking("Name the row by its key.", "WHERE CURRENT OF")
		}
		p.write(" WHERE ")
		p.expr(lowest)
	}
	s := p.theSelect(h)
	return s.From, s.Where
}

// onConflict reads ON CONFLICT [(columns) | ON CONSTRAINT name] DO NOTHING | DO UPDATE SET ... [WHERE ...].
func (p *parser) onConflict() *ast.OnConflict {
	c := &ast.OnConflict{Pos: p.pos()}
	p.expect("on", "conflict")
	switch {
	case p.isOp("("):
		p.conflictTarget(c)
	case p.accept("on", "constraint"):
		c.Constraint = p.columnID()
	}
	p.expect("do")
	if p.accept("nothing") {
		return c
	}
	p.expect("update", "set")
	c.Update, c.Set = true, p.assignments()
	if p.accept("where") {
		c.Where = p.wholeExpr()
	}
	return c
}

// conflictTarget reads (column or expression [COLLATE collation] [operator class], ...) [WHERE condition].
func (p *parser) conflictTarget(c *ast.OnConflict) {
	paren := p.pos()
	p.expectOp("(")
	plain := true
	for {
		it := ast.ConflictItem{}
		switch {
		case p.isOp("("):
			p.i++
			it.X = p.wholeExpr()
			p.expectOp(")")
		case p.at(1).IsOp("("):
			it.X = p.wholeExpr()
		default:
			it.Column = p.columnName()
			it.Column.Pos = paren // which is where PostgreSQL sees it
			c.Columns = append(c.Columns, it.Column)
		}
		plain = plain && it.X == nil
		if p.accept("collate") {
			n := p.name()
			it.Collate, plain = n.Parts[len(n.Parts)-1], false
		}
		if !p.isOp(",") && !p.isOp(")") {
			p.name() // an operator class; the one there is compares as all do
		}
		c.On = append(c.On, it)
		if !p.acceptOp(",") {
			break
		}
	}
	p.expectOp(")")
	p.checkColumns(len(c.On))
	if plain {
		c.On = nil
	} else {
		c.Columns = nil
	}
	if p.accept("where") {
		c.Such = p.wholeExpr()
	}
}

// wholeRelations reads [ONLY] relation [*], ..., which mean the same where nothing inherits.
func (p *parser) wholeRelations() []ast.Name {
	var names []ast.Name
	for {
		p.accept("only")
		names = append(names, p.name())
		p.acceptOp("*")
		if !p.acceptOp(",") {
			return names
		}
	}
}

// truncate reads TRUNCATE [TABLE] relation, ... [RESTART IDENTITY | CONTINUE IDENTITY] [CASCADE | RESTRICT].
func (p *parser) truncate() ast.Stmt {
	s := &ast.Truncate{Pos: p.pos()}
	p.i++
	p.accept("table")
	s.Names = p.wholeRelations()
	if p.accept("restart") {
		p.expect("identity")
		s.Restart = true
	} else if p.accept("continue") {
		p.expect("identity")
	}
	s.Cascade = p.accept("cascade")
	p.accept("restrict")
	return s
}
