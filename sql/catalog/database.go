package catalog

import (
	"cmp"
	"slices"
)

// Database is what users said of the node's database, and of the settings of who connects to it.
type Database struct {
	Comment  string
	Settings []Setting
	ACL      []Grant
	Defaults []DefaultACL
}

// Setting is the value that a setting of a session begins with.
type Setting struct {
	Role        string // whose sessions: "" for everybody's
	Here        bool   // said of the database, or of a role in it
	Name, Value string
}

// MaxSettings bounds the values that a database keeps for sessions.
const MaxSettings = 10_000

var nothingSaid Database

// Database gives what was said of the database. It is not to be changed.
func (s *Snapshot) Database() *Database {
	return cmp.Or(s.said, &nothingSaid)
}

// WithDatabase gives a snapshot of the given version in which d is said of the database.
func (s *Snapshot) WithDatabase(version uint64, d *Database) *Snapshot {
	c := s.clone(version)
	c.said = d
	return c
}

// For gives the settings of a role's sessions. Of several values of one it is the one that is said of the fewest sessions.
func (d *Database) For(role string) (out []Setting) {
	for _, x := range d.Settings {
		i := slices.IndexFunc(out, func(have Setting) bool { return have.Name == x.Name })
		switch {
		case x.Role != "" && x.Role != role:
		case i < 0:
			out = append(out, x)
		case out[i].rank() < x.rank():
			out[i] = x
		}
	}
	return out
}

// rank grows with how much is said of whom a setting is for.
func (x Setting) rank() int {
	n := 0
	if x.Role != "" {
		n += 2
	}
	if x.Here {
		n++
	}
	return n
}

// With gives a database where x is said besides, or instead of what was said of the same setting.
func (d *Database) With(x Setting) *Database {
	c := *d
	c.Settings = slices.Clone(d.Settings)
	i := slices.IndexFunc(c.Settings, func(have Setting) bool { return have.Role == x.Role && have.Here == x.Here && have.Name == x.Name })
	if i < 0 {
		c.Settings = append(c.Settings, x)
	} else {
		c.Settings[i] = x
	}
	return &c
}

// Without gives a database where the setting of this name, or with none all of them, is not said of a role.
func (d *Database) Without(role string, here bool, name string) *Database {
	c := *d
	c.Settings = slices.DeleteFunc(slices.Clone(d.Settings), func(x Setting) bool {
		return x.Role == role && x.Here == here && (name == "" || x.Name == name)
	})
	return &c
}

// Renamed gives a database where what was said of the role from is said of to; with "" it is said no more.
func (d *Database) Renamed(from, to string) *Database {
	c := *d
	c.Settings = slices.Clone(d.Settings)
	for i := range c.Settings {
		if c.Settings[i].Role == from {
			c.Settings[i].Role = to
		}
	}
	c.ACL = slices.Clone(d.ACL)
	for i := range c.ACL {
		for _, name := range []*string{&c.ACL[i].Grantee, &c.ACL[i].Grantor} {
			if *name == from && to != "" {
				*name = to
			}
		}
	}
	c.Defaults = renamedDefaults(d.Defaults, from, to)
	if to == "" {
		c.Settings = slices.DeleteFunc(slices.Clone(d.Settings), func(x Setting) bool { return x.Role == from })
	}
	return &c
}
