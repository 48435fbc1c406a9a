package op

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"unsafe"

	"github.com/vexfs/vexstream/engine/batch"
)

// candidate is a row that may come among the first ones: its record lies at [lo, hi) of Top.records.
type candidate struct {
	lead          uint64 // the first bytes of the record, so that most comparisons end here
	lo, group, hi int    // lo..group is the part that names its group
	n             int64
}

// admit takes in rows of an input that takes none back. They are sorted first: then a group is looked up once a batch, groups
// that are near each other lie in the same leaf, and what is behind the first rows is never put in.
func (t *Top) admit(b *batch.Batch) error {
	t.came, t.records = t.came[:0], t.records[:0]
	for i := range b.N {
		group, err := t.record(b, i)
		if err != nil {
			return err
		}
		if t.cutoff != "" && string(t.buf) > t.cutoff {
			continue
		}
		c := candidate{lo: len(t.records), group: len(t.records) + group, n: b.Weight(i)}
		t.records = append(t.records, t.buf...)
		c.hi, c.lead = len(t.records), lead(t.buf)
		t.came = append(t.came, c)
	}
	t.arrived += uint64(b.N)
	slices.SortFunc(t.came, func(a, b candidate) int {
		if a.lead != b.lead {
			return cmp.Compare(a.lead, b.lead)
		}
		return bytes.Compare(t.records[a.lo:a.hi], t.records[b.lo:b.hi])
	})
	for lo := 0; lo < len(t.came); {
		group, hi := t.groupOf(lo), lo+1
		for hi < len(t.came) && bytes.Equal(t.groupOf(hi), group) {
			hi++
		}
		t.merge(group, t.came[lo:hi])
		lo = hi
	}
	return nil
}

func (t *Top) groupOf(i int) []byte { return t.records[t.came[i].lo:t.came[i].group] }

// lead is the first eight bytes of a record as a number of the same order: a record has at least that many.
func lead(record []byte) uint64 { return binary.BigEndian.Uint64(record) }

// merge puts the candidates of a group, which are in order, in their places, and forgets what is behind the first rows then.
func (t *Top) merge(group []byte, came []candidate) {
	last, full, room := t.last(group)
	added := int64(0)
	for _, c := range came {
		record := t.records[c.lo:c.hi]
		behind := full && borrowed(record) > last && (!t.spec.Ties || last == "" || sortPart(borrowed(record)) != sortPart(last))
		if behind || added >= t.keep && !t.spec.Ties {
			break // those after it are behind, too
		}
		t.rows.add(record, c.n)
		added += c.n
	}
	if added == 0 {
		return
	}
	t.touch(group)
	if added > room {
		t.prune(group)
	}
}

// last gives the last of the first rows of a group, whether there are as many as are kept, and how many more there
// could be.
func (t *Top) last(group []byte) (last string, full bool, room int64) {
	room = t.keep
	t.each(group, func(e weighted) bool {
		room -= e.n
		last, full = e.record, room <= 0
		return !full
	})
	return last, full || t.keep == 0, room
}

// prune forgets the rows of a group behind its first ones.
func (t *Top) prune(group []byte) {
	var behind []string
	left, last := t.keep, ""
	t.each(group, func(e weighted) bool {
		switch {
		case left > 0:
			left -= e.n
			last = e.record
		case !t.spec.Ties || sortPart(e.record) != sortPart(last):
			behind = append(behind, e.record)
		}
		return true
	})
	for _, r := range behind {
		i := t.rows.leafOf(r)
		at, _ := t.rows.writable(i).find(r)
		t.rows.drop(i, at)
	}
	if left <= 0 && t.spec.Prefix == 0 && !t.spec.Ties {
		t.cutoff = last
	}
}

// each visits the records of a group in order.
func (t *Top) each(group []byte, visit func(e weighted) bool) {
	if len(t.rows.dir) == 0 {
		return
	}
	g := borrowed(group)
	(sorted{t.rows.dir}).visit(t.rows.leafOf(g), g, func(e weighted) bool { return within(e.record, g) && visit(e) })
}

// borrowed is b as a string that is kept by nobody.
func borrowed(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
