package pgcatalog

import (
	"strconv"
	"strings"
	"sync"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/lex"
)

// index is a key of a table as the index that PostgreSQL would keep for it.
type index struct {
	oid uint32
	r   *catalog.Relation
	key *catalog.Key
}

// indexes lists the keys of all tables.
func (s *State) indexes() []index {
	var out []index
	for _, r := range s.relations() {
		for i := range r.Keys {
			out = append(out, index{derived("index", oidText(r.ID)+"."+r.Keys[i].Name), r, &r.Keys[i]})
		}
	}
	return out
}

// numbers are the key's columns as attribute numbers with sep between them.
func (x index) numbers(sep string) string {
	var parts []string
	for _, c := range x.key.Columns {
		parts = append(parts, oidText(uint32(c+1)))
	}
	return strings.Join(parts, sep)
}

// columns are the key's columns as they stand in a definition.
func (x index) columns() string {
	var parts []string
	for _, c := range x.key.Columns {
		parts = append(parts, QuoteIdent(x.r.Columns[c].Name))
	}
	return strings.Join(parts, ", ")
}

// each is a vector of what of gives for the type of each column of the key.
func (x index) each(of func(types.Type) string) string {
	var parts []string
	for _, c := range x.key.Columns {
		parts = append(parts, of(x.r.Columns[c].Type))
	}
	return strings.Join(parts, " ")
}

// classes are the operator classes that B-trees keep values of each type with.
var classes = sync.OnceValue(func() map[types.OID]string {
	m := map[types.OID]string{}
	array := "0"
	for _, c := range lines("pg_opclass.txt") {
		if c[1] == "403" && c[7] == "t" {
			if m[types.OID(number(c[6]))] = c[0]; c[6] == oidText(uint32(types.OIDAnyArray)) {
				array = c[0]
			}
		}
	}
	m[types.OIDVarchar] = m[types.OIDText]
	for _, c := range lines("pg_type.txt") {
		if oid := types.OID(number(c[0])); m[oid] == "" && (types.Type{OID: oid}).Elem() != (types.Type{}) {
			m[oid] = array
		}
	}
	return m
})

const btree = 403

func (s *State) indexClasses(out *rows) {
	for _, x := range s.indexes() {
		out.add("oid", x.oid, "relname", x.key.Name, "relnamespace", s.schemaID(x.r.Schema), "relowner", s.roleID(x.r.Owner), "relam", btree,
			"reltuples", -1, "relpersistence", persistence(x.r), "relkind", "i", "relnatts", len(x.key.Columns), "relispopulated", true, "relreplident", "n")
	}
}

func (s *State) indexAttributes(out *rows) {
	for _, x := range s.indexes() {
		for i, at := range x.key.Columns {
			c := &x.r.Columns[at]
			st := storages()[c.Type.OID]
			out.add("attrelid", x.oid, "attname", c.Name, "atttypid", c.Type.OID, "attstattarget", -1, "attlen", c.Type.Len(),
				"attnum", i+1, "attcacheoff", -1, "atttypmod", types.Typmod(c.Type), "attbyval", st.byVal, "attalign", st.align,
				"attstorage", st.storage, "attislocal", true, "attcollation", st.collation)
		}
	}
}

func (s *State) pgIndex(out *rows) {
	for _, x := range s.indexes() {
		out.add("indexrelid", x.oid, "indrelid", x.r.ID, "indnatts", len(x.key.Columns), "indnkeyatts", len(x.key.Columns),
			"indisunique", true, "indisprimary", x.key.Primary, "indimmediate", !x.key.Deferrable, "indisvalid", true, "indisready", true,
			"indislive", true, "indkey", x.numbers(" "), "indcollation", x.each(func(t types.Type) string { return strconv.Itoa(storages()[t.OID].collation) }),
			"indclass", x.each(func(t types.Type) string { return classes()[t.OID] }), "indoption", x.each(func(types.Type) string { return "0" }))
	}
}

func (s *State) pgIndexes(out *rows) {
	for _, x := range s.indexes() {
		out.add("schemaname", x.r.Schema, "tablename", x.r.Name, "indexname", x.key.Name, "indexdef", x.definition())
	}
}

func (x index) definition() string { return x.definitionOn(qualified(x.r)) }

func (x index) definitionOn(relation string) string {
	return "CREATE UNIQUE INDEX " + QuoteIdent(x.key.Name) + " ON " + relation + " USING btree (" + x.columns() + ")"
}

// constraint is a key or a check of a table.
type constraint struct {
	oid    uint32
	r      *catalog.Relation
	name   string
	kind   string // "p", "u", "c"
	text   string
	index  *index
	checks string
	f      *catalog.ForeignKey
}

// deferral says when the constraint is held against; "" for at once.
func (x *index) deferral() string { return DeferralText(x.key.Deferrable, x.key.Deferred) }

// deferral says whether the constraint may wait for COMMIT, and whether it does so unless told otherwise.
func (c *constraint) deferral() (deferrable, deferred bool) {
	switch {
	case c.f != nil:
		return c.f.Deferrable, c.f.Deferred
	case c.index != nil:
		return c.index.key.Deferrable, c.index.key.Deferred
	}
	return false, false
}

