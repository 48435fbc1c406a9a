package codec

import (
	"encoding/binary"
	"hash/crc32"
	"slices"

	"github.com/klauspost/compress/s2"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// Decoder turns blocks into batches and keeps its buffers between them. The zero Decoder is ready.
type Decoder struct {
	cols []columnBuf
	diff columnBuf
	out  batch.Batch
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
	dir, n, hasDiff, err := directory(data)
	if err != nil {
		return nil, err
	}
	total := len(dir)
	if hasDiff {
		total--
	}
	at := make([]int, len(dir)+1) // where each column's bytes begin
	at[0] = headLen + len(dir)*entryLen
	for i := range dir {
		if err := dir[i].check(i, n); err != nil {
			return nil, err
		}
		at[i+1] = at[i] + int(dir[i].stored)
		if at[i+1] > len(data) {
			return nil, corrupt("column %d ends behind the block's %d bytes", i, len(data))
		}
	}
	if at[len(dir)] != len(data) {
		return nil, corrupt("%d bytes too many", len(data)-at[len(dir)])
	}
	count := total
	if cols != nil {
		count = len(cols)
	}
	d.cols = slices.Grow(d.cols, max(0, count-len(d.cols)))[:max(count, len(d.cols))]
	d.out = batch.Batch{N: n, Cols: slices.Grow(d.out.Cols[:0], count)[:count]}
	for k := range count {
		i := k
		if cols != nil {
			i = cols[k]
		}
		if i < 0 || i >= total {
			return nil, sqlerr.New(sqlerr.DataCorrupted, "a block of %d columns has no column %d", total, i)
		}
		if d.out.Cols[k], err = d.cols[k].column(&dir[i], i, n, data[at[i]:at[i+1]]); err != nil {
			return nil, err
		}
	}
	if hasDiff {
		c, err := d.diff.column(&dir[total], total, n, data[at[total]:at[total+1]])
		if err != nil {
			return nil, err
		}
		if d.out.Diff = batch.Values[int64](&c); slices.Contains(d.out.Diff, 0) {
			return nil, corrupt("a row of weight 0")
		}
	}
	return &d.out, nil
}

// directory checks the head and gives the columns' entries, the diffs' last.
func directory(data []byte) (dir []entry, n int, diff bool, err error) {
	if len(data) < headLen || string(data[:3]) != "VXB" {
		return nil, 0, false, corrupt("no block begins here")
	}
	if data[3] > Version {
		return nil, 0, false, sqlerr.NotSupported("block format %d", data[3]).
			WithHint("this program reads formats up to %d: use a newer vexstream", Version)
	}
	n = int(min(binary.LittleEndian.Uint32(data[4:]), batch.MaxRows+1))
	cols := int(binary.LittleEndian.Uint16(data[8:]))
	flags := binary.LittleEndian.Uint16(data[10:])
	diff = flags&flagDiff != 0
	if data[3] != Version || n > batch.MaxRows || cols > MaxColumns || flags&^flagDiff != 0 {
		return nil, 0, false, corrupt("version %d, %d columns, flags %#x", data[3], cols, flags)
	}
	if diff {
		cols++
	}
	if len(data) < headLen+cols*entryLen || headCRC(data, cols) != binary.LittleEndian.Uint32(data[12:]) {
		return nil, 0, false, corrupt("the head's checksum is wrong")
	}
	dir = make([]entry, cols)
	for i := range dir {
		dir[i] = getEntry(data[headLen+i*entryLen:])
	}
	if diff {
		if e := &dir[cols-1]; e.t != types.Int8 || e.form != 0 {
			return nil, 0, false, corrupt("weights of type %d", e.t.OID)
		}
	}
	return dir, n, diff, nil
}

// column decodes the stored bytes of column i. The entry has passed check, so its lengths fit each other.
func (b *columnBuf) column(e *entry, i, n int, stored []byte) (batch.Column, error) {
	c := batch.Column{Type: e.t, N: n}
	if crc32.Checksum(stored, castagnoli) != e.crc {
		return c, corrupt("the checksum of column %d is wrong", i)
	}
	raw := stored
	if e.codec == codecS2 {
		if l, err := s2.DecodedLen(stored); err != nil || l != int(e.raw) {
			return c, corrupt("column %d is not %d bytes of s2", i, e.raw)
		}
		b.raw = slices.Grow(b.raw[:0], int(e.raw))[:e.raw]
		out, err := s2.Decode(b.raw, stored)
		if err != nil || len(out) != int(e.raw) {
			return c, corrupt("column %d cannot be decompressed", i)
		}
		raw = out
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
