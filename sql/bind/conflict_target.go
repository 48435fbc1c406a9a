package bind

import (
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
)

// arbitersSuch finds the keys of a target that is more than names of columns. A condition chooses among partial indexes, of
// which there are none, so every key over the columns will do; an expression, or a column that has no collation with one,
// is of no key.
func (c *Conflict) arbitersSuch(b *binder, to *aim, x *ast.OnConflict) error {
	r := to.named
	e := &exprs{b: b, s: visibleScope(r, "").from(b.into), clause: "index expressions"}
	plain := *x
	plain.On, plain.Such = nil, nil
	other := false
	for _, it := range x.On {
		if it.X != nil {
			if _, err := e.bind(it.X); err != nil {
				return err
			}
			other = true
			continue
		}
		plain.Columns = append(plain.Columns, it.Column)
		if at := r.ColumnIndex(it.Column.Parts[0]); it.Collate != "" && (at < 0 || it.Collate != "C" && it.Collate != "default" || !isText(&r.Columns[at])) {
			other = true
		}
	}
	if x.Such != nil {
		e.clause = "WHERE"
		if _, err := e.bind(x.Such); err != nil {
			return err
		}
	}
	if plain.Columns == nil {
		other = true
	} else if err := c.arbiters(b, to, &plain); err != nil {
		return err
	}
	if other {
		return sqlerr.New(sqlerr.InvalidColumnReference, "there is no unique or exclusion constraint matching the ON CONFLICT specification")
	}
	return nil
}
