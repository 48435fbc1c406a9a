package parse

import (
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
)

// explain reads EXPLAIN [ANALYZE] [VERBOSE] or [(options)] and a statement, or the name of a view or trigger.
func (p *parser) explain() ast.Stmt {
	s := &ast.Explain{Pos: p.pos(), Format: "text"}
	p.i++
	if p.isOp("(") && !p.isSubquery(p.i) {
		for _, o := range p.options() {
			p.explainOption(s, o)
		}
	} else {
		s.Analyze = p.accept("analyze") || p.accept("analyse")
		s.Verbose = p.accept("verbose")
	}
	switch {
	case p.accept("materialized", "view"), p.accept("view"):
		n := p.name()
		s.View = &n
		return s
	case p.accept("trigger"):
		t := p.columnName()
		p.expect("on")
		on := p.name()
		s.Trigger, s.On = &t, &on
		return s
	case p.is("explain"):
		p.unexpected()
	}
	s.Stmt = p.statement()
	return s
}

// explainOption takes one option of EXPLAIN. Those that say what PostgreSQL's own plans show are taken and mean nothing.
func (p *parser) explainOption(s *ast.Explain, o ast.Option) {
	on, word := true, ""
	switch v := o.Value.(type) {
	case *ast.Literal:
		word = strings.ToLower(v.Text)
	case *ast.Column:
		word = v.Name[0]
	}
	switch word {
	case "false", "off", "0":
		on = false
	}
	switch o.Name {
	case "analyze", "analyse":
		s.Analyze = on
	case "verbose":
		s.Verbose = on
	case "format":
		switch word {
		case "text", "json", "dot":
			s.Format = word
		case "xml", "yaml":
			p.fail(sqlerr.NotSupported("EXPLAIN (FORMAT %s)", word).At(int(o.Pos)))
		default:
			p.fail(sqlerr.New(sqlerr.InvalidParameterValue, "unrecognized value for EXPLAIN option \"format\": \"%s\"", word).
				At(int(o.Pos)))
		}
	case "timing":
		s.NoTiming = !on
	case "costs", "settings", "buffers", "wal", "summary", "generic_plan":
	default:
		p.fail(sqlerr.New(sqlerr.SyntaxError, "unrecognized EXPLAIN option \"%s\"", o.Name).At(int(o.Pos)))
	}
}
