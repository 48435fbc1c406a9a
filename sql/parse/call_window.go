package parse

import "github.com/vexfs/vexstream/sql/ast"

// windowSpec reads ([base] [PARTITION BY ...] [ORDER BY ...] [frame]).
func (r *callReader) windowSpec(w *ast.WindowDef) {
	r.expectOp("(")
	switch {
	case r.is("order"), r.is("partition"), r.frameUnit() != "": // which name no window here
	case r.tok().IsName():
		w.Base = r.columnID()
	}
	if r.accept("partition") {
		r.expect("by")
		r.exprList(&w.PartitionBy)
	}
	if r.accept("order") {
		r.expect("by")
		w.OrderBy = r.orderItems()
	}
	if u := r.frameUnit(); u != "" {
		r.i++
		w.Frame = r.frame(u)
	}
	r.expectOp(")")
}

// frameUnit is ROWS, RANGE or GROUPS if a frame begins here.
func (p *parser) frameUnit() string {
	t := p.tok()
	if !t.Is("rows") && !t.Is("range") && !t.Is("groups") {
		return ""
	}
	return t.Val
}

// frame reads BETWEEN bound AND bound, or one bound, and EXCLUDE.
func (r *callReader) frame(unit string) *ast.Frame {
	f := &ast.Frame{Unit: unit}
	if r.accept("between") {
		r.bound(&f.Start)
		r.expect("and")
		r.bound(&f.End)
	} else {
		r.bound(&f.Start)
		f.End = ast.Bound{Pos: f.Start.Pos, Kind: "current row"}
	}
	if r.accept("exclude") {
		switch {
		case r.accept("current", "row"):
			f.Exclude = "current row"
		case r.accept("no", "others"):
		default:
			if f.Exclude = r.oneOf("group", "ties"); f.Exclude == "" {
				r.unexpected()
			}
		}
	}
	return f
}

func (r *callReader) bound(b *ast.Bound) {
	b.Pos = r.pos()
	switch {
	case r.accept("unbounded"):
		b.Kind = "unbounded "
	case r.accept("current", "row"):
		b.Kind = "current row"
		return
	default:
		r.extra(func(x ast.Expr) { b.Offset = x })
	}
	end := r.oneOf("preceding", "following")
	if end == "" {
		r.unexpected()
	}
	b.Kind += end
}
