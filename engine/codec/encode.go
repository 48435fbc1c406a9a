package codec

import (
	"encoding/binary"
	"hash/crc32"
	"slices"

	"github.com/klauspost/compress/s2"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/group"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

const (
	minCompress = 512  // raw bytes below which compressing is not worth a call
	sampleLen   = 2048 // what is tried before a whole column is compressed
)

// Encoder turns batches into blocks and keeps its buffers between them. The zero Encoder is ready.
type Encoder struct {
	raw     []byte
	packed  []byte
	lens    []uint32
	recode  []uint32 // by code of the batch's dictionary: the block's code + 1; all zero between columns
	used    []uint32 // the batch's code by the block's code
	codes   []uint32
	entries []entry

	interned []uint32   // codes of a column that came as plain strings
	dict     batch.Dict // its dictionary
	seen     *group.Strings
}

// Encode appends b as a block to dst: its columns and diffs, not its epoch and sequence, which stand in the header
// of the log's record. A batch beyond the limits gives 54000.
func (e *Encoder) Encode(dst []byte, b *batch.Batch) ([]byte, error) {
	cols := len(b.Cols)
	if b.N > batch.MaxRows || cols > MaxColumns {
		return dst, sqlerr.New(sqlerr.ProgramLimitExceeded, "a block of %d rows and %d columns is beyond the limit of %d and %d",
			b.N, cols, batch.MaxRows, MaxColumns)
	}
	dirs, flags := cols, uint16(0)
	if b.Diff != nil {
		dirs, flags = cols+1, flagDiff
	}
	start := len(dst)
	dst = slices.Grow(dst, headLen+dirs*entryLen)[:start+headLen+dirs*entryLen]
	e.entries = e.entries[:0]
	var err error
	for i := range b.Cols {
		if dst, err = e.column(dst, &b.Cols[i], b.N); err != nil {
			return dst[:start], err
		}
	}
	if b.Diff != nil {
		diff := batch.Column{Type: types.Int8, N: b.N, Fixed: bytesOf(b.Diff[:b.N])}
		if dst, err = e.column(dst, &diff, b.N); err != nil {
			return dst[:start], err
		}
	}
	h := dst[start:]
	copy(h, "VXB")
	h[3] = plainVersion
	binary.LittleEndian.PutUint32(h[4:], uint32(b.N))
	binary.LittleEndian.PutUint16(h[8:], uint16(cols))
	binary.LittleEndian.PutUint16(h[10:], flags)
	for i := range e.entries {
		e.entries[i].put(h[headLen+i*entryLen:])
	}
	binary.LittleEndian.PutUint32(h[12:], headCRC(h, dirs))
	return dst, nil
}

// headCRC covers the head, but for the CRC itself, and the directory.
func headCRC(h []byte, dirs int) uint32 {
	return crc32.Update(crc32.Checksum(h[:12], castagnoli), castagnoli, h[headLen:headLen+dirs*entryLen])
}

// column appends c's stored bytes to dst and its entry to the directory.
func (e *Encoder) column(dst []byte, c *batch.Column, n int) ([]byte, error) {
	en := entry{t: c.Type, layout: c.Type.Layout()}
	e.raw = e.raw[:0]
	if c.Valid != nil {
		en.form |= formValid
		e.bitmap(c.Valid, n)
	}
	switch w := en.layout.Width(); {
	case en.layout == types.LayoutNone:
		return dst, sqlerr.New(sqlerr.InternalError, "type %d has no layout", c.Type.OID)
	case en.layout == types.LayoutBool:
		e.bitmap(c.Bits, n)
	case w > 0:
		e.raw = append(e.raw, c.Fixed[:n*w]...)
	case c.Dict != nil:
		e.coded(&en, c, n)
	default:
		if d, ok := e.intern(c, n); ok {
			e.coded(&en, &d, n)
		} else {
			e.plain(&en, c, n)
		}
	}
	if len(e.raw) > MaxColumnBytes {
		return dst, sqlerr.New(sqlerr.ProgramLimitExceeded, "a column of %d bytes in one block is beyond %d", len(e.raw), MaxColumnBytes).
			WithHint("Write fewer rows at once.")
	}
	stored := e.compress(&en)
	en.raw, en.stored = uint32(len(e.raw)), uint32(len(stored))
	en.crc = crc32.Checksum(stored, castagnoli)
	e.entries = append(e.entries, en)
	return append(dst, stored...), nil
}

// bitmap writes n bits and zeros behind them, so that equal batches give equal bytes.
func (e *Encoder) bitmap(m batch.Bitmap, n int) {
	for i := range words(n) {
		w := m[i]
		if rest := n - i*64; rest < 64 {
			w &= 1<<uint(rest) - 1
		}
		e.raw = binary.LittleEndian.AppendUint64(e.raw, w)
	}
}

func (e *Encoder) plain(en *entry, c *batch.Column, n int) {
	if n == 0 {
		return
	}
	e.lens = slices.Grow(e.lens[:0], n)[:n]
	var biggest uint32
	offs := c.Offsets[:n+1]
	for i := range e.lens {
		l := uint32(offs[i+1] - offs[i])
		e.lens[i] = l
		biggest = max(biggest, l)
	}
	data := c.Data[offs[0]:offs[n]]
	en.data = uint32(len(data))
	en.form |= widthLog(biggest) << formWidth
	e.raw = appendNarrow(e.raw, e.lens, widthLog(biggest))
	e.raw = append(e.raw, data...)
}

// coded writes a dictionary-coded column with the part of the dictionary that it uses, or plain if that is smaller.
func (e *Encoder) coded(en *entry, c *batch.Column, n int) {
	e.recode = append(e.recode, make([]uint32, max(0, c.Dict.Len()-len(e.recode)))...)
	e.codes = slices.Grow(e.codes[:0], n)[:n]
	e.used, e.lens = e.used[:0], e.lens[:0]
	var plainBytes, dictBytes uint64
	var biggest uint32
	for i, code := range c.Codes[:n] {
		if c.Null(i) {
			e.codes[i] = 0
			continue
		}
		at := e.recode[code]
		if at == 0 {
			l := uint32(c.Dict.Offsets[code+1] - c.Dict.Offsets[code])
			e.used, e.lens = append(e.used, code), append(e.lens, l)
			at = uint32(len(e.used))
			e.recode[code] = at
			dictBytes += uint64(l)
			biggest = max(biggest, l)
		}
		e.codes[i] = at - 1
		plainBytes += uint64(e.lens[at-1])
	}
	for _, code := range e.used {
		e.recode[code] = 0
	}
	lw, cw := widthLog(biggest), widthLog(uint32(len(e.used)))
	if plainBytes+uint64(n)<<lw <= dictBytes+uint64(len(e.used))<<lw+uint64(n)<<cw {
		e.spell(en, c, n, lw, plainBytes)
		return
	}
	en.form |= formDict | cw<<formWidth | lw<<formDictWidth
	en.entries, en.data = uint32(len(e.used)), uint32(dictBytes)
	e.raw = appendNarrow(e.raw, e.codes, cw)
	e.raw = appendNarrow(e.raw, e.lens, lw)
	for _, code := range e.used {
		e.raw = append(e.raw, c.Dict.At(code)...)
	}
}

// spell writes a dictionary-coded column as plain strings; nulls are empty.
func (e *Encoder) spell(en *entry, c *batch.Column, n int, lw uint8, total uint64) {
	lens := make([]uint32, n)
	for i := range lens {
		if !c.Null(i) {
			lens[i] = e.lens[e.codes[i]]
		}
	}
	en.form |= lw << formWidth
	en.data = uint32(min(total, MaxColumnBytes+1))
	e.raw = appendNarrow(e.raw, lens, lw)
	for i := range lens {
		if lens[i] > 0 {
			e.raw = append(e.raw, c.At(i)...)
		}
	}
}

func appendNarrow(dst []byte, vals []uint32, log uint8) []byte {
	at := len(dst)
	dst = slices.Grow(dst, len(vals)<<log)[:at+len(vals)<<log]
	switch d := dst[at:]; log {
	case 0:
		for i, v := range vals {
			d[i] = byte(v)
		}
	case 1:
		for i, v := range vals {
			binary.LittleEndian.PutUint16(d[2*i:], uint16(v))
		}
	default:
		for i, v := range vals {
			binary.LittleEndian.PutUint32(d[4*i:], v)
		}
	}
	return dst
}

// compress gives the bytes to store: s2 if a sample promises, and the whole gives, a tenth less.
func (e *Encoder) compress(en *entry) []byte {
	if len(e.raw) < minCompress {
		return e.raw
	}
	e.packed = slices.Grow(e.packed[:0], s2.MaxEncodedLen(len(e.raw)))
	buf := e.packed[:cap(e.packed)]
	if len(e.raw) > 2*sampleLen {
		mid := len(e.raw) / 2
		if p := s2.Encode(buf, e.raw[mid:mid+sampleLen]); len(p)*10 > sampleLen*9 {
			return e.raw
		}
	}
	p := s2.Encode(buf, e.raw)
	if !worth(len(e.raw), len(p)) {
		return e.raw
	}
	en.codec = codecS2
	return p
}
