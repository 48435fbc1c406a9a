package bind

import (
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
)

// Watermark binds WATERMARK FOR column AS column - INTERVAL '...', or AS column, over a stream's columns. It gives the
// position of the column and how far the watermark stays behind it.
func Watermark(w *ast.Watermark, cols []catalog.Column) (column int, delay types.Micros, err error) {
	column = -1
	for i, c := range cols {
		if c.Name == w.Column {
			column = i
		}
	}
	s := relationScope(&catalog.Relation{Columns: cols, EventTime: -1}, ast.Alias{})
	if column < 0 {
		return -1, 0, s.undefined([]string{w.Column}, w.Position())
	}
	if t := cols[column].Type; t != types.Timestamptz && t != types.Timestamp {
		return -1, 0, sqlerr.New(sqlerr.DatatypeMismatch, "the watermark's column %q must be a timestamp, but is of type %s", w.Column, sqlName(t)).At(w.Position())
	}
	delay, ok, err := delayOf(w)
	if err != nil {
		return -1, 0, err
	}
	if !ok || delay < 0 {
		return -1, 0, missing(w.X.Position(), "this watermark").(*sqlerr.Error).
			WithHint("Write WATERMARK FOR %s AS %s - INTERVAL '5 seconds', or AS %s.", w.Column, w.Column, w.Column)
	}
	return column, delay, nil
}

func delayOf(w *ast.Watermark) (types.Micros, bool, error) {
	is := func(x ast.Expr) bool {
		c, ok := x.(*ast.Column)
		return ok && len(c.Name) == 1 && c.Name[0] == w.Column
	}
	if is(w.X) {
		return 0, true, nil
	}
	b, ok := w.X.(*ast.Binary)
	if !ok || b.Op != "-" || !is(b.Left) || !isSize(b.Right) {
		return 0, false, nil
	}
	d, err := duration(b.Right)
	return d, true, err
}
