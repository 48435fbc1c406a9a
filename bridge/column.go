package bridge

import (
	"encoding/binary"
	"slices"
	"unsafe"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/invariant"
	"github.com/vexfs/vexstream/engine/types"
)

// column is one column that values are appended to. It may lag behind the rows: pad fills what is missing with nulls,
// so that a column nobody fills costs nothing per row.
type column struct {
	layout types.Layout
	coded  bool // this batch's values go to codes
	n      int  // rows filled in
	fixed  []byte
	data   []byte
	offs   []int32
	codes  []uint32
	dict   *dictionary  // shared by the sets of a Batcher; nil: plain
	usual  string       // what a lagging row holds instead of a null; only for coded columns
	valid  batch.Bitmap // all ones past the last null; nil until the first null
	bits   batch.Bitmap
	nulls  int
	t      types.Type
}

func makeColumn(t types.Type, d *dictionary) column {
	c := column{t: t, layout: t.Layout(), dict: d}
	c.reset()
	return c
}

func (c *column) reset() {
	if c.nulls > 0 {
		for i := range c.valid {
			c.valid[i] = ^uint64(0)
		}
	}
	c.n, c.nulls = 0, 0
	c.fixed, c.data, c.codes = c.fixed[:0], c.data[:0], c.codes[:0]
	c.coded = c.dict != nil && !c.dict.plain
	if c.layout == types.LayoutBytes {
		c.offs = append(c.offs[:0], 0)
	}
}

// pad makes the column n rows long with nulls.
func (c *column) pad(n int) {
	if c.n >= n {
		return
	}
	if c.usual != "" {
		c.repeat(n)
		return
	}
	if c.valid == nil {
		c.valid = batch.NewBitmapSet(batch.MaxRows)
	}
	clearBits(c.valid, c.n, n)
	k := n - c.n
	c.nulls += k
	c.n = n
	switch {
	case c.layout == types.LayoutBool:
		c.growBits()
	case c.layout != types.LayoutBytes:
		w := k * c.layout.Width()
		c.fixed = slices.Grow(c.fixed, w)[:len(c.fixed)+w]
		clear(c.fixed[len(c.fixed)-w:])
	case c.coded:
		c.codes = slices.Grow(c.codes, k)[:len(c.codes)+k]
		clear(c.codes[len(c.codes)-k:])
	default:
		end := int32(len(c.data))
		for range k {
			c.offs = append(c.offs, end)
		}
	}
}

// repeat makes the column n rows long with the usual value.
func (c *column) repeat(n int) {
	c.putString(c.usual)
	if !c.coded {
		for c.n < n {
			c.putString(c.usual)
		}
		return
	}
	code, k := c.codes[len(c.codes)-1], n-c.n
	c.codes = slices.Grow(c.codes, k)[:len(c.codes)+k]
	for i := len(c.codes) - k; i < len(c.codes); i++ {
		c.codes[i] = code
	}
	c.n = n
	c.dict.rows += k
}

// clearBits clears bits [lo, hi) of m, a word at a time.
func clearBits(m batch.Bitmap, lo, hi int) {
	first, last := lo>>6, (hi-1)>>6
	head, tail := ^uint64(0)<<(uint(lo)&63), ^uint64(0)>>(63-uint(hi-1)&63)
	if first == last {
		m[first] &^= head & tail
		return
	}
	m[first] &^= head
	clear(m[first+1 : last])
	m[last] &^= tail
}

func (c *column) growBits() {
	for len(c.bits)*64 < c.n {
		c.bits = append(c.bits, 0)
	}
}

func (c *column) put16(v int16) {
	c.fixed = binary.LittleEndian.AppendUint16(c.fixed, uint16(v))
	c.n++
}

func (c *column) put32(v uint32) {
	c.fixed = binary.LittleEndian.AppendUint32(c.fixed, v)
	c.n++
}

func (c *column) put64(v uint64) {
	c.fixed = binary.LittleEndian.AppendUint64(c.fixed, v)
	c.n++
}

func (c *column) put128(v *[16]byte) {
	c.fixed = append(c.fixed, v[:]...)
	c.n++
}

func (c *column) putBool(v bool) {
	c.n++
	c.growBits()
	if v {
		c.bits.Set(c.n - 1)
	} else {
		c.bits.Clear(c.n - 1)
	}
}

func (c *column) putString(s string) {
	if c.coded {
		if code, ok := c.dict.intern(s); ok {
			c.codes = append(c.codes, code)
			c.n++
			return
		}
		c.spill()
	}
	c.putPlain(s)
}

