package node

import (
	"context"

	"golang.org/x/sys/unix"

	"github.com/vexfs/vexstream/sql/catalog"
)

// storage gives a row for each relation that has rows of its own, and one for the folder: what the log holds of it, the
// memory that its contents take, and from where on a restart reads the log for it.
func (s *system) storage(ctx context.Context, out *rows) error {
	e := s.n.engine
	usage, err := e.Committer.Usage(ctx)
	if err != nil {
		return err
	}
	bytes := map[uint32]int64{}
	for _, st := range e.Live.Status() {
		bytes[st.ID] = st.Bytes
	}
	stands := e.Live.Stands()
	var first, since any // of the folder: the view that is furthest behind
	for _, r := range e.Catalog().Relations() {
		if r.Kind != catalog.Stream && r.Kind != catalog.Table && r.Kind != catalog.MaterializedView || s.unused(r) {
			continue
		}
		var logged, rows, oldest, state, epoch, when any
		if r.Kind != catalog.MaterializedView {
			u := usage[r.ID]
			logged, rows, oldest = u.Bytes, u.Rows, u.Oldest
		}
		if n, ok := bytes[r.ID]; ok {
			state = n
		}
		if at, ok := stands[r.ID]; ok {
			epoch, when = int64(at.Epoch), at.Time
			if first == nil || int64(at.Epoch) < first.(int64) {
				first, since = epoch, when
			}
		}
		if err := out.add(ctx, r.QualifiedName(), string(r.Kind), logged, rows, oldest, state, epoch, when, nil, nil, nil, nil); err != nil {
			return err
		}
	}
	var store, free, merged, was any
	if d := s.n.disk; d.dir != "" {
		l := d.parts.log.Stats()
		merged, was = l.Merged, l.Was
		store = d.size()
		var st unix.Statfs_t
		if unix.Statfs(d.dir, &st) == nil {
			free = int64(st.Bavail) * int64(st.Bsize)
		}
	}
	return out.add(ctx, nil, "data folder", s.n.disk.log.Size(), nil, nil, nil, first, since, store, free, merged, was)
}
