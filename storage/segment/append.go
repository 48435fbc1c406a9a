package segment

import (
	"hash/crc32"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/invariant"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/storage/internal/disk"
)

const (
	keptBuffer = 32 << 20  // a write buffer beyond this is not kept for the next epoch
	fillBytes  = 1 << 20   // see fill
	smallWrite = 128 << 10 // writes above this have their own way: zeros would double what they cost
)

var zeros [fillBytes]byte

// Stage writes a block without waiting for the disk. See epoch.Log.
func (l *Log) Stage(b *epoch.Block) (epoch.Ref, error) {
	l.writing.Lock()
	defer l.writing.Unlock()
	n := int64(len(b.Data))
	l.mu.RLock()
	err, staged := l.usable(), l.staged
	l.mu.RUnlock()
	switch {
	case err != nil:
		return epoch.Ref{}, err
	case n > MaxRecordBytes:
		return epoch.Ref{}, tooLong("a block", n, MaxRecordBytes)
	case staged+n > l.opt.MaxStaged:
		return epoch.Ref{}, sqlerr.New(sqlerr.ConfigurationLimit, "%d bytes are staged in the log already, of at most %d", staged, l.opt.MaxStaged).
			WithHint("Commit in smaller pieces, or let other long statements end first.")
	}
	seg, err := l.room(headLen + n)
	if err != nil {
		return epoch.Ref{}, err
	}
	l.buf = l.record(l.buf[:0], seg, seg.size, head{kind: kindStage}, b.Data)
	if err := l.put(seg); err != nil {
		return epoch.Ref{}, err
	}
	ref := epoch.Ref{Segment: seg.id, Offset: seg.size, Len: n}
	l.mu.Lock()
	seg.size += int64(len(l.buf))
	seg.disk = max(seg.disk, seg.size)
	seg.staged += n
	l.staged += n
	l.mu.Unlock()
	l.ahead.grown(seg.size)
	l.shrink()
	return ref, nil
}

// Append writes an epoch in one write and waits for the disk. See epoch.Log.
func (l *Log) Append(fence uint64, e *epoch.Entry) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	if err := l.admit(fence, e); err != nil {
		return err
	}
	blocks := int64(0)
	for i := range e.Blocks {
		blocks += headLen + int64(len(e.Blocks[i].Data))
	}
	begin := beginLen(e, plainVersion) // the longest: an older segment's leaves something out
	size := 2*headLen + int64(begin) + blocks
	switch {
	case int64(begin) > MaxRecordBytes:
		return tooLong("an epoch's head", int64(begin), MaxRecordBytes)
	case size > MaxEpochBytes:
		return tooLong("an epoch", size, MaxEpochBytes)
	}
	seg, err := l.room(size)
	if err != nil {
		return err
	}
	begin = beginLen(e, seg.version)
	size = 2*headLen + int64(begin) + blocks
	oldest := l.layout(e, seg, begin)
	l.buf = slices.Grow(l.buf[:0], int(size))
	h := head{epoch: e.Epoch.No, span: size, oldest: oldest, fence: fence}
	h.kind = kindBegin
	l.buf = l.beginRecord(l.buf, seg, h, e)
	h.kind = kindBlock
	for i := range e.Blocks {
		l.buf = l.record(l.buf, seg, seg.size+int64(len(l.buf)), h, e.Blocks[i].Data)
	}
	h.kind = kindCommit
	l.buf = l.record(l.buf, seg, seg.size+int64(len(l.buf)), h, nil)
	if err := l.put(seg); err != nil {
		return err
	}
	if !invariant.Planted(invariant.UnsyncedCommit) {
		if err := l.sync(l.file); err != nil {
			return l.fail(err, "the sync of epoch "+utoa(e.Epoch.No))
		}
	}
	l.committed(seg, e, fence, oldest, size)
	l.ahead.grown(seg.size)
	l.shrink()
	return nil
}

// Unstage takes a staged block's bytes out of the count of those that wait for an epoch.
func (l *Log) Unstage(ref epoch.Ref) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.named(ref)
}

// named counts a staged block as one that waits no more. l.mu is held.
func (l *Log) named(ref epoch.Ref) {
	j := slices.IndexFunc(l.segments, func(s *segmentInfo) bool { return s.id == ref.Segment })
	if j < 0 {
		return // it went with its segment
	}
	n := min(ref.Len, l.segments[j].staged)
	l.segments[j].staged -= n
	l.staged -= n
}

// admit refuses an epoch that may not be written.
func (l *Log) admit(fence uint64, e *epoch.Entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch err := l.usable(); {
	case err != nil:
		return err
	case fence < l.fence:
		return epoch.ErrFenced
	case e.Epoch.No != l.last+1:
		return sqlerr.New(sqlerr.InternalError, "epoch %d cannot follow epoch %d in the log", e.Epoch.No, l.last)
	case len(e.Blocks)+len(e.Staged) > MaxBlocks:
		return tooLong("an epoch's list of blocks", int64(len(e.Blocks)+len(e.Staged)), MaxBlocks)
	}
	for i := range e.Staged {
		ref := e.Staged[i].Ref
		j := slices.IndexFunc(l.segments, func(s *segmentInfo) bool { return s.id == ref.Segment })
		if j < 0 || ref.Offset < fileHeadLen || ref.Len < 0 || ref.Offset+headLen+ref.Len > l.segments[j].size {
			return sqlerr.New(sqlerr.ObjectNotInState, "a staged block that epoch %d names is not in the log", e.Epoch.No)
		}
	}
	l.fence = fence
	return nil
}

