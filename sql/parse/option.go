package parse

import (
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/lex"
)

// options reads (name [=] value, ...). A name is any word, words joined by points, or a string as Flink writes it.
func (p *parser) options() (opts []ast.Option) {
	p.eachOption(func(pos ast.Pos, name string) {
		o := ast.Option{Pos: pos, Name: name}
		if p.acceptOp("=") || !p.isOp(",") && !p.isOp(")") {
			o.Value = p.optionValue()
		}
		opts = append(opts, o)
	})
	return opts
}

// eachOption reads (name ..., ...), and has rest read what follows each name.
func (p *parser) eachOption(rest func(pos ast.Pos, name string)) {
	p.expectOp("(")
	n := 1
	for rest(p.pos(), p.optionName()); p.acceptOp(","); n++ {
		rest(p.pos(), p.optionName())
	}
	p.expectOp(")")
	p.checkColumns(n)
}

func (p *parser) optionName() string {
	if p.tok().Kind == lex.Str {
		return p.str()
	}
	name := p.label()
	for p.acceptOp(".") {
		name += "." + p.label()
	}
	return name
}

// optionValue reads a literal, a word, an interval, * or (a, b).
func (p *parser) optionValue() ast.Expr {
	t, pos := p.tok(), p.pos()
	switch {
	case t.Is("interval") && p.at(1).Kind == lex.Str:
		return p.interval()
	case t.Is("true"), t.Is("false"), t.Is("null"):
		return p.wordConstant(t)
	case t.IsName():
		return &ast.Column{Pos: pos, Name: p.anyName()}
	case t.IsOp("-") && p.at(1).Kind == lex.Number:
		p.i += 2
		return p.literal(ast.LitNumber, "-"+p.toks[p.i-1].Val, pos)
	case t.Kind == lex.Str, t.Kind == lex.Number:
		return p.constant()
	case t.IsOp("*"):
		p.i++
		return &ast.Star{Pos: pos}
	case t.IsOp("("):
		row := &ast.Row{Pos: pos}
		for _, c := range p.columnList() {
			row.Items = append(row.Items, &ast.Column{Pos: pos, Name: []string{c}})
		}
		return row
	}
	p.unexpected()
	return nil
}
