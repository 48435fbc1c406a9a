package segment

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// merged checks a merged segment that should begin with epoch first: its directory, every record, every table against the
// epochs before, and every block that the directory names against what epochs say of it.
func (v *verifier) merged(first uint64) {
	f, err := os.Open(v.path)
	var dir directory
	var dirAt int64
	if err == nil {
		dir, dirAt, err = readDirectory(f, &segmentInfo{id: v.id, path: v.path}, int64(len(v.data)))
		err = errors.Join(err, f.Close())
	}
	if err == nil && dir.first != first {
		err = corrupt(v.path, 0, "its directory begins with epoch %d, and it with %d", dir.first, first)
	}
	if err != nil {
		v.damage(int64(len(v.data)), 0, "the merged segment cannot be read: %v", err)
		v.lost = true
		return
	}
	if first != v.Last+1 && !v.lost {
		v.damage(0, first, "epoch %d does not follow %d", first, v.Last)
	}
	v.lost = false
	whose := v.tables(&dir)
	v.records(&dir, dirAt)
	v.blocks(&dir, whose)
	v.Last = dir.last
}

// owner is a block of a merged segment, and the epoch that names it.
type owner struct {
	block epoch.Block
	epoch uint64
}

// tables counts the epochs of a merged segment, and gives whose the blocks in it are, by the places that they had.
func (v *verifier) tables(dir *directory) map[int64]owner {
	whose := map[int64]owner{}
	var places []place
	next := dir.first
	for i, t := range dir.tables {
		end := dir.last + 1
		if i+1 < len(dir.tables) {
			end = dir.tables[i+1].epoch
		}
		var plain []byte
		h, ok := wholeRecord(v.data, v.id, t.offset)
		err := errBegin
		if ok && h.kind == kindTable && h.epoch == t.epoch && t.epoch == next {
			plain, err = takePack(nil, v.data[t.offset+headLen:t.offset+headLen+h.length], MaxRecordBytes)
		}
		if err == nil {
			err = eachBegin(plain, t.epoch, func(no uint64, body []byte) error {
				e, ps, err := parseBegin(body, places, v.version)
				if err != nil || e.Epoch.No != no || no >= end {
					return errBegin
				}
				places, next = ps, no+1
				v.Catalog = max(v.Catalog, e.Epoch.Catalog)
				v.names(ps, no, whose)
				return nil
			})
		}
		if err != nil || next != end {
			v.damage(t.offset, t.epoch, "the table of epochs %d to %d cannot be read", t.epoch, end-1)
			next = end
		}
	}
	return whose
}

// names counts the blocks of an epoch, and notes those that lie in this segment.
func (v *verifier) names(places []place, no uint64, whose map[int64]owner) {
	for i := range places {
		p := &places[i]
		v.Blocks++
		v.Rows += int64(p.header.Rows)
		if p.ref.Segment != v.id {
			v.lies(p, no)
			continue
		}
		b := p.header
		b.Stats = nil // it lies in memory that goes
		whose[p.ref.Offset] = owner{b, no}
	}
}

// records looks at the head and sum of every record, of which there is nothing between.
func (v *verifier) records(dir *directory, dirAt int64) {
	known := map[int64]bool{dirAt: true}
	for _, t := range dir.tables {
		known[t.offset] = true
	}
	for _, b := range dir.blocks {
		known[b.at] = true
	}
	at := int64(fileHeadLen)
	for at < int64(len(v.data)) {
		h, whole := wholeRecord(v.data, v.id, at)
		if !whole {
			// What it held says who reads it; where the next one begins, its own head.
			if h, whole = getHead(v.data[at:], v.id, at); !whole || h.length > int64(len(v.data))-at-headLen {
				next := v.next(at + 1)
				v.damage(at, 0, "no record begins here; the next one is %d bytes further on", next-at)
				at = next
				continue
			}
		}
		if h.kind != kindClose && !known[at] {
			v.damage(at, 0, "a record that the directory does not name")
		}
		at += headLen + h.length
	}
	v.good, v.Closed = at, true
}

// blocks looks into every block that the directory names.
func (v *verifier) blocks(dir *directory, whose map[int64]owner) {
	slices.SortFunc(dir.blocks, func(a, b moved) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.in, b.in)) })
	var plain []byte
	var err error
	at := int64(-1) // of the pack that is in plain
	for _, m := range dir.blocks {
		o, ok := whose[m.old]
		delete(whose, m.old)
		if m.in != alone && m.at != at {
			at = m.at
			plain, err = v.pack(at)
		}
		data := plain
		switch {
		case m.in != alone && (err != nil || m.in+m.len > len(plain)):
			data = nil
		case m.in != alone:
			data = plain[m.in : m.in+m.len]
		default:
			data = v.alone(m)
		}
		v.content(m, data, o, ok)
	}
	for _, old := range slices.Sorted(maps.Keys(whose)) {
		o := whose[old]
		v.found(Damage{File: v.path, Offset: old, Epoch: o.epoch, Block: &o.block, What: fmt.Sprintf("a block of epoch %d that lay there before the merge is missing", o.epoch)})
	}
}

// content checks one block; data is nil if it cannot be read.
func (v *verifier) content(m moved, data []byte, o owner, named bool) {
	b := o.block
	b.Data = data
	what := "its sum is wrong"
	if data != nil {
		err := v.check(&b)
		if err == nil {
			v.staged[stagedAt{v.id, m.old}] = -1
			return
		}
		e, _ := sqlerr.As(err)
		what = e.Message
	}
	if !named { // whether a staged one matters says the epoch that names it
		return
	}
	b.Data = nil
	v.found(Damage{File: v.path, Offset: m.at, Epoch: o.epoch, Block: &b, What: fmt.Sprintf("a block of epoch %d: %s", o.epoch, what)})
}

func (v *verifier) pack(at int64) ([]byte, error) {
	h, ok := wholeRecord(v.data, v.id, at)
	if !ok || h.kind != kindPack {
		return nil, errBegin
	}
	return takePack(nil, v.data[at+headLen:at+headLen+h.length], 2*MaxPackBytes)
}

func (v *verifier) alone(m moved) []byte {
	h, ok := wholeRecord(v.data, v.id, m.at)
	if !ok || h.kind != kindStage && h.kind != kindBlock || h.length != int64(m.len) {
		return nil
	}
	return v.data[m.at+headLen : m.at+headLen+h.length]
}
