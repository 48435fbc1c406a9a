package pgcatalog

import (
	"strconv"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// Prepared is a prepared statement of the session, as pg_prepared_statements shows it.
type Prepared struct {
	Name, Statement string
	Made            types.Micros
	Params          []types.Type
	SQL             bool // PREPARE made it, and not the protocol
}

// Cursor is what DECLARE made, as pg_cursors shows it.
type Cursor struct {
	Name, Statement      string
	Hold, Binary, Scroll bool
	Made                 types.Micros
}

// Keeper is what a session keeps by name.
type Keeper interface {
	Prepared() []Prepared
	Cursors() []Cursor
	// Channels are those that it listens to.
	Channels() []string
}

func (s *State) preparedStatements(out *rows) {
	for _, p := range s.Session.Prepared() {
		params := []string{}
		for _, t := range p.Params {
			params = append(params, strconv.FormatUint(uint64(t.OID), 10))
		}
		out.add("name", p.Name, "statement", p.Statement, "prepare_time", p.Made, "parameter_types", params, "from_sql", p.SQL,
			"generic_plans", 0, "custom_plans", 0)
	}
}

func (s *State) cursors(out *rows) {
	for _, c := range s.Session.Cursors() {
		out.add("name", c.Name, "statement", c.Statement, "is_holdable", c.Hold, "is_binary", c.Binary, "is_scrollable", c.Scroll, "creation_time", c.Made)
	}
}

// channelRows lists the channels that the session listens to.
func (s *State) channelRows() []batch.Column {
	bs := builders(types.Text)
	for _, name := range s.Session.Channels() {
		bs[0].String(name)
	}
	return finish(bs)
}
