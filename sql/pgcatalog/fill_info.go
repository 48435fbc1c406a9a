package pgcatalog

import (
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/catalog"
)

func yesNo(b bool) string {
	if b {
		return "YES"
	}
	return "NO"
}

func (s *State) infoTables(out *rows) {
	kinds := map[string]string{"r": "BASE TABLE", "v": "VIEW"}
	for _, r := range s.relations() {
		kind := kinds[kindOf(r)]
		if kind == "BASE TABLE" && catalog.IsTemp(r.Schema) {
			kind = "LOCAL TEMPORARY"
		}
		if kind != "" { // PostgreSQL leaves materialized views out, as the standard knows none
			commands, _ := s.changes(r)
			out.add("table_catalog", s.Session.Database(), "table_schema", r.Schema, "table_name", r.Name, "table_type", kind,
				"is_insertable_into", yesNo(commands&inserts != 0), "is_typed", "NO")
		}
	}
}

func (s *State) infoColumns(out *rows) {
	db := s.Session.Database()
	for _, r := range s.relations() {
		if kindOf(r) == "m" || kindOf(r) == "S" {
			continue
		}
		commands, columns := s.changes(r)
		for i, c := range r.Visible() {
			updatable := r.Kind == catalog.Stream || commands&both == both && columns[i]
			p := []any{
				"table_catalog", db, "table_schema", r.Schema, "table_name", r.Name, "column_name", c.Name, "ordinal_position", i + 1,
				"is_nullable", yesNo(!c.NotNull || derivedRelation(r)), "data_type", dataType(c.Type), "udt_catalog", db, "udt_schema", "pg_catalog",
				"udt_name", c.Type.Name(), "dtd_identifier", oidText(uint32(i + 1)), "is_self_referencing", "NO",
				"is_generated", map[bool]string{true: "ALWAYS", false: "NEVER"}[c.Generated != ""], "is_updatable", yesNo(updatable),
			}
			if text := s.defaultOf(&c); text != "" && c.Generated == "" {
				p = append(p, "column_default", text)
			}
			if c.Generated != "" {
				p = append(p, "generation_expression", "("+bare(c.Generated)+")")
			}
			p = append(p, s.identityFields(&c)...)
			out.add(append(p, sizes(c.Type)...)...)
		}
	}
}

// identityFields are what information_schema.columns says of how a column counts by itself.
func (s *State) identityFields(c *catalog.Column) []any {
	q := s.Snapshot.ByID(c.Sequence)
	if identity[c.Identity] == "" || q == nil {
		return []any{"is_identity", "NO", "identity_cycle", "NO"}
	}
	text := func(n int64) string { return strconv.FormatInt(n, 10) }
	return []any{
		"is_identity", "YES", "identity_generation", strings.ToUpper(c.Identity), "identity_start", text(q.Seq.Start),
		"identity_increment", text(q.Seq.Increment), "identity_maximum", text(q.Seq.Max), "identity_minimum", text(q.Seq.Min),
		"identity_cycle", yesNo(q.Seq.Cycle),
	}
}

// dataType is the type as the standard names it.
func dataType(t types.Type) string {
	if t.Elem() != (types.Type{}) && !types.IsVector(t) {
		return "ARRAY"
	}
	return types.FormatType(types.Type{OID: t.OID})
}

// sizes are the columns that say how large values of a type may be.
func sizes(t types.Type) []any {
	switch t.OID {
	case types.OIDInt2:
		return []any{"numeric_precision", 16, "numeric_precision_radix", 2, "numeric_scale", 0}
	case types.OIDInt4:
		return []any{"numeric_precision", 32, "numeric_precision_radix", 2, "numeric_scale", 0}
	case types.OIDInt8:
		return []any{"numeric_precision", 64, "numeric_precision_radix", 2, "numeric_scale", 0}
	case types.OIDFloat4:
		return []any{"numeric_precision", 24, "numeric_precision_radix", 2}
	case types.OIDFloat8:
		return []any{"numeric_precision", 53, "numeric_precision_radix", 2}
	case types.OIDNumeric:
		if t.Mod > 0 {
			p, s, _ := types.NumericPrecision(t.Mod)
			return []any{"numeric_precision", p, "numeric_precision_radix", 10, "numeric_scale", s}
		}
		return []any{"numeric_precision_radix", 10}
	case types.OIDDate:
		return []any{"datetime_precision", 0}
	case types.OIDInterval:
		out := []any{"datetime_precision", types.Digits(t)}
		if _, fields, ok := strings.Cut(types.FormatType(t), " "); ok {
			out = append(out, "interval_type", strings.ToUpper(fields))
		}
		return out
	case types.OIDTime, types.OIDTimestamp, types.OIDTimestamptz:
		return []any{"datetime_precision", types.Digits(t)}
	case types.OIDText:
		return []any{"character_octet_length", 1 << 30}
	case types.OIDVarchar, types.OIDBPChar:
		if t.Mod > 4 {
			return []any{"character_maximum_length", t.Mod - 4, "character_octet_length", 4 * (t.Mod - 4)}
		}
		return []any{"character_octet_length", 1 << 30}
	}
	return nil
}

func (s *State) infoSchemata(out *rows) {
	for _, n := range s.schemas() {
		out.add("catalog_name", s.Session.Database(), "schema_name", n.Name, "schema_owner", n.Owner)
	}
}

func (s *State) infoViews(out *rows) {
	for _, r := range s.relations() {
		if kindOf(r) != "v" {
			continue
		}
		commands, _ := s.changes(r)
		out.add("table_catalog", s.Session.Database(), "table_schema", r.Schema, "table_name", r.Name, "view_definition", s.definitionOf(r),
			"check_option", checkOption(r), "is_updatable", yesNo(commands&both == both), "is_insertable_into", yesNo(commands&inserts != 0), "is_trigger_updatable", "NO",
			"is_trigger_deletable", "NO", "is_trigger_insertable_into", "NO")
	}
}

func (s *State) infoRoles(out *rows) {
	for _, r := range s.allRoles() {
		out.add("role_name", r.Name)
	}
}

func (s *State) infoApplicable(out *rows) {
	for _, r := range s.allRoles() {
		for _, m := range r.MemberOf {
			out.add("grantee", r.Name, "role_name", m.Role, "is_grantable", yesNo(m.Admin))
		}
	}
}