// comment is what COMMENT ON CONSTRAINT said.
func (c *constraint) comment() string {
	switch {
	case c.f != nil:
		return c.f.Comment
	case c.index != nil:
		return c.index.key.Comment
	}
	for _, k := range c.r.Checks {
		if k.Name == c.name {
			return k.Comment
		}
	}
	return ""
}

func (s *State) constraints() []constraint {
	var out []constraint
	indexes := s.indexes()
	for i := range indexes {
		x := &indexes[i]
		c := constraint{derived("constraint", oidText(x.r.ID)+"."+x.key.Name), x.r, x.key.Name, "u", "UNIQUE (" + x.columns() + ")" + x.deferral(), x, "", nil}
		if x.key.Primary {
			c.kind, c.text = "p", "PRIMARY KEY ("+x.columns()+")"+x.deferral()
		}
		out = append(out, c)
	}
	for _, r := range s.relations() {
		for _, k := range r.Checks {
			out = append(out, constraint{derived("constraint", oidText(r.ID)+"."+k.Name), r, k.Name, "c", "CHECK ((" + bare(k.Text) + "))", nil, k.Text, nil})
		}
		for i := range r.Foreign {
			f := &r.Foreign[i]
			if text := ForeignText(s.Snapshot, r, f); text != "" {
				out = append(out, constraint{derived("constraint", oidText(r.ID)+"."+f.Name), r, f.Name, "f", text, nil, "", f})
			}
		}
	}
	return out
}

func (s *State) pgConstraint(out *rows) {
	for _, c := range s.constraints() {
		if c.f != nil {
			s.foreignConstraint(c, out)
			continue
		}
		p := []any{
			"oid", c.oid, "conname", c.name, "connamespace", s.schemaID(c.r.Schema), "contype", c.kind, "convalidated", true,
			"conrelid", c.r.ID, "conislocal", true, "connoinherit", c.kind != "c", "confupdtype", " ", "confdeltype", " ", "confmatchtype", " ",
		}
		if c.index != nil {
			p = append(p, "condeferrable", c.index.key.Deferrable, "condeferred", c.index.key.Deferred, "conindid", c.index.oid, "conkey", "{"+c.index.numbers(",")+"}")
		} else {
			p = append(p, "conbin", c.checks)
		}
		out.add(p...)
	}
}

// bare is an expression without brackets around the whole of it: a definition that was made of another has some.
func bare(text string) string {
	toks, err := lex.Scan(text, nil)
	for err == nil && len(toks) > 2 && toks[0].IsOp("(") && closing(toks, 0) == len(toks)-2 {
		text = strings.TrimSpace(text[toks[0].End:toks[len(toks)-2].Pos])
		toks, err = lex.Scan(text, nil)
	}
	return text
}

func (s *State) constraintDef(a expr.Asked, row uint32) any {
	for _, c := range s.constraints() {
		if int64(c.oid) == a.Int(0, row) {
			if c.kind == "c" && a.Len() > 1 && a.Bool(1, row) { // pretty
				return "CHECK (" + bare(c.checks) + ")"
			}
			return c.text
		}
	}
	return nil
}

// indexDef is an index's definition, or one column of it.
func (s *State) indexDef(a expr.Asked, row uint32) any {
	for _, x := range s.indexes() {
		if int64(x.oid) != a.Int(0, row) {
			continue
		}
		if a.Len() < 3 || a.Int(1, row) == 0 {
			if a.Len() > 2 && a.Bool(2, row) && s.visible(x.r) {
				return x.definitionOn(QuoteIdent(x.r.Name))
			}
			return x.definition()
		}
		if n := int(a.Int(1, row)); n > 0 && n <= len(x.key.Columns) {
			return QuoteIdent(x.r.Columns[x.key.Columns[n-1]].Name)
		}
		return ""
	}
	return nil
}

func (s *State) infoConstraints(out *rows) {
	words := map[string]string{"p": "PRIMARY KEY", "u": "UNIQUE", "c": "CHECK", "f": "FOREIGN KEY"}
	yes := map[bool]string{true: "YES", false: "NO"}
	for _, c := range s.constraints() {
		deferrable, deferred := c.deferral()
		out.add("constraint_catalog", s.Session.Database(), "constraint_schema", c.r.Schema, "constraint_name", c.name,
			"table_catalog", s.Session.Database(), "table_schema", c.r.Schema, "table_name", c.r.Name, "constraint_type", words[c.kind],
			"is_deferrable", yes[deferrable], "initially_deferred", yes[deferred], "enforced", "YES")
	}
}

func (s *State) infoKeys(out *rows) {
	for _, x := range s.indexes() {
		for i, c := range x.key.Columns {
			out.add("constraint_catalog", s.Session.Database(), "constraint_schema", x.r.Schema, "constraint_name", x.key.Name,
				"table_catalog", s.Session.Database(), "table_schema", x.r.Schema, "table_name", x.r.Name,
				"column_name", x.r.Columns[c].Name, "ordinal_position", i+1)
		}
	}
}
