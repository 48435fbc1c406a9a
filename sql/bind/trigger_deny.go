package bind

import (
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/catalog"
)

// What the kernel can be told: the errors that it lets a process be told, and what is known of an access before it is done.
var (
	denyErrors  = []string{"EPERM", "EIO", "EBUSY", "ETXTBSY", "EAGAIN", "ENOSPC", "EDQUOT"}
	denyColumns = []string{"operation", "file_path", "uid", "gid", "process_id", "parent_process_id", "process_name", "container_id"}
)

// deny is deny([error]).
func (t *triggerBinder) deny() (*Action, error) {
	plain, _, err := t.args(0, 1, []string{}...)
	if err != nil {
		return nil, err
	}
	a := &Action{Kind: "deny", Name: t.name, Errno: denyErrors[0]}
	if len(plain) > 0 {
		if a.Errno, err = t.constant(plain[0]); err != nil {
			return nil, err
		}
		if !slices.Contains(denyErrors, a.Errno) {
			return nil, t.wrong("cannot have a process be told %q", a.Errno).At(plain[0].Position()).WithHint("The kernel knows %s.", strings.Join(denyErrors, ", "))
		}
	}
	r := t.x.Relation
	switch {
	case r.ID != catalog.EventsID || !t.x.Insert:
		return nil, t.wrong("is for triggers on INSERT of events: nothing else is asked about before it is done")
	case t.x.When == nil:
		return nil, t.wrong("needs a condition: WHEN (operation = 'open' AND file_path LIKE '...')")
	case t.x.Until != nil:
		return nil, t.wrong("is asked about each access: it has no UNTIL")
	}
	return a, t.mustBeBefore()
}

// denied refuses a condition that cannot be decided before the access is done.
func (t *triggerBinder) denied(when expr.Expr) error {
	for _, c := range expr.Columns(when) {
		if name := t.x.Relation.Visible()[c].Name; !slices.Contains(denyColumns, name) {
			return sqlerr.New(sqlerr.InvalidObjectDefinition, "the condition of a trigger with deny() cannot reference column %q", name).At(t.x.When.Position()).
				WithHint("Before an access is done these are known: %s.", strings.Join(denyColumns, ", "))
		}
	}
	if expr.Volatility(when) != expr.Immutable {
		return sqlerr.New(sqlerr.InvalidObjectDefinition, "the condition of a trigger with deny() goes by more than the access").At(t.x.When.Position()).
			WithHint("Leave out functions such as now() and random().")
	}
	return nil
}
