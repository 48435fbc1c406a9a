package live

import (
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// Holder is the input of a view whose watermark is the least: the view's windows wait for it.
type Holder struct {
	Relation uint32       // 0: no window goes by a watermark
	Since    types.Micros // since when it has been that input, or since the view's last start
}

// look finds out which input holds the view's windows as of an epoch. Of several that stand at one time the one that has
// held them goes on doing so. The group's lock is held.
func (m *Member) look(marks stream.Watermarks, now types.Micros) {
	least, by := types.MaxTime, uint32(0)
	for _, w := range m.pipeline.Marks {
		at := marks.Of(w.Relation).Sub(w.Minus)
		if by == 0 || at < least || at == least && w.Relation == m.holder.Relation {
			least, by = at, w.Relation
		}
	}
	if by != m.holder.Relation {
		m.holder = Holder{by, now}
	}
}
