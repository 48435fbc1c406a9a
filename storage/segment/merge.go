package segment

import (
	"context"
	"errors"
	"os"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/storage/internal/disk"
)

// Merged is what one Merge did. Segment is 0 if there was nothing to merge.
type Merged struct {
	Segment     uint64
	Was, Became int64 // bytes of the segment; Became is Was if nothing was to be gained
}

// Merge rewrites the oldest segment that is not merged yet and that has at least keep newer ones behind it: small blocks are
// packed together, large ones column by column, both by zstd, and the begins of epochs go into tables, word for word. All
// that readers can ask for stays as it was, and so do the names of places, so that a scan may be under way, and other
// segments may name blocks that were staged here. The new file takes the old one's name when it is durable: a crash leaves
// one or the other.
//
// pace is told of the bytes that were read since its last call, and may wait; its error ends the Merge, which has changed
// nothing then. A segment with blocks that an epoch may still name is passed over for now. One Merge runs at a time.
func (l *Log) Merge(ctx context.Context, keep int, pace func(ctx context.Context, n int64) error) (Merged, error) {
	l.merging.Lock()
	defer l.merging.Unlock()
	r, err := l.oldestUnmerged(max(1, keep))
	if r == nil {
		return Merged{}, err
	}
	defer l.leave(r)
	s := r.segments[0]
	m := Merged{Segment: s.id, Was: s.size, Became: s.size}
	if err := l.guard.Check(s.size); err != nil {
		return m, err
	}
	info, err := l.rewrite(ctx, r, pace)
	if err != nil {
		_ = os.Remove(s.path + tmpSuffix) // else the next start removes it
		return m, err
	}
	if info.size >= s.size || info.size == 0 {
		l.mark(s.id)
		return m, os.Remove(s.path + tmpSuffix)
	}
	m.Became = info.size
	return m, l.replace(info)
}

// oldestUnmerged gives a scan over the segment to merge, so that it is not removed meanwhile; nil: there is none.
func (l *Log) oldestUnmerged(keep int) (*reader, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.usable(); err != nil {
		return nil, err
	}
	for i := range max(0, len(l.segments)-keep) {
		if s := l.segments[i]; s.was == 0 && s.staged == 0 && !s.whole {
			r := &reader{log: l, segments: []segmentInfo{*s}}
			l.readers[r] = struct{}{}
			return r, nil
		}
	}
	return nil, nil
}

func (l *Log) mark(id uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.segments {
		s.whole = s.whole || s.id == id
	}
}

// replace gives a merged segment the old one's name, unless the log has forgotten that.
func (l *Log) replace(info *segmentInfo) error {
	l.removing.Lock()
	defer l.removing.Unlock()
	if !l.has(info, false) {
		return os.Remove(info.path + tmpSuffix)
	}
	if err := os.Rename(info.path+tmpSuffix, info.path); err != nil {
		return sqlerr.Wrap(sqlerr.IOError, err, "cannot put the merged segment %s in its place", info.path)
	}
	l.has(info, true)
	if err := disk.SyncDir(l.dir); err != nil {
		return sqlerr.Wrap(sqlerr.IOError, err, "cannot sync the folder %s", l.dir)
	}
	return nil
}

// has says whether the log still holds a segment, and if so and asked to takes over what is new of it.
func (l *Log) has(info *segmentInfo, take bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, s := range l.segments {
		if s.id == info.id && !l.closed {
			if take {
				l.segments[i] = info
			}
			return true
		}
	}
	return false
}

