package segment

import (
	"context"
	"errors"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// window reads a file in chunks, so that small records do not cost a system call each.
type window struct {
	f     *os.File
	chunk int
	at    int64
	buf   []byte
}

// bytes gives n bytes at offset, borrowed until the next call.
func (w *window) bytes(at int64, n int) ([]byte, error) {
	if lo := at - w.at; lo >= 0 && lo+int64(n) <= int64(len(w.buf)) {
		return w.buf[lo : lo+int64(n)], nil
	}
	size := max(n, w.chunk)
	w.at, w.buf = at, slices.Grow(w.buf[:0], size)[:size]
	got, err := w.f.ReadAt(w.buf, at)
	w.buf = w.buf[:got]
	if got >= n {
		return w.buf[:n], nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return nil, err
}

// reader is one scan.
type reader struct {
	log      *Log
	segments []segmentInfo
	want     func(*epoch.Block) bool
	visit    func(*epoch.Entry) error
	raw      func(no uint64, body []byte) error // instead of visit: the begins as they are

	files  map[uint64]*os.File
	moved  map[uint64]*directory // of the merged segments among them
	packs  packs
	begin  window
	body   []byte
	places []place
	blocks []epoch.Block
	data   []byte
}

const (
	readChunk   = 64 << 10
	maxOpen     = 64      // files that one scan holds open
	reusedBytes = 8 << 20 // a data buffer beyond this is not kept for the next epoch
)

func (r *reader) close() {
	for _, f := range r.files {
		f.Close()
	}
}

// open gives the file of a segment. The scan has its own, which a Truncate does not take away once it is open.
func (r *reader) open(id uint64) (*os.File, *segmentInfo, error) {
	i := slices.IndexFunc(r.segments, func(s segmentInfo) bool { return s.id == id })
	if i < 0 {
		return nil, nil, epoch.ErrTruncated
	}
	s := &r.segments[i]
	if f, ok := r.files[id]; ok {
		return f, s, nil
	}
	f, err := os.Open(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, epoch.ErrTruncated
	}
	if err != nil {
		return nil, nil, sqlerr.Wrap(sqlerr.IOError, err, "cannot open the segment %s", s.path)
	}
	if err := r.merged(f, s); err != nil {
		f.Close()
		return nil, nil, err
	}
	if r.files == nil {
		r.files = map[uint64]*os.File{}
	}
	r.files[id] = f
	return f, s, nil
}

func (r *reader) scan(ctx context.Context, from, to uint64) error {
	for i := range r.segments {
		s := &r.segments[i]
		end := to + 1
		if i+1 < len(r.segments) {
			end = min(end, r.segments[i+1].first)
		}
		if from >= end || len(s.index) == 0 {
			continue
		}
		if err := r.segment(ctx, s, from, end); err != nil {
			return err
		}
		from = end
	}
	return nil
}

// segment visits the epochs from..end-1 of one segment.
func (r *reader) segment(ctx context.Context, s *segmentInfo, from, end uint64) error {
	f, _, err := r.open(s.id)
	if err != nil {
		return err
	}
	r.begin = window{f: f, chunk: readChunk, buf: r.begin.buf[:0]}
	if s.was > 0 {
		return r.tables(ctx, s, from, end)
	}
	start := s.find(from)
	next, at := start.epoch, start.offset
	for next < end {
		if err := ctx.Err(); err != nil {
			return err
		}
		d, err := r.begin.bytes(at, headLen)
		h, ok := getHead(d, s.id, at)
		switch {
		case err != nil || !ok:
			return corrupt(s.path, at, "no record begins here, but epoch %d should come", next)
		case h.kind == kindStage || h.kind == kindClose:
			at += headLen + h.length
			continue
		case h.kind != kindBegin || h.epoch != next || h.length > MaxRecordBytes || h.span < 2*headLen+h.length:
			return corrupt(s.path, at, "a record of kind %d and epoch %d, but epoch %d should come", h.kind, h.epoch, next)
		}
		if next >= from {
			if err := r.epoch(s, h); err != nil {
				return err
			}
		}
		at += h.span
		next++
	}
	return nil
}

// trim closes files beyond maxOpen. It comes between epochs: what a visit reads late must be open until it ends.
func (r *reader) trim() {
	for id, f := range r.files {
		if len(r.files) <= maxOpen {
			return
		}
		if f != r.begin.f {
			f.Close()
			delete(r.files, id)
			delete(r.moved, id)
		}
	}
}

// epoch visits one epoch.
func (r *reader) epoch(s *segmentInfo, h head) error {
	r.trim()
	d, err := r.begin.bytes(h.offset+headLen, int(h.length))
	if err != nil || crc32.Checksum(d, castagnoli) != h.bodyCRC {
		return corrupt(s.path, h.offset, "the checksum of epoch %d is wrong", h.epoch)
	}
	r.body = append(r.body[:0], d...)
	end := h.offset + h.span - headLen
	d, err = r.begin.bytes(end, headLen)
	if c, ok := getHead(d, s.id, end); err != nil || !ok || c.kind != kindCommit || c.epoch != h.epoch {
		return corrupt(s.path, end, "the commit of epoch %d is missing", h.epoch)
	}
	return r.begun(s, h.offset, h.epoch, r.body)
}

// begun visits the epoch whose begin has this body, which was read at a place of s.
func (r *reader) begun(s *segmentInfo, at int64, no uint64, body []byte) error {
	if r.raw != nil {
		return r.raw(no, body)
	}
	e, places, err := parseBegin(body, r.places, s.version)
	if err != nil || e.Epoch.No != no {
		return corrupt(s.path, at, "epoch %d cannot be read", no)
	}
	r.places = places
	if err := r.load(no); err != nil {
		return err
	}
	e.Blocks = r.blocks
	return r.visit(&e)
}

// load reads the blocks that are wanted into r.blocks.
func (r *reader) load(no uint64) error {
	r.blocks = r.blocks[:0]
	total, n := 0, 0
	for i := range r.places {
		p := &r.places[i]
		p.header.Late, p.header.Bytes, p.header.Len = false, nil, int(p.ref.Len)
		if r.want != nil && !r.want(&p.header) {
			continue
		}
		if p.ref.Len < 0 || p.ref.Len > MaxRecordBytes {
			return sqlerr.New(sqlerr.DataCorrupted, "epoch %d of the log names a block of %d bytes", no, p.ref.Len)
		}
		if err := r.locate(p, no); err != nil {
			return err
		}
		if p.in == alone && !p.header.Late {
			p.header.Len = 0
			total += headLen + int(p.ref.Len)
		}
		r.places[n] = *p
		n++
	}
	if cap(r.data) < total || cap(r.data) > reusedBytes {
		r.data = make([]byte, total)
	}
	at := 0
	for i := range r.places[:n] {
		p := &r.places[i]
		switch {
		case p.in != alone:
			if err := r.packed(p, no); err != nil {
				return err
			}
		case p.header.Late:
			if err := r.late(p, no); err != nil {
				return err
			}
		default:
			d := r.data[at : at+headLen+int(p.ref.Len)]
			if err := r.block(p, d, no); err != nil {
				return err
			}
			p.header.Data = d[headLen:]
			at += len(d)
		}
		r.blocks = append(r.blocks, p.header)
	}
	return nil
}

// block reads a block's record into d.
func (r *reader) block(p *place, d []byte, no uint64) error {
	f, s, err := r.open(p.ref.Segment)
	if err != nil {
		return err
	}
	if _, err := f.ReadAt(d, p.ref.Offset); err != nil {
		return corrupt(s.path, p.ref.Offset, "a block of epoch %d cannot be read", no)
	}
	h, ok := getHead(d, s.id, p.ref.Offset)
	inline := h.kind == kindBlock && h.epoch == no
	if !ok || !inline && h.kind != kindStage || h.length != p.ref.Len || crc32.Checksum(d[headLen:], castagnoli) != h.bodyCRC {
		return corrupt(s.path, p.ref.Offset, "the checksum of a block of epoch %d is wrong", no)
	}
	return nil
}

// late looks at the head of a block's record only, and leaves the block to who asked for it.
func (r *reader) late(p *place, no uint64) error {
	f, s, err := r.open(p.ref.Segment)
	if err != nil {
		return err
	}
	var d [headLen]byte
	if _, err := f.ReadAt(d[:], p.ref.Offset); err != nil {
		return corrupt(s.path, p.ref.Offset, "a block of epoch %d cannot be read", no)
	}
	h, ok := getHead(d[:], s.id, p.ref.Offset)
	if inline := h.kind == kindBlock && h.epoch == no; !ok || !inline && h.kind != kindStage || h.length != p.ref.Len {
		return corrupt(s.path, p.ref.Offset, "the head of a block of epoch %d is wrong", no)
	}
	p.header.Data, p.header.Len = nil, int(p.ref.Len)
	p.header.Bytes = io.NewSectionReader(f, p.ref.Offset+headLen, p.ref.Len)
	return nil
}

// Read visits epochs. See epoch.Log.
func (l *Log) Read(ctx context.Context, from, to uint64, want func(*epoch.Block) bool, visit func(*epoch.Entry) error) error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return epoch.ErrClosed
	}
	first, last := l.first, l.last
	if to == 0 {
		to = last
	}
	if from < first || to > last {
		l.mu.Unlock()
		return epoch.ErrTruncated
	}
	if from > to {
		l.mu.Unlock()
		return nil
	}
	r := &reader{log: l, want: want, visit: visit}
	// The infos are copied: their ends move while the scan runs.
	for _, s := range l.segments {
		r.segments = append(r.segments, *s)
	}
	l.readers[r] = struct{}{}
	l.mu.Unlock()
	defer l.leave(r)
	return r.scan(ctx, from, to)
}

// leave ends a scan, and removes what was kept for it.
func (l *Log) leave(r *reader) {
	r.close()
	l.mu.Lock()
	delete(l.readers, r)
	none := len(l.gone) == 0
	l.mu.Unlock()
	if !none {
		_ = l.removeGone() // what could not be removed is tried again by the next one
	}
}

var _ epoch.Log = (*Log)(nil)
