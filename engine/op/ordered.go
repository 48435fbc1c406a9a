package op

import (
	"encoding/binary"
	"slices"
	"sort"
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
)

// ordered is records with weights, sorted by their bytes, in leaves that are copied when a view still needs the old
// one: what state.Pages is for rows of words.
type ordered struct {
	dir    []*leaf // never empty leaves; sorted
	shared bool    // a view holds dir's array
	views  uint64  // how many were taken
	epoch  uint64  // under way
	next   uint64  // number of the next leaf
	bytes  int64
	hint   int // the leaf that was changed last: records that come in order are often in the same
}

type leaf struct {
	no      uint64
	stamp   uint64 // the epoch that last wrote to it
	views   uint64 // how many views had been taken then
	entries []weighted
}

// weighted is a record and how often it is there.
type weighted struct {
	record string
	n      int64
}

// leafRecords is when a leaf is split in two.
const leafRecords = 256

// weightedSize is the memory of a record beside its bytes.
const weightedSize = 24

// leafOf gives the place of the leaf that has record, or would have it.
func leafOf(dir []*leaf, record string) int {
	return max(sort.Search(len(dir), func(i int) bool { return dir[i].entries[0].record > record })-1, 0)
}

// leafOf is leafOf of the live records.
func (o *ordered) leafOf(record string) int {
	if h := o.hint; h >= len(o.dir) || o.dir[h].entries[0].record > record || h+1 < len(o.dir) && o.dir[h+1].entries[0].record <= record {
		o.hint = leafOf(o.dir, record)
	}
	return o.hint
}

func (l *leaf) find(record string) (int, bool) {
	return slices.BinarySearchFunc(l.entries, record, func(e weighted, r string) int { return strings.Compare(e.record, r) })
}

func (o *ordered) ownDir() {
	if o.shared {
		o.dir, o.shared = slices.Clone(o.dir), false
	}
}

// writable gives leaf i for writing: a copy, if a view may see it.
func (o *ordered) writable(i int) *leaf {
	l := o.dir[i]
	if l.views != o.views {
		o.ownDir()
		l = &leaf{no: l.no, views: o.views, entries: slices.Clone(l.entries)}
		o.dir[i] = l
	}
	l.stamp = o.epoch
	return l
}

func (o *ordered) newLeaf(at int, entries []weighted) {
	o.ownDir()
	o.dir = slices.Insert(o.dir, at, &leaf{no: o.next, stamp: o.epoch, views: o.views, entries: entries})
	o.next++
}

// add changes the weight of a record, which is kept as long as its weight is not 0.
func (o *ordered) add(record []byte, n int64) {
	if len(o.dir) == 0 {
		o.newLeaf(0, []weighted{{string(record), n}})
		o.bytes += int64(len(record)) + weightedSize
		return
	}
	i := o.leafOf(string(record))
	l := o.writable(i)
	at, ok := l.find(string(record))
	if !ok {
		l.entries = slices.Insert(l.entries, at, weighted{string(record), n})
		o.bytes += int64(len(record)) + weightedSize
		if len(l.entries) >= leafRecords {
			half := slices.Clone(l.entries[leafRecords/2:])
			l.entries = slices.Clip(l.entries[:leafRecords/2])
			o.newLeaf(i+1, half)
		}
		return
	}
	if l.entries[at].n += n; l.entries[at].n == 0 {
		o.drop(i, at)
	}
}

// drop removes record at of leaf i, which is writable.
func (o *ordered) drop(i, at int) {
	l := o.dir[i]
	o.bytes -= int64(len(l.entries[at].record)) + weightedSize
	l.entries = slices.Delete(l.entries, at, at+1)
	if len(l.entries) == 0 {
		o.ownDir()
		o.dir = slices.Delete(o.dir, i, i+1)
	}
}

// view holds the records still.
func (o *ordered) view() sorted {
	o.shared = true
	o.views++
	return sorted{dir: o.dir}
}

// sorted is records held still. It may be read from any goroutine.
type sorted struct{ dir []*leaf }

// from visits the records that are not less than first, in order, until visit says false.
func (s sorted) from(first string, visit func(e weighted) bool) {
	if len(s.dir) > 0 {
		s.visit(leafOf(s.dir, first), first, visit)
	}
}

// visit is from, where the leaf that first belongs into is known.
func (s sorted) visit(i int, first string, visit func(e weighted) bool) {
	at, _ := s.dir[i].find(first)
	for ; i < len(s.dir); i++ {
		for _, e := range s.dir[i].entries[at:] {
			if !visit(e) {
				return
			}
		}
		at = 0
	}
}

// pages visits the leaves for a checkpoint.
func (s sorted) pages(visit func(state.Page) error) error {
	for _, l := range s.dir {
		err := visit(state.Page{
			Key:    binary.BigEndian.AppendUint64(nil, l.no),
			Stamp:  l.stamp,
			Encode: func(dst []byte) ([]byte, error) { return l.encode(dst), nil },
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// encode appends the records with their lengths before them, and their weights.
func (l *leaf) encode(dst []byte) []byte {
	for _, e := range l.entries {
		dst = binary.AppendUvarint(dst, uint64(len(e.record)))
		dst = binary.AppendVarint(append(dst, e.record...), e.n)
	}
	return dst
}

// load takes in a page that encode wrote. Leaves made from now on have other numbers.
func (o *ordered) load(key, data []byte) error {
	if len(key) != 8 {
		return damagedPage()
	}
	o.next = max(o.next, binary.BigEndian.Uint64(key)+1)
	for len(data) > 0 {
		size, n := binary.Uvarint(data)
		if n <= 0 || uint64(len(data)-n) < size {
			return damagedPage()
		}
		record := data[n : n+int(size)]
		data = data[n+int(size):]
		w, n := binary.Varint(data)
		if n <= 0 {
			return damagedPage()
		}
		data = data[n:]
		o.add(record, w)
	}
	return nil
}

// renumber gives every leaf a number that no page of the checkpoint had that was loaded.
func (o *ordered) renumber() {
	for i := range o.dir {
		l := o.writable(i)
		l.no, l.stamp = o.next, o.epoch
		o.next++
	}
}

// damagedPage is what a checkpoint's page that cannot be read fails with.
func damagedPage() error {
	return sqlerr.New(sqlerr.DataCorrupted, "a page of the checkpoint is damaged").
		WithHint("Drop the view and create it again: it is then folded from what the log holds.")
}
