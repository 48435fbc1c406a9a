package segment

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/storage/internal/disk"
)

// Damage is a place of a log that does not hold what was written.
type Damage struct {
	File   string
	Offset int64
	Epoch  uint64 // 0: nobody knows, or of none
	Block  *epoch.Block
	What   string
}

func (d Damage) String() string { return fmt.Sprintf("byte %d of %s: %s", d.Offset, d.File, d.What) }

// Verified is what Verify has read.
type Verified struct {
	Segments     int
	First, Last  uint64 // epochs; Last < First: none
	Blocks, Rows int64
	Bytes        int64  // of all files
	Catalog      uint64 // the newest version that an epoch names
	Torn         int64  // bytes behind the last epoch that a crash left, and that the next start cuts off
	Closed       bool   // the log was closed in good order
}

// Verify reads every byte of a log that nobody uses, checks every sum, and changes nothing. check looks into a
// block, of which nothing but the bytes is known while no epoch has named it, and gives a sqlerr.Error; found is told of everything that is not as it was written. The error is about what could not be read at all.
func Verify(dir string, check func(*epoch.Block) error, found func(Damage)) (*Verified, error) {
	if _, err := os.Stat(dir); err != nil {
		return nil, sqlerr.Wrap(sqlerr.IOError, err, "there is no log in %s", dir)
	}
	lock, err := disk.Acquire(dir)
	if err != nil {
		return nil, err
	}
	v := &verifier{dir: dir, check: check, found: found, staged: map[stagedAt]int64{}}
	err = v.log()
	return &v.Verified, errors.Join(err, lock.Release())
}

// verifier is one Verify.
type verifier struct {
	Verified
	dir    string
	check  func(*epoch.Block) error
	found  func(Damage)
	staged map[stagedAt]int64 // the lengths of staged blocks that are whole; negative: nobody knows what it was

	path    string
	id      uint64
	version uint32 // of the segment
	data    []byte
	begun   *epoch.Entry // the epoch under way
	place   []place
	lost    bool // epochs are missing here: said once
	last    bool // the last segment
	good    int64
	end     int64 // where the next segment believes this one to end
}

// stagedAt is where a staged block lay when it was written.
type stagedAt struct {
	segment uint64
	offset  int64
}

func (v *verifier) log() error {
	ids, err := segments(v.dir)
	if err != nil {
		return err
	}
	prev := int64(0)
	for i, id := range ids {
		v.path, v.id, v.last = segmentPath(v.dir, id), id, i == len(ids)-1
		if i > 0 && id != ids[i-1]+1 {
			v.found(Damage{File: segmentPath(v.dir, ids[i-1]+1), What: "the segment is missing"})
			v.lost = true
		}
		if v.data, err = os.ReadFile(v.path); err != nil {
			return sqlerr.Wrap(sqlerr.IOError, err, "cannot read the segment %s", v.path)
		}
		v.Segments++
		v.Bytes += int64(len(v.data))
		v.segment(i == 0, prev)
		prev = v.end
	}
	return nil
}

// segment reads one segment. prev is where the one before ends.
func (v *verifier) segment(first bool, prev int64) {
	v.end = int64(len(v.data))
	if len(v.data) < fileHeadLen {
		v.damage(0, 0, "the segment's head cannot be read")
		v.lost = true
		return
	}
	h, err := getFileHead(v.data[:fileHeadLen], v.path)
	if v.version = h.version; err != nil {
		v.version = plainVersion // what one makes of it
	}
	switch {
	case err != nil:
		e, _ := sqlerr.As(err)
		v.damage(0, 0, "%s", e.Message)
	case h.id != v.id:
		v.damage(0, 0, "it is segment %d under another's name", h.id)
	case first:
		v.First, v.Last = h.first, h.first-1
	case h.prevSize != prev && !v.lost:
		v.found(Damage{File: segmentPath(v.dir, v.id-1), Offset: prev, What: fmt.Sprintf("the segment ends here and not at %d", h.prevSize)})
	}
	at := int64(fileHeadLen)
	v.good, v.begun, v.Closed = at, nil, false
	if err == nil && h.was > 0 {
		v.version, v.end = h.begins, h.was
		v.merged(h.first)
		return
	}
	for at < int64(len(v.data)) {
		h, ok := getHead(v.data[at:], v.id, at)
		_, whole := wholeRecord(v.data, v.id, at)
		switch {
		case !whole && v.last && v.torn():
			v.Torn = int64(len(bytes.TrimRight(v.data[v.good:], "\x00")))
			return
		case ok && h.length <= int64(len(v.data))-at-headLen:
			v.record(h, at, whole)
			at += headLen + h.length
			continue
		}
		next := v.next(at + 1)
		v.damage(at, 0, "no record begins here; the next one is %d bytes further on", next-at)
		v.begun, v.lost = nil, true
		at = next
	}
	if v.begun != nil && !(v.last && v.torn()) {
		v.uncommitted(at)
	}
}

func (v *verifier) uncommitted(at int64) {
	v.damage(at, v.begun.Epoch.No, "the commit of epoch %d is missing", v.begun.Epoch.No)
	v.Last, v.begun = v.begun.Epoch.No, nil
}

