package parse

import (
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/lex"
)

// create reads CREATE STREAM, CREATE VIEW and CREATE MATERIALIZED VIEW; other kinds are unsupported by name.
func (p *parser) create() ast.Stmt {
	first := p.i
	p.i++
	after := p.i
	replace := p.accept("or", "replace")
	if s := p.createOwn(first, replace); s != nil {
		return s
	}
	switch {
	case !replace && (p.is("role") || p.is("user") && !p.at(1).Is("mapping") || p.is("group")):
		return p.createRole(p.posOf(&p.toks[first]), false)
	case !replace && p.is("schema"):
		return p.createSchema(p.posOf(&p.toks[first]))
	case p.accept("stream"), p.accept("source"):
		if !replace {
			return p.createStream(first)
		}
	case p.accept("materialized"):
		p.expect("view")
		return p.createView(first, replace, true)
	case p.accept("view"):
		return p.createView(first, replace, false)
	case p.accept("recursive", "view"):
		return p.recursiveView(first, replace)
	case p.accept("trigger"):
		return p.createTrigger(first, replace)
	case !replace && p.accept("unlogged", "table"): // it is kept as any other: more than it asks for
		return p.createTable(first)
	case !replace && p.accept("sink"):
		return p.createSink()
	case !replace && p.accept("secret"):
		return p.secret(p.posOf(&p.toks[first]), false)
	case !replace && p.accept("target"):
		return p.createTarget(p.posOf(&p.toks[first]))
	case !replace && p.accept("sequence"):
		return p.createSequence()
	case !replace && p.accept("table"):
		return p.createTable(first)
	}
	p.i = after
	return p.unsupportedKind("create")
}

// createOwn reads what begins with TEMPORARY, nil if nothing does: relations that go with the session.
func (p *parser) createOwn(first int, replace bool) ast.Stmt {
	from := p.i
	_ = p.accept("global") || p.accept("local")
	if p.accept("temp") || p.accept("temporary") {
		switch {
		case p.accept("view"):
			v := p.createView(first, replace, false)
			v.Temp = true
			return v
		case p.accept("recursive", "view"):
			v := p.recursiveView(first, replace)
			v.Temp = true
			return v
		case !replace && p.accept("table"):
			t := p.createTable(first)
			t.Temp = true
			return t
		case !replace && p.accept("sequence"):
			s := p.createSequence()
			s.Temp = true
			return s
		}
	}
	p.i = from
	return nil
}

// createSink reads from the name on.
func (p *parser) createSink() ast.Stmt {
	s := &ast.CreateSink{IfNotExists: p.ifNotExists(), Name: p.name()}
	if p.is("as") {
		p.missing("CREATE SINK ... AS")
	}
	p.expect("from")
	s.From = p.name()
	if p.accept("with") {
		s.With = p.options()
	}
	return s
}

func (p *parser) ifNotExists() bool { return p.accept("if", "not", "exists") }

// createStream reads from the name on.
func (p *parser) createStream(first int) ast.Stmt {
	s := &ast.CreateStream{IfNotExists: p.ifNotExists(), Name: p.name()}
	if p.acceptOp("(") {
		for !p.isOp(")") {
			p.streamElement(s)
			if !p.acceptOp(",") {
				break
			}
			if p.isOp(")") {
				p.unexpected()
			}
		}
		p.expectOp(")")
	}
	p.checkColumns(len(s.Columns))
	if p.accept("with") {
		s.With = p.options()
	}
	p.formatEncode(s)
	if p.is("as") || p.is("from") {
		p.missing("CREATE STREAM ... %s", upper(p.tok().Val))
	}
	s.Text = p.textBetween(first, p.i)
	return s
}

// formatEncode reads RisingWave's FORMAT PLAIN ENCODE JSON as the option format = 'json'.
func (p *parser) formatEncode(s *ast.CreateStream) {
	if !p.is("format") {
		return
	}
	p.i++
	if !p.accept("plain") {
		p.missing("FORMAT %s", upper(p.tok().Val))
	}
	p.expect("encode")
	pos := p.pos()
	s.With = append(s.With, ast.Option{Pos: pos, Name: "format", Value: p.literal(ast.LitString, p.label(), pos)})
	if p.isOp("(") {
		s.With = append(s.With, p.options()...)
	}
}

// streamElement reads a column or WATERMARK FOR.
func (p *parser) streamElement(s *ast.CreateStream) {
	pos := p.pos()
	switch {
	case p.words("watermark", "for"):
		p.i += 2
		if s.Watermark != nil {
			p.i -= 2
			p.unexpected()
		}
		s.Watermark = &ast.Watermark{Pos: pos, Column: p.columnID()}
		p.expect("as")
		s.Watermark.X = p.wholeExpr()
	case p.is("primary"), p.is("constraint"), p.is("check"), p.is("unique"), p.is("foreign"):
		p.missing("%s in CREATE STREAM", upper(p.tok().Val))
	default:
		s.Columns = append(s.Columns, p.columnDef())
	}
}

// columnDef reads a column's name, type and constraints.
func (p *parser) columnDef() ast.ColumnDef {
	c := ast.ColumnDef{Pos: p.pos(), Name: p.columnID(), Type: p.typeName()}
	for {
		switch {
		case p.accept("not", "null"):
			c.NotNull = true
		case p.accept("null"):
		case p.accept("default"):
			first := p.i
			c.Default = p.wholeExpr()
			c.DefaultSQL = p.textBetween(first, p.i)
		case p.accept("primary", "key"):
			c.PrimaryKey, c.NotNull = true, true
		case p.is("check"), p.is("unique"), p.is("references"), p.is("generated"), p.is("constraint"), p.is("collate"):
			p.missing("%s of a column", upper(p.tok().Val))
		default:
			return c
		}
	}
}

// createView reads from behind the word VIEW.
func (p *parser) createView(first int, replace, materialized bool) *ast.CreateView {
	v := &ast.CreateView{OrReplace: replace, Materialized: materialized, IfNotExists: p.ifNotExists()}
	v.Name = p.name()
	if p.isOp("(") {
		v.Columns = p.columnList()
	}
	if p.accept("with") {
		v.With = p.options()
	}
	p.expect("as")
	if !p.startsQuery() {
		p.unexpected()
	}
	q := p.i
	v.QueryPos = p.pos()
	v.Query = p.wholeQuery()
	v.QueryText = p.textBetween(q, p.i)
	v.Text = p.textBetween(first, p.i)
	p.viewTail(v)
	return v
}

// viewTail reads what PostgreSQL lets follow a view's query.
func (p *parser) viewTail(v *ast.CreateView) {
	switch {
	case v.Materialized && p.accept("with", "data"):
	case v.Materialized && p.accept("with", "no", "data"): // as pg_dump says it; a view is current from the start
	case !v.Materialized && (p.words("with", "check") || p.words("with", "local") || p.words("with", "cascaded")):
		o := ast.Option{Pos: p.pos(), Name: "check_option"}
		p.i++
		kind := p.oneOf("local", "cascaded")
		if kind == "" {
			kind = "cascaded"
		}
		p.expect("check", "option")
		o.Value = &ast.Literal{Pos: o.Pos, Kind: ast.LitString, Text: kind}
		v.With = append(v.With, o)
	case p.words("with", "no", "data"), p.words("with", "check"), p.words("with", "local"), p.words("with", "cascaded"):
		p.missing("%s after the query of a view", upper(p.tok().Val, p.at(1).Val))
	case p.is("with") && p.at(1).IsOp("(") && p.at(2).Kind != lex.End:
		p.i++
		v.With = append(v.With, p.options()...)
	}
}
