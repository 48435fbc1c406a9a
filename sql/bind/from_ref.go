package bind

import (
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
)

// ref is what a stored text says of a relation that it names; nil: the text is not a stored one.
type ref catalog.Ref

// relation finds the relation that a table of FROM means: the one it meant when the text was stored, or by its name; and where
// it shows what is read of it.
func (b *binder) relation(f *ast.Table) (*catalog.Relation, *ref, *Access, error) {
	for i := range b.refs {
		if b.refs[i].Pos+1 != f.Position() {
			continue
		}
		r := b.env.Catalog.ByID(b.refs[i].ID)
		if r == nil {
			return nil, nil, nil, sqlerr.New(sqlerr.UndefinedTable, "a relation of the view was dropped").At(f.Position())
		}
		return r, (*ref)(&b.refs[i]), b.read(f, r, true), nil
	}
	r, err := b.env.Catalog.Resolve(f.Position(), f.Name...)
	if err == nil && b.env.Named != nil && len(b.views) == 0 {
		b.env.Named(f.Position(), f, r)
	}
	switch {
	case err != nil:
		return nil, nil, nil, err
	case f.Position() == b.env.target && len(b.views) == 0:
		return r, nil, b.into, nil
	}
	return r, nil, b.read(f, r, false), nil
}

// read says that r is read; one whose rows are locked needs the right to change them too.
func (b *binder) read(f *ast.Table, r *catalog.Relation, stored bool) *Access {
	want := "r"
	if name := f.Name[len(f.Name)-1]; b.locked(f.Alias, name) {
		want = "rw"
	}
	a := b.env.access(f.Position(), r, want, b.as)
	if a != nil {
		a.Depth, a.Stored = b.depth, stored
	}
	return a
}

// alias is what the text calls the relation and its columns.
func (x *ref) alias(a ast.Alias, f *ast.Table, r *catalog.Relation) ast.Alias {
	if x == nil {
		return a
	}
	if a.Name == "" && (f.Name[len(f.Name)-1] != r.Name || len(f.Name) > 1 && f.Name[len(f.Name)-2] != r.Schema) {
		a.Name = f.Name[len(f.Name)-1]
	}
	if n := len(a.Columns); n < len(x.Columns) {
		a.Columns = append(a.Columns[:n:n], x.Columns[n:]...)
	}
	return a
}

// known hides the columns that the text knows nothing of.
func (x *ref) known(s *scope, visible int) *scope {
	if x == nil || x.Columns == nil || s == nil {
		return s
	}
	for i := visible; i < len(s.cols); i++ {
		if c := &s.cols[i]; !c.hidden {
			c.hidden, c.name = true, ""
		}
	}
	return s
}
