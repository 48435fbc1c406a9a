package pgcatalog

import (
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/sql/catalog"
)

// ForeignText is a foreign key as a statement has it, without its name; "" if its key is gone.
func ForeignText(snap *catalog.Snapshot, r *catalog.Relation, f *catalog.ForeignKey) string {
	p, k := snap.ParentKey(f)
	if p == nil {
		return ""
	}
	name := QuoteIdent(p.Name)
	if snap.Lookup(p.Name) != p {
		name = QuoteIdent(p.Schema) + "." + name
	}
	own, theirs := f.InOrder(p.Keys[k].Columns)
	text := "FOREIGN KEY (" + columnList(r, own) + ") REFERENCES " + name + "(" + columnList(p, theirs) + ")"
	if f.Full {
		text += " MATCH FULL"
	}
	if f.OnUpdate != "no action" {
		text += " ON UPDATE " + strings.ToUpper(f.OnUpdate)
	}
	if f.OnDelete != "no action" {
		text += " ON DELETE " + strings.ToUpper(f.OnDelete)
		if f.Sets != nil {
			text += " (" + columnList(r, f.SetColumns()) + ")"
		}
	}
	text += DeferralText(f.Deferrable, f.Deferred)
	if f.NotValid {
		text += " NOT VALID"
	}
	return text
}

// DeferralText is what stands behind a constraint that may wait for COMMIT; "" for others.
func DeferralText(deferrable, deferred bool) (text string) {
	if deferrable {
		text = " DEFERRABLE"
	}
	if deferred {
		text += " INITIALLY DEFERRED"
	}
	return text
}

func columnList(r *catalog.Relation, columns []int) string {
	var names []string
	for _, c := range columns {
		names = append(names, QuoteIdent(r.Columns[c].Name))
	}
	return strings.Join(names, ", ")
}

// actionLetters are PostgreSQL's of what follows when a key goes.
var actionLetters = map[string]string{"no action": "a", "restrict": "r", "cascade": "c", "set null": "n", "set default": "d"}

func (s *State) foreignConstraint(c constraint, out *rows) {
	p, k := s.Snapshot.ParentKey(c.f)
	match := "s"
	if c.f.Full {
		match = "f"
	}
	index := uint32(0)
	for _, x := range s.indexes() {
		if x.r.ID == p.ID && x.key.Name == c.f.Key {
			index = x.oid
		}
	}
	own, theirs := c.f.InOrder(p.Keys[k].Columns)
	var sets any
	if c.f.Sets != nil {
		sets = numberList(c.f.SetColumns())
	}
	out.add("oid", c.oid, "conname", c.name, "connamespace", s.schemaID(c.r.Schema), "contype", "f", "convalidated", !c.f.NotValid,
		"condeferrable", c.f.Deferrable, "condeferred", c.f.Deferred,
		"conrelid", c.r.ID, "conislocal", true, "connoinherit", true, "confrelid", p.ID, "conindid", index,
		"confupdtype", actionLetters[c.f.OnUpdate], "confdeltype", actionLetters[c.f.OnDelete], "confmatchtype", match,
		"conkey", numberList(own), "confkey", numberList(theirs), "confdelsetcols", sets)
}

func numberList(columns []int) string {
	var out []string
	for _, c := range columns {
		out = append(out, strconv.Itoa(c+1))
	}
	return "{" + strings.Join(out, ",") + "}"
}

// infoReferential is information_schema.referential_constraints.
func (s *State) infoReferential(out *rows) {
	db := s.Session.Database()
	for _, c := range s.constraints() {
		if c.f == nil {
			continue
		}
		p, _ := s.Snapshot.ParentKey(c.f)
		match := "NONE"
		if c.f.Full {
			match = "FULL"
		}
		out.add("constraint_catalog", db, "constraint_schema", c.r.Schema, "constraint_name", c.name, "unique_constraint_catalog", db,
			"unique_constraint_schema", p.Schema, "unique_constraint_name", c.f.Key, "match_option", match,
			"update_rule", strings.ToUpper(c.f.OnUpdate), "delete_rule", strings.ToUpper(c.f.OnDelete))
	}
}
