package segment

import (
	"cmp"
	"encoding/binary"
	"hash/crc32"
	"math"
	"os"
	"slices"

	"github.com/vexfs/vexstream/engine/codec"
)

// withMerged is the first format whose segments may be merged.
const withMerged = 3

// Limits of a merged segment.
const (
	MaxPackBytes = 256 << 10 // plain bytes of the small blocks that are packed together, or of the begins
	MaxPacked    = 64 << 10  // bytes of a block that counts as small
	MaxPending   = 16 << 20  // plain bytes of packs that are being filled; above, the largest is written
	MaxDirectory = 64 << 20  // plain bytes of a directory; a segment that needs more is left as it is
)

// moved says where a block lies that lay at old before its segment was merged.
type moved struct {
	old int64
	at  int64 // its record, or that of its pack
	in  int   // where it begins in the pack; alone: none
	len int
}

const alone = -1

// directory is what a merged segment says of itself. Everything that named a place of it goes on naming the old one.
type directory struct {
	first, last uint64 // epochs; last < first: none
	fence       uint64
	oldest      uint64
	tables      []indexEntry // the begins of epochs lie in tables
	blocks      []moved      // by their old place
}

// put appends the directory's body: its plain length, and zstd.
func (d *directory) put(dst []byte) []byte {
	p := binary.AppendUvarint(nil, d.first)
	p = binary.AppendUvarint(p, d.last)
	p = binary.AppendUvarint(p, uint64(len(d.tables)))
	var before indexEntry
	for _, t := range d.tables {
		p = binary.AppendUvarint(p, t.epoch-before.epoch)
		p = binary.AppendUvarint(p, uint64(t.offset-before.offset))
		before = t
	}
	p = binary.AppendUvarint(p, uint64(len(d.blocks)))
	var b moved
	for _, m := range d.blocks {
		p = binary.AppendUvarint(p, uint64(m.old-b.old))
		p = binary.AppendVarint(p, m.at-b.at)
		p = binary.AppendUvarint(p, uint64(m.in+1))
		p = binary.AppendUvarint(p, uint64(m.len))
		b = m
	}
	return appendPack(dst, p)
}

// getDirectory is the reverse of put; ok is false if the body is of no directory.
func getDirectory(body []byte) (d directory, ok bool) {
	p, err := takePack(nil, body, MaxDirectory)
	if err != nil {
		return d, false
	}
	v := varints{p, true}
	d.first, d.last = v.next(), v.next()
	var t indexEntry
	for range v.count() {
		t = indexEntry{t.epoch + v.next(), t.offset + int64(v.next())}
		d.tables = append(d.tables, t)
	}
	n := v.count()
	d.blocks = make([]moved, 0, n)
	var m moved
	for range n {
		old := m.old + int64(v.next())
		at := m.at + v.signed()
		m = moved{old, at, int(min(v.next(), math.MaxInt32)) - 1, int(min(v.next(), MaxRecordBytes))}
		d.blocks = append(d.blocks, m)
	}
	return d, v.ok && len(v.d) == 0
}

// varints reads numbers one behind the other; ok turns false where there is none.
type varints struct {
	d  []byte
	ok bool
}

func (v *varints) next() uint64 {
	n, w := binary.Uvarint(v.d)
	if w <= 0 {
		v.ok, v.d = false, nil
		return 0
	}
	v.d = v.d[w:]
	return n
}

func (v *varints) signed() int64 {
	n := v.next()
	return int64(n>>1) ^ -int64(n&1)
}

// count gives a number of things that take a byte each at least.
func (v *varints) count() int {
	n := v.next()
	if n > uint64(len(v.d)) {
		v.ok = false
		return 0
	}
	return int(n)
}

// appendPack appends the plain length of p and p as zstd.
func appendPack(dst, p []byte) []byte {
	return codec.Pack(binary.AppendUvarint(dst, uint64(len(p))), p)
}

// takePack is the reverse of appendPack, for at most limit bytes.
func takePack(dst, d []byte, limit int) ([]byte, error) {
	n, w := binary.Uvarint(d)
	if w <= 0 || n > uint64(limit) {
		return nil, errBegin
	}
	return codec.Unpack(dst, d[w:], int(n))
}

// find gives where the block lies that lay at old.
func (d *directory) find(old int64) (moved, bool) {
	i, ok := slices.BinarySearchFunc(d.blocks, old, func(m moved, old int64) int { return cmp.Compare(m.old, old) })
	if !ok {
		return moved{}, false
	}
	return d.blocks[i], true
}

// readDirectory reads the directory of a merged segment, whose place its last record names.
func readDirectory(f *os.File, s *segmentInfo, size int64) (directory, int64, error) {
	no := func(what string) (directory, int64, error) { return directory{}, 0, corrupt(s.path, size, "%s", what) }
	if size < fileHeadLen+2*headLen {
		return no("a merged segment ends here")
	}
	d := make([]byte, headLen)
	end := size - headLen
	_, err := f.ReadAt(d, end)
	h, ok := getHead(d, s.id, end)
	if err != nil || !ok || h.kind != kindClose || h.span < fileHeadLen || h.span > end-headLen {
		return no("the end of a merged segment should be here")
	}
	at := h.span
	_, err = f.ReadAt(d, at)
	h, ok = getHead(d, s.id, at)
	if err != nil || !ok || h.kind != kindDirectory || h.length != end-at-headLen {
		return directory{}, 0, corrupt(s.path, at, "no directory begins here")
	}
	body := make([]byte, h.length)
	if _, err := f.ReadAt(body, at+headLen); err != nil || crc32.Checksum(body, castagnoli) != h.bodyCRC {
		return directory{}, 0, corrupt(s.path, at, "the checksum of the directory is wrong")
	}
	dir, ok := getDirectory(body)
	if !ok {
		return directory{}, 0, corrupt(s.path, at, "the directory cannot be read")
	}
	dir.fence, dir.oldest = h.fence, h.oldest
	return dir, at, nil
}
