package format

import (
	"encoding/binary"
	"time"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

// how a column's values are parsed: the frequent types by direct calls, the others through a value.Parser.
type how uint8

const (
	byParser how = iota
	asText
	asInt4
	asInt8
	asFloat8
	asTimestamptz
)

// column is where the values of one column go.
type column struct {
	b            *batch.Builder
	how          how
	parse        value.Parser
	name         string
	zone         *time.Location
	forceNull    bool
	forceNotNull bool
}

func newColumn(f batch.Field, o Options) column {
	c := column{
		b: batch.NewBuilder(f.Type, batch.MaxRows), name: f.Name, zone: o.Zone, parse: value.NewTextParser(f.Type, o.Zone),
		forceNull: lists(o.ForceNull, f.Name), forceNotNull: lists(o.ForceNotNull, f.Name),
	}
	switch {
	case f.Type.OID == types.OIDText:
		c.how = asText
	case f.Type.OID == types.OIDInt4:
		c.how = asInt4
	case f.Type.OID == types.OIDInt8:
		c.how = asInt8
	case f.Type.OID == types.OIDFloat8:
		c.how = asFloat8
	case f.Type == types.Timestamptz:
		c.how = asTimestamptz
	}
	return c
}

// put appends the value that text spells.
func (c *column) put(text []byte) error {
	switch c.how {
	case asText:
		if !plain(text) {
			if err := types.CheckText(types.View(text)); err != nil {
				return err
			}
		}
		c.b.Bytes(text)
		return nil
	case asInt8:
		v, err := types.ParseInt8(types.View(text))
		if err != nil {
			return err
		}
		batch.Put(c.b, v)
		return nil
	case asInt4:
		v, err := types.ParseInt4(types.View(text))
		if err != nil {
			return err
		}
		batch.Put(c.b, v)
		return nil
	case asTimestamptz:
		v, err := types.ParseTimestamptz(types.View(text), c.zone)
		if err != nil {
			return err
		}
		batch.Put(c.b, v)
		return nil
	case asFloat8:
		v, err := types.ParseFloat8(types.View(text))
		if err != nil {
			return err
		}
		batch.Put(c.b, v)
		return nil
	}
	return c.parse(c.b, text)
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// plain says whether s is ASCII without a zero byte, eight bytes at a time. It may say no for text that is.
func plain(s []byte) bool {
	for len(s) >= 8 {
		w := binary.LittleEndian.Uint64(s)
		if (w|w-ones)&highs != 0 {
			return false
		}
		s = s[8:]
	}
	for _, c := range s {
		if c-1 >= 0x7f {
			return false
		}
	}
	return true
}
