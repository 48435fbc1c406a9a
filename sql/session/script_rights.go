package session

import (
	"slices"
	"strings"

	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/pgcatalog"
)

// roles makes the roles, and then who is a member of which.
func (s *script) roles() {
	for _, r := range s.snap.Roles() {
		name := pgcatalog.QuoteIdent(r.Name)
		if catalog.Predefined()[r.Name] == nil {
			s.add(SectionBefore, "role", name, roleText(r))
		}
		if r.Comment != "" {
			s.add(SectionBefore, "comment", name, "COMMENT ON ROLE "+name+" IS "+pgcatalog.QuoteLiteral(r.Comment))
		}
	}
	for _, r := range s.snap.Roles() {
		name := pgcatalog.QuoteIdent(r.Name)
		for _, m := range r.MemberOf {
			text := "GRANT " + pgcatalog.QuoteIdent(m.Role) + " TO " + name
			if m.Admin {
				text += " WITH ADMIN OPTION"
			}
			s.add(SectionBefore, "grant", name, text)
		}
	}
}

// rights gives a relation its owner and the privileges on it.
func (s *script) rights(r *catalog.Relation) {
	name := pgcatalog.NameText(r)
	on := ""
	if r.Kind == catalog.SequenceKind {
		on = "SEQUENCE "
	}
	if own := s.owner(r.Owner); own != "" && r.ID >= catalog.FirstUserID && s.ownedAlone(r) {
		s.add(SectionAfter, "owner", name, "ALTER "+strings.ToUpper(string(r.Kind))+" "+name+" OWNER TO "+own)
	}
	s.grants("", on+name, name, "", r.Owner, r.ACL, r.Guarded())
	for _, c := range r.Columns {
		s.grants("", on+name, name, " ("+pgcatalog.QuoteIdent(c.Name)+")", r.Owner, c.ACL, catalog.OnColumn)
	}
}

// ownedAlone says whether a relation's owner does not follow from another's.
func (s *script) ownedAlone(r *catalog.Relation) bool {
	if r.Kind != catalog.SequenceKind {
		return true
	}
	of, _, _ := s.snap.SequenceOwner(r.ID)
	return of == nil
}

// databaseRights repeats the privileges on the database, under the name that it has for every session.
func (s *script) databaseRights() {
	acl := s.snap.Database().ACL
	if len(acl) == 0 {
		return
	}
	name := pgcatalog.QuoteIdent(pgcatalog.Bootstrap)
	s.add(SectionAfter, "grant", name, "REVOKE ALL ON DATABASE "+name+" FROM PUBLIC")
	s.grants("", "DATABASE "+name, name, "", pgcatalog.Bootstrap, acl, catalog.OnDatabase)
}

func (s *script) schemaRights(n *catalog.Schema) {
	name := pgcatalog.QuoteIdent(n.Name)
	if own := s.owner(n.Owner); own != "" && n.ID >= catalog.FirstUserID {
		s.add(SectionAfter, "owner", name, "ALTER SCHEMA "+name+" OWNER TO "+own)
	}
	if n.Comment != "" {
		s.add(SectionAfter, "comment", name, "COMMENT ON SCHEMA "+name+" IS "+pgcatalog.QuoteLiteral(n.Comment))
	}
	if n.ID < catalog.FirstUserID && n.ACL != nil {
		s.add(SectionAfter, "grant", name, "REVOKE ALL ON SCHEMA "+name+" FROM PUBLIC")
	}
	s.grants("", "SCHEMA "+name, name, "", n.Owner, n.ACL, catalog.OnSchema)
}

// owner is the name of an owner as a statement has it; "" for one that is no role that the script makes.
func (s *script) owner(name string) string {
	if s.snap.Role(name) == nil {
		return ""
	}
	return pgcatalog.QuoteIdent(name)
}

// grants repeats an object's privileges, or those on a column of it. Who gave them is not repeated: a superuser gives them in
// the owner's name. lead stands before each statement.
func (s *script) grants(lead, on, name, column, owner string, acl []catalog.Grant, kind catalog.Guarded) {
	items := kind.Items(acl, owner)
	whole := func(g catalog.Grant) bool {
		return g.Grantee == owner && g.Grantor == owner && g.Privileges == kind.Owner && g.Grantable == ""
	}
	if at := slices.IndexFunc(items, whole); at >= 0 {
		items = slices.Delete(items, at, at+1)
	} else if own := s.owner(owner); own != "" && kind.Owner != "" {
		s.add(SectionAfter, "grant", name, lead+"REVOKE ALL ON "+on+" FROM "+own)
	}
	slices.SortStableFunc(items, func(a, b catalog.Grant) int { // the owner's first, as they stand
		switch {
		case a.Grantee == owner && b.Grantee != owner:
			return -1
		case b.Grantee == owner && a.Grantee != owner:
			return 1
		}
		return strings.Compare(a.Grantee, b.Grantee)
	})
	for _, g := range items {
		to := "PUBLIC"
		if g.Grantee != "" {
			if to = s.owner(g.Grantee); to == "" {
				continue
			}
		}
		var plain, passing []string
		for _, l := range kind.All {
			switch word := wordOf(string(l)) + column; {
			case strings.ContainsRune(g.Grantable, l):
				passing = append(passing, word)
			case strings.ContainsRune(g.Privileges, l):
				plain = append(plain, word)
			}
		}
		if plain != nil {
			s.add(SectionAfter, "grant", name, lead+"GRANT "+strings.Join(plain, ", ")+" ON "+on+" TO "+to)
		}
		if passing != nil {
			s.add(SectionAfter, "grant", name, lead+"GRANT "+strings.Join(passing, ", ")+" ON "+on+" TO "+to+" WITH GRANT OPTION")
		}
	}
}
