package segment

import (
	"bytes"
	"hash/crc32"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/storage/internal/disk"
)

// Open opens the log in dir, which it makes if need be, and recovers what the last process left. A folder in use is
// 55006, damage XX001, a newer format 0A000.
func Open(dir string, opt Options) (*Log, error) {
	if opt.SegmentBytes == 0 {
		opt.SegmentBytes = DefaultSegmentBytes
	}
	if opt.MaxStaged == 0 {
		opt.MaxStaged = DefaultMaxStaged
	}
	if opt.Logger == nil {
		opt.Logger = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, sqlerr.Wrap(sqlerr.IOError, err, "cannot make the folder %s of the log", dir)
	}
	lock, err := disk.Acquire(dir)
	if err != nil {
		return nil, err
	}
	l := &Log{
		dir: dir, opt: opt, lock: lock, guard: disk.NewGuard(dir, opt.MinFree), first: 1, readers: map[*reader]struct{}{},
		sync: fdatasync, write: func(f *os.File, p []byte, off int64) (int, error) { return f.WriteAt(p, off) },
	}
	if err := l.recover(); err != nil {
		if l.file != nil {
			l.file.Close()
		}
		_ = lock.Release()
		return nil, err
	}
	l.ahead = newAhead(l)
	return l, nil
}

// recover reads the tail of every segment, or the heads in it, and the last segment whole.
func (l *Log) recover() error {
	ids, err := l.list()
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		return l.begin()
	}
	for i, id := range ids {
		last := i == len(ids)-1
		if i > 0 && id != ids[i-1]+1 {
			return corrupt(segmentPath(l.dir, ids[i-1]+1), 0, "the segment is missing")
		}
		s := &segmentInfo{id: id, path: segmentPath(l.dir, id), oldest: id}
		if err := l.load(s, last); err != nil {
			return err
		}
		l.segments = append(l.segments, s)
	}
	l.first = l.segments[0].first
	if s := l.segments[len(l.segments)-1]; s.was > 0 {
		return l.goOn(s)
	}
	return nil
}

// goOn makes the segment that follows a merged one, which can take nothing more: the log was cut there.
func (l *Log) goOn(s *segmentInfo) error {
	if err := l.guard.Check(l.opt.SegmentBytes); err != nil {
		return err
	}
	m, f, err := l.create(s.id+1, l.last+1, s.believed(), l.fence)
	if err != nil {
		return err
	}
	l.file, l.stable, l.filled = f, fileHeadLen, fileHeadLen
	if err := publish(l.dir, m.path); err != nil {
		return l.cannotMake(m.path, err)
	}
	l.segments = append(l.segments, &m.segmentInfo)
	return nil
}

// begin makes the first segment of an empty log.
func (l *Log) begin() error {
	if err := l.guard.Check(l.opt.SegmentBytes); err != nil {
		return err
	}
	m, f, err := l.create(1, 1, 0, 0)
	if err != nil {
		return err
	}
	l.file, l.stable, l.filled = f, fileHeadLen, fileHeadLen
	if err := publish(l.dir, m.path); err != nil {
		return l.cannotMake(m.path, err)
	}
	l.segments = []*segmentInfo{&m.segmentInfo}
	return nil
}

// list gives the segments' numbers in order, and removes what a crash left half made.
func (l *Log) list() ([]uint64, error) {
	entries, err := os.ReadDir(l.dir)
	if err != nil {
		return nil, sqlerr.Wrap(sqlerr.IOError, err, "cannot list the folder %s of the log", l.dir)
	}
	for _, e := range entries {
		if name := e.Name(); strings.HasSuffix(name, ".seg"+tmpSuffix) {
			if err := os.Remove(filepath.Join(l.dir, name)); err != nil {
				return nil, sqlerr.Wrap(sqlerr.IOError, err, "cannot remove the unfinished segment %s", name)
			}
		}
	}
	return segments(l.dir)
}

// segments lists the numbers of a folder's segments in order.
func segments(dir string) ([]uint64, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, sqlerr.Wrap(sqlerr.IOError, err, "cannot list the folder %s of the log", dir)
	}
	var ids []uint64
	for _, e := range entries {
		if hex, ok := strings.CutSuffix(e.Name(), ".seg"); ok && len(hex) == 16 {
			if id, err := strconv.ParseUint(hex, 16, 64); err == nil {
				ids = append(ids, id)
			}
		}
	}
	return ids, nil
}

// load takes in one segment.
func (l *Log) load(s *segmentInfo, last bool) error {
	f, err := os.OpenFile(s.path, os.O_RDWR, 0)
	if err != nil {
		return sqlerr.Wrap(sqlerr.IOError, err, "cannot open the segment %s", s.path)
	}
	keep := false
	defer func() {
		if !keep {
			f.Close()
		}
	}()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return sqlerr.Wrap(sqlerr.IOError, err, "cannot size the segment %s", s.path)
	}
	d := make([]byte, fileHeadLen)
	if _, err := f.ReadAt(d, 0); err != nil {
		return corrupt(s.path, 0, "the segment's head cannot be read")
	}
	h, err := getFileHead(d, s.path)
	if err != nil {
		return err
	}
	if h.id != s.id {
		return corrupt(s.path, 0, "it is segment %d under another's name", h.id)
	}
	if n := len(l.segments); n == 0 {
		l.last = h.first - 1
	} else if prev := l.segments[n-1]; h.prevSize != prev.believed() {
		return corrupt(prev.path, prev.believed(), "the segment ends here and not at %d", h.prevSize)
	}
	if h.first != l.last+1 {
		return corrupt(s.path, 0, "it begins with epoch %d, which does not follow %d", h.first, l.last)
	}
	s.version, s.first, s.disk = h.version, h.first, size
	l.fence = max(l.fence, h.fence)
	if h.was > 0 {
		return l.loadMerged(s, f, &h)
	}
	if last {
		l.file, keep = f, true
		return l.loadLast(s, f, size)
	}
	if l.loadTail(s, f, size) {
		return nil
	}
	return l.loadSealed(s, f, size)
}

