package segment

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// Version is the newest format of segments that this package reads: that of merged ones. Those that are being filled are
// made in the format plainVersion. A segment of an older format is read, and filled, as what it is.
const (
	Version      = withMerged
	plainVersion = 2
)

// withStats is the first format whose begins hold the statistics of blocks.
const withStats = 2

const (
	fileMagic   = "VEXSEG\r\n"
	fileHeadLen = 64
	recordMagic = "\xd7VXR"
	headLen     = 72
)

// The kinds of records.
const (
	kindStage  = 1
	kindBegin  = 2
	kindBlock  = 3
	kindCommit = 4
	kindClose  = 5
	// Of merged segments only.
	kindPack      = 6 // small blocks
	kindTable     = 7 // begins of epochs
	kindDirectory = 8
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// fileHead begins a segment.
type fileHead struct {
	version  uint32
	id       uint64
	first    uint64 // the number that the next epoch had when the segment was made
	prevSize int64  // what the segment before ended at; 0: unknown
	fence    uint64
	begins   uint32 // merged: the format that the begins of its epochs have
	was      int64  // merged: what the segment ended at before; 0: not merged
}

func (h *fileHead) put(d []byte) {
	le := binary.LittleEndian
	copy(d, fileMagic)
	le.PutUint32(d[8:], h.version)
	le.PutUint32(d[12:], h.begins)
	le.PutUint64(d[16:], h.id)
	le.PutUint64(d[24:], h.first)
	le.PutUint64(d[32:], uint64(h.prevSize))
	le.PutUint64(d[40:], h.fence)
	le.PutUint64(d[48:], uint64(h.was))
	le.PutUint32(d[60:], crc32.Checksum(d[:60], castagnoli))
}

func getFileHead(d []byte, name string) (fileHead, error) {
	le := binary.LittleEndian
	if string(d[:8]) != fileMagic {
		return fileHead{}, corrupt(name, 0, "no segment begins here")
	}
	if le.Uint32(d[60:]) != crc32.Checksum(d[:60], castagnoli) {
		return fileHead{}, corrupt(name, 0, "the checksum of the segment's head is wrong")
	}
	v := le.Uint32(d[8:])
	if v == 0 || v > Version {
		return fileHead{}, sqlerr.NotSupported("the format %d of %s", v, name).
			WithHint("This program reads formats up to %d: use the vexstream that wrote the log, or a newer one.", Version)
	}
	h := fileHead{version: v, id: le.Uint64(d[16:]), first: le.Uint64(d[24:]), prevSize: int64(le.Uint64(d[32:])), fence: le.Uint64(d[40:])}
	if v >= withMerged {
		h.begins, h.was = le.Uint32(d[12:]), int64(le.Uint64(d[48:]))
		if h.begins == 0 || h.begins >= withMerged || h.was <= 0 {
			return fileHead{}, corrupt(name, 0, "the head of a merged segment says nothing of what it was")
		}
	}
	return h, nil
}

// head begins a record.
type head struct {
	kind    uint8
	bodyCRC uint32
	length  int64  // of the body
	epoch   uint64 // 0 for a staged block
	stable  int64  // how much of the segment was durable before the record was written
	offset  int64  // the record's own place
	span    int64  // begin: the bytes from here to behind the commit
	oldest  uint64 // begin: the lowest segment that the epoch's blocks lie in
	fence   uint64
}

// put writes h. The segment's number is part of the checksum but not of the bytes: a head is true in its file only.
func (h *head) put(d []byte, segment uint64) {
	le := binary.LittleEndian
	copy(d, recordMagic)
	d[4], d[5], d[6], d[7] = h.kind, 0, 0, 0
	le.PutUint64(d[8:], uint64(h.length))
	le.PutUint64(d[16:], h.epoch)
	le.PutUint64(d[24:], uint64(h.stable))
	le.PutUint64(d[32:], uint64(h.offset))
	le.PutUint64(d[40:], uint64(h.span))
	le.PutUint64(d[48:], h.oldest)
	le.PutUint64(d[56:], h.fence)
	le.PutUint32(d[64:], h.bodyCRC)
	le.PutUint32(d[68:], headCRC(d, segment))
}

func headCRC(d []byte, segment uint64) uint32 {
	var id [8]byte
	binary.LittleEndian.PutUint64(id[:], segment)
	return crc32.Update(crc32.Checksum(id[:], castagnoli), castagnoli, d[:68])
}

// getHead reads the head of the record at offset; ok is false if none lies there.
func getHead(d []byte, segment uint64, offset int64) (h head, ok bool) {
	le := binary.LittleEndian
	if len(d) < headLen || string(d[:4]) != recordMagic || le.Uint32(d[68:]) != headCRC(d, segment) {
		return head{}, false
	}
	h = head{
		kind: d[4], length: int64(le.Uint64(d[8:])), epoch: le.Uint64(d[16:]), stable: int64(le.Uint64(d[24:])),
		offset: int64(le.Uint64(d[32:])), span: int64(le.Uint64(d[40:])), oldest: le.Uint64(d[48:]), fence: le.Uint64(d[56:]),
		bodyCRC: le.Uint32(d[64:]),
	}
	return h, h.offset == offset && h.length >= 0 && h.kind >= kindStage && h.kind <= kindDirectory
}

func corrupt(file string, offset int64, format string, args ...any) error {
	return sqlerr.New(sqlerr.DataCorrupted, "the log is damaged at byte %d of %s: %s", offset, file, fmt.Sprintf(format, args...)).
		WithHint("Restore the file from a copy; what lies before and behind it can still be read.")
}
