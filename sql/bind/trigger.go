package bind

import (
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
)

// TriggerText is a trigger to be bound.
type TriggerText struct {
	ID       uint32
	Name     string
	Relation *catalog.Relation
	Columns  []string // what the text calls the relation's visible columns; nil: as they are called
	Before   bool
	// Insert, Update and Delete are what it acts on.
	Insert, Update, Delete bool
	Keep                   bool     // what it blocks is kept
	When                   ast.Expr // nil: always
	Until                  ast.Expr // nil: NOT When, where an action asks for edges
	GroupBy                []int    // columns that tell keys apart
	Actions                []*ast.Call
	// Target finds a relation that an action names.
	Target func(name string, pos int) (*catalog.Relation, error)
	// Send hears of each target that an action sends to; nil: nobody asks.
	Send func(to *catalog.Target, pos int) error
}

// Trigger is a trigger bound to the visible columns of its relation.
type Trigger struct {
	When    expr.Expr // nil: always
	Actions []Action
	Edge    *TriggerEdge // nil: it acts whenever When holds
	Group   expr.Expr    // text: the key of the row
}

// Action is what a trigger does with a row: Kind is "set", "block", "sample", "route", "any" or "deny".
type Action struct {
	Kind  string
	Name  string // as users call it
	Set   []TriggerSet
	Share expr.Expr     // of sample: float8
	To    []Destination // of route and any
	By    expr.Expr     // of any; nil: in turn
	Keep  bool          // of block: the row is kept aside
	Errno string        // of deny
}

// TriggerSet gives a visible column another value.
type TriggerSet struct {
	Column int
	Value  expr.Expr
}

// Destination is a relation that rows go to, and the values of its visible columns.
type Destination struct {
	Relation *catalog.Relation
	Values   []expr.Expr
}

// triggerBinder binds one trigger.
type triggerBinder struct {
	x     *TriggerText
	b     *binder
	scope *scope
	boost []ast.Expr // of an AFTER trigger: what is added to the priority of the rows that it routes
	call  *ast.Call  // under way
	name  string     // of it
}

