package parse

import (
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/lex"
)

// statements are the readers of statements by their first word, which each finds as the current token.
var statements map[string]func(p *parser) ast.Stmt

func init() {
	statements = map[string]func(p *parser) ast.Stmt{
		"select": (*parser).selectStmt, "values": (*parser).selectStmt, "with": (*parser).selectStmt,
		"table":  (*parser).selectStmt,
		"create": (*parser).create, "drop": (*parser).drop, "alter": (*parser).alter,
		"insert": (*parser).insert, "update": (*parser).update, "delete": (*parser).delete, "truncate": (*parser).truncate, "merge": (*parser).merge,
		"copy": (*parser).copyStmt, "subscribe": (*parser).subscribe, "tail": (*parser).subscribe,
		"explain": (*parser).explain, "show": (*parser).show, "describe": (*parser).describe,
		"set": (*parser).set, "reset": (*parser).reset,
		"begin": (*parser).begin, "start": (*parser).begin, "commit": (*parser).commit, "end": (*parser).commit,
		"rollback": (*parser).rollback, "abort": (*parser).rollback,
		"savepoint": (*parser).savepoint, "release": (*parser).savepoint,
		"grant": (*parser).grant, "revoke": (*parser).grant, "comment": (*parser).comment, "reassign": (*parser).reassign,
		"call": (*parser).callStmt, "discard": (*parser).discard,
		"prepare": (*parser).prepare, "execute": (*parser).execute, "deallocate": (*parser).deallocate,
		"declare": (*parser).declare, "fetch": (*parser).fetch, "move": (*parser).fetch, "close": (*parser).closeCursor,
		"listen": (*parser).listen, "unlisten": (*parser).listen, "notify": (*parser).notify,
		"vacuum": (*parser).nothing, "analyze": (*parser).nothing, "analyse": (*parser).nothing,
		"lock": (*parser).lockTable, "checkpoint": (*parser).nothing, "cluster": (*parser).nothing,
	}
}

// statement reads one statement, but not its end.
func (p *parser) statement() ast.Stmt {
	t := p.tok()
	if t.IsOp("(") && p.isSubquery(p.i) {
		return p.selectStmt()
	}
	for p.isOp("(") {
		p.i++
	}
	if t.Kind != lex.Ident {
		p.unexpected()
	}
	if read := statements[t.Val]; read != nil {
		return read(p)
	}
	return p.unsupported()
}

// selectStmt reads a query as a statement. With EMIT CHANGES it is a subscription.
func (p *parser) selectStmt() ast.Stmt {
	if p.is("with") && p.withWrites() {
		return p.withStmt()
	}
	first := p.i
	p.mayInto, p.into = p.is("select"), nil
	q := p.wholeQuery()
	p.mayInto = false
	if p.into != nil {
		p.into.Query, p.into.Text = q, p.textBetween(first, p.i)
		return p.into
	}
	if q.Emit != nil && !q.Emit.OnClose {
		return &ast.Subscribe{Pos: p.posOf(&p.toks[first]), Query: q, Text: p.textBetween(first, p.i)}
	}
	return &ast.SelectStmt{Query: q}
}

// nothing reads a statement that there is nothing to do for.
func (p *parser) nothing() ast.Stmt {
	s := &ast.Empty{Pos: p.pos(), What: upper(p.tok().Val)}
	switch s.What {
	case "ANALYSE":
		s.What = "ANALYZE"
	}
	p.skipStatement()
	return s
}
