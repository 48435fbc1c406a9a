package segment

import (
	"cmp"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"slices"

	"github.com/vexfs/vexstream/engine/codec"
)

// errLarge says that a segment has more blocks than one directory names, or an epoch too large for a table.
var errLarge = errors.New("segment: too large to be merged")

// merger writes one merged segment.
type merger struct {
	seg    *segmentInfo // what it was
	out    *os.File
	put    func(f *os.File, p []byte, off int64) (int, error)
	recode func(dst, block []byte, to codec.Compression) ([]byte, error)

	at      int64 // where the next record goes
	dir     directory
	open    map[uint32]*pack // by relation; 0: staged blocks, of which nobody knows yet whose they are
	pending int              // plain bytes in them
	table   []byte           // begins
	tableNo uint64           // the first of them
	tables  [][]byte         // packed: they come behind all blocks, so that a cut drops them
	named   map[int64]uint32 // whose the blocks are that the begin before them names, by their places
	places  []place
	buf     []byte
	block   []byte
}

// pack is small blocks of one relation that are not written yet.
type pack struct {
	plain  []byte
	blocks []moved
}

// is says whether body is what the head's sum was made of.
func (h *head) is(body []byte) bool { return crc32.Checksum(body, castagnoli) == h.bodyCRC }

func (m *merger) head(h *fileHead) error {
	d := make([]byte, fileHeadLen)
	h.put(d)
	m.at = fileHeadLen
	_, err := m.put(m.out, d, 0)
	return err
}

// write writes a record.
func (m *merger) write(h head, body []byte) error {
	h.length, h.offset, h.stable, h.bodyCRC = int64(len(body)), m.at, m.at, crc32.Checksum(body, castagnoli)
	m.buf = slices.Grow(m.buf[:0], headLen+len(body))[:headLen]
	h.put(m.buf, m.seg.id)
	m.buf = append(m.buf, body...)
	if _, err := m.put(m.out, m.buf, m.at); err != nil {
		return err
	}
	m.at += int64(len(m.buf))
	return nil
}

// record takes a record of the old segment in.
func (m *merger) record(h head, body []byte) error {
	switch h.kind {
	case kindStage:
		return m.take(h, body, 0)
	case kindBegin:
		_, places, err := parseBegin(body, m.places, m.seg.version)
		if err != nil {
			return corrupt(m.seg.path, h.offset, "epoch %d cannot be read", h.epoch)
		}
		m.places = places
		m.named = map[int64]uint32{}
		for i := range places {
			if p := &places[i]; p.ref.Segment == m.seg.id && p.ref.Offset > h.offset {
				m.named[p.ref.Offset] = p.header.Relation
			}
		}
		m.dir.oldest = min(m.dir.oldest, h.oldest)
		m.dir.fence = max(m.dir.fence, h.fence)
		return m.begin(h.epoch, body)
	case kindBlock:
		return m.take(h, body, m.named[h.offset])
	case kindCommit, kindClose:
		return nil
	}
	return corrupt(m.seg.path, h.offset, "a record of kind %d", h.kind)
}

// begin takes the begin of the next epoch into the table.
func (m *merger) begin(no uint64, body []byte) error {
	if no != m.dir.last+1 {
		return corrupt(m.seg.path, 0, "epoch %d does not follow %d", no, m.dir.last)
	}
	if len(body) > MaxRecordBytes/2 {
		return errLarge
	}
	if len(m.table) > 0 && len(m.table)+len(body) > MaxPackBytes {
		m.endTable()
	}
	if len(m.table) == 0 {
		m.tableNo = no
	}
	m.table = append(binary.AppendUvarint(m.table, uint64(len(body))), body...)
	m.dir.last = no
	return nil
}

func (m *merger) endTable() {
	m.dir.tables = append(m.dir.tables, indexEntry{epoch: m.tableNo})
	m.tables = append(m.tables, appendPack(nil, m.table))
	m.table = m.table[:0]
}

