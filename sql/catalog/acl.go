package catalog

import (
	"errors"
	"slices"
	"strings"
)

// Guarded is a kind of object that privileges are about: all of them, as PostgreSQL's letters in its order, and those that
// the owner and everybody have before anybody grants or revokes one.
type Guarded struct{ All, Owner, Public string }

// The kinds of objects that have privileges.
var (
	OnRelation = Guarded{RelationPrivileges, RelationPrivileges, ""}
	OnSequence = Guarded{SequencePrivileges, SequencePrivileges, ""}
	OnSchema   = Guarded{SchemaPrivileges, SchemaPrivileges, ""}
	OnTarget   = Guarded{TargetPrivileges, TargetPrivileges, ""}
	OnDatabase = Guarded{DatabasePrivileges, DatabasePrivileges, "Tc"}
	OnColumn   = Guarded{ColumnPrivileges, "", ""} // those of the relation are apart
)

// Items are the grants on an object, one by one: those that are there from the start if nobody changed them. A list that is
// stored says nothing of the owner where the owner's own are as they were, and has an empty one where they are gone.
func (k Guarded) Items(acl []Grant, owner string) []Grant {
	var out []Grant
	if len(acl) == 0 && k.Public != "" {
		out = append(out, Grant{Grantor: owner, Privileges: k.Public})
	}
	if k.Owner != "" && !slices.ContainsFunc(acl, func(g Grant) bool { return g.Grantee == owner }) {
		out = append(out, Grant{Grantee: owner, Grantor: owner, Privileges: k.Owner})
	}
	for _, g := range acl {
		if g.Privileges != "" {
			out = append(out, g)
		}
	}
	return out
}

// Stored is the list that Items makes items of.
func (k Guarded) Stored(items []Grant, owner string) []Grant {
	if k.Owner != "" && !slices.ContainsFunc(items, func(g Grant) bool { return g.Grantee == owner }) {
		return append(slices.Clip(items), Grant{Grantee: owner, Grantor: owner})
	}
	return items
}

// What Regrant refuses.
var (
	ErrPassedOn = errors.New("dependent privileges exist")
	ErrCircular = errors.New("grant options cannot be granted back to your own grantor")
)

// Regrant is a change of grants on an object: By gives To, or takes from it, Privileges, and the option to pass Options on.
type Regrant struct {
	By, To              string // To "": everybody
	Privileges, Options string
	Revoke, Cascade     bool
}

// Change gives the items after a change. It fails with ErrPassedOn if that took from others and Cascade is not set, and with
// ErrCircular if By has its own right to grant from To.
func (s *Snapshot) Change(items []Grant, owner string, x Regrant) ([]Grant, error) {
	if !x.Revoke && x.Options != "" {
		if err := s.circular(items, owner, x); err != nil {
			return nil, err
		}
	}
	items = slices.Clone(items)
	i := slices.IndexFunc(items, func(g Grant) bool { return g.Grantee == x.To && g.Grantor == x.By })
	if i < 0 {
		items, i = append(items, Grant{Grantee: x.To, Grantor: x.By}), len(items)
	}
	g := &items[i]
	if !x.Revoke {
		g.Privileges, g.Grantable = both(g.Privileges, x.Privileges), both(g.Grantable, x.Options)
		if g.Privileges == "" { // the giver could give nothing
			items = slices.Delete(items, i, i+1)
		}
		return items, nil
	}
	lost := shared(g.Grantable, x.Options)
	g.Privileges, g.Grantable = without(g.Privileges, x.Privileges), without(g.Grantable, x.Options)
	if g.Privileges == "" {
		items = slices.Delete(items, i, i+1)
	}
	return s.takeBack(items, owner, x.To, lost, x.Cascade)
}

// takeBack takes from others what by passed on and may not pass on any more.
func (s *Snapshot) takeBack(items []Grant, owner, by, lost string, cascade bool) ([]Grant, error) {
	if by == owner || lost == "" {
		return items, nil
	}
	if lost = without(lost, s.passable(items, owner, by)); lost == "" {
		return items, nil
	}
	for {
		i := slices.IndexFunc(items, func(g Grant) bool { return g.Grantor == by && shared(g.Privileges, lost) != "" })
		switch {
		case i < 0:
			return items, nil
		case !cascade:
			return nil, ErrPassedOn
		}
		var err error
		items, err = s.Change(items, owner, Regrant{By: by, To: items[i].Grantee, Privileges: lost, Options: lost, Revoke: true, Cascade: true})
		if err != nil {
			return nil, err
		}
	}
}

// circular refuses to give an option to pass on to whom the giver has it from.
func (s *Snapshot) circular(items []Grant, owner string, x Regrant) error {
	if x.By == owner {
		return nil
	}
	for {
		i := slices.IndexFunc(items, func(g Grant) bool { return g.Grantee == x.To && g.Grantable != "" })
		if i < 0 {
			break
		}
		var err error
		g := items[i]
		if items, err = s.Change(items, owner, Regrant{By: g.Grantor, To: g.Grantee, Options: g.Grantable, Revoke: true, Cascade: true}); err != nil {
			return err
		}
	}
	if without(x.Options, s.passable(items, owner, x.By)) != "" {
		return ErrCircular
	}
	return nil
}

// passable is what a role may pass on.
func (s *Snapshot) passable(items []Grant, owner, role string) string {
	if role == "" {
		return ""
	}
	rights, out := s.Rights(role), ""
	if rights.Has(owner) {
		return AllPrivileges
	}
	for _, g := range items {
		if g.Grantee != "" && rights.Has(g.Grantee) {
			out += g.Grantable
		}
	}
	return out
}

// Grantor is the role in whose name one with these rights changes grants on an object, and which of the privileges in want it
// may pass on: the owner if it can act as that, else the role that may pass on the most of them.
func (x *Rights) Grantor(items []Grant, owner, want string) (by, can string) {
	if x.super || x.as[0] == owner {
		return owner, want
	}
	by = x.as[0]
	for _, role := range x.as {
		if role == owner {
			return owner, want
		}
		have := ""
		for _, g := range items {
			if g.Grantee == role {
				have = both(have, shared(want, g.Grantable))
			}
		}
		if len(have) > len(can) {
			by, can = role, have
		}
	}
	return by, can
}

// Merged has what one role has granted another in one entry, as it is not when one of them takes the place of a third.
func Merged(acl []Grant) []Grant {
	var out []Grant
	for _, g := range acl {
		i := slices.IndexFunc(out, func(h Grant) bool { return h.Grantee == g.Grantee && h.Grantor == g.Grantor })
		if i < 0 {
			out = append(out, g)
			continue
		}
		out[i].Privileges, out[i].Grantable = both(out[i].Privileges, g.Privileges), both(out[i].Grantable, g.Grantable)
	}
	return out
}

// AllPrivileges are the letters of all kinds of objects.
const AllPrivileges = "arwdDxtXUCTc"

// both are the letters of a and b, in PostgreSQL's order.
func both(a, b string) string { return shared(AllPrivileges, a+b) }

// shared are the letters of a that are in b.
func shared(a, b string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(b, r) {
			return r
		}
		return -1
	}, a)
}

// without are the letters of a that are not in b.
func without(a, b string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(b, r) {
			return -1
		}
		return r
	}, a)
}
