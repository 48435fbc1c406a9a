package parse

import (
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/lex"
)

// setter puts an operand of a call where it belongs.
type setter func(x ast.Expr)

// callReader is a call under way: the arguments come first among the term's operands, then one for each setter.
type callReader struct {
	*parser
	c     *ast.Call
	t     term
	sets  []setter
	after []func()
}

// call writes a function call from its parenthesis on, with what may follow it.
func (p *parser) call(name []string, pos ast.Pos) term {
	r := callReader{parser: p, c: &ast.Call{Pos: pos, Name: name}}
	r.t = p.carry(carrier{})
	opened := p.i
	p.i++
	r.arguments()
	args := r.t.n
	if p.isOp(")") && misses(name, args) && p.toks[opened-1].Kind == lex.Ident {
		p.unexpected()
	}
	if p.accept("order") {
		p.expect("by")
		r.c.OrderBy = r.orderItems()
	}
	p.expectOp(")")
	r.suffixes()
	c, sets := r.c, r.sets
	p.built(r.t, func(a []ast.Expr) ast.Expr {
		c.Args = a[:args:args]
		for i, set := range sets {
			set(a[args+i])
		}
		return c
	})
	return r.t
}

// misses says whether a form of the grammar, which looks like a call, has fewer operands than it must.
func misses(name []string, args int) bool {
	if len(name) != 1 {
		return false
	}
	switch name[0] {
	case "coalesce", "greatest", "least":
		return args == 0
	case "nullif":
		return args < 2
	}
	return false
}

// arguments reads *, or DISTINCT and the arguments, up to ORDER BY or the parenthesis.
func (r *callReader) arguments() {
	if r.acceptOp("*") {
		r.c.Star = true
		return
	}
	if r.isOp(")") {
		return
	}
	if r.accept("distinct") {
		r.c.Distinct = true
	} else {
		r.accept("all")
	}
	for {
		if r.accept("variadic") {
			r.c.Variadic = true
		}
		r.argument()
		if !r.acceptOp(",") {
			return
		}
	}
}

// argument reads x or name => x.
func (r *callReader) argument() {
	if a := r.at(1); r.tok().IsName() && (a.IsOp("=>") || a.IsOp(":=")) {
		for len(r.c.ArgNames) < r.t.n {
			r.c.ArgNames = append(r.c.ArgNames, "")
		}
		r.c.ArgNames = append(r.c.ArgNames, r.tok().Val)
		r.i += 2
	} else if r.c.ArgNames != nil {
		r.c.ArgNames = append(r.c.ArgNames, "")
	}
	r.operand(&r.t, lowest)
}

// suffixes reads WITHIN GROUP, FILTER, IGNORE NULLS and OVER.
func (r *callReader) suffixes() {
	if r.accept("within", "group") {
		r.expectOp("(")
		r.expect("order", "by")
		r.c.Within = r.orderItems()
		r.expectOp(")")
	}
	if r.is("filter") && r.at(1).IsOp("(") {
		r.i += 2
		r.expect("where")
		r.extra(func(x ast.Expr) { r.c.Filter = x })
		r.expectOp(")")
	}
	if r.accept("ignore", "nulls") {
		r.c.IgnoreNulls = true
	} else {
		r.accept("respect", "nulls")
	}
	if r.is("over") && (r.at(1).IsOp("(") || r.at(1).IsName()) {
		r.i++
		w := &ast.WindowDef{Pos: r.pos()}
		r.c.Over = w
		if r.isOp("(") {
			r.windowSpec(w)
		} else {
			w.Name = r.columnID()
		}
	}
}

// extra reads an operand that is no argument.
func (r *callReader) extra(set setter) {
	r.operand(&r.t, lowest)
	r.sets = append(r.sets, set)
}

// exprList reads a, b, c into the place that dst gives once their number is known.
func (r *callReader) exprList(dst *[]ast.Expr) {
	for {
		r.extra(func(x ast.Expr) { *dst = append(*dst, x) })
		if !r.acceptOp(",") {
			return
		}
	}
}

// orderItems reads the keys of an ORDER BY.
func (r *callReader) orderItems() []ast.OrderItem {
	var items []*ast.OrderItem
	for {
		it := &ast.OrderItem{}
		items = append(items, it)
		r.extra(nil)
		r.orderDirection(it)
		if !r.acceptOp(",") {
			break
		}
	}
	out := make([]ast.OrderItem, len(items))
	first := len(r.sets) - len(items)
	for k, it := range items {
		out[k] = *it
		dst := &out[k]
		r.sets[first+k] = func(x ast.Expr) { dst.X = x }
	}
	return out
}

// orderDirection reads ASC, DESC, USING < and NULLS FIRST or LAST.
func (p *parser) orderDirection(it *ast.OrderItem) {
	switch {
	case p.accept("desc"):
		it.Desc = true
	case p.accept("asc"):
	case p.accept("using"):
		switch {
		case p.acceptOp("<"):
		case p.acceptOp(">"):
			it.Desc = true
		case p.is("operator") && p.at(1).IsOp("("):
			pos := p.pos()
			op := p.namedOperator()
			if it.Desc = op == ">"; op != "<" && op != ">" {
				p.fail(sqlerr.NotSupported("ORDER BY USING OPERATOR(%s)", op).WithHint("Use ASC or DESC.").At(int(pos)))
			}
		default:
			p.unexpected()
		}
	}
	if p.is("nulls") {
		if n := p.at(1); !n.Is("first") && !n.Is("last") {
			p.unexpected()
		}
		it.Nulls = p.at(1).Val
		p.i += 2
	}
}

// extraDone runs f once every operand read so far is in its place.
func (r *callReader) extraDone(f func()) { r.after = append(r.after, f) }

// apply puts the operands where they belong.
func (r *callReader) apply(a []ast.Expr) {
	for i, set := range r.sets {
		set(a[i])
	}
	for _, f := range r.after {
		f()
	}
}