// layout fills l.places with where each block of e will lie, and gives the lowest segment among them.
func (l *Log) layout(e *epoch.Entry, seg *segmentInfo, begin int) (oldest uint64) {
	l.places = l.places[:0]
	at, oldest := seg.size+headLen+int64(begin), seg.id
	for i := range e.Blocks {
		p := place{header: e.Blocks[i], ref: epoch.Ref{Segment: seg.id, Offset: at, Len: int64(len(e.Blocks[i].Data))}}
		p.header.Data = nil
		l.places = append(l.places, p)
		at += headLen + p.ref.Len
	}
	for i := range e.Staged {
		l.places = append(l.places, place{header: e.Staged[i].Header, ref: e.Staged[i].Ref})
		oldest = min(oldest, e.Staged[i].Ref.Segment)
	}
	return oldest
}

func (l *Log) beginRecord(d []byte, seg *segmentInfo, h head, e *epoch.Entry) []byte {
	at := len(d)
	d = append(d, make([]byte, headLen)...)
	d = appendBegin(d, e, l.places, seg.version)
	body := d[at+headLen:]
	h.length, h.offset, h.stable, h.bodyCRC = int64(len(body)), seg.size+int64(at), l.stable, crc32.Checksum(body, castagnoli)
	h.put(d[at:], seg.id)
	return d
}

// record appends a record that will lie at offset.
func (l *Log) record(d []byte, seg *segmentInfo, offset int64, h head, body []byte) []byte {
	h.length, h.offset, h.stable, h.bodyCRC = int64(len(body)), offset, l.stable, crc32.Checksum(body, castagnoli)
	at := len(d)
	d = slices.Grow(d, headLen+len(body))[:at+headLen]
	h.put(d[at:], seg.id)
	return append(d, body...)
}

// put writes l.buf at the segment's end. A write that the disk had no room for is taken back, and the log goes on.
func (l *Log) put(seg *segmentInfo) error {
	if err := l.guard.Check(max(0, seg.size+int64(len(l.buf))-seg.disk)); err != nil {
		return err
	}
	_, err := l.write(l.file, l.buf, seg.size)
	if err == nil {
		err = l.fill(seg)
	}
	if err == nil {
		return nil
	}
	if !disk.Full(err) {
		return l.fail(err, "a write to "+seg.path)
	}
	if back := l.file.Truncate(seg.size); back != nil {
		return l.fail(back, "taking back a write to "+seg.path)
	}
	l.filled = seg.size
	l.mu.Lock()
	seg.disk = seg.size
	l.mu.Unlock()
	return full(l.dir, err)
}

// fill writes zeros where the small writes behind l.buf will go. What was reserved and never written is no data to the file system
// yet: the sync of the first write to it waits for the file system's journal, and with that for what others write. So one sync in
// many does, and not each.
func (l *Log) fill(seg *segmentInfo) error {
	end := seg.size + int64(len(l.buf))
	if end <= l.filled {
		return nil
	}
	l.filled = end
	n := min(fillBytes, seg.disk-end)
	if len(l.buf) > smallWrite || n <= 0 {
		return nil
	}
	l.filled += n
	_, err := l.write(l.file, zeros[:n], end)
	return err
}

func (l *Log) committed(seg *segmentInfo, e *epoch.Entry, fence, oldest uint64, size int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range e.Staged {
		l.named(e.Staged[i].Ref)
	}
	seg.note(e.Epoch.No, seg.size)
	seg.oldest = min(seg.oldest, oldest)
	seg.size += size
	seg.disk = max(seg.disk, seg.size)
	l.stable = seg.size
	l.last = e.Epoch.No
	l.fence = max(l.fence, fence)
}

func (l *Log) shrink() {
	if cap(l.buf) > keptBuffer {
		l.buf = nil
	}
}

// room gives the segment to write n bytes to: the last one, or a new one if they do not fit.
func (l *Log) room(n int64) (*segmentInfo, error) {
	seg := l.segments[len(l.segments)-1]
	if seg.size+n+headLen <= l.opt.SegmentBytes || seg.size == fileHeadLen {
		return seg, nil
	}
	if err := l.guard.Check(l.opt.SegmentBytes); err != nil {
		return nil, err
	}
	tail := seg.tail(nil, l.last, l.fence)
	next, f, err := l.create(seg.id+1, l.last+1, seg.size+headLen+int64(len(tail)), l.fence)
	if err != nil {
		return nil, err
	}
	// The new segment takes its name only after the one before is whole and durable.
	if err := l.seal(seg, tail); err != nil {
		f.Close()
		return nil, l.fail(err, "the sync of "+seg.path)
	}
	if seg.size != next.prev {
		f.Close()
		_ = os.Remove(next.path + tmpSuffix)
		return nil, full(l.dir, unix.ENOSPC)
	}
	if err := publish(l.dir, next.path); err != nil {
		f.Close()
		return nil, l.fail(err, "making the segment "+next.path)
	}
	l.file.Close()
	l.file, l.stable, l.filled = f, fileHeadLen, max(fileHeadLen, next.zeroed)
	l.mu.Lock()
	l.segments = append(l.segments, &next.segmentInfo)
	l.mu.Unlock()
	return &next.segmentInfo, nil
}

func tooLong(what string, n, limit int64) error {
	return sqlerr.New(sqlerr.ProgramLimitExceeded, "%s of %d is beyond the log's limit of %d", what, n, limit).
		WithHint("Write in smaller pieces.")
}

func full(dir string, cause error) error {
	return sqlerr.Wrap(sqlerr.DiskFull, cause, "the disk is full: cannot write to the log in %s", dir).
		WithHint("Free some space; reads go on, and writes resume by themselves.")
}
