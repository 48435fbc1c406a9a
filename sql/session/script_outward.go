package session

import (
	"strings"

	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/pgcatalog"
)

// outward makes secrets, which are given their texts by hand, and targets.
func (s *script) outward() {
	for _, x := range s.snap.Secrets() {
		name := pgcatalog.QuoteIdent(x.Name)
		s.add(SectionBefore, "secret", name, "CREATE SECRET "+name)
		s.owned("secret", name, x.Owner)
	}
	for _, t := range s.snap.Targets() {
		name := pgcatalog.QuoteIdent(t.Name)
		s.add(SectionBefore, "target", name, TargetText(s.snap, t))
		s.owned("target", name, t.Owner)
		for _, g := range t.ACL {
			if g.Privileges != "" && g.Grantee != t.Owner {
				text := "GRANT USAGE ON TARGET " + name + " TO " + grantee(g.Grantee)
				if g.Grantable != "" {
					text += " WITH GRANT OPTION"
				}
				s.add(SectionBefore, "target", name, text)
			}
		}
	}
}

func (s *script) owned(kind, name, owner string) {
	if s.snap.Role(owner) != nil {
		s.add(SectionBefore, kind, name, "ALTER "+strings.ToUpper(kind)+" "+name+" OWNER TO "+pgcatalog.QuoteIdent(owner))
	}
}

func grantee(role string) string {
	if role == "" {
		return "PUBLIC"
	}
	return pgcatalog.QuoteIdent(role)
}

// TargetText is the statement that makes a target. Secrets stand in it by name.
func TargetText(snap *catalog.Snapshot, t *catalog.Target) string {
	with := make([]string, len(t.Options))
	for i, o := range t.Options {
		value := pgcatalog.QuoteLiteral(o.Value)
		if x := snap.SecretByID(o.Secret); x != nil {
			value = "SECRET " + pgcatalog.QuoteIdent(x.Name)
		}
		with[i] = pgcatalog.QuoteIdent(o.Name) + " = " + value
	}
	return "CREATE TARGET " + pgcatalog.QuoteIdent(t.Name) + " TYPE " + t.Kind + " WITH (" + strings.Join(with, ", ") + ")"
}
