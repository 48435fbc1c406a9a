package parse

import (
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
)

// createTrigger reads from behind the word TRIGGER.
func (p *parser) createTrigger(first int, replace bool) ast.Stmt {
	s := &ast.CreateTrigger{Pos: p.posOf(&p.toks[first]), OrReplace: replace, Name: p.columnName()}
	switch {
	case p.accept("before"):
		s.Before = true
	case p.accept("after"):
	case p.words("instead", "of"):
		p.missing("an INSTEAD OF trigger")
	case p.is("on"):
		p.missing("CREATE TRIGGER ... ON ... DO")
	default:
		p.unexpected()
	}
	p.triggerEvents(s)
	p.expect("on")
	s.On = p.name()
	if p.is("from") || p.words("not", "deferrable") || p.is("deferrable") || p.is("initially") {
		p.missing("a constraint trigger")
	}
	p.transitionTables(s)
	if p.accept("for") {
		p.accept("each")
		s.PerRow = p.oneOf("row", "statement") == "row"
	}
	p.triggerWhen(s)
	p.expect("execute")
	p.oneOf("function", "procedure")
	p.triggerActions(s)
	if p.accept("with") {
		s.With = p.options()
	}
	return s
}

// triggerEvents reads INSERT OR UPDATE OF a, b OR DELETE.
func (p *parser) triggerEvents(s *ast.CreateTrigger) {
	for {
		pos, twice := p.pos(), false
		switch {
		case p.accept("insert"):
			twice, s.Insert = s.Insert, true
		case p.accept("delete"):
			twice, s.Delete = s.Delete, true
		case p.accept("update"):
			twice, s.Update = s.Update, true
			if p.accept("of") {
				for {
					s.Of = append(s.Of, p.columnName())
					if !p.acceptOp(",") {
						break
					}
				}
			}
		case p.is("truncate"):
			p.missing("a trigger on TRUNCATE")
		default:
			p.unexpected()
		}
		if twice {
			p.fail(sqlerr.New(sqlerr.SyntaxError, "duplicate trigger events specified").At(int(pos)))
		}
		if !p.accept("or") {
			return
		}
	}
}

// transitionTables reads REFERENCING OLD TABLE AS a NEW TABLE AS b.
func (p *parser) transitionTables(s *ast.CreateTrigger) {
	if !p.accept("referencing") {
		return
	}
	for {
		switch {
		case p.words("old", "row"), p.words("new", "row"):
			p.missing("REFERENCING ... ROW")
		case p.accept("old", "table"):
			p.accept("as")
			s.OldTable = p.columnID()
		case p.accept("new", "table"):
			p.accept("as")
			s.NewTable = p.columnID()
		default:
			if s.OldTable == "" && s.NewTable == "" {
				p.unexpected()
			}
			return
		}
	}
}

// triggerWhen reads WHEN (condition) [UNTIL (condition)].
func (p *parser) triggerWhen(s *ast.CreateTrigger) {
	if p.accept("when") {
		s.When, s.WhenSQL = p.inParentheses()
	}
	if s.When != nil && p.accept("until") {
		s.Until, s.UntilSQL = p.inParentheses()
	}
}

// inParentheses reads (expression), and gives its text without the parentheses.
func (p *parser) inParentheses() (ast.Expr, string) {
	p.expectOp("(")
	first := p.i
	x := p.wholeExpr()
	text := p.textBetween(first, p.i)
	p.expectOp(")")
	return x, text
}

// triggerActions reads a list of calls.
func (p *parser) triggerActions(s *ast.CreateTrigger) {
	first := p.i
	s.Actions = p.actions()
	s.ActionSQL = p.textBetween(first, p.i)
}

func (p *parser) actions() (out []*ast.Call) {
	for {
		at := p.i
		call, ok := p.wholeExpr().(*ast.Call)
		if !ok {
			p.i = at
			p.unexpected()
		}
		if out = append(out, call); !p.acceptOp(",") {
			return out
		}
	}
}

// Actions reads a whole text as the actions of a trigger.
func Actions(text string) (out []*ast.Call, err error) {
	defer fence(&err)
	p, err := newParser(text)
	if err != nil {
		return nil, err
	}
	defer p.release()
	out = p.actions()
	p.endOfText()
	return out, nil
}

// alterTrigger reads from behind ALTER TRIGGER.
func (p *parser) alterTrigger(pos ast.Pos) ast.Stmt {
	s := &ast.AlterTrigger{Pos: pos, Name: p.columnName()}
	p.expect("on")
	s.On = p.name()
	switch {
	case p.accept("rename", "to"):
		s.Action, s.To = "rename", p.columnID()
	case p.is("set"), p.is("reset"):
		s.Action = p.oneOf("set", "reset")
		s.With = p.options()
	case p.is("no"), p.is("depends"):
		p.missing("ALTER TRIGGER ... DEPENDS ON EXTENSION")
	default:
		p.unexpected()
	}
	return s
}

// switchTrigger reads ENABLE or DISABLE TRIGGER of an ALTER TABLE; nil: something else stands there.
func (p *parser) switchTrigger(t *ast.AlterTable) ast.Stmt {
	s := &ast.AlterTrigger{Pos: t.Pos, On: t.Name, IfExists: t.IfExists, OfTable: true}
	switch {
	case p.accept("enable", "trigger"):
		s.Action = "enable"
	case p.accept("enable", "always", "trigger"):
		s.Action = "enable always"
	case p.accept("disable", "trigger"):
		s.Action = "disable"
	default:
		return nil
	}
	if s.Name = (ast.Name{Pos: p.pos()}); !p.accept("all") && !p.accept("user") {
		s.Name = p.columnName()
	}
	if p.isOp(",") {
		p.missing("ALTER TABLE ... TRIGGER beside other actions")
	}
	return s
}
