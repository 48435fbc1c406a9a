package bind

import (
	"math"
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
)

// Columns that actions write if a relation has them.
const (
	priorityColumn = "priority"
	metadataColumn = "metadata"
	eventColumn    = "event_id"
	parentColumn   = "parent_event_id"
)

// maxDestinations is how many relations one action may send a row to.
const maxDestinations = 64

// block is block([keep => true]).
func (t *triggerBinder) block() (*Action, error) {
	_, by, err := t.args(0, 0, "keep")
	if err != nil {
		return nil, err
	}
	a := &Action{Kind: "block", Name: t.name}
	if x := by["keep"]; x != nil {
		l, ok := x.(*ast.Literal)
		if !ok || l.Kind != ast.LitBool {
			return nil, t.wrong("takes true or false for keep").At(x.Position())
		}
		a.Keep = l.Text == "true"
	}
	if (a.Keep || t.x.Keep) && t.x.Delete {
		return nil, t.wrong("keeps no row that is not deleted: it is still there").WithHint("Leave keep out, or make one trigger for DELETE.")
	}
	return a, t.mustBeBefore()
}

// sample is sample(rate): of the rows that match only this share is stored.
func (t *triggerBinder) sample() (*Action, error) {
	plain, _, err := t.args(1, 1, []string{}...)
	if err != nil {
		return nil, err
	}
	if err := t.mustBeBefore(); err != nil {
		return nil, err
	}
	share, err := t.value(plain[0], types.Float8)
	if err != nil {
		return nil, err
	}
	if c, ok := expr.IsConst(share); ok && !c.Null(0) {
		if v := batch.Values[float64](&c)[0]; v < 0 || v > 1 || math.IsNaN(v) {
			return nil, t.wrong("takes a share between 0 and 1").At(plain[0].Position())
		}
	}
	return &Action{Kind: "sample", Name: t.name, Share: share}, nil
}

// tag is tag(key, value): a key of the column metadata.
func (t *triggerBinder) tag() (*Action, error) {
	plain, _, err := t.args(2, 2, []string{}...)
	if err != nil {
		return nil, err
	}
	if err := t.changesRow(); err != nil {
		return nil, err
	}
	at := t.column(metadataColumn)
	if at < 0 || t.scope.cols[at].t != types.JSONB {
		return nil, t.wrong("needs a column %s of type jsonb", metadataColumn).WithHint("set() gives any column another value.")
	}
	pos := t.call.Pos
	empty := &ast.Cast{Pos: pos, X: &ast.Literal{Pos: pos, Kind: ast.LitString, Text: "{}"}, To: ast.TypeName{Pos: pos, Name: []string{"jsonb"}}}
	x := &ast.Binary{
		Pos: pos, Op: "||", Left: callOf(pos, "coalesce", columnRef(metadataColumn, pos), empty),
		Right: callOf(pos, "jsonb_build_object", plain...),
	}
	v, err := t.value(x, types.JSONB)
	return &Action{Kind: "set", Name: t.name, Set: []TriggerSet{{at, v}}}, err
}

// set is set(column => value, ...).
func (t *triggerBinder) set() (*Action, error) {
	_, by, err := t.args(0, 0)
	if err != nil {
		return nil, err
	}
	if err := t.changesRow(); err != nil {
		return nil, err
	}
	if len(by) == 0 {
		return nil, t.wrong("needs a column: set(column => value)")
	}
	a := &Action{Kind: "set", Name: t.name}
	for i, name := range t.call.ArgNames {
		x := t.call.Args[i]
		at := t.column(name)
		if at < 0 {
			return nil, sqlerr.New(sqlerr.UndefinedColumn, "column %q of relation %q does not exist", name, t.x.Relation.Name).At(x.Position())
		}
		if t.x.Relation.Visible()[at].Only != "" {
			return nil, sqlerr.New(sqlerr.InsufficientPrivilege, "permission denied for column %q of relation %q", name, t.x.Relation.Name).At(x.Position())
		}
		if t.x.Relation.Visible()[at].Generated != "" {
			return nil, sqlerr.New(sqlerr.GeneratedAlways, "column %q can only be updated to DEFAULT", name).
				WithDetail("Column %q is a generated column.", name).At(x.Position())
		}
		v, err := t.value(x, t.scope.cols[at].t)
		if err != nil {
			return nil, err
		}
		a.Set = append(a.Set, TriggerSet{at, v})
	}
	return a, nil
}

