package batch

import "github.com/vexfs/vexstream/engine/types"

// Field is a column's name and type.
type Field struct {
	Name    string
	Type    types.Type
	NotNull bool
}

// Schema is the columns of a relation or of what an operator gives, in order.
type Schema []Field

// Index gives the position of the column called name, or -1.
func (s Schema) Index(name string) int {
	for i := range s {
		if s[i].Name == name {
			return i
		}
	}
	return -1
}

// Types gives the types alone.
func (s Schema) Types() []types.Type {
	ts := make([]types.Type, len(s))
	for i := range s {
		ts[i] = s[i].Type
	}
	return ts
}