// torn says whether what lies behind the last epoch had never been durable.
func (v *verifier) torn() bool {
	l := &Log{}
	return l.rotten(&segmentInfo{id: v.id, path: v.path}, v.data, v.good) == nil
}

// next gives where the next record begins, at or behind at.
func (v *verifier) next(at int64) int64 {
	for at < int64(len(v.data)) {
		i := bytes.Index(v.data[at:], []byte(recordMagic))
		if i < 0 {
			break
		}
		at += int64(i)
		if _, ok := getHead(v.data[at:], v.id, at); ok {
			return at
		}
		at++
	}
	return int64(len(v.data))
}

// record checks one record, whose head is whole.
func (v *verifier) record(h head, at int64, whole bool) {
	body := v.data[at+headLen : at+headLen+h.length]
	switch h.kind {
	case kindStage:
		if !whole {
			return // whether it matters says the epoch that names it
		}
		v.staged[stagedAt{v.id, at}] = h.length
		if err := v.check(&epoch.Block{Data: body}); err != nil {
			e, _ := sqlerr.As(err)
			v.damage(at, 0, "a staged block: %s", e.Message)
		}
	case kindBegin:
		v.begin(h, at, body, whole)
	case kindBlock:
		v.block(h, at, body, whole)
	case kindCommit:
		v.commit(h, at, whole)
	case kindClose:
		if !whole {
			v.damage(at, 0, "the checksum of the segment's tail is wrong: a start reads more of it, and nothing is lost")
		}
		v.good, v.Closed = at+headLen+h.length, true
	}
}

func (v *verifier) begin(h head, at int64, body []byte, whole bool) {
	v.Closed = false
	if v.begun != nil {
		v.uncommitted(at)
	}
	if h.epoch != v.Last+1 && !v.lost {
		v.damage(at, h.epoch, "epoch %d does not follow %d", h.epoch, v.Last)
	}
	v.lost = false
	if v.First > h.epoch || v.First == 0 {
		v.First = h.epoch
	}
	e, places, err := parseBegin(body, nil, v.version)
	if !whole || err != nil || e.Epoch.No != h.epoch {
		v.damage(at, h.epoch, "the checksum of epoch %d is wrong", h.epoch)
		e = epoch.Entry{}
		e.Epoch.No = h.epoch
		places = nil
	}
	v.begun, v.place = &e, places
	for i := range places {
		p := &places[i]
		if p.ref.Segment == v.id && p.ref.Offset > at {
			continue // it is looked at when it comes
		}
		v.lies(p, h.epoch)
	}
}

// lies says so if a block that was staged earlier is not there.
func (v *verifier) lies(p *place, no uint64) {
	if n, ok := v.staged[stagedAt{p.ref.Segment, p.ref.Offset}]; !ok || n >= 0 && n != p.ref.Len {
		b := p.header
		v.found(Damage{File: segmentPath(v.dir, p.ref.Segment), Offset: p.ref.Offset, Epoch: no, Block: &b, What: fmt.Sprintf("a block of epoch %d that was staged there is damaged or missing", no)})
	}
}

func (v *verifier) block(h head, at int64, body []byte, whole bool) {
	if v.begun == nil || v.begun.Epoch.No != h.epoch {
		v.damage(at, h.epoch, "a block of epoch %d, which does not begin before it", h.epoch)
		return
	}
	for i := range v.place {
		p := &v.place[i]
		if p.ref.Segment != v.id || p.ref.Offset != at {
			continue
		}
		b := p.header
		if !whole {
			v.found(Damage{File: v.path, Offset: at, Epoch: h.epoch, Block: &b, What: fmt.Sprintf("the checksum of a block of epoch %d is wrong", h.epoch)})
			return
		}
		b.Data = body
		if err := v.check(&b); err != nil {
			e, _ := sqlerr.As(err)
			b.Data = nil
			v.found(Damage{File: v.path, Offset: at, Epoch: h.epoch, Block: &b, What: fmt.Sprintf("a block of epoch %d: %s", h.epoch, e.Message)})
		}
		return
	}
	if len(v.place) > 0 { // else its begin cannot be read, which was said
		v.damage(at, h.epoch, "a block that epoch %d does not name", h.epoch)
	}
}

func (v *verifier) commit(h head, at int64, whole bool) {
	if v.begun == nil || v.begun.Epoch.No != h.epoch || !whole {
		v.damage(at, h.epoch, "a commit of epoch %d, which does not begin before it", h.epoch)
	}
	if v.begun != nil {
		v.Catalog = max(v.Catalog, v.begun.Epoch.Catalog)
	}
	for i := range v.place {
		v.Blocks++
		v.Rows += int64(v.place[i].header.Rows)
	}
	v.begun, v.good, v.Last = nil, at+headLen, h.epoch
}

func (v *verifier) damage(at int64, no uint64, format string, args ...any) {
	v.found(Damage{File: v.path, Offset: at, Epoch: no, What: fmt.Sprintf(format, args...)})
}
