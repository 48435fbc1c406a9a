package parse

import "github.com/vexfs/vexstream/sql/ast"

// alter reads ALTER kind name action for what has a life of its own here: PAUSE, RESUME, RENAME TO, SET, RESET, OWNER TO,
// SET SCHEMA, AS query. Other kinds and actions are unsupported by name.
func (p *parser) alter() ast.Stmt {
	s := &ast.Alter{Pos: p.pos()}
	p.i++
	after := p.i
	if p.accept("table") {
		return p.alterTable(s.Pos)
	}
	if p.accept("trigger") {
		return p.alterTrigger(s.Pos)
	}
	if p.is("role") || p.is("user") && !p.at(1).Is("mapping") || p.is("group") {
		return p.createRole(s.Pos, true)
	}
	if p.is("database") && (p.at(2).Is("set") && !p.at(3).Is("tablespace") || p.at(2).Is("reset")) {
		p.i++
		return p.alterSettings(&ast.AlterSettings{Pos: s.Pos, Kind: "database", Database: p.columnID()})
	}
	if p.accept("default", "privileges") {
		return p.defaultPrivileges(s.Pos)
	}
	switch s.Kind = p.kind(); s.Kind {
	case "source":
		s.Kind = "stream"
	case "stream", "view", "materialized view", "sequence", "schema", "sink":
	case "secret", "target":
		if o := p.alterOutward(s.Pos, s.Kind); o != nil {
			return o
		}
	default:
		p.i = after
		return p.unsupportedKind("alter")
	}
	s.IfExists = s.Kind != "schema" && p.accept("if", "exists")
	s.Name = p.name()
	switch {
	case p.is("pause"), p.is("resume"):
		s.Action = p.oneOf("pause", "resume")
	case p.accept("rename", "to"):
		s.Action, s.To = "rename", p.columnID()
	case p.is("rename") && s.Kind != "":
		p.i++
		p.accept("column")
		s.Action, s.Column = "rename column", p.columnID()
		p.expect("to")
		s.To = p.columnID()
	case p.is("alter") && s.Kind == "view":
		p.alterViewColumn(s)
	case p.accept("owner", "to"):
		s.Action, s.To = "owner", p.label()
	case p.accept("set", "schema"):
		s.Action, s.To = "set schema", p.columnID()
	case p.is("set") && p.at(1).IsOp("("), p.is("reset") && p.at(1).IsOp("("):
		s.Action = p.oneOf("set", "reset")
		s.With = p.options()
	case s.Kind == "sequence":
		return p.alterSequence(s)
	case p.accept("as"):
		p.alterQuery(s)
	case p.is("add"), p.is("cluster"), p.is("depends"), p.is("no"), p.is("drop"), p.is("alter"), p.is("enable"), p.is("disable"), p.is("set"):
		p.missing("ALTER %s ... %s", upper(s.Kind), upper(p.tok().Val))
	default:
		p.unexpected()
	}
	return s
}

// alterViewColumn reads ALTER [COLUMN] name SET DEFAULT expression or DROP DEFAULT.
func (p *parser) alterViewColumn(s *ast.Alter) {
	p.i++
	p.accept("column")
	act := ast.TableAction{Pos: p.pos(), Column: p.columnName()}
	if !p.words("set", "default") && !p.words("drop", "default") {
		p.missing("ALTER VIEW ... ALTER COLUMN ... %s", upper(p.tok().Val, p.at(1).Val))
	}
	p.alterColumn(&act)
	s.Action, s.Column, s.Default, s.DefaultText = act.Kind, act.Column.Parts[0], act.X, act.SQL
}

// alterQuery reads a query from behind AS.
func (p *parser) alterQuery(s *ast.Alter) {
	s.Action = "as"
	if !p.startsQuery() {
		p.unexpected()
	}
	first := p.i
	s.QueryPos = p.pos()
	s.Query = p.wholeQuery()
	s.QueryText = p.textBetween(first, p.i)
}