// BindTrigger binds a trigger.
func BindTrigger(x *TriggerText, env *Env) (*Trigger, error) {
	t := &triggerBinder{x: x, b: &binder{env: env}, scope: triggerScope(x)}
	out := &Trigger{}
	if x.When != nil {
		when, err := t.anyText(x.When, false)
		if err != nil {
			return nil, err
		}
		e, err := t.exprs(when, "WHEN")
		if err == nil {
			out.When, err = e.condition(when)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := t.boosts(); err != nil {
		return nil, err
	}
	for i, call := range x.Actions {
		a, err := t.action(call)
		if err != nil {
			return nil, err
		}
		if a == nil {
			continue
		}
		if a.Kind == "block" && (x.Keep || a.Keep) {
			kept, err := t.kept()
			if err != nil {
				return nil, err
			}
			out.Actions = append(out.Actions, *kept)
		}
		if out.Actions = append(out.Actions, *a); (a.Kind == "block" || a.Kind == "deny") && i < len(x.Actions)-1 {
			return nil, sqlerr.New(sqlerr.InvalidParameterValue, "%s() ends the list: nothing behind it would be done", a.Name).At(x.Actions[i+1].Position()).
				WithHint("Write %s() last.", a.Name)
		}
		if a.Kind == "deny" {
			if err := t.denied(out.When); err != nil {
				return nil, err
			}
		}
	}
	var err error
	if out.Edge, err = t.edge(); err != nil {
		return nil, err
	}
	out.Group, err = t.labelText("new")
	return out, err
}

// exprs is what binds x, which is refused if it has in it what only a query has.
func (t *triggerBinder) exprs(x ast.Expr, clause string) (*exprs, error) {
	e := &exprs{b: t.b, s: t.scope, clause: clause}
	if hasSubquery(x) {
		return nil, sqlerr.New(sqlerr.FeatureNotSupported, "cannot use subquery in trigger %s", clause).At(x.Position())
	}
	if a := aggregateIn(x); a != nil {
		return nil, sqlerr.New(sqlerr.GroupingError, "aggregate functions are not allowed in trigger %s", clause).At(a.Position())
	}
	return e, t.rowsThere(x, clause)
}

// rowsThere refuses an expression that reads a row which is not there: OLD of an INSERT, NEW of a DELETE. An argument may read
// it where the trigger acts on something else as well, and finds nulls.
func (t *triggerBinder) rowsThere(x ast.Expr, clause string) error {
	insert, remove := t.x.Insert, t.x.Delete
	if clause == "WHEN" {
		clause = "WHEN condition"
	} else {
		insert, remove = insert && !t.x.Update && !remove, remove && !t.x.Update && !insert
	}
	of := func(row string) ast.Expr {
		return find(x, func(x ast.Expr) bool {
			c, ok := x.(*ast.Column)
			return ok && (c.Name[0] == "old") == (row == "old")
		})
	}
	if old := of("old"); old != nil && insert {
		return sqlerr.New(sqlerr.InvalidObjectDefinition, "INSERT trigger's %s cannot reference OLD values", clause).At(old.Position())
	}
	if t.x.Before && strings.HasPrefix(clause, "WHEN") {
		if name := t.generatedIn(x); name != "" {
			return sqlerr.New(sqlerr.InvalidObjectDefinition, "BEFORE trigger's WHEN condition cannot reference NEW generated columns").
				WithDetail("Column %q is a generated column.", name).At(x.Position())
		}
	}
	if now := of("new"); now != nil && remove {
		return sqlerr.New(sqlerr.InvalidObjectDefinition, "DELETE trigger's %s cannot reference NEW values", clause).At(now.Position()).
			WithHint("A column without a name before it is that of NEW: write OLD.column.")
	}
	return nil
}

// triggerScope is the visible columns of the row as it becomes, and behind them, where rows change, as it was.
func triggerScope(x *TriggerText) *scope {
	n := len(x.Relation.Visible())
	s := relationScope(x.Relation, ast.Alias{Name: "new", Columns: x.Columns})
	if s.cols = s.cols[:n:n]; x.Relation.Kind == catalog.Stream {
		return s
	}
	for _, c := range s.cols[:n] {
		c.table, c.only = "old", true
		s.cols = append(s.cols, c)
	}
	return s
}

// value binds an argument to a type.
func (t *triggerBinder) value(x ast.Expr, to types.Type) (expr.Expr, error) {
	e, err := t.exprs(x, "argument")
	if err != nil {
		return nil, err
	}
	return e.assigned(x, to)
}

// loose binds an argument of any type.
func (t *triggerBinder) loose(x ast.Expr) (expr.Expr, error) {
	e, err := t.exprs(x, "argument")
	if err != nil {
		return nil, err
	}
	return e.settled(x)
}

// actionKinds are the actions that there are.
var actionKinds = map[string]func(*triggerBinder) (*Action, error){
	"block": (*triggerBinder).block, "sample": (*triggerBinder).sample, "tag": (*triggerBinder).tag, "set": (*triggerBinder).set,
	"boost": (*triggerBinder).boosted, "route": (*triggerBinder).route, "route_any": (*triggerBinder).route, "insert_into": (*triggerBinder).insertInto,
	"log": (*triggerBinder).log, "metric": (*triggerBinder).metric, "notify": (*triggerBinder).notify,
	"webhook": (*triggerBinder).webhook, "email": (*triggerBinder).email, "alert": (*triggerBinder).alert,
	"deny": (*triggerBinder).deny,
}

// laterActions are actions that are not there, and what to do instead.
var laterActions = map[string]string{
	"run_workflow": "It takes the engine of workflows, which is not built in. webhook() and notify() tell others; route() keeps the rows in a stream to SUBSCRIBE to.",
}

// action binds a call; nil: it was counted before.
func (t *triggerBinder) action(call *ast.Call) (*Action, error) {
	t.call, t.name = call, strings.Join(call.Name, ".")
	if call.Star || call.Distinct || call.OrderBy != nil || call.Within != nil || call.Filter != nil || call.Over != nil || call.Variadic {
		return nil, sqlerr.New(sqlerr.SyntaxError, "an action takes a list of values").At(call.Position())
	}
	if hint, is := laterActions[t.name]; is {
		return nil, sqlerr.NotSupported("the action %s()", t.name).At(call.Position()).WithHint("%s", hint)
	}
	bind := actionKinds[t.name]
	if bind == nil {
		err := sqlerr.New(sqlerr.UndefinedFunction, "action %s() does not exist", t.name).At(call.Position())
		var names []string
		for name := range actionKinds {
			names = append(names, name+"()")
		}
		slices.Sort(names)
		return nil, err.WithHint("There are %s.", strings.Join(names, ", "))
	}
	return bind(t)
}

func (t *triggerBinder) wrong(format string, args ...any) *sqlerr.Error {
	return sqlerr.New(sqlerr.InvalidParameterValue, t.name+"() "+format, args...).At(t.call.Position())
}

// args splits the arguments: those without a name, and those with one of the names given.
func (t *triggerBinder) args(least, most int, names ...string) (plain []ast.Expr, by map[string]ast.Expr, err error) {
	by = map[string]ast.Expr{}
	for i, x := range t.call.Args {
		name := ""
		if i < len(t.call.ArgNames) {
			name = t.call.ArgNames[i]
		}
		switch _, twice := by[name]; {
		case name == "" && len(by) > 0:
			return nil, nil, sqlerr.New(sqlerr.SyntaxError, "positional argument cannot follow named argument").At(x.Position())
		case name == "":
			plain = append(plain, x)
		case twice:
			return nil, nil, sqlerr.New(sqlerr.SyntaxError, "argument name %q used more than once", name).At(x.Position())
		case names != nil && !slices.Contains(names, name):
			return nil, nil, t.wrong("has no argument %q", name).At(x.Position())
		default:
			by[name] = x
		}
	}
	if len(plain) < least || len(plain) > most {
		return nil, nil, t.wrong("does not take %d arguments without a name", len(plain))
	}
	return plain, by, nil
}

// generatedIn finds a generated column of the row as it becomes; "": x reads none.
func (t *triggerBinder) generatedIn(x ast.Expr) (name string) {
	find(x, func(x ast.Expr) bool {
		c, ok := x.(*ast.Column)
		if !ok || c.Name[0] == "old" {
			return false
		}
		if i := t.column(c.Name[len(c.Name)-1]); i >= 0 && t.x.Relation.Visible()[i].Generated != "" {
			name = t.x.Relation.Visible()[i].Name
		}
		return name != ""
	})
	return name
}

// mustBeBefore refuses an action that changes whether or how the row is stored in an AFTER trigger.
func (t *triggerBinder) mustBeBefore() error {
	if t.x.Before {
		return nil
	}
	return sqlerr.New(sqlerr.InvalidObjectDefinition, "%s() needs a BEFORE trigger: AFTER, the row is stored", t.name).At(t.call.Position())
}

// changesRow is mustBeBefore for an action that gives columns other values: there has to be a row that becomes.
func (t *triggerBinder) changesRow() error {
	if t.x.Before && t.x.Delete {
		return t.wrong("has no row to change in a trigger on DELETE").WithHint("Make one trigger for DELETE, and one for INSERT OR UPDATE.")
	}
	return t.mustBeBefore()
}

// column finds a visible column by its name.
func (t *triggerBinder) column(name string) int {
	return slices.IndexFunc(t.scope.cols, func(c column) bool { return c.name == name })
}

// constant gives an argument that must be a string as it stands.
func (t *triggerBinder) constant(x ast.Expr) (string, error) {
	if l, ok := x.(*ast.Literal); ok && l.Kind == ast.LitString {
		return l.Text, nil
	}
	return "", t.wrong("takes the name as a constant string").At(x.Position())
}

func columnRef(name string, pos ast.Pos) ast.Expr {
	return &ast.Column{Pos: pos, Name: []string{"new", name}}
}

func callOf(pos ast.Pos, name string, args ...ast.Expr) ast.Expr {
	return &ast.Call{Pos: pos, Name: []string{name}, Args: args}
}
