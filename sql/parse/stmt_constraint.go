package parse

import (
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
)

// references reads REFERENCES table [(columns)] [MATCH ...] [ON DELETE ...] [ON UPDATE ...].
func (p *parser) references(c *ast.Constraint) {
	p.expect("references")
	r := &ast.References{Table: p.name(), OnDelete: "no action", OnUpdate: "no action"}
	c.Ref = r
	if p.isOp("(") {
		r.Columns = p.insertColumns()
	}
	if p.accept("match") {
		if p.is("partial") {
			p.fail(sqlerr.New(sqlerr.FeatureNotSupported, "MATCH PARTIAL not yet implemented").At(int(p.at(-1).Pos) + 1))
		}
		if r.Full = p.accept("full"); !r.Full {
			p.expect("simple")
		}
	}
	said := map[string]bool{}
	for p.is("on") && (p.at(1).Is("delete") || p.at(1).Is("update")) {
		at := p.pos()
		p.i++
		if said[p.tok().Val] {
			p.unexpected()
		}
		said[p.tok().Val] = true
		if p.accept("delete") {
			r.OnDelete = p.foreignAction()
			if p.isOp("(") && strings.HasPrefix(r.OnDelete, "set ") {
				r.Sets = p.insertColumns()
			}
		} else {
			p.expect("update")
			r.OnUpdate = p.foreignAction()
			if p.isOp("(") && strings.HasPrefix(r.OnUpdate, "set ") {
				p.fail(sqlerr.New(sqlerr.FeatureNotSupported, "a column list with %s is only supported for ON DELETE actions", upper(r.OnUpdate)).At(int(at)))
			}
		}
	}
}

func (p *parser) foreignAction() string {
	switch {
	case p.accept("no", "action"):
		return "no action"
	case p.accept("restrict"):
		return "restrict"
	case p.accept("cascade"):
		return "cascade"
	}
	p.expect("set")
	action := p.oneOf("null", "default")
	if action == "" {
		p.unexpected()
	}
	return "set " + action
}

func (p *parser) nullsDistinct() {
	if p.words("nulls", "not") {
		p.lacking("Add NOT NULL to the columns, or a column GENERATED ALWAYS AS (coalesce(...)) STORED that is UNIQUE.", "NULLS NOT DISTINCT")
	}
	p.accept("nulls", "distinct")
}

// check reads CHECK (expr).
func (p *parser) check(c *ast.Constraint) {
	p.expect("check")
	p.expectOp("(")
	first := p.i
	c.Kind, c.X = "check", p.wholeExpr()
	c.SQL = p.textBetween(first, p.i)
	p.expectOp(")")
	if p.is("no") {
		p.missing("NO INHERIT")
	}
}

// constraintTail reads what says when a constraint is checked; ofColumn is that it stands behind one.
func (p *parser) constraintTail(c *ast.Constraint, ofColumn bool) {
	if p.words("using", "index") || p.is("include") || p.words("not", "valid") {
		p.missing("%s of a constraint", upper(p.tok().Val))
	}
	at := p.pos()
	p.deferral(c)
	if !c.Deferrable {
		return
	}
	if c.Kind == "check" {
		if ofColumn {
			p.fail(sqlerr.New(sqlerr.SyntaxError, "misplaced DEFERRABLE clause").At(int(at)))
		}
		p.fail(sqlerr.New(sqlerr.FeatureNotSupported, "CHECK constraints cannot be marked DEFERRABLE").At(int(at)))
	}
}

// deferral reads [NOT] DEFERRABLE and INITIALLY DEFERRED or IMMEDIATE, in any order, each once.
func (p *parser) deferral(c *ast.Constraint) {
	said, initially := "", ""
	for {
		at := int(p.pos())
		wrong := func(message string) {
			p.fail(sqlerr.New(sqlerr.SyntaxError, "%s", message).At(at))
		}
		switch {
		case p.is("deferrable"), p.words("not", "deferrable"):
			if said != "" {
				wrong("multiple DEFERRABLE/NOT DEFERRABLE clauses not allowed")
			}
			said = p.tok().Val
			p.accept("not")
			p.expect("deferrable")
			if said == "not" && initially == "deferred" {
				wrong("constraint declared INITIALLY DEFERRED must be DEFERRABLE")
			}
		case p.words("initially", "deferred"), p.words("initially", "immediate"):
			if initially != "" {
				wrong("multiple INITIALLY IMMEDIATE/DEFERRED clauses not allowed")
			}
			p.i++
			if initially = p.oneOf("deferred", "immediate"); said == "not" && initially == "deferred" {
				wrong("constraint declared INITIALLY DEFERRED must be DEFERRABLE")
			}
		default:
			c.Deferred = initially == "deferred"
			c.Deferrable = said == "deferrable" || c.Deferred
			return
		}
	}
}
