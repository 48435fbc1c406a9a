package catalog

import (
	"cmp"
	"slices"
)

// DefaultACL is what objects of a kind have for grants when Role makes them.
type DefaultACL struct {
	Role   string
	Schema uint32 // those in it only, besides what all have; 0: all
	Kind   string // as pg_default_acl has it: "r", "S" or "n"
	ACL    []Grant
}

// MaxDefaultACLs bounds the default privileges of a node.
const MaxDefaultACLs = 10_000

// DefaultKinds are the kinds of objects that default privileges are about.
var DefaultKinds = map[string]Guarded{"r": OnRelation, "S": OnSequence, "n": OnSchema}

// Guarded says which privileges there are on the objects. In a schema they come to what the object has anyway.
func (x *DefaultACL) Guarded() Guarded {
	k := DefaultKinds[x.Kind]
	if x.Schema != 0 {
		return Guarded{All: k.All}
	}
	return k
}

func (x *DefaultACL) same(y DefaultACL) bool {
	return x.Role == y.Role && x.Schema == y.Schema && x.Kind == y.Kind
}

// DefaultACL finds what is said of a role's objects of a kind, in a schema or of all, or gives one that says nothing.
func (d *Database) DefaultACL(role string, schema uint32, kind string) DefaultACL {
	x := DefaultACL{Role: role, Schema: schema, Kind: kind}
	if i := slices.IndexFunc(d.Defaults, x.same); i >= 0 {
		return d.Defaults[i]
	}
	return x
}

// WithDefaultACL gives a database where x holds; one that changes nothing is not kept.
func (d *Database) WithDefaultACL(x DefaultACL) *Database {
	c := *d
	c.Defaults = slices.DeleteFunc(slices.Clone(d.Defaults), x.same)
	if k := x.Guarded(); !sameItems(k.Items(x.ACL, x.Role), k.Items(nil, x.Role)) {
		c.Defaults = append(c.Defaults, x)
	}
	return &c
}

// WithoutDefaults gives a database without the default privileges that gone says.
func (d *Database) WithoutDefaults(gone func(DefaultACL) bool) *Database {
	c := *d
	c.Defaults = slices.DeleteFunc(slices.Clone(d.Defaults), gone)
	return &c
}

// NewACL gives the grants that a new object begins with; nil: those that objects of its kind have anyway.
func (s *Snapshot) NewACL(owner string, schema uint32, kind string) []Grant {
	d := s.Database()
	whole, here, k := d.DefaultACL(owner, 0, kind), DefaultACL{}, DefaultKinds[kind]
	if schema != 0 {
		here = d.DefaultACL(owner, schema, kind)
	}
	items := k.Items(whole.ACL, owner)
	for _, g := range here.ACL {
		at := slices.IndexFunc(items, func(h Grant) bool { return h.Grantee == g.Grantee && h.Grantor == g.Grantor })
		if at < 0 {
			items = append(items, g)
			continue
		}
		h := &items[at]
		h.Privileges, h.Grantable = both(h.Privileges, g.Privileges), both(h.Grantable, g.Grantable)
	}
	if sameItems(items, k.Items(nil, owner)) {
		return nil
	}
	slices.SortStableFunc(items, func(a, b Grant) int { // as PostgreSQL does it, the oldest role first
		return cmp.Or(cmp.Compare(s.age(a.Grantee), s.age(b.Grantee)), cmp.Compare(s.age(a.Grantor), s.age(b.Grantor)))
	})
	return k.Stored(items, owner)
}

// age grows with when a role was made; it is 0 for everybody.
func (s *Snapshot) age(role string) uint32 {
	if r := s.Role(role); r != nil {
		return r.ID
	}
	if role == "" {
		return 0
	}
	return 1
}

// sameItems says whether two lists say the same, in whatever order.
func sameItems(a, b []Grant) bool {
	order := func(x, y Grant) int {
		return cmp.Or(cmp.Compare(x.Grantee, y.Grantee), cmp.Compare(x.Grantor, y.Grantor))
	}
	return slices.Equal(slices.SortedFunc(slices.Values(a), order), slices.SortedFunc(slices.Values(b), order))
}

// renamedDefaults are default privileges in which the role from is called to.
func renamedDefaults(all []DefaultACL, from, to string) []DefaultACL {
	all = slices.Clone(all)
	for i := range all {
		x := &all[i]
		x.ACL = slices.Clone(x.ACL)
		names := []*string{&x.Role}
		for j := range x.ACL {
			names = append(names, &x.ACL[j].Grantee, &x.ACL[j].Grantor)
		}
		for _, name := range names {
			if *name == from && to != "" {
				*name = to
			}
		}
	}
	return all
}
