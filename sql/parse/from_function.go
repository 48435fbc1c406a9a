package parse

import (
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/lex"
)

// functionNode is the carrier of a function in FROM. On the sheet it is (SELECT (input), a, b) AS carrier, or the carrier
// alone if it has no operands. Of the fields after the input, the first keys are PARTITION BY; -1: not known yet.
type functionNode struct {
	f     *ast.Func
	query *ast.Derived // the input, if it is a query
	keys  int
	parts []int // of ROWS FROM: the fields of each function
}

// functionAhead tells whether a name and a parenthesis follow.
func (p *parser) functionAhead() bool {
	j := p.i
	if !p.toks[j].IsName() {
		return false
	}
	for p.toks[j+1].IsOp(".") && p.toks[min(j+2, len(p.toks)-1)].IsName() {
		j += 2
	}
	return p.toks[j+1].IsOp("(")
}

// isWindowFunction tells whether a function in FROM takes a relation and makes windows.
func isWindowFunction(name string) bool {
	switch name {
	case "tumble", "hop", "session", "cumulate":
		return true
	}
	return false
}

// function writes f(...) with its ordinality and alias.
func (p *parser) function(lateral bool) {
	first := p.tok()
	if first.Kind == lex.Ident && lex.CategoryOf(first.Val) == lex.Reserved && !strings.HasPrefix(first.Val, "current_") {
		p.unexpected()
	}
	n := &functionNode{f: &ast.Func{Pos: p.pos(), Lateral: lateral}}
	n.f.Name = strings.Join(p.anyName(), ".")
	p.functionArgs(n)
	p.functionSuffix(n.f)
}

// rowsFrom writes ROWS FROM (f(...), g(...)): the arguments of all functions are fields of one SELECT.
func (p *parser) rowsFrom(lateral bool) {
	n := &functionNode{f: &ast.Func{Pos: p.pos(), Lateral: lateral}}
	p.i += 2
	p.expectOp("(")
	start := p.sheet.here()
	p.write("(SELECT ")
	fields := 0
	for {
		if !p.functionAhead() {
			p.unexpected()
		}
		f := &functionNode{f: &ast.Func{Pos: p.pos()}}
		f.f.Name = strings.Join(p.anyName(), ".")
		if isWindowFunction(f.f.Name) {
			p.missing("%s in ROWS FROM", upper(f.f.Name))
		}
		p.expectOp("(")
		before := fields
		p.functionFields(f, &fields)
		f.keepNames()
		n.f.Rows, n.parts = append(n.f.Rows, f.f), append(n.parts, fields-before)
		if p.accept("as") {
			f.f.Fields = p.fieldDefs()
		}
		if !p.acceptOp(",") {
			break
		}
	}
	p.expectOp(")")
	p.closeFields(n, start, fields)
	p.functionSuffix(n.f)
}

// flinkFunction writes TABLE(f(...)).
func (p *parser) flinkFunction(lateral bool) {
	p.i += 2
	n := &functionNode{f: &ast.Func{Pos: p.pos(), Lateral: lateral}}
	n.f.Name = strings.Join(p.anyName(), ".")
	p.functionArgs(n)
	p.expectOp(")")
	p.functionSuffix(n.f)
}

func (p *parser) functionSuffix(f *ast.Func) {
	f.Ordinality = p.accept("with", "ordinality")
	f.Alias = p.aliasOf(f)
	p.noMatchRecognize()
}

// functionArgs writes the arguments from the opening parenthesis to the closing one.
func (p *parser) functionArgs(n *functionNode) {
	p.expectOp("(")
	start := p.sheet.here()
	p.write("(SELECT ")
	fields := 0
	if isWindowFunction(n.f.Name) {
		p.windowInput(n)
	}
	p.functionFields(n, &fields)
	p.countKeys(n, fields)
	p.closeFields(n, start, fields)
}

