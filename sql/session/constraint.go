package session

import (
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/value"
	"github.com/vexfs/vexstream/sql/bind"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/parse"
)

// rules is what a table asks of its rows: generated columns, NOT NULL, CHECK.
type rules struct {
	r         *catalog.Relation
	generated []derived
	checks    []expr.Expr // by r.Checks
	order     []int       // in which rows are held to them: by name, as in PostgreSQL
	eval      expr.Ctx
	old       bool // rows that were there before are held to valid checks only
	rights    *catalog.Rights
	gave      []int // columns that the statement gives values: its user may see these
}

func (s *Session) rules(r *catalog.Relation) (*rules, error) {
	local := s.Locale()
	u := &rules{r: r, rights: s.rights(s.catalog()), eval: expr.Ctx{Now: local.Now, Locale: local}}
	for i, c := range r.Visible() {
		if c.Generated == "" {
			continue
		}
		v, err := s.overRow(c.Generated, r)
		if err == nil {
			v, err = expr.Cast(v, c.Type, expr.Assignment)
		}
		if err != nil {
			return nil, err
		}
		u.generated = append(u.generated, derived{i, v})
	}
	for k, c := range r.Checks {
		v, err := s.overRow(c.Text, r)
		if err != nil {
			return nil, err
		}
		u.checks, u.order = append(u.checks, v), append(u.order, k)
	}
	slices.SortStableFunc(u.order, func(a, b int) int { return strings.Compare(r.Checks[a].Name, r.Checks[b].Name) })
	return u, nil
}

// overRow binds an expression of a table's definition.
func (s *Session) overRow(text string, r *catalog.Relation) (expr.Expr, error) {
	x, err := parse.Expr(text)
	if err != nil {
		return nil, err
	}
	return bind.Row(x, r, s.bindEnv(s.catalog(), nil))
}

// sets are the columns that an UPDATE gives a value which has those of set in its SET: generated ones follow the columns that they are of.
func (u *rules) sets(set []int) []int {
	out := slices.Clone(set)
	for _, d := range u.generated {
		if slices.ContainsFunc(expr.Columns(d.value), func(c int) bool { return slices.Contains(set, c) }) {
			out = append(out, d.column)
		}
	}
	return out
}

// complete fills in the generated columns of rows in the visible columns, and checks the rows.
func (u *rules) complete(b *batch.Batch) (*batch.Batch, error) {
	if len(u.generated) > 0 {
		out := *b
		out.Cols = append([]batch.Column(nil), b.Cols...)
		u.eval.Reset()
		for _, d := range u.generated {
			c := d.value.Eval(&u.eval, b, nil)
			if f := u.eval.Failures(); len(f) > 0 {
				return nil, f[0].Err
			}
			out.Cols[d.column] = c.Clone()
		}
		b = &out
	}
	for i, c := range u.r.Visible() {
		if c.NotNull && b.Cols[i].Nulls() > 0 {
			row := 0
			for !b.Cols[i].Null(row) {
				row++
			}
			e := sqlerr.New(sqlerr.NotNullViolation, "null value in column %q of relation %q violates not-null constraint", c.Name, u.r.Name).
				WithDetail("%s", u.show(b, row))
			e.Schema, e.Table, e.Column = u.r.Schema, u.r.Name, c.Name
			return nil, e
		}
	}
	for _, k := range u.order {
		if u.old && u.r.Checks[k].NotValid {
			continue
		}
		u.eval.Reset()
		ok := u.checks[k].Eval(&u.eval, b, nil)
		if f := u.eval.Failures(); len(f) > 0 {
			return nil, f[0].Err
		}
		for i := range b.N {
			if !ok.Null(i) && !ok.Bits.Get(i) {
				name := u.r.Checks[k].Name
				e := sqlerr.New(sqlerr.CheckViolation, "new row for relation %q violates check constraint %q", u.r.Name, name).
					WithDetail("%s", u.show(b, i))
				e.Schema, e.Table, e.Constraint = u.r.Schema, u.r.Name, name
				return nil, e
			}
		}
	}
	return b, nil
}

// show is the DETAIL that has a row, without what the user neither gave nor may read of it; "" if that is all. Values of more than 64
// bytes are cut.
func (u *rules) show(b *batch.Batch, row int) string {
	var out, names []string
	whole := u.rights.Relation(u.r, "r")
	for i := range u.r.Visible() {
		if !whole && !slices.Contains(u.gave, i) && !u.rights.Column(u.r, i, 'r') {
			continue
		}
		names = append(names, u.r.Columns[i].Name)
		c := &b.Cols[i]
		text := "null"
		if !c.Null(row) {
			if text = string(value.AppendText(nil, c, row, u.eval.Locale)); len(text) > 64 {
				text = strings.ToValidUTF8(text[:64], "") + "..."
			}
		}
		out = append(out, text)
	}
	switch values := strings.Join(out, ", "); {
	case whole:
		return "Failing row contains (" + values + ")."
	case out == nil:
		return ""
	default:
		return "Failing row contains (" + strings.Join(names, ", ") + ") = (" + values + ")."
	}
}
