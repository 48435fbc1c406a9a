package session

import (
	"slices"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
)

func (a *alteration) constraint(x ast.TableAction, out Output) error {
	name := x.Column.Parts[0]
	if at := slices.IndexFunc(a.now.Foreign, func(f catalog.ForeignKey) bool { return f.Name == name }); at >= 0 {
		if a.now.Foreign = slices.Clone(a.now.Foreign); x.Kind == "rename constraint" {
			a.now.Foreign[at].Name, a.recheck = x.To, true
			return nil
		}
		a.now.Foreign = slices.Delete(a.now.Foreign, at, at+1)
		a.recheck = true // how often keys are referred to is counted anew
		return nil
	}
	key := slices.IndexFunc(a.now.Keys, func(k catalog.Key) bool { return k.Name == name })
	check := slices.IndexFunc(a.now.Checks, func(c catalog.Check) bool { return c.Name == name })
	switch {
	case key < 0 && check < 0 && x.IfExists:
		out.Notice("NOTICE", sqlerr.New(sqlerr.Success, "constraint %q of relation %q does not exist, skipping", name, a.now.Name))
	case key < 0 && check < 0:
		return sqlerr.New(sqlerr.UndefinedObject, "constraint %q of relation %q does not exist", name, a.now.Name)
	case x.Kind == "rename constraint" && key >= 0:
		a.refersTo(name, func(f *catalog.ForeignKey) { f.Key = x.To })
		a.now.Keys[key].Name = x.To
	case x.Kind == "rename constraint":
		a.now.Checks[check].Name = x.To
	case key >= 0:
		if err := a.unreferred(name, "constraint "+name+" on "+called(a.snap, a.was), "index "+name, x.Cascade); err != nil {
			return err
		}
		a.now.Keys = slices.Delete(a.now.Keys, key, key+1)
		a.recheck = true // the table's keys are counted anew
	default:
		a.now.Checks = slices.Delete(a.now.Checks, check, check+1)
	}
	return nil
}

// deferral is ALTER CONSTRAINT: when a foreign key is held against.
func (a *alteration) deferral(x ast.TableAction) error {
	name := x.Column.Parts[0]
	at := slices.IndexFunc(a.now.Foreign, func(f catalog.ForeignKey) bool { return f.Name == name })
	switch {
	case at < 0 && a.has(name):
		return sqlerr.New(sqlerr.WrongObjectType, "constraint %q of relation %q is not a foreign key constraint", name, a.now.Name)
	case at < 0:
		return sqlerr.New(sqlerr.UndefinedObject, "constraint %q of relation %q does not exist", name, a.now.Name)
	}
	a.now.Foreign = slices.Clone(a.now.Foreign)
	a.now.Foreign[at].Deferrable, a.now.Foreign[at].Deferred = x.Constraint.Deferrable, x.Constraint.Deferred
	return nil
}
