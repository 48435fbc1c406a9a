package parse

import (
	"strconv"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/lex"
)

// createSequence reads from behind the word SEQUENCE.
func (p *parser) createSequence() *ast.CreateSequence {
	s := &ast.CreateSequence{IfNotExists: p.ifNotExists(), Name: p.name()}
	s.Options = p.sequenceOptions()
	return s
}

// alterSequence reads the options behind the name in ALTER SEQUENCE.
func (p *parser) alterSequence(a *ast.Alter) ast.Stmt {
	s := &ast.AlterSequence{Name: a.Name, IfExists: a.IfExists}
	if p.accept("set", "logged") || p.accept("set", "unlogged") { // a sequence is kept, as a table is
		return s
	}
	if s.Options = p.sequenceOptions(); s.Options == nil {
		p.unexpected()
	}
	return s
}

// sequenceOptions reads the options of a sequence, as many as there are.
func (p *parser) sequenceOptions() []ast.SequenceOption {
	var out []ast.SequenceOption
	for {
		o := ast.SequenceOption{Pos: p.pos()}
		if !p.sequenceOption(&o) {
			return out
		}
		for _, have := range out {
			if have.Name == o.Name {
				p.fail(sqlerr.New(sqlerr.SyntaxError, "conflicting or redundant options").At(int(o.Pos)))
			}
		}
		out = append(out, o)
	}
}

func (p *parser) sequenceOption(o *ast.SequenceOption) bool {
	switch {
	case p.accept("as"):
		o.Name, o.Type = "as", p.typeName()
	case p.accept("increment"):
		p.accept("by")
		o.Name, o.Number = "increment", p.wholeNumber()
	case p.is("no") && (p.at(1).Is("minvalue") || p.at(1).Is("maxvalue") || p.at(1).Is("cycle")):
		p.i++
		o.Name, o.None = p.oneOf("minvalue", "maxvalue", "cycle"), true
	case p.is("minvalue"), p.is("maxvalue"), p.is("cache"):
		o.Name = p.oneOf("minvalue", "maxvalue", "cache")
		o.Number = p.wholeNumber()
	case p.accept("start"):
		p.accept("with")
		o.Name, o.Number = "start", p.wholeNumber()
	case p.accept("restart"):
		o.Name = "restart"
		if p.accept("with") || p.tok().Kind == lex.Number || p.isOp("-") {
			o.Number = p.wholeNumber()
		}
	case p.accept("cycle"):
		o.Name = "cycle"
	case p.accept("sequence", "name"):
		o.Name, o.Owner = "sequence name", p.name()
	case p.accept("owned", "by"):
		o.Name = "owned by"
		if o.None = p.accept("none"); !o.None {
			o.Owner = p.name()
		}
	default:
		return false
	}
	return true
}

// wholeNumber reads an integer with its sign.
func (p *parser) wholeNumber() *int64 {
	sign := ""
	if p.acceptOp("-") {
		sign = "-"
	} else {
		p.acceptOp("+")
	}
	t := p.tok()
	if t.Kind != lex.Number {
		p.unexpected()
	}
	n, err := strconv.ParseInt(sign+t.Val, 10, 64)
	if err != nil {
		p.fail(sqlerr.New(sqlerr.NumericValueOutOfRange, "value %q is out of range for type bigint", sign+t.Val).At(int(p.pos())))
	}
	p.i++
	return &n
}
