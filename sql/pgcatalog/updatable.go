package pgcatalog

import (
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/catalog"
)

// What a relation takes, as PostgreSQL's numbers of these commands say it.
const (
	updates int32 = 1 << 2
	inserts int32 = 1 << 3
	deletes int32 = 1 << 4
)

// changes says which commands change the rows of a relation, and which of its columns take values. The system's own relations
// take none.
func (s *State) changes(r *catalog.Relation) (commands int32, columns []bool) {
	if r == nil || isSystem(r) || r.Kind == catalog.SequenceKind || r.Kind == catalog.MaterializedView {
		return 0, nil
	}
	insert, update, remove, columns := s.Session.Takes(r)
	for _, c := range []struct {
		is  bool
		bit int32
	}{{insert, inserts}, {update, updates}, {remove, deletes}} {
		if c.is {
			commands |= c.bit
		}
	}
	return commands, columns
}

// both are the commands that a relation must take to be called updatable.
const both = updates | deletes

// checkOption is what information_schema.views calls a view's CHECK OPTION.
func checkOption(r *catalog.Relation) string {
	if v := r.Option(catalog.CheckOption, ""); v != "" {
		return strings.ToUpper(v)
	}
	return "NONE"
}

// rowSecurity says that no row is kept from anybody by a policy: there are none. A name must be that of a relation.
func (s *State) rowSecurity(a expr.Asked, row uint32, out *batch.Builder) error {
	if a.Type(0) == types.Text {
		if _, err := s.relationNamed(a.Text(0, row)); err != nil {
			return err
		}
	}
	out.Bool(false)
	return nil
}