// loadSealed takes in a segment without a tail: it hops from head to head. What they stand for is checked when it is read.
func (l *Log) loadSealed(s *segmentInfo, f *os.File, size int64) error {
	w := window{f: f, chunk: 16 << 10}
	at := int64(fileHeadLen)
	for at < size {
		d, err := w.bytes(at, headLen)
		h, ok := getHead(d, s.id, at)
		if err != nil || !ok {
			return corrupt(s.path, at, "no record begins here")
		}
		step := headLen + h.length
		if h.kind == kindBegin {
			if h.epoch != l.last+1 {
				return corrupt(s.path, at, "epoch %d does not follow %d", h.epoch, l.last)
			}
			step = h.span
			l.take(s, h)
		}
		if step < headLen || step > size-at {
			return corrupt(s.path, at, "the record ends behind the file")
		}
		at += step
	}
	s.size = size
	return nil
}

// loadMerged reads the directory of a merged segment only.
func (l *Log) loadMerged(s *segmentInfo, f *os.File, h *fileHead) error {
	d, err := s.becomes(f, h)
	if err != nil {
		return err
	}
	if d.first != s.first {
		return corrupt(s.path, 0, "its directory begins with epoch %d, and it with %d", d.first, s.first)
	}
	l.last = max(l.last, d.last)
	l.fence = max(l.fence, d.fence)
	return nil
}

// take notes an epoch that is there.
func (l *Log) take(s *segmentInfo, h head) {
	s.note(h.epoch, h.offset)
	s.oldest = min(s.oldest, h.oldest)
	l.last = h.epoch
	l.fence = max(l.fence, h.fence)
}

// loadLast reads everything, finds where the last whole epoch ends, and cuts off what a crash left behind it.
func (l *Log) loadLast(s *segmentInfo, f *os.File, size int64) error {
	data := make([]byte, size)
	if _, err := f.ReadAt(data, 0); err != nil {
		return sqlerr.Wrap(sqlerr.IOError, err, "cannot read the segment %s", s.path)
	}
	good, at := int64(fileHeadLen), int64(fileHeadLen)
	var begin head // of the epoch under way; kind 0: none
	for {
		h, ok := wholeRecord(data, s.id, at)
		if !ok || !follows(h, begin, l.last) {
			break
		}
		end := at + headLen + h.length
		switch h.kind {
		case kindBegin:
			begin = h
		case kindCommit:
			if end != begin.offset+begin.span {
				return corrupt(s.path, at, "epoch %d is not as long as it says", h.epoch)
			}
			l.take(s, begin)
			begin, good = head{}, end
		case kindClose:
			good = end
		}
		at = end
	}
	if err := l.rotten(s, data, good); err != nil {
		return err
	}
	if rest := data[good:]; len(bytes.TrimLeft(rest, "\x00")) > 0 {
		l.opt.Logger.Info("log: cut off what a crash left", "file", s.path, "at", good, "last_epoch", l.last)
	}
	return l.cut(s, f, good)
}

// follows says whether a record may come next: blocks and a commit of the epoch that was begun, or else a staged
// block, a close, or the begin of the next epoch.
func follows(h, begin head, last uint64) bool {
	if begin.kind == 0 {
		return h.kind == kindStage || h.kind == kindClose || h.kind == kindBegin && h.epoch == last+1
	}
	return (h.kind == kindBlock || h.kind == kindCommit) && h.epoch == begin.epoch
}

// wholeRecord gives the head of the record at offset, if its body is whole too.
func wholeRecord(data []byte, segment uint64, at int64) (head, bool) {
	if at > int64(len(data)) {
		return head{}, false
	}
	h, ok := getHead(data[at:], segment, at)
	if !ok || h.length > int64(len(data))-at-headLen {
		return head{}, false
	}
	return h, crc32.Checksum(data[at+headLen:at+headLen+h.length], castagnoli) == h.bodyCRC
}

// rotten gives XX001 if a record behind good knows that more than good had been durable.
func (l *Log) rotten(s *segmentInfo, data []byte, good int64) error {
	for at := good; ; at++ {
		i := bytes.Index(data[at:], []byte(recordMagic))
		if i < 0 {
			return nil
		}
		at += int64(i)
		if h, ok := getHead(data[at:], s.id, at); ok && h.stable > good {
			return corrupt(s.path, good, "%d bytes behind it had been written safely", h.stable-good)
		}
	}
}

// cut ends the last segment at good and preallocates it again. The zeros must be durable before the next write: an
// old record behind a new one would be taken for a later one.
func (l *Log) cut(s *segmentInfo, f *os.File, good int64) error {
	err := f.Truncate(good)
	if err == nil {
		s.size, s.disk = good, good
		if l.opt.SegmentBytes > good && l.guard.Check(l.opt.SegmentBytes-good) == nil {
			var n int64
			if n, err = preallocate(f, l.opt.SegmentBytes); disk.Full(err) {
				err = nil
			}
			s.disk = max(good, n)
		}
	}
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		return sqlerr.Wrap(sqlerr.IOError, err, "cannot cut the segment %s at byte %d", s.path, good)
	}
	l.stable, l.filled = good, good
	return nil
}
