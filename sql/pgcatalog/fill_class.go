package pgcatalog

import (
	"cmp"
	"strconv"

	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/catalog"
)

// kindOf is PostgreSQL's relkind.
func kindOf(r *catalog.Relation) string {
	switch r.Kind {
	case catalog.View:
		return "v"
	case catalog.MaterializedView:
		return "m"
	case catalog.SequenceKind:
		return "S"
	}
	if d := definitions()[r.ID]; d != nil {
		return d.kind
	}
	return "r"
}

func isSystem(r *catalog.Relation) bool { return r.ID < catalog.EventsID }

func (s *State) classes(out *rows) {
	for _, r := range s.relations() {
		kind, am, ident := kindOf(r), uint32(0), "d"
		if kind == "r" || kind == "m" {
			am = oidHeap
		}
		if isSystem(r) || am == 0 {
			ident = "n"
		}
		var options any
		if list := withList(r); list != nil {
			options = list
		}
		out.add("oid", r.ID, "relname", r.Name, "relnamespace", s.schemaID(r.Schema), "reltype", rowType(r), "relowner", s.roleID(r.Owner), "relam", am,
			"reltuples", -1, "relhasindex", len(r.Keys) > 0, "relchecks", len(r.Checks), "relpersistence", persistence(r), "relkind", kind, "relnatts", len(r.Visible()), "relhasrules", r.Query != "", "relhastriggers", s.inForeignKeys(r) || len(s.Snapshot.Triggers(r.ID)) > 0,
			"relispopulated", true, "relreplident", ident, "relacl", s.aclText(r.ACL, r.Owner, r.Guarded()), "reloptions", options)
	}
	s.indexClasses(out)
}

// statUserTables has how many rows each relation has that keeps some. What else PostgreSQL counts there nobody counts.
func (s *State) statUserTables(out *rows) {
	for _, r := range s.relations() {
		if kind := kindOf(r); isSystem(r) || kind != "r" && kind != "m" {
			continue
		}
		var live any
		if n, known := s.Session.Rows(r.ID); known {
			live = n
		}
		out.add("relid", r.ID, "schemaname", r.Schema, "relname", r.Name, "n_live_tup", live)
	}
}

// derivedRelation says whether a relation's rows come from a query: PostgreSQL declares nothing of its columns.
func derivedRelation(r *catalog.Relation) bool {
	return r.Kind == catalog.View || r.Kind == catalog.MaterializedView
}

// inForeignKeys says whether a table has a foreign key or is what one refers to: PostgreSQL keeps both up with triggers.
func (s *State) inForeignKeys(r *catalog.Relation) bool {
	if len(r.Foreign) > 0 {
		return true
	}
	for _, c := range s.relations() {
		for i := range c.Foreign {
			if p, _ := s.Snapshot.ParentKey(&c.Foreign[i]); p != nil && p.ID == r.ID {
				return true
			}
		}
	}
	return false
}

// identity is PostgreSQL's letter for a column that counts by itself.
var identity = map[string]string{"always": "a", "by default": "d"}

func withList(r *catalog.Relation) []string {
	var out []string
	for _, k := range sortedKeys(r.With) {
		out = append(out, k+"="+r.With[k])
	}
	return out
}

func (s *State) attributes(out *rows) {
	for _, r := range s.relations() {
		for i, c := range r.Visible() {
			st := storages()[c.Type.OID]
			if coll := collationOf(r, i); coll != 0 {
				st.collation = coll
			}
			dims := 0
			if c.Type.Elem() != (types.Type{}) && !types.IsVector(c.Type) {
				dims = 1
			}
			if st.align == "" {
				st.align, st.storage = "i", "p"
			}
			out.add("attrelid", r.ID, "attname", c.Name, "atttypid", c.Type.OID, "attstattarget", -1, "attlen", c.Type.Len(),
				"attnum", i+1, "attndims", dims, "attcacheoff", -1, "atttypmod", types.Typmod(c.Type), "attbyval", st.byVal, "attalign", st.align,
				"attstorage", st.storage, "attnotnull", c.NotNull && !derivedRelation(r), "atthasdef", s.defaultOf(&c) != "", "attidentity", identity[c.Identity], "attgenerated", generated(&c), "attislocal", true,
				"attcollation", st.collation, "attacl", s.aclText(c.ACL, r.Owner, catalog.OnColumn))
		}
	}
	s.indexAttributes(out)
}

