package pgcatalog

import (
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

// changes says which commands change the rows of a relation. No view takes any, nor do the system's own relations.
func (s *State) changes(oid int64) int32 {
	r := s.Snapshot.ByID(uint32(oid))
	switch {
	case r == nil:
		return 0
	case r.Kind == catalog.Table:
		return updates | inserts | deletes
	case r.Kind == catalog.Stream:
		return inserts
	}
	return 0
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
