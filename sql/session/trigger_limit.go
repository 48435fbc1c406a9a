package session

import (
	"slices"
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/bind"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/plan"
)

// setTriggerLimit reads an option of how often, and for which keys, a trigger acts.
func setTriggerLimit(t *catalog.Trigger, r *catalog.Relation, with []ast.Option, name, v string, reset bool) (err error) {
	switch name {
	case "cooldown":
		if t.Cooldown = 0; reset {
			return nil
		}
		if t.Cooldown, err = parseDuration(name, v); err != nil || t.Cooldown <= 0 {
			return invalidOption(with, name, v, "Write a span of time, such as '5 minutes'.")
		}
	case "rate":
		if t.Most, t.Per = 0, 0; reset {
			return nil
		}
		times, per, ok := strings.Cut(v, "/")
		if per = strings.TrimSpace(per); per != "" && (per[0] < '0' || per[0] > '9') {
			per = "1 " + per
		}
		t.Most, err = strconv.Atoi(strings.TrimSpace(times))
		if err == nil {
			t.Per, err = parseDuration(name, per)
		}
		if !ok || err != nil || t.Most <= 0 || t.Per <= 0 {
			return invalidOption(with, name, v, "Write how often and within what time, such as '10/minute'.")
		}
	case "group_by":
		if t.GroupBy = nil; reset {
			return nil
		}
		for n := range strings.SplitSeq(v, ",") {
			parts, ok := splitQualified(strings.TrimSpace(n))
			if !ok || len(parts) != 1 {
				return invalidOption(with, name, v, "Write columns, such as 'host, path'.")
			}
			at := r.ColumnIndex(parts[0])
			if at < 0 || r.Columns[at].Hidden {
				return sqlerr.New(sqlerr.UndefinedColumn, "column %q of relation %q does not exist", parts[0], r.Name).At(optionPlace(with, name))
			}
			if !slices.Contains(t.GroupBy, at) {
				t.GroupBy = append(t.GroupBy, at)
			}
		}
	}
	return nil
}

// groupBy are the columns that tell the keys of a trigger apart: those that it names, or those of the relation's key.
func (e *Engine) groupBy(snap *catalog.Snapshot, r *catalog.Relation, t *catalog.Trigger) ([]int, error) {
	switch {
	case t.GroupBy != nil:
		return t.GroupBy, nil
	case r.Kind == catalog.Table:
		for _, k := range r.Keys {
			if k.Primary {
				return k.Columns, nil
			}
		}
	case r.Kind == catalog.MaterializedView:
		key, _, err := e.viewKey(snap, r)
		return key, err
	}
	return nil, nil
}

// viewKey gives the columns that tell the rows of a view apart, if it has such ones.
func (e *Engine) viewKey(snap *catalog.Snapshot, r *catalog.Relation) (key []int, known bool, err error) {
	q, err := parseQuery(r.Query)
	if err != nil {
		return nil, false, err
	}
	p, err := bind.Query(q, e.viewEnv(r, snap))
	if err != nil {
		return nil, false, err
	}
	key, known = plan.Key(p)
	return key, known, nil
}
