package segment

import (
	"cmp"
	"errors"
	"hash/crc32"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/vexfs/vexstream/engine/codec"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/storage/internal/disk"
)

// Limits of a log. The first two are defaults of Options.
const (
	DefaultSegmentBytes = 64 << 20
	DefaultMaxStaged    = 8 << 30   // bytes staged without an epoch that names them
	MaxRecordBytes      = 1 << 30   // one block, or one epoch's begin
	MaxEpochBytes       = 1 << 30   // what one Append writes; staged blocks do not count
	MaxBlocks           = 1 << 20   // blocks of one epoch
	indexStep           = 256 << 10 // bytes of log per entry of the index
)

// Options say how a log is kept. The zero Options are the defaults.
type Options struct {
	SegmentBytes int64        // what a segment is preallocated to; a larger epoch makes a larger one
	MaxStaged    int64        // see DefaultMaxStaged
	MinFree      int64        // free space that is left alone; 0: a tenth within 128 MiB and 1 GiB; negative: none
	Logger       *slog.Logger // what recovery did; nil: nowhere
	// Recode packs a block anew for Merge, as codec.Recode does; nil: blocks are merged as they are.
	Recode func(dst, block []byte, to codec.Compression) ([]byte, error)
}

// Log is an epoch.Log in a folder.
type Log struct {
	dir   string
	opt   Options
	lock  *disk.Lock
	guard *disk.Guard

	writing sync.Mutex // held over a write and its sync
	file    *os.File   // the last segment
	stable  int64      // how much of it is durable
	filled  int64      // how much of it has been written, zeros included: see fill
	buf     []byte
	places  []place
	sync    func(*os.File) error
	write   func(f *os.File, p []byte, off int64) (int, error)

	mu       sync.RWMutex // held to look at or change what follows, never over the disk
	segments []*segmentInfo
	first    uint64
	last     uint64
	fence    uint64
	staged   int64
	failed   error
	closed   bool
	readers  map[*reader]struct{}
	gone     []*segmentInfo // truncated but still there, in order: see removeGone

	ahead    *ahead     // nil until the log is open
	removing sync.Mutex // held over the removal and the replacement of files
	merging  sync.Mutex // held by Merge
}

// segmentInfo is what is known of a segment without reading it again.
type segmentInfo struct {
	version uint32 // of its format; merged: of the begins in it
	id      uint64
	path    string
	first   uint64 // the epoch number it began with
	size    int64  // where its records end
	disk    int64  // what the file occupies
	oldest  uint64 // the lowest segment that its epochs need
	staged  int64  // bytes staged here that no epoch names yet
	was     int64  // what it ended at before it was merged; 0: not merged
	index   []indexEntry
	whole   bool // a Merge found nothing to gain
}

// believed is where the next segment believes it to end.
func (s *segmentInfo) believed() int64 {
	if s.was > 0 {
		return s.was
	}
	return s.size
}

// indexEntry says where the begin of an epoch lies, or in a merged segment the table that it comes first in; not every
// epoch has one.
type indexEntry struct {
	epoch  uint64
	offset int64
}

// note takes an epoch into the index, if the last one noted lies far enough back.
func (s *segmentInfo) note(no uint64, offset int64) {
	if n := len(s.index); n == 0 || offset-s.index[n-1].offset >= indexStep {
		s.index = append(s.index, indexEntry{no, offset})
	}
}

// find gives where to begin looking for an epoch.
func (s *segmentInfo) find(no uint64) indexEntry {
	i, ok := slices.BinarySearchFunc(s.index, no, func(e indexEntry, no uint64) int { return cmp.Compare(e.epoch, no) })
	if !ok {
		i--
	}
	return s.index[max(0, i)]
}

// Stats is what a log occupies.
type Stats struct {
	Segments int
	Bytes    int64 // on disk, preallocated ones included
	Staged   int64 // bytes staged that no epoch names yet
	Merged   int64 // of Bytes, those of merged segments
	Was      int64 // what those took before they were merged
}

// Stats gives what the log occupies.
func (l *Log) Stats() Stats {
	l.mu.RLock()
	defer l.mu.RUnlock()
	s := Stats{Segments: len(l.segments), Staged: l.staged}
	for _, seg := range l.segments {
		s.Bytes += seg.disk
		if seg.was > 0 {
			s.Merged += seg.disk
			s.Was += seg.was
		}
	}
	return s
}

// Size is the bytes on disk.
func (l *Log) Size() int64 { return l.Stats().Bytes }

// Bounds gives the first and last epoch's numbers.
func (l *Log) Bounds() (first, last uint64) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.first, l.last
}

// usable gives why the log cannot be written. l.mu is held.
func (l *Log) usable() error {
	if l.closed {
		return epoch.ErrClosed
	}
	return l.failed
}

// fail ends the log for writers. Nobody knows what the disk holds after a failed sync, not even after another one
// that succeeds: the kernel drops the pages it could not write.
func (l *Log) fail(cause error, what string) error {
	err := sqlerr.Wrap(sqlerr.IOError, cause, "the log in %s is stopped: %s failed", l.dir, what).
		WithHint("Look into the kernel's journal for disk errors, then restart: what was acknowledged is kept.")
	l.mu.Lock()
	if l.failed == nil {
		l.failed = err
	}
	l.mu.Unlock()
	return err
}

// Close ends the log. It leaves a record that knows everything before it to be durable, and cuts off what was
// preallocated. It may come twice.
func (l *Log) Close() error {
	l.writing.Lock()
	defer l.writing.Unlock()
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	failed, seg := l.failed, l.segments[len(l.segments)-1]
	l.mu.Unlock()
	l.ahead.close()
	err := l.removeGone()
	if failed == nil && (seg.size > fileHeadLen || len(l.segments) > 1) {
		err = errors.Join(err, l.seal(seg, nil))
	}
	err = errors.Join(err, l.file.Close(), l.lock.Release())
	if err != nil {
		return sqlerr.Wrap(sqlerr.IOError, err, "closing the log in %s failed", l.dir)
	}
	return nil
}

// seal makes the last segment durable, and ends it with a record that says so, and has tail if others are to follow.
func (l *Log) seal(seg *segmentInfo, tail []byte) error {
	if l.stable < seg.size {
		if err := l.sync(l.file); err != nil {
			return err
		}
	}
	h := head{kind: kindClose, length: int64(len(tail)), stable: seg.size, offset: seg.size, bodyCRC: crc32.Checksum(tail, castagnoli)}
	d := make([]byte, headLen, headLen+len(tail))
	h.put(d, seg.id)
	d = append(d, tail...)
	if _, err := l.write(l.file, d, seg.size); err != nil {
		// A log that was not sealed opens as after a crash: a full disk is no reason to fail here.
		if disk.Full(err) {
			return l.file.Truncate(seg.size)
		}
		return err
	}
	if err := l.file.Truncate(seg.size + int64(len(d))); err != nil {
		return err
	}
	if err := l.sync(l.file); err != nil {
		return err
	}
	l.mu.Lock()
	seg.size += int64(len(d))
	seg.disk = seg.size
	l.mu.Unlock()
	return nil
}

func segmentPath(dir string, id uint64) string {
	const digits = "0123456789abcdef"
	name := []byte("0000000000000000.seg")
	for i := 15; i >= 0; i-- {
		name[i] = digits[id&15]
		id >>= 4
	}
	return filepath.Join(dir, string(name))
}
