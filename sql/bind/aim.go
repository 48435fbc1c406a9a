package bind

import (
	"slices"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
)

// aim is what a statement changes rows of: a table or stream, or a view through which it changes those of one.
type aim struct {
	named *catalog.Relation // as the statement names it; a view's columns have the defaults, and the rules, of those that they are
	base  *catalog.Relation // whose rows change
	// preset is base with the defaults that the views give its columns.
	preset *catalog.Relation
	to     []int   // for each visible column of named that of base, -1: none
	levels []level // the views, the named one first; nil: it is none
	// refused is a view that takes no changes, and why.
	refused *catalog.Relation
	why     string
}

// level is a view over one relation, whose rows are changed through it.
type level struct {
	view  *catalog.Relation
	body  *ast.Select
	table *ast.Table // the one entry of its FROM
	ref   *ref
	below *catalog.Relation // what that is
	to    []int             // for each column of view that of below, -1: none
	why   []string          // where it is none
	read  []bool            // columns of below that its query names
}

// What PostgreSQL says of views that take no changes, and of their columns.
const (
	notOneTable  = "Views that do not select from a single table or view are not automatically updatable."
	noneUpdates  = "Views that have no updatable columns are not automatically updatable."
	notOfBase    = "View columns that are not columns of their base relation are not updatable."
	systemColumn = "View columns that refer to system columns are not updatable."
	wholeRow     = "View columns that return whole-row references are not updatable."
)

// aims finds what stands behind a relation that a statement changes.
func (b *binder) aims(r *catalog.Relation, pos int) (*aim, error) {
	a := &aim{named: r, base: r, preset: r, to: make([]int, len(r.Visible()))}
	for i := range a.to {
		a.to[i] = i
	}
	if r.Kind != catalog.View {
		return a, nil
	}
	for a.base.Kind == catalog.View {
		if len(a.levels) >= maxViewDepth {
			return nil, sqlerr.New(sqlerr.InvalidObjectDefinition, "infinite recursion detected in the view %q", r.QualifiedName()).At(pos)
		}
		l, why, err := b.level(a.base, pos)
		if err != nil {
			return nil, err
		}
		if why != "" {
			a.refused, a.why = a.base, why
			return a, nil
		}
		a.levels = append(a.levels, *l)
		for i, c := range a.to {
			if c >= 0 {
				a.to[i] = l.to[c]
			}
		}
		a.base = l.below
	}
	a.inherit()
	return a, nil
}

// inherit gives the columns of the base the defaults of the views, the outermost one's first, and those of the named view what
// they then are.
func (a *aim) inherit() {
	preset := *a.base
	preset.Columns = slices.Clone(a.base.Columns)
	for k := len(a.levels) - 1; k >= 0; k-- {
		v := a.levels[k].view
		for i, c := range a.below(k) {
			if text := v.Columns[i].Default; text != "" && c >= 0 {
				preset.Columns[c].Default = text
			}
		}
	}
	named := *a.named
	named.Columns = slices.Clone(a.named.Columns)
	for i, c := range a.to {
		if c < 0 {
			continue
		}
		own := &named.Columns[i] // its rights are the view's
		own.Default, own.Generated = preset.Columns[c].Default, preset.Columns[c].Generated
		own.Identity, own.Sequence = preset.Columns[c].Identity, preset.Columns[c].Sequence
	}
	a.named, a.preset = &named, &preset
}