// defaultOf is the expression that pg_attrdef has of a column: its default, or what it is generated from.
func (s *State) defaultOf(c *catalog.Column) string {
	if q := s.Snapshot.ByID(c.Sequence); c.Identity == "serial" && q != nil {
		return "nextval('" + s.regOut("regclass", int64(q.ID)) + "'::regclass)"
	}
	if c.Generated != "" {
		return c.Generated
	}
	return defaultText(c)
}

func generated(c *catalog.Column) string {
	if c.Generated != "" {
		return "s"
	}
	return ""
}

func (s *State) namespaces(out *rows) {
	for _, n := range s.schemas() {
		acl := s.aclText(n.ACL, n.Owner, catalog.OnSchema)
		if n.ID < catalog.FirstUserID { // which everybody may use, as in PostgreSQL
			items, owner := s.Snapshot.SchemaACL(n.Name)
			acl = s.aclText(items, owner, catalog.OnSchema)
		}
		out.add("oid", n.ID, "nspname", n.Name, "nspowner", s.roleID(n.Owner), "nspacl", acl)
	}
}

func (s *State) defaults(out *rows) {
	for _, r := range s.relations() {
		for i, c := range r.Visible() {
			if text := s.defaultOf(&c); text != "" {
				out.add("oid", derivedOf("attrdef", r.ID, i+1), "adrelid", r.ID, "adnum", i+1, "adbin", text)
			}
		}
	}
}

func (s *State) descriptions(out *rows) {
	for _, r := range s.relations() {
		if r.Comment != "" {
			out.add("objoid", r.ID, "classoid", oidPgClass, "objsubid", 0, "description", r.Comment)
		}
		for i, c := range r.Visible() {
			if c.Comment != "" {
				out.add("objoid", r.ID, "classoid", oidPgClass, "objsubid", i+1, "description", c.Comment)
			}
		}
	}
	for _, x := range s.indexes() {
		if x.key.OfIndex != "" {
			out.add("objoid", x.oid, "classoid", oidPgClass, "objsubid", 0, "description", x.key.OfIndex)
		}
	}
	for _, c := range s.constraints() {
		if text := c.comment(); text != "" {
			out.add("objoid", c.oid, "classoid", oidPgConstraint, "objsubid", 0, "description", text)
		}
	}
	for _, n := range s.schemas() {
		if n.Comment != "" {
			out.add("objoid", n.ID, "classoid", oidPgNamespace, "objsubid", 0, "description", n.Comment)
		}
	}
	out.add("objoid", oidExtension, "classoid", oidPgExtension, "objsubid", 0, "description", extensionComment)
	for _, c := range builtinComments() {
		out.add("objoid", c.object, "classoid", c.class, "objsubid", 0, "description", c.text)
	}
}

func (s *State) sharedComments(out *rows) {
	if text := s.Snapshot.Database().Comment; text != "" {
		out.add("objoid", oidDatabase, "classoid", oidPgDatabase, "description", text)
	}
	for _, r := range s.Snapshot.Roles() {
		if r.Comment != "" {
			out.add("objoid", r.ID, "classoid", oidPgAuthID, "description", r.Comment)
		}
	}
}

// rewrites are the rules that PostgreSQL keeps views as.
func (s *State) rewrites(out *rows) {
	for _, r := range s.relations() {
		if r.Query != "" {
			out.add("oid", derivedOf("rewrite", r.ID, 0), "rulename", "_RETURN", "ev_class", r.ID, "ev_type", "1", "ev_enabled", "O",
				"is_instead", true, "ev_qual", "<>", "ev_action", "<>")
		}
	}
}

