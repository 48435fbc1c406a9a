package format

import (
	"encoding/binary"
	"math"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

// how a column's values are parsed: the frequent types straight into slices, the others through a value.Parser.
type how uint8

const (
	byParser how = iota
	asText
	asInt4
	asInt8
	asFloat8
	asTimestamptz
)

// column is where the values of one column go. A frequent type's values are written at place n of slices that have room for so
// many rows as grow was last asked for; the others go to a builder.
type column struct {
	how          how
	n            int // values so far
	forceNull    bool
	forceNotNull bool
	name         string
	t            types.Type
	locale       *types.Locale

	times    types.TimeMemo
	int64s   []int64
	int32s   []int32
	float64s []float64
	offsets  []int32
	data     []byte
	valid    batch.Bitmap // all ones but for the nulls
	nulls    int

	b     *batch.Builder
	parse value.Parser
}

func newColumn(f batch.Field, o Options, room int) column {
	c := column{
		name: f.Name, t: f.Type, locale: o.Locale, parse: value.NewTextParser(f.Type, o.Locale),
		forceNull: lists(o.ForceNull, f.Name), forceNotNull: lists(o.ForceNotNull, f.Name),
	}
	switch {
	case f.Type.OID == types.OIDText:
		c.how = asText
	case f.Type.OID == types.OIDInt4:
		c.how = asInt4
	case f.Type.OID == types.OIDInt8:
		c.how = asInt8
	case f.Type == types.Timestamptz:
		c.how = asTimestamptz
	case f.Type.OID == types.OIDFloat8:
		c.how = asFloat8
	default:
		c.b = batch.NewBuilder(f.Type, room)
		return c
	}
	c.valid = batch.NewBitmapSet(batch.MaxRows)
	c.grow(room)
	return c
}

// grow makes room for so many rows in all.
func (c *column) grow(rows int) {
	if c.b != nil {
		return // it grows by itself
	}
	switch c.how {
	case asText:
		c.offsets = larger(c.offsets, rows+1)
		c.data = append(batch.MakeBytes(max(16*rows, len(c.data)))[:0], c.data...)
	case asInt4:
		c.int32s = larger(c.int32s, rows)
	case asFloat8:
		c.float64s = larger(c.float64s, rows)
	default:
		c.int64s = larger(c.int64s, rows)
	}
}

// larger copies values to where there is room for n.
func larger[T batch.Value](vals []T, n int) []T {
	out := batch.MakeValues[T](n)
	copy(out, vals)
	return out
}

// size is the bytes of the values so far.
func (c *column) size() int {
	if c.b != nil {
		return c.b.Size()
	}
	return len(c.data) + 8*c.n
}

// finish gives the values, borrowed until reset.
func (c *column) finish() batch.Column {
	if c.b != nil {
		return c.b.Finish()
	}
	valid := c.valid
	if c.nulls == 0 {
		valid = nil
	}
	switch c.how {
	case asText:
		if cap(c.data)-len(c.data) < batch.Padding {
			c.data = append(c.data, make([]byte, batch.Padding)...)[:len(c.data)]
		}
		return batch.BytesOf(c.t, c.offsets[:c.n+1], c.data, valid)
	case asInt4:
		return batch.FixedOf(c.t, c.int32s[:c.n], valid)
	case asFloat8:
		return batch.FixedOf(c.t, c.float64s[:c.n], valid)
	}
	return batch.FixedOf(c.t, c.int64s[:c.n], valid)
}

// reset forgets the values and keeps the memory.
func (c *column) reset() {
	if c.b != nil {
		c.b.Reset()
	}
	if c.nulls > 0 || len(c.valid) > 0 && c.valid[0] != ^uint64(0) {
		for i := range c.valid {
			c.valid[i] = ^uint64(0)
		}
	}
	if c.offsets != nil {
		c.offsets[0] = 0 // a poisoned loan overwrites it
	}
	c.n, c.nulls, c.data = 0, 0, c.data[:0]
}

// truncate takes back the values after the first n.
func (c *column) truncate(n int) {
	if c.b != nil {
		c.b.Truncate(n)
		c.n = n
		return
	}
	for ; c.n > n; c.n-- {
		if !c.valid.Get(c.n - 1) {
			c.valid.Set(c.n - 1)
			c.nulls--
		}
	}
	if c.how == asText {
		c.data = c.data[:c.offsets[n]]
	}
}

// null appends a null.
func (c *column) null() {
	n := c.n
	c.n++
	switch c.how {
	case byParser:
		c.b.Null()
		return
	case asText:
		c.offsets[n+1] = int32(len(c.data))
	case asInt4:
		c.int32s[n] = 0
	case asFloat8:
		c.float64s[n] = 0
	default:
		c.int64s[n] = 0
	}
	c.valid.Clear(n)
	c.nulls++
}

// bytes appends text that is known to be good.
func (c *column) bytes(text []byte) {
	c.data = append(c.data, text...)
	c.offsets[c.n+1] = int32(len(c.data))
	c.n++
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
		c.bytes(text)
		return nil
	case asInt8:
		v, err := types.ParseInt8(types.View(text))
		if err != nil {
			return err
		}
		c.int64s[c.n] = v
	case asInt4:
		v, err := types.ParseInt4(types.View(text))
		if err != nil {
			return err
		}
		c.int32s[c.n] = v
	case asTimestamptz:
		v, err := c.times.ParseTimestamptz(types.View(text), c.locale)
		if err != nil {
			return err
		}
		c.int64s[c.n] = int64(v)
	case asFloat8:
		v, err := types.ParseFloat8(types.View(text))
		if err != nil {
			return err
		}
		c.float64s[c.n] = v
	default:
		if err := c.parse(c.b, text); err != nil {
			return err
		}
	}
	c.n++
	return nil
}

