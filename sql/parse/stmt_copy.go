package parse

import (
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/lex"
)

// copyStmt reads COPY relation [(cols)] or COPY (query or SUBSCRIBE), FROM STDIN or TO STDOUT, and the options.
func (p *parser) copyStmt() ast.Stmt {
	s := &ast.Copy{Pos: p.pos()}
	p.i++
	if p.isOp("(") {
		p.copyQuery(s)
	} else {
		p.accept("binary")
		n := p.name()
		s.Table = &n
		if p.isOp("(") {
			s.Columns = p.insertColumns()
		}
	}
	switch {
	case s.Table != nil && p.accept("from"):
		p.copyPlace("stdin")
	case p.accept("to"):
		s.To = true
		p.copyPlace("stdout")
	default:
		p.unexpected()
	}
	p.copyOptions(s)
	if s.To && p.is("where") {
		p.fail(sqlerr.New(sqlerr.SyntaxError, "WHERE clause not allowed with COPY TO").At(int(p.pos())))
	}
	if !s.To && p.accept("where") {
		s.Where = p.wholeExpr()
	}
	return s
}

// copyQuery reads (query) or (SUBSCRIBE ...).
func (p *parser) copyQuery(s *ast.Copy) {
	p.expectOp("(")
	switch {
	case p.is("subscribe"), p.is("tail"):
		s.Subscribe = p.subscribe().(*ast.Subscribe)
	case p.is("insert"):
		s.Stmt = p.insert()
	case p.is("update"):
		s.Stmt = p.update()
	case p.is("delete"):
		s.Stmt = p.delete()
	case p.is("merge"):
		p.fail(sqlerr.New(sqlerr.FeatureNotSupported, "MERGE not supported in COPY").At(int(p.pos())).WithHint("It has no RETURNING: run it by itself."))
	case p.is("with") && p.withWrites():
		s.Stmt = p.withStmt()
	case !p.startsQuery():
		p.unexpected()
	default:
		first := p.i
		q := p.wholeQuery()
		if q.Emit != nil && !q.Emit.OnClose {
			s.Subscribe = &ast.Subscribe{Pos: p.posOf(&p.toks[first]), Query: q, Text: p.textBetween(first, p.i)}
		} else {
			s.Query = q
		}
	}
	p.expectOp(")")
}

// copyPlace takes STDIN or STDOUT; files and programs are for the server's own connectors.
func (p *parser) copyPlace(want string) {
	switch {
	case p.accept("stdin"), p.accept("stdout"):
	case p.tok().Kind == lex.Str:
		p.lacking("COPY ... FROM STDIN and TO STDOUT carry the rows through the client: \\copy in psql.", "COPY with a file on the server")
	case p.is("program"):
		p.lacking("COPY ... FROM STDIN and TO STDOUT carry the rows through the client: \\copy ... PROGRAM in psql.", "COPY with PROGRAM")
	default:
		_ = want
		p.unexpected()
	}
}

// copyOptions reads [WITH] (options), or the spelling of PostgreSQL before 9.0.
func (p *parser) copyOptions(s *ast.Copy) {
	p.accept("with")
	if p.isOp("(") {
		s.Options = p.options()
		return
	}
	for !p.done() && !p.is("where") {
		s.Options = append(s.Options, p.oldCopyOption())
	}
}

// oldCopyOption reads CSV, HEADER, DELIMITER [AS] ',' and the like as the option that has since replaced it.
func (p *parser) oldCopyOption() ast.Option {
	o := ast.Option{Pos: p.pos()}
	switch w := p.oneOf("csv", "binary", "header", "freeze", "delimiter", "delimiters", "null", "quote", "escape", "encoding",
		"force"); w {
	case "csv", "binary":
		o.Name, o.Value = "format", p.literal(ast.LitString, w, o.Pos)
	case "header", "freeze":
		o.Name = w
	case "force":
		return p.forceOption(o)
	case "":
		p.unexpected()
	default:
		o.Name = w
		if w == "delimiters" {
			o.Name = "delimiter"
		}
		p.accept("as")
		pos := p.pos()
		o.Value = p.literal(ast.LitString, p.str(), pos)
	}
	return o
}

// forceOption reads FORCE QUOTE cols, FORCE NULL cols, FORCE NOT NULL cols.
func (p *parser) forceOption(o ast.Option) ast.Option {
	switch {
	case p.accept("quote"):
		o.Name = "force_quote"
		if p.isOp("*") {
			o.Value = p.optionValue()
			return o
		}
	case p.accept("not", "null"):
		o.Name = "force_not_null"
	case p.accept("null"):
		o.Name = "force_null"
	default:
		p.unexpected()
	}
	row := &ast.Row{Pos: p.pos()}
	for {
		pos := p.pos()
		row.Items = append(row.Items, &ast.Column{Pos: pos, Name: []string{p.columnID()}})
		if !p.acceptOp(",") {
			break
		}
	}
	o.Value = row
	return o
}