// ownsDefaults refuses a default of a view for a column that has its own value.
func (a *aim) ownsDefaults(b *binder) error {
	for i, c := range a.to {
		if c >= 0 && a.preset.Columns[c].Default != a.base.Columns[c].Default {
			if err := b.mayGive(a, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// below gives for each column of the view at level k that of the base.
func (a *aim) below(k int) []int {
	to := slices.Clone(a.levels[k].to)
	for _, l := range a.levels[k+1:] {
		for i, c := range to {
			if c >= 0 {
				to[i] = l.to[c]
			}
		}
	}
	return to
}

// own is the column of the base that one of the named relation is, as its errors call it.
func (a *aim) own(i int) *catalog.Column {
	if a.to[i] < 0 {
		return &a.named.Columns[i]
	}
	return &a.base.Columns[a.to[i]]
}

// level looks at what a view makes of which relation. why says what makes it take no changes, "" if it does.
func (b *binder) level(v *catalog.Relation, pos int) (l *level, why string, err error) {
	if b.env.ParseQuery == nil {
		return nil, "", missing(pos, "a view here")
	}
	q, err := b.env.ParseQuery(v.Query)
	if err != nil {
		return nil, "", inView(err, v.QualifiedName(), pos)
	}
	if why = shapeless(q); why != "" {
		return nil, why, nil
	}
	l = &level{view: v, body: q.Body.(*ast.Select)}
	l.table = l.body.From[0].(*ast.Table)
	env := *b.env
	env.Access, env.Named, env.Notice, env.target = nil, nil, nil, 0
	inner := b.inView(v)
	inner.env = &env
	if l.below, l.ref, _, err = inner.relation(l.table); err != nil {
		return nil, "", inView(err, v.QualifiedName(), pos)
	}
	switch l.below.Kind {
	case catalog.Table, catalog.Stream, catalog.View:
	default:
		return nil, notOneTable, nil
	}
	if err := l.columns(&inner); err != nil {
		return nil, "", inView(err, v.QualifiedName(), pos)
	}
	return l, "", nil
}

// inView is a binder for what stands in a view.
func (b *binder) inView(v *catalog.Relation) binder {
	inner := *b
	inner.outer, inner.ctes, inner.views, inner.refs = nil, nil, append(slices.Clone(b.views), v.QualifiedName()), v.Refs
	inner.as, inner.within, inner.depth, inner.locks = v.Reader(), 0, b.depth+1, nil
	return inner
}

// shapeless says why a query of that shape takes no changes, in PostgreSQL's words and order; "": it may.
func shapeless(q *ast.Query) string {
	s, ok := q.Body.(*ast.Select)
	if !ok {
		if _, set := q.Body.(*ast.SetOp); set {
			return "Views containing UNION, INTERSECT, or EXCEPT are not automatically updatable."
		}
		return notOneTable
	}
	some := func(want func(ast.Expr) bool) bool {
		return slices.ContainsFunc(s.Items, func(it ast.SelectItem) bool { return find(it.X, want) != nil }) ||
			slices.ContainsFunc(q.OrderBy, func(o ast.OrderItem) bool { return find(o.X, want) != nil })
	}
	windowed := s.Window != nil || slices.ContainsFunc(s.Items, func(it ast.SelectItem) bool { return windowInExpr(it.X) != nil })
	switch {
	case s.Distinct || s.DistinctOn != nil:
		return "Views containing DISTINCT are not automatically updatable."
	case s.GroupBy != nil:
		return "Views containing GROUP BY are not automatically updatable."
	case s.Having != nil:
		return "Views containing HAVING are not automatically updatable."
	case q.With != nil:
		return "Views containing WITH are not automatically updatable."
	case q.Limit != nil || q.Offset != nil:
		return "Views containing LIMIT or OFFSET are not automatically updatable."
	case some(func(x ast.Expr) bool { return aggregateIn(x) == x }):
		return "Views that return aggregate functions are not automatically updatable."
	case windowed || s.Qualify != nil || some(isOver):
		return "Views that return window functions are not automatically updatable."
	case some(isSetCall):
		return "Views that return set-returning functions are not automatically updatable."
	case q.Emit != nil:
		return "Views containing EMIT are not automatically updatable."
	case len(s.From) != 1:
		return notOneTable
	}
	if t, ok := s.From[0].(*ast.Table); !ok || t.AsOf != nil {
		return notOneTable
	}
	return ""
}

// columns finds which columns of the view are some of the relation below, and which of these its query reads.
func (l *level) columns(b *binder) error {
	n, s, err := b.table(l.table)
	if err != nil {
		return err
	}
	seen := &Access{Relation: l.below}
	sel := &selection{b: b, s: l.body, q: &ast.Query{}, scope: s.from(seen), node: n}
	for _, step := range []func() error{sel.where, sel.expand, sel.outputs} {
		if err := step(); err != nil {
			return err
		}
	}
	l.read = seen.Read
	for i := range sel.items {
		it := &sel.items[i]
		c, plain := expr.IsCol(it.v)
		_, collated := it.x.(*ast.Collate)
		_, name := it.x.(*ast.Column)
		to, why := -1, notOfBase
		switch {
		case collated:
		case plain && c < len(l.below.Visible()):
			to, why = c, ""
		case plain && c < len(l.below.Columns):
			why = systemColumn
		case name && !plain:
			why = wholeRow
		}
		l.to, l.why = append(l.to, to), append(l.why, why)
	}
	return nil
}

// verbs are what PostgreSQL calls a change of a view, and of one of its columns.
var verbs = map[string]string{"INSERT": "insert into", "UPDATE": "update", "DELETE": "delete from"}

// takes says what stands against a change of these columns of the named relation.
func (a *aim) takes(verb string, columns []int) error {
	cols := slices.Clone(columns)
	for k := range a.levels {
		l := &a.levels[k]
		if verb != "DELETE" && !slices.ContainsFunc(l.to, func(c int) bool { return c >= 0 }) {
			return refuses(l.view, verb, noneUpdates)
		}
		var below []int
		for i, c := range l.to {
			switch {
			case !slices.Contains(cols, i) && (verb != "INSERT" || l.view.Columns[i].Default == ""):
			case c < 0:
				return sqlerr.New(sqlerr.FeatureNotSupported, "cannot %s column %q of view %q", verbs[verb], l.view.Columns[i].Name, l.view.Name).
					WithDetail("%s", l.why[i])
			case slices.Contains(below, c):
				return sqlerr.New(sqlerr.SyntaxError, "multiple assignments to same column %q", l.below.Columns[c].Name)
			default:
				below = append(below, c)
			}
		}
		cols = below
	}
	if a.refused != nil {
		return refuses(a.refused, verb, a.why)
	}
	return nil
}

func refuses(v *catalog.Relation, verb, why string) error {
	return sqlerr.New(sqlerr.ObjectNotInState, "cannot %s view %q", verbs[verb], v.Name).WithDetail("%s", why).
		WithHint("Write to the relation that the view reads.")
}

// Takes says which commands a relation takes, and for a view which of its columns take values. An error in a view is its
// reader's: it takes none.
func Takes(r *catalog.Relation, env *Env) (insert, update, remove bool, columns []bool) {
	b := &binder{env: env}
	a, err := b.aims(r, 0)
	columns = make([]bool, len(r.Visible()))
	if err != nil || a.refused != nil {
		return false, false, false, columns
	}
	some := false
	for i, c := range a.to {
		columns[i] = c >= 0
		some = some || c >= 0
	}
	switch {
	case a.base.Kind == catalog.Table:
		return some, some, true, columns
	case a.base.Kind == catalog.Stream:
		return some, false, false, columns
	}
	return false, false, false, columns
}

// Unfit says what makes a view take no changes, "" if it takes some: CHECK OPTION is for those that do.
func Unfit(v *catalog.Relation, env *Env) (string, error) {
	b := &binder{env: env}
	l, why, err := b.level(v, 0)
	if err == nil && why == "" && !slices.ContainsFunc(l.to, func(c int) bool { return c >= 0 }) {
		why = noneUpdates
	}
	return why, err
}