func (s *State) tables(out *rows) {
	for _, r := range s.relations() {
		if kindOf(r) == "r" {
			out.add("schemaname", r.Schema, "tablename", r.Name, "tableowner", r.Owner, "hasindexes", len(r.Keys) > 0, "hasrules", false,
				"hastriggers", false, "rowsecurity", false)
		}
	}
}

func (s *State) views(out *rows) {
	for _, r := range s.relations() {
		if kindOf(r) == "v" {
			out.add("schemaname", r.Schema, "viewname", r.Name, "viewowner", r.Owner, "definition", s.definitionOf(r))
		}
	}
}

func (s *State) matviews(out *rows) {
	for _, r := range s.relations() {
		if kindOf(r) == "m" {
			out.add("schemaname", r.Schema, "matviewname", r.Name, "matviewowner", r.Owner, "hasindexes", false, "ispopulated", true,
				"definition", s.definitionOf(r))
		}
	}
}

// definitionOf is a view's query as its author typed it, with the semicolon that PostgreSQL ends one with.
func (s *State) definitionOf(r *catalog.Relation) any {
	if r.Query == "" {
		return nil
	}
	return " " + QueryText(s.Snapshot, r) + ";"
}

func (s *State) databases(out *rows) {
	out.add("oid", oidDatabase, "datname", s.Session.Database(), "datdba", s.roleID(Bootstrap), "encoding", 6, "datlocprovider", "c",
		"datallowconn", true, "datconnlimit", -1, "dattablespace", oidDefaultTS, "datcollate", "C", "datctype", "C.UTF-8",
		"datfrozenxid", "0", "datminmxid", "0", "datacl", s.aclText(s.Snapshot.Database().ACL, Bootstrap, catalog.OnDatabase))
}

// roleSettings are the values that sessions begin with, an entry for each whose they are.
func (s *State) roleSettings(out *rows) {
	type whose struct {
		role string
		here bool
	}
	var order []whose
	lists := map[whose][]string{}
	for _, x := range s.Snapshot.Database().Settings {
		w := whose{x.Role, x.Here}
		if lists[w] == nil {
			order = append(order, w)
		}
		lists[w] = append(lists[w], x.Name+"="+x.Value)
	}
	for _, w := range order {
		var database, role uint32
		if w.here {
			database = oidDatabase
		}
		if w.role != "" {
			role = s.roleID(w.role)
		}
		out.add("setdatabase", database, "setrole", role, "setconfig", lists[w])
	}
}

func (s *State) settings(out *rows) {
	for _, v := range s.Session.Settings() {
		kind := "string"
		if _, err := strconv.Atoi(v.Boot); err == nil {
			kind = "integer"
		} else if v.Boot == "on" || v.Boot == "off" {
			kind = "bool"
		}
		source := "default"
		if v.Value != v.Boot {
			source = "session"
		}
		row := []any{
			"name", v.Name, "setting", v.Value, "category", "Session", "short_desc", v.Description, "context", v.Context, "vartype", cmp.Or(v.Kind, kind),
			"source", source, "boot_val", v.Boot, "reset_val", v.Reset, "pending_restart", false,
		}
		for _, x := range [][2]string{{"unit", v.Unit}, {"min_val", v.Least}, {"max_val", v.Most}} {
			if x[1] != "" {
				row = append(row, x[0], x[1])
			}
		}
		if v.Words != nil {
			row = append(row, "enumvals", arrayText(v.Words))
		}
		out.add(row...)
	}
}

// persistence is what pg_class says of how long a relation's rows stay.
func persistence(r *catalog.Relation) string {
	if catalog.IsTemp(r.Schema) {
		return "t"
	}
	return "p"
}