// putPlain appends a string to a column that has no codes.
func (c *column) putPlain(s string) {
	at := len(c.data)
	if cap(c.data)-at < len(s) {
		c.data = slices.Grow(c.data, len(s))
	}
	d := c.data[:at+len(s)]
	switch n := len(s); { // short ones as two words that overlap: less than the call of a copy
	case n > 16 || n < 4:
		copy(d[at:], s)
	case n >= 8:
		v := unsafe.Slice(unsafe.StringData(s), n)
		binary.NativeEndian.PutUint64(d[at:], binary.NativeEndian.Uint64(v))
		binary.NativeEndian.PutUint64(d[at+n-8:], binary.NativeEndian.Uint64(v[n-8:]))
	default:
		v := unsafe.Slice(unsafe.StringData(s), n)
		binary.NativeEndian.PutUint32(d[at:], binary.NativeEndian.Uint32(v))
		binary.NativeEndian.PutUint32(d[at+n-4:], binary.NativeEndian.Uint32(v[n-4:]))
	}
	c.data = d
	c.offs = append(c.offs, int32(len(d)))
	c.n++
}

// spill turns the batch's codes back into plain strings: its dictionary takes no more.
func (c *column) spill() {
	c.coded = false
	for i, code := range c.codes {
		if c.valid == nil || c.valid.Get(i) {
			c.data = append(c.data, c.dict.data[c.dict.offs[code]:c.dict.offs[code+1]]...)
		}
		c.offs = append(c.offs, int32(len(c.data)))
	}
	c.codes = c.codes[:0]
}

// truncate drops the rows from n on.
func (c *column) truncate(n int) {
	for i := n; i < c.n; i++ {
		if c.valid != nil && !c.valid.Get(i) {
			c.valid.Set(i)
			c.nulls--
		}
	}
	if c.n <= n {
		return
	}
	c.n = n
	switch {
	case c.layout == types.LayoutBool:
	case c.layout != types.LayoutBytes:
		c.fixed = c.fixed[:n*c.layout.Width()]
	case c.coded:
		c.codes = c.codes[:n]
	default:
		c.offs = c.offs[:n+1]
		c.data = c.data[:c.offs[n]]
	}
}

// finish fills the column up to n rows and gives it, borrowed until reset.
func (c *column) finish(n int) batch.Column {
	if c.nulls == c.n && c.usual == "" {
		return allNull(c.t, n)
	}
	c.pad(n)
	out := batch.Column{Type: c.t, N: n}
	if c.nulls > 0 {
		out.Valid = c.valid[:(n+63)/64]
	}
	switch {
	case c.layout == types.LayoutBool:
		c.bits = slices.Grow(c.bits, batch.Padding/8)
		out.Bits = c.bits[:(n+63)/64]
	case c.layout != types.LayoutBytes:
		c.fixed = slices.Grow(c.fixed, batch.Padding)
		out.Fixed = c.fixed
	case c.coded:
		c.codes = slices.Grow(c.codes, batch.Padding/4)
		out.Codes, out.Dict = c.codes, c.dict.snapshot()
	default:
		c.offs = slices.Grow(c.offs, batch.Padding/4)
		c.data = slices.Grow(c.data, batch.Padding)
		out.Offsets, out.Data = c.offs, c.data
	}
	return out
}

// nothing is what all columns without any value show: never written to.
var nothing = struct {
	valid batch.Bitmap
	fixed []byte
	offs  []int32
	data  []byte
}{batch.NewBitmap(batch.MaxRows), batch.MakeBytes(16 * batch.MaxRows), batch.MakeValues[int32](batch.MaxRows + 1), batch.MakeBytes(0)}

// allNull gives a column of n nulls. It shares its buffers with all others of that kind, and costs no memory: most
// columns of most sources are of this kind.
func allNull(t types.Type, n int) batch.Column {
	c := batch.Column{Type: t, N: n, Valid: nothing.valid[:(n+63)/64]}
	switch l := t.Layout(); l {
	case types.LayoutBool:
		c.Bits = c.Valid
	case types.LayoutBytes:
		c.Offsets, c.Data = nothing.offs[:n+1], nothing.data
	default:
		c.Fixed = nothing.fixed[:n*l.Width()]
	}
	return c
}

// poison overwrites, in test builds, what the columns own; what all share stays.
func poison(b *batch.Batch) {
	if !invariant.Enabled {
		return
	}
	for i := range b.Cols {
		c := &b.Cols[i]
		if len(c.Valid) > 0 && &c.Valid[0] == &nothing.valid[0] {
			*c = batch.Column{}
		}
	}
	b.Poison()
}

// last32, last64 and lastString read row n back; ok is false where it is null.
func (c *column) last32(n int) (int32, bool) {
	if c.n <= n {
		return 0, false
	}
	return int32(binary.LittleEndian.Uint32(c.fixed[4*n:])), true
}

func (c *column) last64(n int) (int64, bool) {
	if c.n <= n {
		return 0, false
	}
	return int64(binary.LittleEndian.Uint64(c.fixed[8*n:])), true
}

func (c *column) lastString(n int) string {
	if c.n <= n {
		return ""
	}
	v := c.data
	if c.coded {
		code := c.codes[n]
		v = c.dict.data[c.dict.offs[code]:c.dict.offs[code+1]]
	} else {
		v = v[c.offs[n]:c.offs[n+1]]
	}
	return unsafe.String(unsafe.SliceData(v), len(v))
}

func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
