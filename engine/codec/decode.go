package codec

import (
	"encoding/binary"
	"hash/crc32"
	"io"
	"slices"

	"github.com/klauspost/compress/s2"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// Decoder turns blocks into batches and keeps its buffers between them. The zero Decoder is ready.
type Decoder struct {
	// Give makes every batch the caller's own: the Decoder keeps only what it works with.
	Give bool

	cols   []columnBuf
	diff   columnBuf
	out    batch.Batch
	stored []byte // what was read of a block, by DecodeAt
}

// columnBuf is the memory of one decoded column.
type columnBuf struct {
	raw     []byte // of a compressed column
	valid   batch.Bitmap
	bits    batch.Bitmap
	fixed   []byte
	offsets []int32
	data    []byte
	codes   []uint32
}

// DecodeBlock gives the batch that a block holds. cols picks columns by position, in the order wanted (nil: all). The
// batch is the caller's; its Epoch and Seq0 are not set. Damaged bytes give XX001, a newer format 0A000.
func DecodeBlock(data []byte, cols []int) (*batch.Batch, error) {
	var d Decoder
	return d.Decode(data, cols)
}

// Decode is DecodeBlock, but the batch is borrowed until the next Decode.
func (d *Decoder) Decode(data []byte, cols []int) (*batch.Batch, error) {
	h, err := directory(data)
	if err != nil {
		return nil, err
	}
	return d.columns(h, len(data), cols, func(at, n int) ([]byte, error) { return data[at : at+n], nil })
}

// headGuess is read of a block first: the directory of up to 126 columns.
const headGuess = 4 << 10

// DecodeAt is Decode for a block of size bytes of which it reads the columns that are asked for, and no others.
func (d *Decoder) DecodeAt(r io.ReaderAt, size int, cols []int) (*batch.Batch, error) {
	read := func(at, n int) ([]byte, error) {
		d.stored = slices.Grow(d.stored[:0], n)[:n]
		if _, err := r.ReadAt(d.stored, int64(at)); err != nil {
			return nil, sqlerr.Wrap(sqlerr.IOError, err, "cannot read a block of the log")
		}
		return d.stored, nil
	}
	data, err := read(0, min(size, headGuess))
	if err != nil {
		return nil, err
	}
	if n := headSize(data); n > len(data) && n <= size {
		if data, err = read(0, n); err != nil {
			return nil, err
		}
	}
	h, err := directory(data)
	if err != nil {
		return nil, err
	}
	return d.columns(h, size, cols, read)
}

// columns decodes the columns of a block of size bytes. read gives some of them, until its next call.
func (d *Decoder) columns(h head, size int, cols []int, read func(at, n int) ([]byte, error)) (*batch.Batch, error) {
	at, err := h.places(size)
	if err != nil {
		return nil, err
	}
	total := len(h.dir)
	if h.diff {
		total--
	}
	count := total
	if cols != nil {
		count = len(cols)
	}
	d.cols = slices.Grow(d.cols, max(0, count-len(d.cols)))[:max(count, len(d.cols))]
	if d.Give {
		d.out.Cols = nil
	}
	d.out = batch.Batch{N: h.n, Cols: slices.Grow(d.out.Cols[:0], count)[:count]}
	one := func(b *columnBuf, i int) (c batch.Column, err error) {
		stored, err := read(at[i], at[i+1]-at[i])
		if err != nil {
			return c, err
		}
		c, err = b.column(&h.dir[i], i, h.n, stored)
		if d.Give {
			*b = columnBuf{raw: b.raw}
		}
		return c, err
	}
	for k := range count {
		i := k
		if cols != nil {
			i = cols[k]
		}
		if i < 0 || i >= total {
			return nil, sqlerr.New(sqlerr.DataCorrupted, "a block of %d columns has no column %d", total, i)
		}
		if d.out.Cols[k], err = one(&d.cols[k], i); err != nil {
			return nil, err
		}
	}
	if h.diff {
		c, err := one(&d.diff, total)
		if err != nil {
			return nil, err
		}
		if d.out.Diff = batch.Values[int64](&c); slices.Contains(d.out.Diff, 0) {
			return nil, corrupt("a row of weight 0")
		}
	}
	if d.Give {
		out := d.out
		return &out, nil
	}
	return &d.out, nil
}

// head is what stands at the beginning of a block: the columns' entries, the diffs' last, and the number of rows.
type head struct {
	dir  []entry
	n    int
	diff bool
}

// places gives where each column's bytes begin in a block of size bytes, and where the last one's end.
func (h *head) places(size int) ([]int, error) {
	at := make([]int, len(h.dir)+1)
	at[0] = headLen + len(h.dir)*entryLen
	for i := range h.dir {
		if err := h.dir[i].check(i, h.n); err != nil {
			return nil, err
		}
		at[i+1] = at[i] + int(h.dir[i].stored)
		if at[i+1] > size {
			return nil, corrupt("column %d ends behind the block's %d bytes", i, size)
		}
	}
	if at[len(h.dir)] != size {
		return nil, corrupt("%d bytes too many", size-at[len(h.dir)])
	}
	return at, nil
}

// headSize is how many bytes the head that begins in data has, as far as data can be believed.
func headSize(data []byte) int {
	if len(data) < headLen {
		return 0
	}
	return headLen + (int(binary.LittleEndian.Uint16(data[8:]))+1)*entryLen
}

// directory checks the head and reads it.
func directory(data []byte) (h head, err error) {
	if len(data) < headLen || string(data[:3]) != "VXB" {
		return h, corrupt("no block begins here")
	}
	if data[3] > Version {
		return h, sqlerr.NotSupported("block format %d", data[3]).
			WithHint("This program reads formats up to %d: use a newer vexstream.", Version)
	}
	n := int(min(binary.LittleEndian.Uint32(data[4:]), batch.MaxRows+1))
	cols := int(binary.LittleEndian.Uint16(data[8:]))
	flags := binary.LittleEndian.Uint16(data[10:])
	diff := flags&flagDiff != 0
	if data[3] < plainVersion || n > batch.MaxRows || cols > MaxColumns || flags&^flagDiff != 0 {
		return h, corrupt("version %d, %d columns, flags %#x", data[3], cols, flags)
	}
	if diff {
		cols++
	}
	if len(data) < headLen+cols*entryLen || headCRC(data, cols) != binary.LittleEndian.Uint32(data[12:]) {
		return h, corrupt("the head's checksum is wrong")
	}
	dir := make([]entry, cols)
	for i := range dir {
		dir[i] = getEntry(data[headLen+i*entryLen:])
	}
	if diff {
		if e := &dir[cols-1]; e.t != types.Int8 || e.form != 0 {
			return h, corrupt("weights of type %d", e.t.OID)
		}
	}
	return head{dir: dir, n: n, diff: diff}, nil
}

// DictLens gives how many entries the dictionary of each column of a block has, 0 for one without. The block is one that
// Encode made just now.
func DictLens(data []byte) []uint32 {
	out := make([]uint32, binary.LittleEndian.Uint16(data[8:]))
	for i := range out {
		e := getEntry(data[headLen+i*entryLen:])
		out[i] = e.entries
	}
	return out
}

// column decodes the stored bytes of column i. The entry has passed check, so its lengths fit each other.
func (b *columnBuf) column(e *entry, i, n int, stored []byte) (batch.Column, error) {
	c := batch.Column{Type: e.t, N: n}
	if crc32.Checksum(stored, castagnoli) != e.crc {
		return c, corrupt("the checksum of column %d is wrong", i)
	}
	raw, err := b.unpack(e, i, stored)
	if err != nil {
		return c, err
	}
	if e.form&formValid != 0 {
		b.valid = bitmap(b.valid, raw, n)
		c.Valid, raw = b.valid, raw[8*words(n):]
	}
	switch {
	case e.layout == types.LayoutBool:
		b.bits = bitmap(b.bits, raw, n)
		c.Bits = b.bits
	case e.layout.Width() > 0:
		b.fixed = room(b.fixed, len(raw))
		copy(b.fixed, raw)
		c.Fixed = b.fixed
	default:
		return c, b.strings(&c, e, i, raw)
	}
	return c, nil
}

// unpack gives the raw bytes of column i, in b's memory if they were packed.
func (b *columnBuf) unpack(e *entry, i int, stored []byte) ([]byte, error) {
	var out []byte
	var err error
	switch e.codec {
	case codecRaw:
		return stored, nil
	case codecS2:
		if l, err := s2.DecodedLen(stored); err != nil || l != int(e.raw) {
			return nil, corrupt("column %d is not %d bytes of s2", i, e.raw)
		}
		b.raw = slices.Grow(b.raw[:0], int(e.raw))[:e.raw]
		out, err = s2.Decode(b.raw, stored)
	default:
		b.raw = slices.Grow(b.raw[:0], int(e.raw))
		out, err = Unpack(b.raw, stored, int(e.raw))
	}
	if err != nil || len(out) != int(e.raw) {
		return nil, corrupt("column %d cannot be decompressed", i)
	}
	return out, nil
}

func (b *columnBuf) strings(c *batch.Column, e *entry, i int, raw []byte) error {
	n, lw := c.N, e.width()
	if e.form&formDict != 0 {
		b.codes = valueRoom(b.codes, n)
		if biggest := widen(b.codes, raw, lw); n > 0 && biggest >= e.entries {
			return corrupt("column %d has code %d of %d", i, biggest, e.entries)
		}
		raw = raw[n*lw:]
		n, lw = int(e.entries), e.dictWidth()
		// A Clone shares the dictionary and may outlive the loan: its memory is never used again.
		b.offsets, b.data = nil, nil
	}
	b.offsets = valueRoom(b.offsets, n+1)
	if !sums(b.offsets, raw, lw, e.data) {
		return corrupt("the lengths of column %d do not add up to %d", i, e.data)
	}
	raw = raw[n*lw:]
	b.data = room(b.data, len(raw))
	copy(b.data, raw)
	if e.form&formDict == 0 {
		c.Offsets, c.Data = b.offsets, b.data
		return nil
	}
	c.Codes = b.codes
	c.Dict = &batch.Dict{ID: batch.NewDictID(), Offsets: b.offsets, Data: b.data}
	b.offsets, b.data = nil, nil
	return nil
}

func bitmap(m batch.Bitmap, raw []byte, n int) batch.Bitmap {
	if cap(m) < words(n)+batch.Padding/8 {
		m = batch.NewBitmap(n)
	}
	m = m[:words(n)]
	for i := range m {
		m[i] = binary.LittleEndian.Uint64(raw[8*i:])
	}
	return m
}

func room(b []byte, n int) []byte {
	if cap(b) < n+batch.Padding {
		return batch.MakeBytes(n)
	}
	return b[:n]
}

func valueRoom[T batch.Value](s []T, n int) []T {
	if cap(s) < n+batch.Padding/4 {
		return batch.MakeValues[T](n)
	}
	return s[:n]
}

// widen fills dst with the values of width w in raw and gives the greatest.
func widen(dst []uint32, raw []byte, w int) (biggest uint32) {
	switch w {
	case 1:
		for i, v := range raw[:len(dst)] {
			dst[i] = uint32(v)
			biggest = max(biggest, uint32(v))
		}
	case 2:
		for i := range dst {
			v := uint32(binary.LittleEndian.Uint16(raw[2*i:]))
			dst[i] = v
			biggest = max(biggest, v)
		}
	default:
		for i := range dst {
			dst[i] = binary.LittleEndian.Uint32(raw[4*i:])
			biggest = max(biggest, dst[i])
		}
	}
	return biggest
}

// sums fills offsets with the running sums of the lengths of width w in raw, and says whether they end at total
// without ever passing it.
func sums(offsets []int32, raw []byte, w int, total uint32) bool {
	var at uint64
	offsets[0] = 0
	rest := offsets[1:]
	switch w {
	case 1:
		for i, v := range raw[:len(rest)] {
			at += uint64(v)
			rest[i] = int32(at)
		}
	case 2:
		for i := range rest {
			at += uint64(binary.LittleEndian.Uint16(raw[2*i:]))
			rest[i] = int32(at)
		}
	default:
		for i := range rest {
			at += uint64(binary.LittleEndian.Uint32(raw[4*i:]))
			rest[i] = int32(at)
		}
	}
	return at == uint64(total)
}
