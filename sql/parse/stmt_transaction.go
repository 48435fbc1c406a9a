package parse

import "github.com/vexfs/vexstream/sql/ast"

// begin reads BEGIN and START TRANSACTION.
func (p *parser) begin() ast.Stmt {
	s := &ast.Transaction{Pos: p.pos(), Op: "begin"}
	if p.accept("start") {
		p.expect("transaction")
		s.Start = true
	} else {
		p.i++
		p.work()
	}
	if !p.done() {
		s.Modes = p.transactionModes()
	}
	return s
}

// work takes WORK or TRANSACTION.
func (p *parser) work() { p.oneOf("work", "transaction") }

// transactionModes reads ISOLATION LEVEL x, READ ONLY, DEFERRABLE and their opposites.
func (p *parser) transactionModes() []string {
	var modes []string
	for {
		switch {
		case p.accept("isolation", "level"):
			modes = append(modes, "isolation level "+p.isolation())
		case p.accept("read", "only"):
			modes = append(modes, "read only")
		case p.accept("read", "write"):
			modes = append(modes, "read write")
		case p.accept("not", "deferrable"):
			modes = append(modes, "not deferrable")
		case p.accept("deferrable"):
			modes = append(modes, "deferrable")
		default:
			p.unexpected()
		}
		p.acceptOp(",")
		if p.done() {
			return modes
		}
	}
}

func (p *parser) isolation() string {
	switch {
	case p.accept("read", "committed"):
		return "read committed"
	case p.accept("read", "uncommitted"):
		return "read uncommitted"
	case p.accept("repeatable", "read"):
		return "repeatable read"
	case p.accept("serializable"):
		return "serializable"
	}
	p.unexpected()
	return ""
}

// commit reads COMMIT and END.
func (p *parser) commit() ast.Stmt {
	s := &ast.Transaction{Pos: p.pos(), Op: "commit"}
	p.i++
	if p.is("prepared") {
		p.missing("COMMIT PREPARED")
	}
	p.work()
	s.Chain = p.chain()
	return s
}

// chain reads AND [NO] CHAIN.
func (p *parser) chain() bool {
	p.accept("and", "no", "chain")
	return p.accept("and", "chain")
}

// rollback reads ROLLBACK, ABORT and ROLLBACK TO SAVEPOINT.
func (p *parser) rollback() ast.Stmt {
	s := &ast.Transaction{Pos: p.pos(), Op: "rollback"}
	p.i++
	if p.is("prepared") {
		p.missing("ROLLBACK PREPARED")
	}
	p.work()
	if p.accept("to") {
		p.accept("savepoint")
		s.Op, s.Name = "rollback to", p.columnID()
		return s
	}
	s.Chain = p.chain()
	return s
}

// savepoint reads SAVEPOINT name and RELEASE [SAVEPOINT] name.
func (p *parser) savepoint() ast.Stmt {
	s := &ast.Transaction{Pos: p.pos(), Op: p.oneOf("savepoint", "release")}
	if s.Op == "release" {
		p.accept("savepoint")
	}
	s.Name = p.columnID()
	return s
}
