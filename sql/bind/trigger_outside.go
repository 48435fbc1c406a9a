package bind

import (
	"regexp"
	"slices"
	"strconv"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
)

// LogLevels are what log() takes first.
var LogLevels = map[string]bool{"debug": true, "info": true, "notice": true, "warning": true, "error": true}

var metricName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]{0,62}$`)

// log is log(level, text).
func (t *triggerBinder) log() (*Action, error) {
	plain, _, err := t.args(2, 2, []string{}...)
	if err != nil {
		return nil, err
	}
	level, err := t.constant(plain[0])
	if err != nil {
		return nil, err
	}
	if !LogLevels[level] {
		return nil, t.wrong("knows no level %q", level).At(plain[0].Position()).WithHint("There are debug, info, notice, warning and error.")
	}
	return t.outside(plain[0], t.text(plain[1]), nil)
}

// metric is metric(name [, value]).
func (t *triggerBinder) metric() (*Action, error) {
	plain, _, err := t.args(1, 2, []string{}...)
	if err != nil {
		return nil, err
	}
	name, err := t.constant(plain[0])
	if err != nil {
		return nil, err
	}
	if !metricName.MatchString(name) {
		return nil, t.wrong("takes a name of letters, digits and _").At(plain[0].Position())
	}
	value := number(1, t.call.Pos)
	if len(plain) > 1 {
		value = plain[1]
	}
	return t.outside(plain[0], nil, value)
}

// notify is notify(channel, payload).
func (t *triggerBinder) notify() (*Action, error) {
	plain, _, err := t.args(2, 2, []string{}...)
	if err != nil {
		return nil, err
	}
	channel, err := t.constant(plain[0])
	if err != nil {
		return nil, err
	}
	if channel == "" || len(channel) > 63 {
		return nil, t.wrong("takes a name of 1 to 63 bytes").At(plain[0].Position())
	}
	return t.outside(plain[0], t.text(plain[1]), nil)
}

// webhook is webhook(target, body).
func (t *triggerBinder) webhook() (*Action, error) {
	plain, _, err := t.args(2, 2, []string{}...)
	if err != nil {
		return nil, err
	}
	if err := t.sendsTo(plain[0], "webhook", "http"); err != nil {
		return nil, err
	}
	return t.outside(plain[0], t.text(plain[1]), nil)
}

// email is email(target, subject [, body]).
func (t *triggerBinder) email() (*Action, error) {
	plain, _, err := t.args(2, 3, []string{}...)
	if err != nil {
		return nil, err
	}
	if err := t.sendsTo(plain[0], "email"); err != nil {
		return nil, err
	}
	pos := t.call.Pos
	line := callOf(pos, "regexp_replace", t.text(plain[1]), textLiteral("[\\n\\r]+", pos), textLiteral(" ", pos), textLiteral("g", pos))
	if len(plain) > 2 {
		body := &ast.Binary{Pos: pos, Op: "||", Left: textLiteral("\n", pos), Right: callOf(pos, "coalesce", t.text(plain[2]), textLiteral("", pos))}
		line = &ast.Binary{Pos: pos, Op: "||", Left: line, Right: body}
	}
	return t.outside(plain[0], line, nil)
}

// sendsTo checks that an argument names a target of one of some kinds.
func (t *triggerBinder) sendsTo(x ast.Expr, kinds ...string) error {
	name, err := t.constant(x)
	if err != nil {
		return err
	}
	to := t.b.env.Catalog.Target(name)
	switch {
	case to == nil:
		return sqlerr.New(sqlerr.UndefinedObject, "target %q does not exist", name).At(x.Position()).WithHint("CREATE TARGET makes one.")
	case !slices.Contains(kinds, to.Kind):
		return sqlerr.New(sqlerr.WrongObjectType, "target %q is of type %s", name, to.Kind).At(x.Position())
	case t.x.Send != nil:
		return t.x.Send(to, x.Position())
	}
	return nil
}

// text is an argument as text.
func (t *triggerBinder) text(x ast.Expr) ast.Expr {
	return &ast.Cast{Pos: ast.Pos(x.Position()), X: x, To: ast.TypeName{Pos: ast.Pos(x.Position()), Name: []string{"text"}}}
}

// outside puts a line into the stream of what is to be done once the row is durable.
func (t *triggerBinder) outside(target, payload, value ast.Expr) (*Action, error) {
	return t.line("outbox", map[string]ast.Expr{
		"trigger_id": number(int64(t.x.ID), t.call.Pos), "action": textLiteral(t.name, t.call.Pos), "target": target, "payload": payload, "value": value,
	})
}

// kept puts the row into the stream of those that are blocked.
func (t *triggerBinder) kept() (*Action, error) {
	a, err := t.line("blocked", map[string]ast.Expr{})
	if err != nil {
		return nil, err
	}
	var items []expr.Expr
	var names []string
	for i, c := range t.x.Relation.Visible() { // by the names that columns have now, whatever the text calls them
		items, names = append(items, expr.Col(i, c.Type, c.Name)), append(names, c.Name)
	}
	row, err := expr.Row(items, names)
	if err != nil {
		return nil, at(err, t.call.Position())
	}
	to := &a.To[0]
	to.Values[to.Relation.ColumnIndex("row")], err = expr.Call("to_jsonb", []expr.Expr{row})
	return a, at(err, t.call.Position())
}

// line adds a row to a stream of the system that says when, of which relation and by which trigger it was added.
func (t *triggerBinder) line(stream string, by map[string]ast.Expr) (*Action, error) {
	r := t.b.env.Catalog.Lookup("vex", stream)
	if r == nil {
		return nil, sqlerr.New(sqlerr.InternalError, "there is no stream vex.%s", stream)
	}
	pos := t.call.Pos
	by["at"], by["relation"], by["trigger"] = callOf(pos, "now"), textLiteral(t.x.Relation.QualifiedName(), pos), textLiteral(t.x.Name, pos)
	d := &Destination{Relation: r, Values: make([]expr.Expr, len(r.Visible()))}
	for i, c := range r.Visible() {
		if err := t.put(d, i, by[c.Name], t.call); err != nil {
			return nil, err
		}
	}
	return &Action{Kind: "route", Name: t.name, To: []Destination{*d}}, nil
}

func textLiteral(text string, pos ast.Pos) ast.Expr {
	return &ast.Literal{Pos: pos, Kind: ast.LitString, Text: text}
}

func number(n int64, pos ast.Pos) ast.Expr {
	return &ast.Literal{Pos: pos, Kind: ast.LitNumber, Text: strconv.FormatInt(n, 10)}
}

// anyText has what is said of vex.any_text(NEW) said of each of the row's columns of type text or jsonb: it is true if it is
// true of one of them. exact says that it is under a NOT, where null is not as good as false.
func (t *triggerBinder) anyText(x ast.Expr, exact bool) (ast.Expr, error) {
	switch y := x.(type) {
	case *ast.Logic:
		z := *y
		z.Terms = nil
		for _, term := range y.Terms {
			term, err := t.anyText(term, exact)
			if err != nil {
				return nil, err
			}
			z.Terms = append(z.Terms, term)
		}
		return &z, nil
	case *ast.Not:
		of, err := t.anyText(y.X, true)
		return &ast.Not{Pos: y.Pos, X: of}, err
	case *ast.Binary:
		if isAnyText(y.Left) {
			return t.each(y.Left, exact, func(c ast.Expr) ast.Expr { return &ast.Binary{Pos: y.Pos, Op: y.Op, Left: c, Right: y.Right} })
		}
	case *ast.Like:
		if isAnyText(y.X) {
			return t.each(y.X, exact, func(c ast.Expr) ast.Expr {
				z := *y
				z.X = c
				return &z
			})
		}
	}
	if at := find(x, isAnyText); at != nil {
		return nil, missing(at.Position(), "vex.any_text(NEW) but on the left of a comparison, LIKE or ~")
	}
	return x, nil
}

func isAnyText(x ast.Expr) bool {
	c, ok := x.(*ast.Call)
	return ok && len(c.Name) == 2 && c.Name[0] == "vex" && c.Name[1] == "any_text"
}

// each is an OR over the row's columns of type text or jsonb.
func (t *triggerBinder) each(call ast.Expr, exact bool, said func(ast.Expr) ast.Expr) (ast.Expr, error) {
	c := call.(*ast.Call)
	if arg, ok := c.Args, len(c.Args) == 1; !ok || !isNew(arg[0]) {
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, "vex.any_text() takes NEW").At(call.Position())
	}
	any := &ast.Logic{Pos: c.Pos}
	for i, col := range t.x.Relation.Visible() {
		x := columnRef(t.scope.cols[i].name, c.Pos)
		switch {
		case t.x.Before && col.Generated != "": // it is computed behind the trigger
			continue
		case isText(&col):
		case isJSON(&col):
			x = t.text(x)
		default:
			continue
		}
		term := said(x)
		if exact {
			term = &ast.Is{Pos: c.Pos, X: term, What: "true"}
		}
		any.Terms = append(any.Terms, term)
	}
	switch len(any.Terms) {
	case 0:
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, "%q has no column of type text or jsonb", t.x.Relation.Name).At(call.Position())
	case 1:
		return any.Terms[0], nil
	}
	return any, nil
}

func isNew(x ast.Expr) bool {
	c, ok := x.(*ast.Column)
	return ok && len(c.Name) == 1 && c.Name[0] == "new"
}

func isText(c *catalog.Column) bool {
	return c.Type.Name() == "text" || c.Type.Name() == "varchar"
}

func isJSON(c *catalog.Column) bool { return c.Type.Name() == "jsonb" || c.Type.Name() == "json" }