// take writes a block, or packs it together with others.
func (m *merger) take(h head, body []byte, relation uint32) error {
	if h.length <= MaxPacked {
		plain, err := m.recoded(body, codec.None)
		if err != nil {
			return corrupt(m.seg.path, h.offset, "a block: %v", err)
		}
		if len(plain) <= MaxPackBytes {
			return m.pack(relation, h.offset, plain)
		}
	}
	data, err := m.recoded(body, codec.Zstd)
	if err != nil {
		return corrupt(m.seg.path, h.offset, "a block: %v", err)
	}
	if len(data) >= len(body) {
		data = body
	}
	m.dir.blocks = append(m.dir.blocks, moved{h.offset, m.at, alone, len(data)})
	return m.write(head{kind: h.kind, epoch: h.epoch}, data)
}

func (m *merger) recoded(body []byte, to codec.Compression) (out []byte, err error) {
	if m.recode == nil {
		return body, nil
	}
	m.block, err = m.recode(m.block[:0], body, to)
	return m.block, err
}

func (m *merger) pack(relation uint32, old int64, plain []byte) error {
	p := m.open[relation]
	if p == nil {
		if m.open == nil {
			m.open = map[uint32]*pack{}
		}
		p = &pack{}
		m.open[relation] = p
	}
	if len(p.plain) > 0 && len(p.plain)+len(plain) > MaxPackBytes {
		if err := m.endPack(p); err != nil {
			return err
		}
	}
	p.blocks = append(p.blocks, moved{old, 0, len(p.plain), len(plain)})
	p.plain = append(p.plain, plain...)
	m.pending += len(plain)
	for m.pending > MaxPending {
		if err := m.endPack(m.largest()); err != nil {
			return err
		}
	}
	return nil
}

// largest gives the pack with the most bytes, the one of the lowest relation among equals.
func (m *merger) largest() (p *pack) {
	for _, relation := range m.relations() {
		if q := m.open[relation]; p == nil || len(q.plain) > len(p.plain) {
			p = q
		}
	}
	return p
}

func (m *merger) relations() []uint32 {
	out := make([]uint32, 0, len(m.open))
	for relation := range m.open {
		out = append(out, relation)
	}
	slices.Sort(out)
	return out
}

// endPack writes the pack and empties it.
func (m *merger) endPack(p *pack) error {
	for _, b := range p.blocks {
		b.at = m.at
		m.dir.blocks = append(m.dir.blocks, b)
	}
	m.pending -= len(p.plain)
	body := appendPack(nil, p.plain)
	p.plain, p.blocks = p.plain[:0], p.blocks[:0]
	return m.write(head{kind: kindPack}, body)
}

// finish writes what is pending, the tables, the directory, and the record that names its place.
func (m *merger) finish() error {
	for _, relation := range m.relations() {
		if p := m.open[relation]; len(p.blocks) > 0 {
			if err := m.endPack(p); err != nil {
				return err
			}
		}
	}
	if len(m.table) > 0 {
		m.endTable()
	}
	for i := range m.tables {
		t := &m.dir.tables[i]
		t.offset = m.at
		if err := m.write(head{kind: kindTable, epoch: t.epoch}, m.tables[i]); err != nil {
			return err
		}
	}
	slices.SortFunc(m.dir.blocks, func(a, b moved) int { return cmp.Compare(a.old, b.old) })
	const most = 4*binary.MaxVarintLen64 + 1
	if (len(m.dir.blocks)+len(m.dir.tables)+1)*most > MaxDirectory {
		return errLarge
	}
	at := m.at
	h := head{kind: kindDirectory, epoch: m.dir.last, oldest: m.dir.oldest, fence: m.dir.fence}
	if err := m.write(h, m.dir.put(nil)); err != nil {
		return err
	}
	return m.write(head{kind: kindClose, span: at}, nil)
}