// quick appends the number or the time that s begins with, of which end is one past the last byte, if the column's type and how it
// is written are such that this needs no closer look. Else it gives 0 and appends nothing.
func (c *column) quick(s []byte) (end int) {
	switch c.how {
	case asInt4, asInt8:
		return c.quickInt(s)
	case asTimestamptz:
		at, n := types.Micros(0), 0
		if len(s) > 0 && s[0] == '"' {
			at, n = c.times.Prefix(types.View(s[1:]))
		}
		if n == 0 || n+1 >= len(s) || s[n+1] != '"' {
			return 0
		}
		c.int64s[c.n] = int64(at)
		c.n++
		return n + 2
	}
	return 0
}

// quickInt is quick for integers of at most nine digits.
func (c *column) quickInt(s []byte) (end int) {
	v, i := int64(0), 0
	for ; i < len(s) && s[i]-'0' <= 9; i++ {
		v = v*10 + int64(s[i]-'0')
	}
	if i == 0 || i > 9 || i == len(s) || s[i] != ',' && s[i] != '}' || s[0] == '0' && i > 1 {
		return 0
	}
	if c.how == asInt4 {
		c.int32s[c.n] = int32(v)
	} else {
		c.int64s[c.n] = v
	}
	c.n++
	return i
}

// putBinary appends the value that data is the binary form of.
func (c *column) putBinary(data []byte) error {
	if c.how == byParser {
		if err := value.ParseBinary(c.b, data); err != nil {
			return err
		}
		c.n++
		return nil
	}
	if c.how == asText {
		if !plain(data) {
			if err := types.CheckText(types.View(data)); err != nil {
				return err
			}
		}
		c.bytes(data)
		return nil
	}
	if len(data) != int(c.t.Len()) {
		return types.BadLength(c.t, len(data))
	}
	switch c.how {
	case asInt4:
		c.int32s[c.n] = int32(binary.BigEndian.Uint32(data))
	case asFloat8:
		c.float64s[c.n] = math.Float64frombits(binary.BigEndian.Uint64(data))
	case asTimestamptz:
		v, err := types.CheckedFromPGTime(int64(binary.BigEndian.Uint64(data)))
		if err != nil {
			return err
		}
		c.int64s[c.n] = int64(v)
	default:
		c.int64s[c.n] = int64(binary.BigEndian.Uint64(data))
	}
	c.n++
	return nil
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// plain says whether s is ASCII without a zero byte, eight bytes at a time; the last eight may overlap those before them. It
// may say no for text that is.
func plain(s []byte) bool {
	if len(s) < 8 {
		for _, c := range s {
			if c-1 >= 0x7f {
				return false
			}
		}
		return true
	}
	last := binary.LittleEndian.Uint64(s[len(s)-8:])
	bad := last | (last - ones)
	for len(s) > 8 {
		w := binary.LittleEndian.Uint64(s)
		bad |= w | (w - ones)
		s = s[8:]
	}
	return bad&highs == 0
}
