package pgcatalog

import (
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

var _ expr.Catalog = (*State)(nil)

// answer computes one row of a function.
type answer = func(a expr.Asked, row uint32, out *batch.Builder) error

// Function gives what computes the function called name, or nil.
func (s *State) Function(name string) func(a expr.Asked, row uint32, out *batch.Builder) error {
	if typ, ok := strings.CutSuffix(name, " in"); ok {
		return s.regIn(typ, true)
	}
	if typ, ok := strings.CutSuffix(name, " out"); ok {
		return func(a expr.Asked, row uint32, out *batch.Builder) error {
			out.String(s.regOut(typ, a.Int(0, row)))
			return nil
		}
	}
	switch {
	case strings.HasPrefix(name, "to_reg"):
		return s.regIn(strings.TrimPrefix(name, "to_"), false)
	case strings.HasSuffix(name, "_is_visible"):
		return s.isVisible(name)
	case strings.HasSuffix(name, "_privilege"):
		return s.privilege(name)
	case name == "pg_has_role":
		return s.hasRole
	}
	if f := s.sequenceFunction(name); f != nil {
		return f
	}
	if f, ok := texts[name]; ok {
		return func(a expr.Asked, row uint32, out *batch.Builder) error { return textOf(f(s, a, row), out) }
	}
	return s.sessionFunction(name)
}

// texts are the functions whose value is a text, or nil.
var texts = map[string]func(s *State, a expr.Asked, row uint32) any{
	"format_type": func(s *State, a expr.Asked, row uint32) any {
		if a.Null(0, row) {
			return nil
		}
		if a.Null(1, row) {
			return s.typeName(a.Int(0, row))
		}
		if r, array := s.rowTypeOf(uint32(a.Int(0, row))); r != nil {
			return s.rowTypeName(r, array)
		}
		return formatType(types.OID(a.Int(0, row)), int32(a.Int(1, row)))
	},
	"pg_get_userbyid": func(s *State, a expr.Asked, row uint32) any { return s.roleName(a.Int(0, row)) },
	"pg_get_viewdef":  (*State).viewDef,
	"pg_get_expr":     func(_ *State, a expr.Asked, row uint32) any { return a.Text(0, row) },
	"pg_get_function_result": func(_ *State, a expr.Asked, row uint32) any {
		if p := procByID(a.Int(0, row)); p != nil {
			return p.result()
		}
		return nil
	},
	"pg_get_function_arguments": func(_ *State, a expr.Asked, row uint32) any {
		if p := procByID(a.Int(0, row)); p != nil {
			return p.arguments(false)
		}
		return nil
	},
	"pg_get_function_identity_arguments": func(_ *State, a expr.Asked, row uint32) any {
		if p := procByID(a.Int(0, row)); p != nil {
			return p.arguments(true)
		}
		return nil
	},
	"pg_get_functiondef":   functionDef,
	"pg_describe_object":   (*State).describeObject,
	"pg_get_ruledef":       (*State).ruleDef,
	"pg_get_constraintdef": (*State).constraintDef,
	"pg_get_indexdef":      (*State).indexDef,
	"pg_get_triggerdef":    (*State).triggerDef,
	"obj_description": func(s *State, a expr.Asked, row uint32) any {
		class := uint32(0)
		if a.Len() > 1 {
			class = s.classNamed(a.Text(1, row))
		}
		return orNil(s.commentOn(class, a.Int(0, row)))
	},
	"col_description": func(s *State, a expr.Asked, row uint32) any {
		r, n := s.Snapshot.ByID(uint32(a.Int(0, row))), int(a.Int(1, row))
		if r == nil || n < 1 || n > len(r.Visible()) {
			return nil
		}
		return orNil(r.Columns[n-1].Comment)
	},
	"shobj_description": func(s *State, a expr.Asked, row uint32) any {
		if a.Int(0, row) == int64(oidDatabase) && a.Text(1, row) == "pg_database" {
			return orNil(s.Snapshot.Database().Comment)
		}
		for _, r := range s.Snapshot.Roles() {
			if int64(r.ID) == a.Int(0, row) && a.Text(1, row) == "pg_authid" {
				return orNil(r.Comment)
			}
		}
		return nil
	},
	"pg_tablespace_location": func(*State, expr.Asked, uint32) any { return "" },
	"getdatabaseencoding":    func(*State, expr.Asked, uint32) any { return "UTF8" },
	"pg_client_encoding": func(s *State, _ expr.Asked, _ uint32) any {
		value, _ := s.Session.Setting("client_encoding")
		return value
	},
	"pg_encoding_to_char": func(_ *State, a expr.Asked, row uint32) any {
		switch a.Int(0, row) {
		case 6:
			return "UTF8"
		case 0:
			return "SQL_ASCII"
		}
		return ""
	},

	// Of these objects there are none.
	"pg_get_function_arg_default": none, "pg_get_function_sqlbody": none,
	"pg_get_partkeydef": none, "pg_get_statisticsobjdef": none,
	"pg_get_statisticsobjdef_columns": none, "pg_relation_filepath": none,
}

func none(*State, expr.Asked, uint32) any { return nil }

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func textOf(v any, out *batch.Builder) error {
	switch v := v.(type) {
	case string:
		out.String(v)
	case error:
		return v
	default:
		out.Null()
	}
	return nil
}

func (s *State) roleName(oid int64) string {
	for _, r := range s.allRoles() {
		if int64(r.ID) == oid {
			return r.Name
		}
	}
	return "unknown (OID=" + oidText(uint32(oid)) + ")"
}

func (s *State) viewDef(a expr.Asked, row uint32) any {
	if a.Type(0) == types.Text {
		r, err := s.relationNamed(a.Text(0, row))
		if err != nil {
			return err
		}
		return s.definitionOf(r)
	}
	if r := s.Snapshot.ByID(uint32(a.Int(0, row))); r != nil {
		return s.definitionOf(r)
	}
	return nil
}

func (s *State) ruleDef(a expr.Asked, row uint32) any {
	for _, r := range s.relations() {
		if r.Query != "" && int64(derivedOf("rewrite", r.ID, 0)) == a.Int(0, row) {
			return `CREATE RULE "_RETURN" AS ON SELECT TO ` + qualified(r) + " DO INSTEAD  " + QueryText(s.Snapshot, r) + ";"
		}
	}
	return nil
}

// isVisible answers whether a name without its schema finds the object. Only relations and functions lie in schemas that
// are not searched.
func (s *State) isVisible(name string) answer {
	return func(a expr.Asked, row uint32, out *batch.Builder) error {
		switch name {
		case "pg_table_is_visible":
			r := s.Snapshot.ByID(uint32(a.Int(0, row)))
			for _, x := range s.indexes() {
				if int64(x.oid) == a.Int(0, row) {
					r = x.r
				}
			}
			if r == nil {
				out.Null()
				return nil
			}
			out.Bool(s.visible(r))
			return nil
		case "pg_function_is_visible":
			if procByID(a.Int(0, row)) == nil {
				out.Null()
				return nil
			}
		}
		out.Bool(true)
		return nil
	}
}

// relationNamed finds a relation by its name as typed in a string.
func (s *State) relationNamed(text string) (r relation, err error) {
	parts, err := splitName(text)
	if err != nil {
		return nil, err
	}
	if err := s.Snapshot.Within(0, parts...); err != nil {
		return nil, err
	}
	if err := s.Snapshot.Open(0, parts...); err != nil {
		return nil, err
	}
	if r = s.Snapshot.Lookup(parts...); r == nil {
		return nil, sqlerr.New(sqlerr.UndefinedTable, "relation %q does not exist", text)
	}
	return r, nil
}
