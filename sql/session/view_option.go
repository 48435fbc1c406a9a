package session

import (
	"slices"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/bind"
	"github.com/vexfs/vexstream/sql/catalog"
)

// plainKnown are the options of a view. security_barrier is kept for who asks: every view is one.
var plainKnown = map[string]bool{catalog.SecurityInvoker: false, catalog.SecurityBarrier: false, catalog.CheckOption: false}

// plainOptions reads the WITH list of a view; nil: there is none.
func plainOptions(with []ast.Option) (map[string]string, error) {
	if len(with) == 0 {
		return nil, nil
	}
	out, err := options(with, plainKnown, "view")
	if err != nil {
		return nil, err
	}
	for _, name := range []string{catalog.SecurityInvoker, catalog.SecurityBarrier} {
		if v, given := out[name]; given {
			if _, err := types.ParseBool(v); err != nil {
				return nil, sqlerr.New(sqlerr.InvalidParameterValue, "invalid value for boolean option %q: %s", name, v)
			}
		}
	}
	if v, given := out[catalog.CheckOption]; given && v != "local" && v != "cascaded" {
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, "invalid value for enum option %q: %s", catalog.CheckOption, v).
			WithDetail(`Valid values are "local" and "cascaded".`)
	}
	return out, nil
}

// setPlain is SET (...) and RESET (...) of a view's options.
func (s *Session) setPlain(r *catalog.Relation, x *ast.Alter) error {
	given := x.With
	if x.Action == "reset" {
		given = nil
	}
	if _, err := plainOptions(given); err != nil {
		return err
	}
	with, err := changedOptions(r, x, plainKnown)
	if err != nil {
		return err
	}
	r.With = with
	return s.checkable(s.catalog(), r)
}

// checkable refuses a CHECK OPTION of a view through which no row can be written.
func (s *Session) checkable(snap *catalog.Snapshot, r *catalog.Relation) error {
	if r.Option(catalog.CheckOption, "") == "" {
		return nil
	}
	why, err := bind.Unfit(r, s.bindEnv(snap, nil))
	if err == nil && why != "" {
		err = sqlerr.New(sqlerr.FeatureNotSupported, "WITH CHECK OPTION is supported only on automatically updatable views").WithHint("%s", why)
	}
	return err
}

// setDefault is ALTER VIEW ... ALTER COLUMN ... SET DEFAULT and DROP DEFAULT: what is written through the view has it.
func (s *Session) setDefault(snap *catalog.Snapshot, r *catalog.Relation, x *ast.Alter) error {
	at := r.ColumnIndex(x.Column)
	if at < 0 {
		return sqlerr.New(sqlerr.UndefinedColumn, "column %q of relation %q does not exist", x.Column, r.Name)
	}
	r.Columns = slices.Clone(r.Columns)
	c := &r.Columns[at]
	if x.Action == "set default" {
		if err := bind.NewDefault(c.Name, x.Default, c.Type, s.bindEnv(snap, nil)); err != nil {
			return err
		}
	}
	c.Default = x.DefaultText
	return nil
}
