package segment

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/storage/internal/disk"
)

// Copied is what CopyTo has written.
type Copied struct {
	Segments int
	Bytes    int64 // written
	Kept     int64 // bytes of segments that were there already
}

// CopyTo makes the folder dir a log of the epochs up to last, while this one goes on: closed in good order, and without
// anything behind them. Segments that an earlier CopyTo of the same log has left there, and that were done then, stay.
func (l *Log) CopyTo(ctx context.Context, dir string, last uint64) (c Copied, err error) {
	r := &reader{log: l}
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return c, epoch.ErrClosed
	}
	if last < l.first || last > l.last {
		l.mu.Unlock()
		return c, epoch.ErrTruncated
	}
	for _, s := range l.segments {
		r.segments = append(r.segments, *s)
	}
	l.readers[r] = struct{}{} // so that nothing is removed before it is copied
	l.mu.Unlock()
	defer l.leave(r)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return c, sqlerr.Wrap(sqlerr.IOError, err, "cannot make the folder %s", dir)
	}
	keep := map[uint64]bool{}
	for i := range r.segments {
		s := &r.segments[i]
		if s.first > last {
			break
		}
		if err := ctx.Err(); err != nil {
			return c, sqlerr.Wrap(sqlerr.QueryCanceled, err, "canceling statement due to user request")
		}
		whole := i+1 < len(r.segments) && r.segments[i+1].first <= last
		if err := r.copy(s, segmentPath(dir, s.id), last, whole, &c); err != nil {
			return c, err
		}
		keep[s.id] = true
	}
	return c, errors.Join(removeOthers(dir, keep), seal(dir))
}

// copy copies a segment whole, or up to the end of an epoch in it.
func (r *reader) copy(s *segmentInfo, to string, last uint64, whole bool, c *Copied) error {
	f, s, err := r.open(s.id)
	if err != nil {
		return err
	}
	size := s.size
	if !whole && s.was > 0 {
		return s.cutMerged(f, to, last, c)
	}
	if !whole {
		if size, err = s.end(f, last); err != nil {
			return err
		}
	}
	c.Segments++
	if whole && same(f, to, size) {
		c.Kept += size
		return nil
	}
	c.Bytes += size
	err = disk.CopyPart(f, size, to+tmpSuffix)
	if err == nil {
		err = os.Rename(to+tmpSuffix, to)
	}
	if err != nil {
		return sqlerr.Wrap(sqlerr.IOError, err, "cannot copy the segment %s", s.path)
	}
	return nil
}

// end gives where an epoch of the segment ends.
func (s *segmentInfo) end(f *os.File, no uint64) (int64, error) {
	w := window{f: f, chunk: 16 << 10}
	for at := s.find(no).offset; at < s.size; {
		d, err := w.bytes(at, headLen)
		h, ok := getHead(d, s.id, at)
		switch {
		case err != nil || !ok:
			return 0, corrupt(s.path, at, "no record begins here")
		case h.kind != kindBegin:
			at += headLen + h.length
		case h.epoch == no:
			return at + h.span, nil
		default:
			at += h.span
		}
	}
	return 0, corrupt(s.path, s.size, "epoch %d is not in it", no)
}

// sameBytes is how much of the beginning and of the end of two segments is compared: they have the times and sums of epochs,
// and sums of their own, so other segments of that name and size differ there.
const sameBytes = 16 << 10

// same says whether path is a copy of a segment that is done.
func same(f *os.File, path string, size int64) bool {
	g, err := os.Open(path)
	if err != nil {
		return false
	}
	defer g.Close()
	if info, err := g.Stat(); err != nil || info.Size() != size {
		return false
	}
	n := min(size, sameBytes)
	a, b := make([]byte, n), make([]byte, n)
	for _, at := range []int64{0, size - n} {
		if _, err := f.ReadAt(a, at); err != nil && err != io.EOF {
			return false
		}
		if _, err := g.ReadAt(b, at); err != nil && err != io.EOF || !bytes.Equal(a, b) {
			return false
		}
	}
	return true
}

// removeOthers removes the segments of a folder that are not to be kept, the last first.
func removeOthers(dir string, keep map[uint64]bool) error {
	ids, err := segments(dir)
	if err != nil {
		return err
	}
	for _, id := range slices.Backward(ids) {
		if !keep[id] {
			if err := os.Remove(segmentPath(dir, id)); err != nil {
				return sqlerr.Wrap(sqlerr.IOError, err, "cannot remove a segment of %s", dir)
			}
		}
	}
	if err := disk.SyncDir(dir); err != nil {
		return sqlerr.Wrap(sqlerr.IOError, err, "cannot sync the folder %s", dir)
	}
	return nil
}

// seal closes a log in good order.
func seal(dir string) error {
	l, err := Open(dir, Options{MinFree: -1})
	if err != nil {
		return err
	}
	return l.Close()
}

// CopyFolder copies the segments of a log that nobody uses.
func CopyFolder(from, to string) error {
	ids, err := segments(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o750); err != nil {
		return sqlerr.Wrap(sqlerr.IOError, err, "cannot make the folder %s", to)
	}
	for _, id := range ids {
		if err := disk.Copy(segmentPath(from, id), segmentPath(to, id)); err != nil {
			return sqlerr.Wrap(sqlerr.IOError, err, "cannot copy a segment of %s", from)
		}
	}
	return disk.SyncDir(filepath.Clean(to))
}

// CutAfter removes from a log that nobody uses every epoch behind the given one.
func CutAfter(dir string, last uint64) error {
	l, err := Open(dir, Options{MinFree: -1})
	if err != nil {
		return err
	}
	keep := map[uint64]bool{}
	var at *segmentInfo
	for _, s := range l.segments {
		if s.first <= last {
			keep[s.id], at = true, s
		}
	}
	if at == nil || last > l.last {
		err = epoch.ErrTruncated
	}
	if err = errors.Join(err, l.Close()); err != nil {
		return err
	}
	if err := removeOthers(dir, keep); err != nil {
		return err
	}
	if err := at.cut(last); err != nil {
		return err
	}
	return seal(dir)
}

// cut ends a segment that nobody uses behind an epoch.
func (s *segmentInfo) cut(last uint64) error {
	f, err := os.Open(s.path)
	if err != nil {
		return sqlerr.Wrap(sqlerr.IOError, err, "cannot open the segment %s", s.path)
	}
	defer f.Close()
	if s.was > 0 {
		return s.cutMerged(f, s.path, last, &Copied{})
	}
	end, err := s.end(f, last)
	if err != nil {
		return err
	}
	if err := os.Truncate(s.path, end); err != nil {
		return sqlerr.Wrap(sqlerr.IOError, err, "cannot cut the segment %s", s.path)
	}
	return nil
}
