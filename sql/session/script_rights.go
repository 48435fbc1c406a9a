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
	on, known := "", tablePrivileges
	if r.Kind == catalog.SequenceKind {
		on, known = "SEQUENCE ", sequencePrivileges
	}
	if own := s.owner(r.Owner); own != "" && r.ID >= catalog.FirstUserID && s.ownedAlone(r) {
		s.add(SectionAfter, "owner", name, "ALTER "+strings.ToUpper(string(r.Kind))+" "+name+" OWNER TO "+own)
	}
	s.grants(on+name, name, r.Owner, r.ACL, known)
}

// ownedAlone says whether a relation's owner does not follow from another's.
func (s *script) ownedAlone(r *catalog.Relation) bool {
	if r.Kind != catalog.SequenceKind {
		return true
	}
	of, _, _ := s.snap.SequenceOwner(r.ID)
	return of == nil
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
	s.grants("SCHEMA "+name, name, n.Owner, n.ACL, schemaPrivileges)
}

// owner is the name of an owner as a statement has it; "" for one that is no role that the script makes.
func (s *script) owner(name string) string {
	if s.snap.Role(name) == nil {
		return ""
	}
	return pgcatalog.QuoteIdent(name)
}

// grants repeats an object's privileges. Who gave them is not repeated: a superuser gives them in the owner's name.
func (s *script) grants(on, name, owner string, acl []catalog.Grant, known []privilege) {
	all := ""
	for _, p := range known {
		all += string(p.letter)
	}
	at := slices.IndexFunc(acl, func(g catalog.Grant) bool { return g.Grantee == owner })
	if own := s.owner(owner); at >= 0 && own != "" && !sameLetters(acl[at].Privileges, all) {
		s.add(SectionAfter, "grant", name, "REVOKE ALL ON "+on+" FROM "+own)
	} else if at >= 0 {
		acl = slices.Delete(slices.Clone(acl), at, at+1)
	}
	acl = slices.Clone(acl)
	slices.SortStableFunc(acl, func(a, b catalog.Grant) int { return strings.Compare(a.Grantee, b.Grantee) })
	for _, g := range acl {
		to := "PUBLIC"
		if g.Grantee != "" {
			if to = s.owner(g.Grantee); to == "" {
				continue
			}
		}
		var plain, passing []string
		for _, p := range known {
			switch {
			case strings.ContainsRune(g.Grantable, p.letter):
				passing = append(passing, strings.ToUpper(p.word))
			case strings.ContainsRune(g.Privileges, p.letter):
				plain = append(plain, strings.ToUpper(p.word))
			}
		}
		if plain != nil {
			s.add(SectionAfter, "grant", name, "GRANT "+strings.Join(plain, ", ")+" ON "+on+" TO "+to)
		}
		if passing != nil {
			s.add(SectionAfter, "grant", name, "GRANT "+strings.Join(passing, ", ")+" ON "+on+" TO "+to+" WITH GRANT OPTION")
		}
	}
}

func sameLetters(have, all string) bool {
	for _, l := range all {
		if !strings.ContainsRune(have, l) {
			return false
		}
	}
	return true
}