// boosts takes in what an AFTER trigger adds to the priority of the rows that it routes, wherever that stands in its list.
func (t *triggerBinder) boosts() error {
	if t.x.Before {
		return nil
	}
	routes := false
	for _, call := range t.x.Actions {
		if len(call.Name) != 1 {
			continue
		}
		switch t.call, t.name = call, call.Name[0]; t.name {
		case "route", "route_any":
			routes = true
		case "boost":
			plain, _, err := t.args(1, 1, []string{}...)
			if err != nil {
				return err
			}
			t.boost = append(t.boost, plain[0])
		}
	}
	if len(t.boost) > 0 && !routes {
		return sqlerr.New(sqlerr.InvalidObjectDefinition, "boost() needs a BEFORE trigger, or a route(): AFTER, the row is stored").At(t.call.Position())
	}
	return nil
}

// boosted is boost(n) of a BEFORE trigger.
func (t *triggerBinder) boosted() (*Action, error) {
	if !t.x.Before {
		return nil, nil
	}
	plain, _, err := t.args(1, 1, []string{}...)
	if err != nil {
		return nil, err
	}
	if err := t.changesRow(); err != nil {
		return nil, err
	}
	at := t.column(priorityColumn)
	if at < 0 {
		return nil, t.wrong("needs a column %s", priorityColumn)
	}
	v, err := t.value(raised(columnRef(priorityColumn, t.call.Pos), plain), t.scope.cols[at].t)
	return &Action{Kind: "set", Name: t.name, Set: []TriggerSet{{at, v}}}, err
}

// raised is a priority with more added.
func raised(base ast.Expr, by []ast.Expr) ast.Expr {
	pos := ast.Pos(base.Position())
	for i, n := range by {
		if i == 0 {
			base = callOf(pos, "coalesce", base, &ast.Literal{Pos: pos, Kind: ast.LitNumber, Text: "0"})
		}
		base = &ast.Binary{Pos: pos, Op: "+", Left: base, Right: n}
	}
	return base
}

// route is route('a', 'b' [, priority => n]) and route_any('a', 'b' [, by => x]).
func (t *triggerBinder) route() (*Action, error) {
	a := &Action{Kind: "route", Name: t.name}
	allowed := []string{priorityColumn}
	if t.name == "route_any" {
		a.Kind, allowed = "any", append(allowed, "by")
	}
	plain, by, err := t.args(1, maxDestinations, allowed...)
	if err != nil {
		return nil, err
	}
	if t.x.Delete {
		return nil, t.wrong("has no row to copy in a trigger on DELETE").WithHint("insert_into() says what each column gets: OLD.column.")
	}
	if x := by["by"]; x != nil {
		if a.By, err = t.loose(x); err != nil {
			return nil, err
		}
	}
	for _, x := range plain {
		d, err := t.destination(x)
		if err != nil {
			return nil, err
		}
		if err := t.copied(d, x, by[priorityColumn]); err != nil {
			return nil, err
		}
		a.To = append(a.To, *d)
	}
	return a, nil
}

// destination finds the relation that an argument names.
func (t *triggerBinder) destination(x ast.Expr) (*Destination, error) {
	name, err := t.constant(x)
	if err != nil {
		return nil, err
	}
	r, err := t.x.Target(name, x.Position())
	if err != nil {
		return nil, err
	}
	if r.Kind != catalog.Stream {
		return nil, sqlerr.New(sqlerr.WrongObjectType, "%q is a %s: a trigger writes to streams", r.QualifiedName(), r.Kind).At(x.Position())
	}
	return &Destination{Relation: r, Values: make([]expr.Expr, len(r.Visible()))}, nil
}

