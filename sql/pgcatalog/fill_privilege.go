package pgcatalog

import (
	"slices"
	"strings"

	"github.com/vexfs/vexstream/sql/catalog"
)

// privilegeWords are the words for PostgreSQL's letters.
var privilegeWords = map[rune]string{
	'a': "INSERT", 'r': "SELECT", 'w': "UPDATE", 'd': "DELETE", 'D': "TRUNCATE", 'x': "REFERENCES", 't': "TRIGGER",
	'U': "USAGE", 'C': "CREATE", 'X': "EXECUTE", 'c': "CONNECT", 'T': "TEMPORARY", 's': "SET", 'A': "ALTER SYSTEM",
}

// shownGrant is a privilege as the views of information_schema have it.
type shownGrant struct {
	grantor, grantee, privilege string
	passed                      bool
}

// shownGrants are the privileges of kind that items say, of those that concern the user, or with all of everybody's.
func (s *State) shownGrants(items []catalog.Grant, owner, kind string, all bool) []shownGrant {
	rights := s.Session.Rights(s.Snapshot)
	var out []shownGrant
	for _, g := range items {
		to := g.Grantee
		if !rights.Has(g.Grantor) && (to == "" || !rights.Has(to)) && (to != "" || !all) {
			continue
		}
		owned := to != "" && s.Snapshot.Rights(to).Has(owner)
		if to == "" {
			to = "PUBLIC"
		}
		for _, p := range g.Privileges {
			if strings.ContainsRune(kind, p) {
				out = append(out, shownGrant{g.Grantor, to, privilegeWords[p], owned || strings.ContainsRune(g.Grantable, p)})
			}
		}
	}
	return out
}

// withPrivileges are the relations that the standard knows privileges of.
func (s *State) withPrivileges() []*catalog.Relation {
	return slices.DeleteFunc(slices.Clone(s.relations()), func(r *catalog.Relation) bool { return kindOf(r) != "r" && kindOf(r) != "v" })
}

func (s *State) tablePrivileges(all bool) func(*rows) {
	return func(out *rows) {
		for _, r := range s.withPrivileges() {
			for _, g := range s.shownGrants(r.Guarded().Items(r.ACL, r.Owner), r.Owner, catalog.RelationPrivileges, all) {
				out.add("grantor", g.grantor, "grantee", g.grantee, "table_catalog", s.Session.Database(), "table_schema", r.Schema,
					"table_name", r.Name, "privilege_type", g.privilege, "is_grantable", yesNo(g.passed),
					"with_hierarchy", yesNo(g.privilege == "SELECT"))
			}
		}
	}
}

// columnPrivileges are those on the columns themselves and those on their relations, each once.
func (s *State) columnPrivileges(all bool) func(*rows) {
	return func(out *rows) {
		for _, r := range s.withPrivileges() {
			whole := s.shownGrants(r.Guarded().Items(r.ACL, r.Owner), r.Owner, catalog.ColumnPrivileges, all)
			for _, c := range r.Visible() {
				seen := map[shownGrant]bool{}
				for _, g := range append(slices.Clip(whole), s.shownGrants(c.ACL, r.Owner, catalog.ColumnPrivileges, all)...) {
					if seen[g] {
						continue
					}
					seen[g] = true
					out.add("grantor", g.grantor, "grantee", g.grantee, "table_catalog", s.Session.Database(), "table_schema", r.Schema,
						"table_name", r.Name, "column_name", c.Name, "privilege_type", g.privilege, "is_grantable", yesNo(g.passed))
				}
			}
		}
	}
}
