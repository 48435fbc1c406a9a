package parse

import (
	"slices"

	"github.com/vexfs/vexstream/engine/sqlerr"

	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/lex"
)

// grant reads GRANT and REVOKE.
func (p *parser) grant() ast.Stmt {
	s := p.grantHead()
	if s.Privileges == nil || p.is("on") {
		p.expect("on")
		p.grantObjects(s)
	}
	p.grantTail(s)
	return s
}

// grantHead reads what is granted.
func (p *parser) grantHead() *ast.Grant {
	s := &ast.Grant{Pos: p.pos(), Revoke: p.is("revoke")}
	p.i++
	if s.Revoke && (p.accept("grant", "option", "for") || p.accept("admin", "option", "for")) {
		s.Option = true
	}
	if p.accept("all") {
		p.accept("privileges")
		s.Columns = [][]ast.Name{p.ofColumns()}
	} else {
		p.privileges(s)
	}
	if !slices.ContainsFunc(s.Columns, func(c []ast.Name) bool { return c != nil }) {
		s.Columns = nil
	}
	return s
}

// grantTail reads to whom, and how.
func (p *parser) grantTail(s *ast.Grant) {
	if s.Revoke {
		p.expect("from")
	} else {
		p.expect("to")
	}
	s.Roles = p.grantees()
	if !s.Revoke && (p.accept("with", "grant", "option") || s.Kind == "" && p.accept("with", "admin", "option")) {
		s.Option = true
	}
	if p.accept("granted", "by") {
		s.By = p.roleName()
	}
	if s.Revoke {
		s.Cascade = p.accept("cascade")
		p.accept("restrict")
	}
}

// privileges reads words with commas between them: privileges, each with columns behind it or not, or the names of roles.
func (p *parser) privileges(s *ast.Grant) {
	for {
		t := p.tok()
		if t.Kind == lex.Ident && lex.CategoryOf(t.Val) == lex.Reserved && !p.is("select") && !p.is("references") && !p.is("create") {
			p.unexpected()
		}
		s.Privileges = append(s.Privileges, p.label())
		s.Columns = append(s.Columns, p.ofColumns())
		if !p.acceptOp(",") {
			return
		}
	}
}

// ofColumns reads the columns that a privilege is about; nil: none are named.
func (p *parser) ofColumns() []ast.Name {
	if !p.isOp("(") {
		return nil
	}
	return p.insertColumns()
}

// grantKinds are the kinds of objects that PostgreSQL has privileges on, besides relations and schemas.
var grantKinds = [][]string{
	{"domain"},
	{"foreign", "data", "wrapper"},
	{"foreign", "server"},
	{"function"},
	{"procedure"},
	{"routine"},
	{"language"},
	{"parameter"},
	{"tablespace"},
	{"type"},
	{"secret"},
}

func (p *parser) grantObjects(s *ast.Grant) {
	for _, words := range grantKinds {
		if p.words(words...) && p.at(len(words)).IsName() {
			p.missing("%s ON %s", grantWord(s), upper(words...))
		}
	}
	if p.words("large", "object") { // has a number
		p.missing("%s ON LARGE OBJECT", grantWord(s))
	}
	s.Kind = "table"
	switch {
	case p.words("all", "tables", "in", "schema"):
		p.i += 4
		s.AllIn = true
	case p.words("all", "sequences", "in", "schema"):
		p.i += 4
		s.Kind, s.AllIn = "sequence", true
	case p.is("all"):
		p.missing("%s ON ALL %s IN SCHEMA", grantWord(s), upper(p.at(1).Val))
	case (p.is("schema") || p.is("target") || p.is("database")) && p.at(1).IsName() && !p.at(1).Is("to") && !p.at(1).Is("from"):
		s.Kind = p.oneOf("schema", "target", "database")
	case p.is("sequence") && p.at(1).IsName() && !p.at(1).Is("to") && !p.at(1).Is("from"):
		p.i++
		s.Kind = "sequence"
	case p.words("materialized", "view"):
		p.i += 2
	case (p.is("table") || p.is("stream") || p.is("view") || p.is("source")) && p.at(1).IsName() && !p.at(1).Is("to") && !p.at(1).Is("from"):
		p.i++
	}
	for {
		s.Objects = append(s.Objects, p.name())
		if !p.acceptOp(",") {
			return
		}
	}
}

func grantWord(s *ast.Grant) string {
	if s.Revoke {
		return "REVOKE"
	}
	return "GRANT"
}

// comment reads COMMENT ON.
func (p *parser) comment() ast.Stmt {
	s := &ast.Comment{Pos: p.pos()}
	p.i++
	p.expect("on")
	switch {
	case p.accept("constraint"):
		s.Kind, s.Column = "constraint", p.columnID()
		p.expect("on")
		if p.is("domain") && p.at(1).IsName() {
			p.missing("COMMENT ON CONSTRAINT of a domain")
		}
		s.Name = p.name()
	case p.accept("column"):
		s.Kind, s.Name = "column", p.name()
		if n := len(s.Name.Parts); n > 1 {
			s.Column, s.Name.Parts = s.Name.Parts[n-1], s.Name.Parts[:n-1]
		} else {
			p.fail(sqlerr.New(sqlerr.SyntaxError, "column name must be qualified").At(s.Name.Position()))
		}
	default:
		at := p.i
		switch s.Kind = p.kind(); s.Kind {
		case "source":
			s.Kind = "stream"
		case "stream", "table", "view", "materialized view", "sequence", "sink", "schema", "role", "database", "index":
		case "":
			p.unexpected()
		default:
			kind := s.Kind
			p.i = at
			p.missing("COMMENT ON %s", upper(kind))
		}
		s.Name = p.name()
	}
	p.expect("is")
	if !p.accept("null") {
		text := p.str()
		s.Text = &text
	}
	return s
}
