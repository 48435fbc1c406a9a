package bind

import (
	"slices"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
)

// TriggerEdge says by which keys a trigger acts once.
type TriggerEdge struct {
	Until         expr.Expr // arms a key again; nil: nothing does
	Key, Was      expr.Expr // text, of the row as it becomes and as it was; Was nil: rows do not go
	On, Off, Gone *Destination
}

// severities are what alert() takes first.
var severities = []string{"info", "warning", "error", "critical"}

// alert is alert(severity, message [, target => 'a target']).
func (t *triggerBinder) alert() (*Action, error) {
	plain, by, err := t.args(2, 2, "target")
	if err != nil {
		return nil, err
	}
	severity, err := t.constant(plain[0])
	if err != nil {
		return nil, err
	}
	if !slices.Contains(severities, severity) {
		return nil, t.wrong("knows no severity %q", severity).At(plain[0].Position()).WithHint("There are info, warning, error and critical.")
	}
	to := ast.Expr(textLiteral("", t.call.Pos))
	if by["target"] != nil {
		to = by["target"]
		if err := t.sendsTo(to, "webhook", "http"); err != nil {
			return nil, err
		}
	}
	pos := t.call.Pos
	what := callOf(pos, "jsonb_build_object", textLiteral("labels", pos), t.labels("new"), textLiteral("message", pos), t.text(plain[1]), textLiteral("target", pos), to)
	return t.outside(plain[0], t.text(what), nil)
}

// edge binds WHEN ... UNTIL, which alert() is, too; nil: the trigger acts whenever its condition holds.
func (t *triggerBinder) edge() (*TriggerEdge, error) {
	alerts := slices.ContainsFunc(t.x.Actions, func(c *ast.Call) bool { return len(c.Name) == 1 && c.Name[0] == "alert" })
	if t.x.Until == nil && !alerts {
		return nil, nil
	}
	if t.x.Before && t.x.Relation.Kind != catalog.Stream {
		return nil, sqlerr.NotSupported("UNTIL and alert() of a BEFORE trigger on a table").WithHint("Make it an AFTER trigger: it acts when the transaction commits.")
	}
	until := t.x.Until
	if until == nil && t.x.When != nil {
		until = &ast.Not{Pos: ast.Pos(t.x.When.Position()), X: t.x.When}
	}
	e := &TriggerEdge{}
	if until != nil {
		said, err := t.anyText(until, false)
		if err != nil {
			return nil, err
		}
		x, err := t.exprs(said, "UNTIL")
		if err == nil {
			e.Until, err = x.condition(said)
		}
		if err != nil {
			return nil, err
		}
	}
	t.call, t.name = t.x.Actions[0], "until"
	if t.x.Delete {
		return nil, sqlerr.New(sqlerr.InvalidObjectDefinition, "a trigger on DELETE cannot act once for each key: a row that goes arms its key").At(t.call.Position())
	}
	var err error
	if e.Key, err = t.labelText("new"); err != nil {
		return nil, err
	}
	if e.On, err = t.turns("new", "on"); err != nil {
		return nil, err
	}
	if e.Off, err = t.turns("new", "off"); err != nil || t.x.Relation.Kind == catalog.Stream {
		return e, err
	}
	if e.Was, err = t.labelText("old"); err != nil {
		return nil, err
	}
	e.Gone, err = t.turns("old", "off")
	return e, err
}

// turns is a line in the outbox that says that a key acts or is armed, which a start reads.
func (t *triggerBinder) turns(row, how string) (*Destination, error) {
	pos := t.call.Pos
	a, err := t.line("outbox", map[string]ast.Expr{
		"trigger_id": number(int64(t.x.ID), pos), "action": textLiteral("until", pos), "target": t.text(t.labels(row)), "payload": textLiteral(how, pos),
	})
	if err != nil {
		return nil, err
	}
	return &a.To[0], nil
}

// labels is an object of what a row has in the columns that tell keys apart. Its names are those of the trigger's texts, so that a
// key stays what it is when a column is renamed.
func (t *triggerBinder) labels(row string) ast.Expr {
	pos := t.call.Pos
	var args []ast.Expr
	for _, c := range t.x.GroupBy {
		name := t.scope.cols[c].name
		args = append(args, textLiteral(name, pos), &ast.Column{Pos: pos, Name: []string{row, name}})
	}
	return callOf(pos, "jsonb_build_object", args...)
}

// labelText is labels as bound text.
func (t *triggerBinder) labelText(row string) (expr.Expr, error) {
	x := t.text(t.labels(row))
	e := &exprs{b: t.b, s: t.scope, clause: "group_by"}
	return e.assigned(x, types.Text)
}
