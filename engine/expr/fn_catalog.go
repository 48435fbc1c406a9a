package expr

import (
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// catalogFunctions are PostgreSQL's functions that ask the catalog or the session (manual, 9.26 and 9.27), by result:
// a name and its argument types, one overload each. They are strict unless a + stands before the name, and may fail.
var catalogFunctions = map[string]string{
	"bool": `pg_table_is_visible(oid) pg_type_is_visible(oid) pg_function_is_visible(oid) pg_operator_is_visible(oid)
		pg_collation_is_visible(oid) pg_conversion_is_visible(oid) pg_opclass_is_visible(oid) pg_opfamily_is_visible(oid)
		pg_statistics_obj_is_visible(oid) pg_ts_config_is_visible(oid) pg_ts_dict_is_visible(oid)
		pg_ts_parser_is_visible(oid) pg_ts_template_is_visible(oid) pg_relation_is_publishable(regclass)
		pg_is_other_temp_schema(oid) pg_cancel_backend(int4) pg_terminate_backend(int4) pg_terminate_backend(int4,int8) pg_is_in_recovery() row_security_active(oid) row_security_active(text) pg_column_is_updatable(regclass,int2,bool)
		pg_has_role(name,name,text) pg_has_role(oid,text) pg_has_role(name,text) pg_has_role(oid,oid,text)
		pg_has_role(name,oid,text) pg_has_role(oid,name,text)`,
	"text": `+format_type(oid,int4) pg_get_viewdef(oid) pg_get_viewdef(oid,bool) pg_get_viewdef(oid,int4)
		pg_get_viewdef(text) pg_get_viewdef(text,bool) pg_get_expr(pg_node_tree,oid) pg_get_expr(pg_node_tree,oid,bool)
		pg_get_function_result(oid) pg_get_function_arguments(oid) pg_get_function_identity_arguments(oid)
		pg_get_function_arg_default(oid,int4) pg_get_function_sqlbody(oid) pg_get_functiondef(oid) pg_get_indexdef(oid)
		pg_get_indexdef(oid,int4,bool) pg_get_constraintdef(oid) pg_get_constraintdef(oid,bool) pg_get_triggerdef(oid)
		pg_get_triggerdef(oid,bool) pg_get_ruledef(oid) pg_get_ruledef(oid,bool) pg_get_partkeydef(oid)
		pg_get_statisticsobjdef(oid) pg_get_statisticsobjdef_columns(oid) pg_get_serial_sequence(text,text)
		obj_description(oid,name) obj_description(oid) col_description(oid,int4) shobj_description(oid,name)
		pg_tablespace_location(oid) current_setting(text) current_setting(text,bool) +set_config(text,text,bool)
		pg_relation_filepath(regclass) pg_describe_object(oid,oid,int4)`,
	"name":         `pg_get_userbyid(oid) pg_encoding_to_char(int4) pg_client_encoding() getdatabaseencoding()`,
	"void":         `+pg_notify(text,text) pg_advisory_unlock_all()`,
	"aclitem[]":    `acldefault(char,oid)`,
	"name[]":       `current_schemas(bool)`,
	"regclass":     `to_regclass(text)`,
	"regtype":      `to_regtype(text)`,
	"regproc":      `to_regproc(text)`,
	"regprocedure": `to_regprocedure(text)`,
	"regoper":      `to_regoper(text)`,
	"regoperator":  `to_regoperator(text)`,
	"regnamespace": `to_regnamespace(text)`,
	"regrole":      `to_regrole(text)`,
	"int4":         `pg_backend_pid() pg_char_to_encoding(name) pg_relation_is_updatable(regclass,bool)`,
	"oid":          `pg_my_temp_schema() pg_relation_filenode(regclass)`,
	"int8": `nextval(regclass) currval(regclass) lastval() setval(regclass,int8) setval(regclass,int8,bool)
		pg_table_size(regclass) pg_relation_size(regclass) pg_relation_size(regclass,text) pg_indexes_size(regclass)
		pg_total_relation_size(regclass) pg_database_size(oid) pg_database_size(name) pg_tablespace_size(oid) pg_tablespace_size(name)
		pg_stat_get_numscans(oid) pg_stat_get_live_tuples(oid)`,
	"timestamptz": `pg_postmaster_start_time() pg_conf_load_time()`,
}

// privilegeFunctions are the forms of has_..._privilege, as a list of catalogFunctions: one for each way to name a role
// or none, the object and, of a column, the column.
func privilegeFunctions() string {
	var sb strings.Builder
	for _, kind := range []string{
		"table", "any_column", "column", "schema", "database", "function", "type", "sequence", "language", "tablespace", "server",
		"foreign_data_wrapper", "parameter",
	} {
		objects := []string{"text", "oid"}
		switch kind {
		case "parameter":
			objects = []string{"text"}
		case "column":
			objects = []string{"text,text", "text,int2", "oid,text", "oid,int2"}
		}
		for _, role := range []string{"", "name,", "oid,"} {
			for _, object := range objects {
				sb.WriteString("has_" + kind + "_privilege(" + role + object + ",text) ")
			}
		}
	}
	return sb.String()
}

func fromCatalog() []function {
	var fs []function
	for ret, list := range catalogFunctions {
		if ret == "bool" {
			list += " " + privilegeFunctions()
		}
		if elem, ok := strings.CutSuffix(ret, "[]"); ok {
			ret = "_" + elem
		}
		for sig := range strings.FieldsSeq(list) {
			name, args, _ := strings.Cut(strings.TrimSuffix(sig, ")"), "(")
			name, nulls := strings.CutPrefix(name, "+")
			f := function{name: name, args: args, ret: ret, flags: fallible | stable | catalogued, run: asking(name)}
			if nulls {
				f.flags |= lenient
			}
			if slices.Contains([]string{"set_config", "pg_notify", "pg_advisory_unlock_all", "pg_cancel_backend", "pg_terminate_backend", "nextval", "currval", "lastval", "setval"}, name) {
				f.flags |= volatile
			}
			fs = append(fs, f)
		}
	}
	return fs
}

// catalogSets are the set-returning functions that ask the catalog: PostgreSQL's, and those of vex.
func catalogSets() []function {
	var fs []function
	for _, f := range []struct{ name, args, ret, cols string }{
		{"pg_partition_ancestors", "regclass", "regclass", "relid regclass"},
		{"pg_partition_tree", "regclass", "record", "relid regclass,parentrelid regclass,isleaf bool,level int4"},
		{"pg_options_to_table", "_text", "record", "option_name text,option_value text"},
		{"aclexplode", "_aclitem", "record", "grantor oid,grantee oid,privilege_type text,is_grantable bool"},
		{"_pg_expandarray", "int2vector", "record", "x int2,n int4"},
		{"_pg_expandarray", "oidvector", "record", "x oid,n int4"},
		{"_pg_expandarray", "_int2", "record", "x int2,n int4"},
		{"_pg_expandarray", "_oid", "record", "x oid,n int4"},
		{"pg_timezone_names", "", "record", "name text,abbrev text,utc_offset interval,is_dst bool"},
		{"pg_listening_channels", "", "text", "pg_listening_channels text"},
		{"match_triggers", "text,jsonb", "record", "relation text,trigger text,timing text,priority int4,action text,destination text,error text"},
		{"pg_get_keywords", "", "record", "word text,catcode char,barelabel bool,catdesc text,baredesc text"},
	} {
		fs = append(fs, function{
			name: f.name, args: f.args, ret: f.ret, flags: fallible | stable | catalogued,
			set: &setOf{cols: f.cols, make: func() rowSet { return &catalogRows{name: f.name} }},
		})
	}
	return fs
}

// catalogRows gives the rows that the Catalog answers a call with.
type catalogRows struct {
	name string
	rows []batch.Column
	next int
}

func (s *catalogRows) open(f *frame, r uint32) error {
	s.rows, s.next = nil, 0
	if f.c.Catalog == nil {
		return sqlerr.NotSupported("%s here", s.name)
	}
	cols, err := f.c.Catalog.Rows(s.name, Asked{f}, r)
	s.rows = cols
	return err
}

func (s *catalogRows) fill(out []*batch.Builder, limit int) (n int, _ error) {
	for ; n < limit && len(s.rows) > 0 && s.next < s.rows[0].N; n++ {
		for i, b := range out {
			b.Append(&s.rows[i], s.next)
		}
		s.next++
	}
	return n, nil
}

// Mover is an expression that moves a sequence and is no call of a function.
type Mover interface{ Moves() }

// Counts says whether expressions have to be evaluated row by row: one moves a sequence, and another call, of the same row, moves it
// further or asks where it stands.
func Counts(es []Expr) bool {
	moves, calls := false, 0
	for _, e := range es {
		walk(e, func(e Expr) bool {
			if _, own := e.(Mover); own {
				moves = true
				calls++
			}
			c, ok := e.(*call)
			if !ok {
				return true
			}
			switch c.fn.name {
			case "nextval", "setval":
				moves = true
				calls++
			case "currval", "lastval":
				calls++
			}
			return true
		})
	}
	return moves && calls > 1
}
