package parse

import (
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/lex"
)

// set reads all forms of SET.
func (p *parser) set() ast.Stmt {
	s := &ast.Set{Pos: p.pos()}
	p.i++
	switch {
	case p.words("session", "characteristics"):
		p.i += 2
		p.expect("as", "transaction")
		s.Name = "session characteristics"
		s.Values = p.transactionModes()
		return s
	case p.is("session") && !p.at(1).IsOp("=") && !p.at(1).Is("to"):
		p.i++
	case p.is("local") && !p.at(1).IsOp("=") && !p.at(1).Is("to"):
		p.i++
		s.Local = true
	}
	if p.setSpecial(s) {
		s.Default = s.Reset
		return s
	}
	s.Name = strings.ToLower(p.settingName())
	if p.words("from", "current") {
		return s
	}
	if !p.acceptOp("=") {
		p.expect("to")
	}
	if p.accept("default") {
		s.Reset, s.Default = true, true
		return s
	}
	for {
		s.Values = append(s.Values, p.settingValue())
		if !p.acceptOp(",") {
			return s
		}
	}
}

// alterSettings reads [IN DATABASE name] SET ... and RESET ... of ALTER ROLE and ALTER DATABASE.
func (p *parser) alterSettings(x *ast.AlterSettings) ast.Stmt {
	if x.Database == "" && p.accept("in", "database") {
		x.Database = p.columnID()
	}
	at := p.i
	if p.is("reset") {
		x.Set = p.reset().(*ast.Set)
		return x
	}
	if !p.is("set") {
		p.unexpected()
	}
	x.Set = p.set().(*ast.Set)
	switch w := &p.toks[at+1]; {
	case x.Set.Local:
		p.unexpectedAt(&p.toks[at+2])
	case w.Is("session"), w.Is("transaction"), w.Is("constraints"):
		p.unexpectedAt(w)
	}
	x.FromCurrent = p.accept("from", "current")
	return x
}

// setSpecial reads the settings that SQL spells with words of their own.
func (p *parser) setSpecial(s *ast.Set) bool {
	switch {
	case p.accept("time", "zone"):
		s.Name = "timezone"
		if p.accept("local") || p.accept("default") {
			s.Reset = true
		} else {
			s.Values = []string{p.zoneValue()}
		}
	case p.accept("transaction"):
		if p.is("snapshot") {
			p.lacking("A statement reads one consistent epoch by itself.", "SET TRANSACTION SNAPSHOT")
		}
		s.Name = "transaction"
		s.Local = true
		s.Values = p.transactionModes()
	case p.is("names") && !p.at(1).IsOp("=") && !p.at(1).Is("to"):
		p.i++
		s.Name = "client_encoding"
		if p.done() || p.accept("default") {
			s.Reset = true
		} else {
			s.Values = []string{p.settingValue()}
		}
	case p.accept("session", "authorization"), p.accept("authorization"):
		p.roleValue(s, "session_authorization", "default")
	case p.is("role") && !p.at(1).IsOp("=") && !p.at(1).Is("to"):
		p.i++
		p.roleValue(s, "role", "none")
	case p.is("schema") && p.at(1).Kind == lex.Str:
		p.i++
		s.Name, s.Values = "search_path", []string{p.str()}
	case p.is("constraints"):
		p.i++
		p.setConstraints(s)
	default:
		return false
	}
	return true
}

// setConstraints reads SET CONSTRAINTS from behind these words: the names come as values, none for ALL.
func (p *parser) setConstraints(s *ast.Set) {
	s.Name = "constraints"
	if !p.accept("all") {
		for {
			n := p.name()
			s.Values = append(s.Values, n.Parts[len(n.Parts)-1])
			if !p.acceptOp(",") {
				break
			}
		}
	}
	if s.Mode = p.oneOf("deferred", "immediate"); s.Mode == "" {
		p.unexpected()
	}
}

// lockModes are the modes of LOCK TABLE, those that begin another one behind it.
var lockModes = []string{
	"access share", "access exclusive", "row share", "row exclusive", "share update exclusive", "share row exclusive", "share", "exclusive",
}

// lockTable reads LOCK [TABLE] relation, ... [IN mode MODE] [NOWAIT].
func (p *parser) lockTable() ast.Stmt {
	s := &ast.LockTable{Pos: p.pos()}
	p.i++
	p.accept("table")
	s.Names = p.wholeRelations()
	if p.accept("in") {
		for _, mode := range lockModes {
			if p.accept(strings.Fields(mode)...) {
				s.Mode = mode
				break
			}
		}
		if s.Mode == "" {
			p.unexpected()
		}
		p.expect("mode")
	}
	p.accept("nowait")
	return s
}

// zoneValue reads what SET TIME ZONE sets it to: an interval stands as one in the value.
func (p *parser) zoneValue() string {
	if !p.is("interval") || p.at(1).Kind != lex.Str {
		return p.settingValue()
	}
	pos := p.pos()
	x := p.interval().(*ast.Interval)
	if u := strings.ToLower(x.Unit); u != "" && u != "hour" && u != "hour to minute" {
		p.fail(sqlerr.New(sqlerr.SyntaxError, "time zone interval must be HOUR or HOUR TO MINUTE").At(int(pos)))
	}
	if u := strings.ToLower(x.Unit); u == "hour" {
		return "INTERVAL '" + x.Text + " hour'"
	}
	return "INTERVAL '" + x.Text + "'"
}

func (p *parser) roleValue(s *ast.Set, name, none string) {
	s.Name = name
	if p.accept(none) {
		s.Reset = true
		return
	}
	s.Values = []string{p.settingValue()}
}

// settingValue reads a word, a string, a number with its sign, or an interval.
func (p *parser) settingValue() string {
	t := p.tok()
	switch {
	case t.Is("interval") && p.at(1).Kind == lex.Str:
		x := p.interval().(*ast.Interval)
		return strings.TrimSpace(x.Text + " " + x.Unit)
	case t.IsName(), t.Kind == lex.Str, t.Kind == lex.Number:
		p.i++
		return t.Val
	case (t.IsOp("-") || t.IsOp("+")) && p.at(1).Kind == lex.Number:
		p.i += 2
		return strings.TrimPrefix(t.Val, "+") + p.toks[p.i-1].Val
	}
	p.unexpected()
	return ""
}

// reset reads RESET name, RESET ALL and the forms of several words.
func (p *parser) reset() ast.Stmt {
	s := &ast.Set{Pos: p.pos(), Reset: true}
	p.i++
	switch {
	case p.accept("time", "zone"):
		s.Name = "timezone"
	case p.accept("transaction", "isolation", "level"):
		s.Name = "transaction_isolation"
	case p.accept("session", "authorization"):
		s.Name = "session_authorization"
	default:
		s.Name = strings.ToLower(p.settingName())
	}
	return s
}
