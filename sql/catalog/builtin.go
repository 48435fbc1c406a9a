package catalog

import "github.com/vexfs/vexstream/engine/types"

// Streams that are there from the start and that triggers write to.
const (
	BlockedID uint32 = EventsID + 1 + iota
	OutboxID
)

// Builtin are the streams that triggers write to: those of rows that were blocked and are kept, and of what is to be done
// once rows are durable.
func Builtin() []*Relation {
	return []*Relation{
		builtin(BlockedID, "blocked", "Rows that a trigger has blocked and kept.",
			Column{Name: "at", Type: types.Timestamptz, NotNull: true}, Column{Name: "relation", Type: types.Text, NotNull: true},
			Column{Name: "trigger", Type: types.Text, NotNull: true}, Column{Name: "row", Type: types.JSONB, NotNull: true}),
		builtin(OutboxID, "outbox", "What triggers have asked to be done outside, each line durable with the row that it is about.",
			Column{Name: "at", Type: types.Timestamptz, NotNull: true}, Column{Name: "trigger_id", Type: types.Int8, NotNull: true},
			Column{Name: "relation", Type: types.Text, NotNull: true}, Column{Name: "trigger", Type: types.Text, NotNull: true},
			Column{Name: "action", Type: types.Text, NotNull: true}, Column{Name: "target", Type: types.Text},
			Column{Name: "payload", Type: types.Text}, Column{Name: "value", Type: types.Float8}),
	}
}

func builtin(id uint32, name, comment string, cols ...Column) *Relation {
	return &Relation{
		ID: id, Schema: "vex", Name: name, Kind: Stream, Owner: "vexstream", EventTime: -1, Comment: comment, AppendOnly: true,
		Columns: WithHidden(cols),
	}
}
