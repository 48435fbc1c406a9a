package segment

import (
	"context"
	"encoding/binary"
	"hash/crc32"
	"os"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// keptPacks is how many plain packs one scan keeps, MaxPackBytes each at most: as many relations with small blocks may it
// read side by side without unpacking anything twice.
const keptPacks = 64

// packs are the plain packs that a scan has read last.
type packs struct {
	at   [keptPacks]packPlace
	data [keptPacks][]byte
	next int
}

type packPlace struct {
	segment uint64
	offset  int64
}

// becomes takes over what a merged segment's head and directory say.
func (s *segmentInfo) becomes(f *os.File, h *fileHead) (directory, error) {
	info, err := f.Stat()
	if err != nil {
		return directory{}, sqlerr.Wrap(sqlerr.IOError, err, "cannot size the segment %s", s.path)
	}
	d, _, err := readDirectory(f, s, info.Size())
	if err != nil {
		return d, err
	}
	s.version, s.was, s.size, s.disk = h.begins, h.was, info.Size(), info.Size()
	s.index, s.oldest, s.staged = d.tables, min(s.id, d.oldest), 0
	return d, nil
}

// merged finds out whether the file that was just opened is a merged segment: it may have become one since the scan began.
// The scan then goes on in what it is now, where everything has the same names.
func (r *reader) merged(f *os.File, s *segmentInfo) error {
	var d [fileHeadLen]byte
	if _, err := f.ReadAt(d[:], 0); err != nil {
		return corrupt(s.path, 0, "the segment's head cannot be read")
	}
	h, err := getFileHead(d[:], s.path)
	switch {
	case err != nil:
		return err
	case h.id != s.id:
		return corrupt(s.path, 0, "it is segment %d under another's name", h.id)
	case h.was == 0:
		return nil
	}
	dir, err := s.becomes(f, &h)
	if err != nil {
		return err
	}
	if r.moved == nil {
		r.moved = map[uint64]*directory{}
	}
	r.moved[s.id] = &dir
	return nil
}

// tables visits the epochs from..end-1 of a merged segment.
func (r *reader) tables(ctx context.Context, s *segmentInfo, from, end uint64) error {
	var plain []byte
	for i, t := range s.index {
		if t.epoch >= end {
			return nil
		}
		if i+1 < len(s.index) && s.index[i+1].epoch <= from {
			continue
		}
		d, err := r.begin.bytes(t.offset, headLen)
		h, ok := getHead(d, s.id, t.offset)
		if err != nil || !ok || h.kind != kindTable || h.epoch != t.epoch || h.length > MaxRecordBytes {
			return corrupt(s.path, t.offset, "no table begins here, but that of epoch %d should", t.epoch)
		}
		if d, err = r.begin.bytes(t.offset+headLen, int(h.length)); err != nil || crc32.Checksum(d, castagnoli) != h.bodyCRC {
			return corrupt(s.path, t.offset, "the checksum of the table of epoch %d is wrong", t.epoch)
		}
		if plain, err = takePack(plain, d, MaxRecordBytes); err != nil {
			return corrupt(s.path, t.offset, "the table of epoch %d cannot be read", t.epoch)
		}
		err = eachBegin(plain, t.epoch, func(no uint64, body []byte) error {
			if no < from || no >= end {
				return nil
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			r.trim()
			return r.begun(s, t.offset, no, body)
		})
		if err == errBegin {
			return corrupt(s.path, t.offset, "the table of epoch %d cannot be read", t.epoch)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// eachBegin gives the begins of a plain table, the first of which is that of epoch no; errBegin if they do not fill it.
func eachBegin(plain []byte, no uint64, visit func(no uint64, body []byte) error) error {
	for len(plain) > 0 {
		n, w := binary.Uvarint(plain)
		if w <= 0 || n > uint64(len(plain)-w) {
			return errBegin
		}
		if err := visit(no, plain[w:w+int(n)]); err != nil {
			return err
		}
		plain = plain[w+int(n):]
		no++
	}
	return nil
}

// locate says where a block lies now.
func (r *reader) locate(p *place, no uint64) error {
	p.in = alone
	_, s, err := r.open(p.ref.Segment)
	if err != nil || s.was == 0 {
		return err
	}
	d := r.moved[s.id]
	if d == nil {
		return sqlerr.New(sqlerr.InternalError, "the directory of %s was not read", s.path)
	}
	m, ok := d.find(p.ref.Offset)
	if !ok {
		return corrupt(s.path, p.ref.Offset, "a block of epoch %d that lay here is missing", no)
	}
	p.ref.Offset, p.ref.Len, p.in = m.at, int64(m.len), m.in
	return nil
}

// packed gives a block that lies in a pack. The pack's memory is not used again, so that it outlives the visit.
func (r *reader) packed(p *place, no uint64) error {
	f, s, err := r.open(p.ref.Segment)
	if err != nil {
		return err
	}
	key := packPlace{p.ref.Segment, p.ref.Offset}
	var plain []byte
	for i := range r.packs.at {
		if r.packs.at[i] == key {
			plain = r.packs.data[i]
			break
		}
	}
	if plain == nil {
		if plain, err = readPack(f, s, p.ref.Offset); err != nil {
			return err
		}
		r.packs.at[r.packs.next], r.packs.data[r.packs.next] = key, plain
		r.packs.next = (r.packs.next + 1) % keptPacks
	}
	if p.in < 0 || int64(p.in)+p.ref.Len > int64(len(plain)) {
		return corrupt(s.path, p.ref.Offset, "a block of epoch %d lies behind its pack", no)
	}
	n := int(p.ref.Len)
	p.header.Late, p.header.Len = false, 0
	p.header.Data = plain[p.in : p.in+n : p.in+n]
	return nil
}

// readPack reads and unpacks the pack at a place.
func readPack(f *os.File, s *segmentInfo, at int64) ([]byte, error) {
	var d [headLen]byte
	_, err := f.ReadAt(d[:], at)
	h, ok := getHead(d[:], s.id, at)
	if err != nil || !ok || h.kind != kindPack || h.length > MaxRecordBytes {
		return nil, corrupt(s.path, at, "no pack of blocks begins here")
	}
	body := make([]byte, h.length)
	if _, err := f.ReadAt(body, at+headLen); err != nil || crc32.Checksum(body, castagnoli) != h.bodyCRC {
		return nil, corrupt(s.path, at, "the checksum of a pack of blocks is wrong")
	}
	plain, err := takePack(make([]byte, 0, MaxPackBytes), body, 2*MaxPackBytes)
	if err != nil {
		return nil, corrupt(s.path, at, "a pack of blocks cannot be read")
	}
	return plain, nil
}
