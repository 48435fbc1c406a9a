package codec

import (
	"encoding/binary"
	"hash/crc32"
	"unsafe"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// Limits of a block. Decode refuses what lies beyond them before it allocates.
const (
	Version        = 2       // the newest block format, which Recode writes where it packs a column by zstd
	plainVersion   = 1       // the block format that Encode writes: no column is packed by zstd
	MaxColumns     = 1664    // PostgreSQL's limit of a result
	MaxColumnBytes = 1 << 30 // one column's raw bytes
	MaxExpansion   = 1024    // raw bytes per stored byte, for columns above FreeExpansion
	FreeExpansion  = 1 << 20 // raw bytes that any stored size may stand for
)

const (
	headLen  = 16
	entryLen = 32
	flagDiff = 1

	codecRaw  = 0
	codecS2   = 1
	codecZstd = 2

	formValid = 1 << 0 // validity words come first
	formDict  = 1 << 1
	// Bits 2-3 and 4-5: log2 of the width of lengths or codes, and of the dictionary's lengths.
	formWidth     = 2
	formDictWidth = 4
	formKnown     = 1<<6 - 1
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// entry is one column in the directory.
type entry struct {
	t       types.Type
	layout  types.Layout
	codec   uint8
	form    uint8
	raw     uint32
	stored  uint32
	data    uint32 // bytes of strings, or of the dictionary's
	entries uint32 // of the dictionary
	crc     uint32
}

func (e *entry) put(d []byte) {
	le := binary.LittleEndian
	le.PutUint32(d, uint32(e.t.OID))
	le.PutUint32(d[4:], uint32(e.t.Mod))
	d[8], d[9], d[10], d[11] = byte(e.layout), e.codec, e.form, 0
	le.PutUint32(d[12:], e.raw)
	le.PutUint32(d[16:], e.stored)
	le.PutUint32(d[20:], e.data)
	le.PutUint32(d[24:], e.entries)
	le.PutUint32(d[28:], e.crc)
}

func getEntry(d []byte) entry {
	le := binary.LittleEndian
	return entry{
		t:      types.Type{OID: types.OID(le.Uint32(d)), Mod: int32(le.Uint32(d[4:]))},
		layout: types.Layout(d[8]), codec: d[9], form: d[10],
		raw: le.Uint32(d[12:]), stored: le.Uint32(d[16:]), data: le.Uint32(d[20:]), entries: le.Uint32(d[24:]),
		crc: le.Uint32(d[28:]),
	}
}

func (e *entry) width() int     { return 1 << (e.form >> formWidth & 3) }
func (e *entry) dictWidth() int { return 1 << (e.form >> formDictWidth & 3) }

func words(n int) int { return (n + 63) / 64 }

// rawSize is how many raw bytes a column of n rows with this entry has.
func (e *entry) rawSize(n int) uint64 {
	var s uint64
	if e.form&formValid != 0 {
		s = uint64(8 * words(n))
	}
	switch w := e.layout.Width(); {
	case e.layout == types.LayoutBool:
		return s + uint64(8*words(n))
	case w > 0:
		return s + uint64(n)*uint64(w)
	default:
		return s + uint64(n)*uint64(e.width()) + uint64(e.entries)*uint64(e.dictWidth()) + uint64(e.data)
	}
}

func corrupt(format string, args ...any) error {
	e := sqlerr.New(sqlerr.DataCorrupted, format, args...)
	e.Message = "damaged block: " + e.Message
	return e
}

// check refuses an entry that cannot be true.
func (e *entry) check(i, n int) error {
	switch {
	case !e.t.Known() || e.t.Layout() != e.layout || e.layout == types.LayoutNone:
		return corrupt("column %d has type %d with layout %d", i, e.t.OID, e.layout)
	case e.form&^formKnown != 0 || e.form>>formWidth&3 == 3 || e.form>>formDictWidth&3 == 3:
		return corrupt("column %d has the unknown form %#x", i, e.form)
	case e.codec > codecZstd:
		return corrupt("column %d has the unknown codec %d", i, e.codec)
	case e.layout != types.LayoutBytes && (e.form&formDict != 0 || e.data != 0 || e.entries != 0):
		return corrupt("column %d has strings in layout %d", i, e.layout)
	case e.form&formDict == 0 && e.entries != 0, int(e.entries) > batch.MaxRows+1:
		return corrupt("column %d has a dictionary of %d entries", i, e.entries)
	case uint64(e.raw) != e.rawSize(n), e.raw > MaxColumnBytes:
		return corrupt("column %d has %d bytes", i, e.raw)
	case e.codec == codecRaw && e.raw != e.stored:
		return corrupt("column %d has %d bytes of %d", i, e.stored, e.raw)
	case e.raw > FreeExpansion && uint64(e.raw) > uint64(e.stored)*MaxExpansion:
		return corrupt("column %d claims %d bytes out of %d", i, e.raw, e.stored)
	}
	return nil
}

func widthLog(biggest uint32) uint8 {
	switch {
	case biggest < 1<<8:
		return 0
	case biggest < 1<<16:
		return 1
	}
	return 2
}

func bytesOf[T batch.Value](s []T) []byte {
	var zero T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*int(unsafe.Sizeof(zero)))
}