// rewrite writes the merged segment under its temporary name, and reads it again in part: what the log takes over of it
// is what the next start will find.
func (l *Log) rewrite(ctx context.Context, r *reader, pace func(context.Context, int64) error) (*segmentInfo, error) {
	f, s, err := r.open(r.segments[0].id)
	if err != nil {
		return nil, err
	}
	d := make([]byte, fileHeadLen)
	if _, err := f.ReadAt(d, 0); err != nil {
		return nil, corrupt(s.path, 0, "the segment's head cannot be read")
	}
	h, err := getFileHead(d, s.path)
	if err != nil {
		return nil, err
	}
	h.begins, h.was, h.version = h.version, s.size, Version
	out, err := os.OpenFile(s.path+tmpSuffix, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, sqlerr.Wrap(sqlerr.IOError, err, "cannot make the merged segment %s", s.path)
	}
	defer out.Close()
	m := &merger{seg: s, out: out, put: l.write, recode: l.opt.Recode, dir: directory{first: s.first, last: s.first - 1, oldest: s.id}}
	if err = m.head(&h); err == nil {
		err = m.segment(ctx, f, pace)
	}
	if err == nil {
		err = m.finish()
	}
	if errors.Is(err, errLarge) {
		return &segmentInfo{}, nil
	}
	if err == nil {
		err = l.sync(out)
	}
	if err != nil {
		if disk.Full(err) {
			return nil, full(l.dir, err)
		}
		if _, ok := sqlerr.As(err); ok {
			return nil, err
		}
		return nil, sqlerr.Wrap(sqlerr.IOError, err, "cannot write the merged segment %s", s.path)
	}
	info := &segmentInfo{id: s.id, path: s.path, first: s.first}
	_, err = info.becomes(out, &h)
	return info, err
}

// segment reads every record of the old segment, checks it, and writes what is kept of it.
func (m *merger) segment(ctx context.Context, f *os.File, pace func(context.Context, int64) error) error {
	w := window{f: f, chunk: readChunk}
	told := int64(fileHeadLen)
	for at := told; at < m.seg.size; {
		d, err := w.bytes(at, headLen)
		h, ok := getHead(d, m.seg.id, at)
		if err != nil || !ok || h.length > MaxRecordBytes {
			return corrupt(m.seg.path, at, "no record begins here")
		}
		body, err := w.bytes(at+headLen, int(h.length))
		if err != nil || !h.is(body) {
			return corrupt(m.seg.path, at, "the checksum of a record is wrong")
		}
		if err := m.record(h, body); err != nil {
			return err
		}
		at += headLen + h.length
		if at-told >= MaxPackBytes || at >= m.seg.size {
			if err := ctx.Err(); err != nil {
				return sqlerr.Wrap(sqlerr.QueryCanceled, err, "the merge of %s was ended", m.seg.path)
			}
			if err := pace(ctx, at-told); err != nil {
				return err
			}
			told = at
		}
	}
	return nil
}

// cutMerged writes a merged segment without the epochs behind last to the file to. Their blocks stay in it, without a name.
func (s *segmentInfo) cutMerged(f *os.File, to string, last uint64, c *Copied) (err error) {
	fail := func(err error) error {
		if _, ok := sqlerr.As(err); ok {
			return err
		}
		return sqlerr.Wrap(sqlerr.IOError, err, "cannot cut the segment %s", s.path)
	}
	dir, end, err := readDirectory(f, s, s.size)
	if err != nil {
		return err
	}
	if last < dir.first-1 || last > dir.last {
		return corrupt(s.path, s.size, "epoch %d is not in it", last)
	}
	if len(dir.tables) > 0 {
		end = dir.tables[0].offset
	}
	if err := disk.CopyPart(f, end, to+tmpSuffix); err != nil {
		return fail(err)
	}
	out, err := os.OpenFile(to+tmpSuffix, os.O_RDWR, 0)
	if err != nil {
		return fail(err)
	}
	defer out.Close()
	write := func(f *os.File, p []byte, off int64) (int, error) { return f.WriteAt(p, off) }
	m := &merger{seg: s, out: out, put: write, at: end, dir: directory{
		first: dir.first, last: dir.first - 1, fence: dir.fence, oldest: dir.oldest, blocks: dir.blocks,
	}}
	r := &reader{segments: []segmentInfo{*s}, want: func(*epoch.Block) bool { return false }}
	r.raw = func(no uint64, body []byte) error { return m.begin(no, body) }
	r.files = map[uint64]*os.File{s.id: f}
	if err := r.scan(context.Background(), dir.first, last); err != nil {
		return err
	}
	if err := m.finish(); err != nil {
		return fail(err)
	}
	c.Segments++
	c.Bytes += m.at
	if err = out.Sync(); err == nil {
		err = os.Rename(to+tmpSuffix, to)
	}
	if err != nil {
		return fail(err)
	}
	return nil
}
