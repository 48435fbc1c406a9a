package catalog

import (
	"slices"

	"github.com/vexfs/vexstream/engine/types"
)

// ForeignKey says that what a table has in some columns stands in a key of another, or is null.
type ForeignKey struct {
	Name    string
	Columns []int        // in the order of the key's
	Shown   []int        // places among Columns, in the order in which the statement named them
	Parent  uint32       // the other table
	Key     string       // the name of its key
	KeyAt   int          `json:"-"` // its place, of a table that is being made
	Types   []types.Type // of the key's columns
	Full    bool         // MATCH FULL: all are null or none
	// What happens to rows here when a row there goes, or gets another key: "no action", "restrict", "cascade",
	// "set null" or "set default".
	OnDelete, OnUpdate string
	Sets               []int  `json:",omitempty"` // places among Columns that OnDelete sets; nil: all
	Comment            string `json:",omitempty"`
	// Deferrable says that it may be held against at COMMIT, Deferred that it is so unless a block says otherwise.
	Deferrable bool `json:",omitempty"`
	Deferred   bool `json:",omitempty"`
	NotValid   bool `json:",omitempty"` // rows that were there before it need not meet it
}

// InOrder are the columns on both sides in the order in which the statement named them.
func (f *ForeignKey) InOrder(key []int) (own, theirs []int) {
	for _, i := range f.Shown {
		own, theirs = append(own, f.Columns[i]), append(theirs, key[i])
	}
	return own, theirs
}

// SetColumns are the columns of Sets.
func (f *ForeignKey) SetColumns() (out []int) {
	for _, i := range f.Sets {
		out = append(out, f.Columns[i])
	}
	return out
}

// ParentKey finds the key that a foreign key refers to: its table, and its place among that table's keys; nil: it is gone.
func (s *Snapshot) ParentKey(f *ForeignKey) (*Relation, int) {
	p := s.byID[f.Parent]
	if p == nil {
		return nil, -1
	}
	k := slices.IndexFunc(p.Keys, func(k Key) bool { return k.Name == f.Key })
	if k < 0 {
		return nil, -1
	}
	return p, k
}

// Referring is a table and the place of one of its foreign keys.
type Referring struct {
	Table *Relation
	At    int
}

// Referring lists the foreign keys that refer to a table.
func (s *Snapshot) Referring(id uint32) []Referring {
	var out []Referring
	for _, r := range s.byID {
		for i := range r.Foreign {
			if r.Foreign[i].Parent == id {
				out = append(out, Referring{r, i})
			}
		}
	}
	slices.SortFunc(out, func(a, b Referring) int {
		if a.Table.ID != b.Table.ID {
			return int(a.Table.ID) - int(b.Table.ID)
		}
		return a.At - b.At
	})
	return out
}
