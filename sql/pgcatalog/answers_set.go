package pgcatalog

import (
	"strings"
	"time"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
	"github.com/vexfs/vexstream/sql/lex"
)

// Rows gives the rows of a set-returning function.
func (s *State) Rows(name string, a expr.Asked, row uint32) ([]batch.Column, error) {
	switch name {
	case "pg_partition_ancestors", "pg_partition_tree": // nothing is partitioned
		return nil, nil
	case "_pg_expandarray":
		return numberedItems([]byte(a.Text(0, row)))
	case "pg_options_to_table":
		return optionRows([]byte(a.Text(0, row)))
	case "aclexplode":
		return s.explodedACL([]byte(a.Text(0, row)))
	case "pg_timezone_names":
		return s.zoneNames(), nil
	case "pg_listening_channels":
		return s.channelRows(), nil
	case "pg_get_keywords":
		return keywordRows(), nil
	case "match_triggers":
		return s.matchRows(a.Text(0, row), a.Text(1, row))
	}
	return nil, sqlerr.NotSupported("%s here", name)
}

func finish(bs []*batch.Builder) []batch.Column {
	cols := make([]batch.Column, len(bs))
	for i, b := range bs {
		cols[i] = b.Finish()
	}
	return cols
}

func builders(ts ...types.Type) []*batch.Builder {
	bs := make([]*batch.Builder, len(ts))
	for i, t := range ts {
		bs[i] = batch.NewBuilder(t, 512)
	}
	return bs
}

// zoneNames lists the time zones that this machine knows, with their offsets when the server started.
func (s *State) zoneNames() []batch.Column {
	bs := builders(types.Text, types.Text, types.Interval, types.Bool)
	at := time.UnixMicro(int64(s.Started))
	for _, cells := range lines("zones.txt") {
		zone, err := time.LoadLocation(cells[0])
		if err != nil {
			continue
		}
		local := at.In(zone)
		abbrev, offset := local.Zone()
		bs[0].String(cells[0])
		bs[1].String(abbrev)
		batch.Put(bs[2], types.Span{Micros: int64(offset) * int64(types.Second)}.Fixed16())
		bs[3].Bool(local.IsDST())
	}
	return finish(bs)
}

// keywordClasses are pg_get_keywords' letters and words for each category.
var keywordClasses = map[lex.Category][2]string{
	lex.Unreserved: {"U", "unreserved"}, lex.ColumnName: {"C", "unreserved (cannot be function or type name)"},
	lex.TypeFunc: {"T", "reserved (can be function or type name)"}, lex.Reserved: {"R", "reserved"},
}

func keywordRows() []batch.Column {
	bs := builders(types.Text, types.Char, types.Bool, types.Text, types.Text)
	for _, w := range lex.Keywords() {
		class := keywordClasses[lex.CategoryOf(w)]
		bare, why := lex.BareLabel(w), "requires AS"
		if bare {
			why = "can be bare label"
		}
		bs[0].String(strings.Clone(w))
		bs[1].String(class[0])
		bs[2].Bool(bare)
		bs[3].String(class[1])
		bs[4].String(why)
	}
	return finish(bs)
}

func (s *State) zonesView(out *rows) {
	cols := s.zoneNames()
	for i := range cols[0].N {
		out.add("name", string(cols[0].At(i)), "abbrev", string(cols[1].At(i)), "utc_offset", spanText(&cols[2], i), "is_dst", cols[3].Bits.Get(i))
	}
}

func spanText(c *batch.Column, row int) string {
	return string(types.AppendInterval(nil, types.SpanOf(batch.Values[[16]byte](c)[row])))
}

// optionRows are pg_options_to_table's of an array of options such as "a=b", in its binary form.
func optionRows(wire []byte) ([]batch.Column, error) {
	bs := builders(types.Text, types.Text)
	items, err := types.OpenArray(wire)
	if err != nil {
		return nil, err
	}
	for {
		item, null, ok := items.Next()
		if !ok {
			return finish(bs), nil
		}
		if null {
			continue
		}
		name, v, given := strings.Cut(string(item), "=")
		bs[0].String(name)
		if given {
			bs[1].String(v)
		} else {
			bs[1].Null()
		}
	}
}

// numberedItems are _pg_expandarray's of an array in its binary form: each item, and its number from 1 on. Drivers ask for the
// columns of a key with it.
func numberedItems(wire []byte) ([]batch.Column, error) {
	items, err := types.OpenArray(wire)
	if err != nil {
		return nil, err
	}
	bs := builders(items.Elem, types.Int4)
	for n := int32(1); ; n++ {
		item, null, ok := items.Next()
		switch {
		case !ok:
			return finish(bs), nil
		case null:
			bs[0].Null()
		default:
			if err := value.ParseBinary(bs[0], item); err != nil {
				return nil, err
			}
		}
		batch.Put(bs[1], n)
	}
}

// matchRows are the rows of vex.match_triggers.
func (s *State) matchRows(relation, row string) ([]batch.Column, error) {
	all, err := s.Session.Match(relation, row)
	if err != nil {
		return nil, err
	}
	bs := builders(types.Text, types.Text, types.Text, types.Int4, types.Text, types.Text, types.Text)
	for _, m := range all {
		timing := "AFTER"
		if m.Before {
			timing = "BEFORE"
		}
		bs[0].String(m.Relation)
		bs[1].String(m.Trigger)
		bs[2].String(timing)
		batch.Put(bs[3], m.Priority)
		bs[4].String(m.Action)
		for i, text := range []string{m.Destination, m.Error} {
			if text == "" {
				bs[5+i].Null()
			} else {
				bs[5+i].String(text)
			}
		}
	}
	return finish(bs), nil
}