// copied gives a destination the row's columns by their names, and the priority that was asked for.
func (t *triggerBinder) copied(d *Destination, x, priority ast.Expr) error {
	var missing string
	pos := ast.Pos(x.Position())
	for i := range d.Relation.Visible() {
		c := &d.Relation.Visible()[i]
		from := t.named(c.Name)
		var v ast.Expr
		switch {
		case c.Only != "": // a client may not say it, and so a copy may not
		case c.Name == priorityColumn && priority != nil:
			v = raised(priority, t.boost)
		case c.Name == priorityColumn && from != "":
			v = raised(columnRef(from, pos), t.boost)
		case from != "":
			v = columnRef(from, pos)
		case c.NotNull && c.Default == "" && missing == "":
			missing = c.Name
		}
		if err := t.put(d, i, v, x); err != nil {
			return err
		}
	}
	has := func(name string) bool {
		return slices.ContainsFunc(d.Relation.Visible(), func(c catalog.Column) bool { return c.Name == name })
	}
	switch {
	case missing != "":
		return sqlerr.New(sqlerr.InvalidColumnReference, "%q has no column %q, which %q needs", t.x.Relation.Name, missing, d.Relation.QualifiedName()).At(x.Position()).
			WithHint("insert_into() says what each column gets.")
	case (priority != nil || len(t.boost) > 0) && !has(priorityColumn):
		return sqlerr.New(sqlerr.UndefinedColumn, "%q has no column %s", d.Relation.QualifiedName(), priorityColumn).At(x.Position())
	}
	return nil
}

// named is what the trigger calls the column that is called name by now; "": there is none.
func (t *triggerBinder) named(name string) string {
	for i, c := range t.x.Relation.Visible() {
		if c.Name == name {
			return t.scope.cols[i].name
		}
	}
	return ""
}

// put gives a column of a destination a value; x nil: its default.
func (t *triggerBinder) put(d *Destination, i int, x, named ast.Expr) (err error) {
	c := &d.Relation.Visible()[i]
	if x == nil {
		d.Values[i], err = ColumnDefault(c, t.b.env)
		return err
	}
	if d.Values[i], err = t.value(x, c.Type); err == nil {
		return nil
	}
	if col, ok := x.(*ast.Column); ok && sqlerr.CodeOf(err) == sqlerr.DatatypeMismatch {
		return sqlerr.New(sqlerr.DatatypeMismatch, "column %q of %q has another type than that of %q", col.Name[len(col.Name)-1], t.x.Relation.Name, d.Relation.QualifiedName()).At(named.Position()).
			WithHint("insert_into() says what each column gets.")
	}
	return err
}

// insertInto is insert_into('t', column => value, ...).
func (t *triggerBinder) insertInto() (*Action, error) {
	plain, by, err := t.args(1, 1)
	if err != nil {
		return nil, err
	}
	d, err := t.destination(plain[0])
	if err != nil {
		return nil, err
	}
	for name, x := range by {
		if !slices.ContainsFunc(d.Relation.Visible(), func(c catalog.Column) bool { return c.Name == name }) {
			return nil, sqlerr.New(sqlerr.UndefinedColumn, "column %q of relation %q does not exist", name, d.Relation.Name).At(x.Position())
		}
	}
	for i := range d.Relation.Visible() {
		c := &d.Relation.Visible()[i]
		x := by[c.Name]
		if from := t.named(eventColumn); x == nil && c.Name == parentColumn && from != "" {
			x = columnRef(from, t.call.Pos) // the row came from that one
		}
		if x != nil && c.Only != "" {
			return nil, sqlerr.New(sqlerr.InsufficientPrivilege, "permission denied for column %q of relation %q", c.Name, d.Relation.Name).At(x.Position())
		}
		if x == nil && c.NotNull && c.Default == "" {
			return nil, t.wrong("gives column %q of %q no value, and it may not be null", c.Name, d.Relation.QualifiedName())
		}
		if err := t.put(d, i, x, plain[0]); err != nil {
			return nil, err
		}
	}
	return &Action{Kind: "route", Name: t.name, To: []Destination{*d}}, nil
}
