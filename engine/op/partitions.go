package op

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/value"
)

// partitions is rows with weights in one order: by the keys of their partition, by other keys, and by all their values. It
// remembers where in the order rows came or went.
//
// A record is a row as bytes: its keys, whose order is that of the rows, its values, and the lengths of the partition's
// keys and of all keys. A place is the keys of a record: where rows that are equal in order stand.
type partitions struct {
	order  []OrderKey
	prefix int // how many of them make the partition
	places bool
	rows   ordered
	// touched are the places where rows came or went, or, unless places is set, the partitions; and how many bytes of each
	// are the partition's keys.
	touched map[string]int
	buf     []byte
}

func newPartitions(order []OrderKey, prefix int, places bool) partitions {
	return partitions{order: order, prefix: prefix, places: places, touched: map[string]int{}}
}

// add puts the rows of b in their places.
func (p *partitions) add(b *batch.Batch) error {
	for i := range b.N {
		group, place, err := p.record(b, i)
		if err != nil {
			return err
		}
		p.rows.add(p.buf, b.Weight(i))
		at := group
		if p.places {
			at = place
		}
		if _, ok := p.touched[string(p.buf[:at])]; !ok {
			p.touched[string(p.buf[:at])] = group
		}
	}
	return nil
}

// record makes row i's record in buf, and gives where its partition's keys and its keys end.
func (p *partitions) record(b *batch.Batch, i int) (group, place int, err error) {
	p.buf = p.buf[:0]
	for k, o := range p.order {
		if p.buf, err = appendOrderKey(p.buf, &b.Cols[o.Col], i, o.Desc, o.NullsFirst); err != nil {
			return 0, 0, err
		}
		if k+1 == p.prefix {
			group = len(p.buf)
		}
	}
	place = len(p.buf)
	for c := range b.Cols {
		p.buf = value.AppendRaw(p.buf, &b.Cols[c], i)
	}
	p.buf = binary.BigEndian.AppendUint32(p.buf, uint32(group))
	p.buf = binary.BigEndian.AppendUint32(p.buf, uint32(place))
	return group, place, nil
}

// touchedPlace is a place, or a partition, where rows came or went.
type touchedPlace struct{ group, place string }

// takeTouched gives what was touched since the last call, in order.
func (p *partitions) takeTouched() []touchedPlace {
	out := make([]touchedPlace, 0, len(p.touched))
	for t, group := range p.touched {
		out = append(out, touchedPlace{t[:group], t})
	}
	clear(p.touched)
	slices.SortFunc(out, func(a, b touchedPlace) int { return strings.Compare(a.place, b.place) })
	return out
}

// before visits the records that are less than place, in falling order, until visit says false.
func (s sorted) before(place string, visit func(e weighted) bool) {
	if len(s.dir) == 0 {
		return
	}
	i := leafOf(s.dir, place)
	at, _ := s.dir[i].find(place)
	for {
		for at--; at >= 0; at-- {
			if !visit(s.dir[i].entries[at]) {
				return
			}
		}
		if i--; i < 0 {
			return
		}
		at = len(s.dir[i].entries)
	}
}

// Region is rows of one partition that stand next to each other in the order.
type Region struct {
	Rows batch.Batch
	// Places are the keys of each row as bytes that are in order; the first Prefix bytes are the partition's.
	Places []string
	Prefix int

	records []weighted
}

// takeRegion takes records s from lo on up to hi, both places of one partition; hi empty: up to the partition's end. A row of
// weight n comes n times if rows are told apart.
func takeRegion(schema batch.Schema, s sorted, group, lo, hi string, apart bool) *Region {
	r := &Region{Prefix: len(group)}
	cols := make([]*batch.Builder, len(schema))
	for c, f := range schema {
		cols[c] = batch.NewBuilder(f.Type, 16)
	}
	plain := true
	s.from(lo, func(e weighted) bool {
		place := sortPart(e.record)
		if !within(e.record, group) || hi != "" && place > hi {
			return false
		}
		if e.n <= 0 {
			return true
		}
		times, n := int64(1), e.n
		if apart {
			times, n = e.n, 1
		}
		for range times {
			raw := []byte(e.record[len(place) : len(e.record)-8])
			for _, b := range cols {
				raw = value.TakeRaw(b, raw)
			}
			r.Places, r.records = append(r.Places, place), append(r.records, weighted{e.record, n})
			plain = plain && n == 1
		}
		return true
	})
	r.Rows.N = len(r.records)
	for _, b := range cols {
		r.Rows.Cols = append(r.Rows.Cols, b.Finish())
	}
	if !plain {
		for _, e := range r.records {
			r.Rows.Diff = append(r.Rows.Diff, e.n)
		}
	}
	return r
}
