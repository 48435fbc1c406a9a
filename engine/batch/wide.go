package batch

import (
	"math"
	"unsafe"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// A few long values can become very many bytes: a join repeats the row that has one, a dictionary's code stands for one. What
// follows keeps such rows short for as long as they travel, and counts what they take where they are written out.

// maxRepeated is how many bytes a copy of chosen rows has at most when some are chosen more than once. From there on the values
// stand once, in a dictionary.
const maxRepeated = 32 << 20

// Written is the bytes of c's values, those of a dictionary written out.
func (c *Column) Written() int64 {
	if c.Dict == nil {
		return int64(c.Bytes())
	}
	n := int64(4 * len(c.Codes))
	for _, code := range c.Codes {
		n += int64(c.Dict.Offsets[code+1] - c.Dict.Offsets[code])
	}
	return n
}

// Written is the bytes of b's values, those of dictionaries written out.
func (b *Batch) Written() (n int64) {
	for i := range b.Cols {
		n += b.Cols[i].Written()
	}
	return n
}

// RowBytes is the bytes of row r's values that have no fixed width.
func (b *Batch) RowBytes(r int) (n int) {
	for i := range b.Cols {
		switch c := &b.Cols[i]; {
		case c.Dict != nil:
			code := c.Codes[r]
			n += int(c.Dict.Offsets[code+1] - c.Dict.Offsets[code])
		case c.Offsets != nil:
			n += int(c.Offsets[r+1] - c.Offsets[r])
		}
	}
	return n
}

// Repeats says whether rows of sel have more bytes together than is good to copy, since some come more than once. c has no
// dictionary.
func (c *Column) Repeats(sel Sel) bool {
	if len(sel) == 0 || int64(len(sel))*int64(c.Offsets[c.N]-c.Offsets[0]) <= maxRepeated {
		return false
	}
	total := int64(0)
	for _, r := range sel {
		total += int64(c.Offsets[r+1] - c.Offsets[r])
	}
	return total > maxRepeated && total > 2*int64(c.Offsets[c.N]-c.Offsets[0])
}

// TakeCoded is Take of rows with long values: each value stands once, in a dictionary of its own.
func (c *Column) TakeCoded(sel Sel) Column {
	d := Column{Type: c.Type, N: len(sel), Valid: c.Valid.take(sel), Codes: MakeValues[uint32](len(sel))}
	dict := &Dict{ID: NewDictID(), Offsets: []int32{0}, Data: MakeBytes(int(c.Offsets[c.N] - c.Offsets[0]))[:0]}
	rows, values := map[uint32]uint32{}, map[string]uint32{}
	for i, r := range sel {
		code, known := rows[r]
		if !known {
			v := c.Data[c.Offsets[r]:c.Offsets[r+1]]
			if code, known = values[unsafe.String(unsafe.SliceData(v), len(v))]; !known {
				code = uint32(dict.Len())
				dict.Data = append(dict.Data, v...)
				dict.Offsets = append(dict.Offsets, int32(len(dict.Data)))
				values[unsafe.String(unsafe.SliceData(v), len(v))] = code
			}
			rows[r] = code
		}
		d.Codes[i] = code
	}
	d.Dict = dict
	return d
}

// tooLong is what a Builder panics with that would have more bytes than its places can tell. A Fence makes it the statement's
// error: whoever gathers rows without an end counts them before that, so this is for what nobody foresaw.
func tooLong() *sqlerr.Error {
	return sqlerr.New(sqlerr.ProgramLimitExceeded, "the values of one column have more than %d bytes together", math.MaxInt32)
}