// functionFields writes the arguments as fields, up to the closing parenthesis.
func (p *parser) functionFields(n *functionNode, fields *int) {
	for !p.isOp(")") {
		p.functionArg(n, fields)
		if !p.acceptOp(",") {
			break
		}
		if p.isOp(")") {
			p.unexpected()
		}
	}
	p.expectOp(")")
}

// closeFields ends the SELECT that began at start, or takes it back if it has no fields or all are whole, and writes the
// carrier.
func (p *parser) closeFields(n *functionNode, start here, fields int) {
	if n.query != nil {
		fields++
	}
	xs, whole := exprsOf(p.sheet.since(start))
	switch {
	case fields == 0:
		p.sheet.text = p.sheet.text[:start.text]
	case whole && len(xs) == fields:
		p.back(start)
		n.fill(xs)
	default:
		p.write(") AS ")
	}
	p.carry(carrier{node: n})
}

// windowInput reads a window function's relation, with SESSION's PARTITION BY. A query becomes the first field.
func (p *parser) windowInput(n *functionNode) {
	p.argName(n, "data")
	table := p.accept("table")
	switch {
	case p.isOp("(") && p.isSubquery(p.i):
		n.query = &ast.Derived{Pos: p.pos()}
		n.f.Input = n.query
		at := p.sheet.here()
		p.writeSubquery()
		p.settleSubquery(at)
	case table && p.isOp("("):
		p.i++
		p.unexpected()
	default:
		name := p.name()
		n.f.Input = &ast.Table{Pos: name.Pos, Name: name.Parts}
	}
	if p.accept("partition", "by") {
		n.keys = -1
	} else if !p.isOp(")") {
		p.expectOp(",")
	}
}

// functionArg writes one argument: DESCRIPTOR(col), name => x, or x.
func (p *parser) functionArg(n *functionNode, fields *int) {
	p.argName(n, "")
	if *fields > 0 || n.query != nil {
		p.write(",")
	}
	*fields++
	if p.is("descriptor") && p.at(1).IsOp("(") {
		if n.keys < 0 {
			n.keys = *fields - 1
		}
		p.i += 2
		p.expr(lowest)
		p.expectOp(")")
		return
	}
	p.expr(lowest)
}

// argName reads name => and remembers it, unless it is the one that is read elsewhere.
func (p *parser) argName(n *functionNode, not string) {
	name := ""
	if a := p.at(1); p.tok().IsName() && (a.IsOp("=>") || a.IsOp(":=")) {
		name = p.tok().Val
		p.i += 2
	}
	if not == "" {
		n.f.ArgNames = append(n.f.ArgNames, name)
	}
}

// countKeys settles how many of the fields are SESSION's keys: all but the last two, where no DESCRIPTOR says so.
func (p *parser) countKeys(n *functionNode, fields int) {
	if n.keys < 0 {
		n.keys = fields - 2
		if n.keys < 1 {
			p.fail(sqlerr.New(sqlerr.SyntaxError, "SESSION needs a key, a time column and a gap").At(int(n.f.Pos)))
		}
	}
	n.f.ArgNames = n.f.ArgNames[n.keys:]
	n.keepNames()
}

// fill gives a function in FROM its input and its arguments.
func (n *functionNode) fill(xs []ast.Expr) {
	if n.query != nil {
		n.query.Query = xs[0].(*ast.Subquery).Query
		xs = xs[1:]
	}
	for k, part := range n.f.Rows {
		part.Args = append(part.Args, xs[:n.parts[k]]...)
		xs = xs[n.parts[k]:]
	}
	for i, x := range xs {
		if i >= n.keys {
			n.f.Args = append(n.f.Args, x)
			continue
		}
		if row, ok := x.(*ast.Row); ok {
			n.f.PartitionBy = append(n.f.PartitionBy, row.Items...)
		} else {
			n.f.PartitionBy = append(n.f.PartitionBy, x)
		}
	}
}

// keepNames forgets the arguments' names if none has one.
func (n *functionNode) keepNames() {
	for _, name := range n.f.ArgNames {
		if name != "" {
			return
		}
	}
	n.f.ArgNames = nil
}
