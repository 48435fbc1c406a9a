package parse

import (
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
)

// secret reads from the name on. RisingWave's WITH (backend = 'meta') says what is so here anyway.
func (p *parser) secret(pos ast.Pos, alter bool) ast.Stmt {
	s := &ast.Secret{Pos: pos, Alter: alter}
	if !alter {
		s.IfNotExists = p.ifNotExists()
	}
	s.Name = p.columnID()
	if p.accept("with") {
		at := p.pos()
		for _, o := range p.options() {
			if l, ok := o.Value.(*ast.Literal); o.Name != "backend" || !ok || l.Text != "meta" {
				p.fail(sqlerr.NotSupported("a secret that is kept elsewhere").At(int(at)).
					WithHint("Leave WITH away: a secret is kept in the catalog, encrypted."))
			}
		}
	}
	if !alter && p.done() {
		return s
	}
	p.expect("as")
	text := p.str()
	s.Value = &text
	return s
}

// createTarget reads from the name on.
func (p *parser) createTarget(pos ast.Pos) ast.Stmt {
	s := &ast.CreateTarget{Pos: pos, IfNotExists: p.ifNotExists(), Name: p.columnID()}
	p.expect("type")
	s.Kind = p.label()
	p.expect("with")
	s.With = p.targetOptions(true)
	return s
}

// targetOptions reads (name = 'text' | SECRET name, ...), or names alone.
func (p *parser) targetOptions(values bool) (out []ast.TargetOption) {
	p.eachOption(func(pos ast.Pos, name string) {
		o := ast.TargetOption{Pos: pos, Name: name}
		if values {
			if p.acceptOp("="); !p.targetSecret(&o) {
				o.Value = p.optionValue()
			}
		}
		out = append(out, o)
	})
	return out
}

// targetSecret reads SECRET name, if that is next.
func (p *parser) targetSecret(o *ast.TargetOption) bool {
	if !p.is("secret") || !p.at(1).IsName() {
		return false
	}
	p.i++
	o.Secret = p.columnID()
	return true
}

// alterOutward reads what only secrets and targets have, or nothing.
func (p *parser) alterOutward(pos ast.Pos, kind string) ast.Stmt {
	switch next := p.at(1); {
	case kind == "secret" && (next.Is("as") || next.Is("with")):
		return p.secret(pos, true)
	case kind == "target" && (next.Is("set") || next.Is("reset")) && p.at(2).IsOp("("):
		s := &ast.AlterTarget{Pos: pos, Name: p.columnID()}
		s.Set = p.oneOf("set", "reset") == "set"
		s.With = p.targetOptions(s.Set)
		return s
	}
	return nil
}
