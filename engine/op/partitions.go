package op

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/value"
)

// Partitions is rows with weights in one order: by the keys of their partition, by other keys, and by all their values. It
// remembers where in the order rows came or went.
//
// A record is a row as bytes: its keys, whose order is that of the rows, its values, and the lengths of the partition's
// keys and of all keys. A place is the keys of a record: where rows that are equal in order stand.
type Partitions struct {
	order  []OrderKey
	prefix int // how many of them make the partition
	places bool
	rows   ordered
	// touched are the places where rows came or went, or, unless places is set, the partitions; and how many bytes of each
	// are the partition's keys.
	touched map[string]int
	buf     []byte
}

// NewPartitions makes empty Partitions: the first prefix keys of order make the partition. places says that it is of
// interest where in a partition rows came or went.
func NewPartitions(order []OrderKey, prefix int, places bool) *Partitions {
	return &Partitions{order: order, prefix: prefix, places: places, touched: map[string]int{}}
}

// Add puts the rows of b in their places.
func (p *Partitions) Add(b *batch.Batch) error {
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
func (p *Partitions) record(b *batch.Batch, i int) (group, place int, err error) {
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

// Place is where rows are, and the part of it that is their partition's.
type Place struct{ Partition, At string }

// TakeTouched gives the places, or partitions, where rows came or went since the last call, in order.
func (p *Partitions) TakeTouched() []Place {
	out := make([]Place, 0, len(p.touched))
	for t, group := range p.touched {
		out = append(out, Place{t[:group], t})
	}
	clear(p.touched)
	slices.SortFunc(out, func(a, b Place) int { return strings.Compare(a.At, b.At) })
	return out
}

// PlaceOf is where row i of b belongs.
func (p *Partitions) PlaceOf(b *batch.Batch, i int) (Place, error) {
	group, place, err := p.record(b, i)
	at := string(p.buf[:place])
	return Place{at[:group], at}, err
}

// Take removes the rows of a partition up to the place hi, and gives them; hi empty: all of them.
func (p *Partitions) Take(schema batch.Schema, partition, hi string) *Region {
	r := takeRegion(schema, sorted{p.rows.dir}, partition, partition, hi, false)
	for _, e := range r.records {
		p.buf = append(p.buf[:0], e.record...)
		p.rows.add(p.buf, -e.n)
	}
	return r
}

// Sorted holds the records still.
func (p *Partitions) Sorted() Sorted { return Sorted{p.rows.view()} }

// Now is the records as they are until the next change.
func (p *Partitions) Now() Sorted { return Sorted{sorted{p.rows.dir}} }

// Bytes is the memory of the rows.
func (p *Partitions) Bytes() int64 { return p.rows.bytes }

// SetEpoch says which epoch the changes from now on belong to.
func (p *Partitions) SetEpoch(no uint64) { p.rows.epoch = max(p.rows.epoch, no) }

// LoadPage takes in a page of a checkpoint that Sorted.Pages gave.
func (p *Partitions) LoadPage(key, data []byte) error { return p.rows.load(key, data) }

// Loaded ends the loading.
func (p *Partitions) Loaded() { p.rows.renumber() }

// Sorted is rows in order. One that is held still may be read from any goroutine.
type Sorted struct{ s sorted }

// After visits the places of a partition from at on, in order, each as often as there are different rows, until visit
// says false.
func (s Sorted) After(at Place, visit func(place string) bool) {
	s.s.from(at.At, func(e weighted) bool {
		return within(e.record, at.Partition) && (e.n <= 0 || visit(sortPart(e.record)))
	})
}

// Before visits the places of a partition that are less than at, in falling order, until visit says false.
func (s Sorted) Before(at Place, visit func(place string) bool) {
	s.s.before(at.At, func(e weighted) bool {
		return within(e.record, at.Partition) && (e.n <= 0 || visit(sortPart(e.record)))
	})
}

// Partitions visits the partitions in order.
func (s Sorted) Partitions(visit func(partition string) error) error {
	at, ok := "", len(s.s.dir) > 0
	for ok {
		group := groupFrom(s.s, at)
		if err := visit(group); err != nil {
			return err
		}
		if group == "" { // all rows are one
			return nil
		}
		at, ok = after(s.s, group)
	}
	return nil
}

// Region gives the rows of a partition.
func (s Sorted) Region(schema batch.Schema, partition string) *Region {
	return takeRegion(schema, s.s, partition, partition, "", false)
}

// Pages visits the pages for a checkpoint.
func (s Sorted) Pages(visit func(state.Page) error) error { return s.s.pages(visit) }

// Records is short byte strings in order, kept in pages as rows are.
type Records struct{ o ordered }

// Put adds a record.
func (r *Records) Put(record []byte) { r.o.add(record, 1) }

// Drop removes a record.
func (r *Records) Drop(record []byte) { r.o.add(record, -1) }

// First gives the first record that begins with prefix.
func (r *Records) First(prefix string) (record string, ok bool) {
	sorted{r.o.dir}.from(prefix, func(e weighted) bool {
		record, ok = e.record, within(e.record, prefix)
		return false
	})
	return record, ok
}

// Each visits all records in order.
func (r *Records) Each(visit func(record string)) {
	sorted{r.o.dir}.from("", func(e weighted) bool {
		visit(e.record)
		return true
	})
}

// Bytes is the memory of the records.
func (r *Records) Bytes() int64 { return r.o.bytes }

// SetEpoch says which epoch the changes from now on belong to.
func (r *Records) SetEpoch(no uint64) { r.o.epoch = max(r.o.epoch, no) }

// Sorted holds the records still, for their pages.
func (r *Records) Sorted() Sorted { return Sorted{r.o.view()} }

// LoadPage takes in a page of a checkpoint that Sorted.Pages gave.
func (r *Records) LoadPage(key, data []byte) error { return r.o.load(key, data) }

// Loaded ends the loading.
func (r *Records) Loaded() { r.o.renumber() }

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
	return regionOf(schema, group, collect(nil, s, group, lo, hi, apart))
}

// collect appends the records of takeRegion.
func collect(dst []weighted, s sorted, group, lo, hi string, apart bool) []weighted {
	s.from(lo, func(e weighted) bool {
		if !within(e.record, group) || hi != "" && sortPart(e.record) > hi {
			return false
		}
		times, n := min(e.n, 1), e.n
		if apart {
			times, n = e.n, 1
		}
		for range times {
			dst = append(dst, weighted{e.record, n})
		}
		return true
	})
	return dst
}

// regionOf makes rows of records of one partition.
func regionOf(schema batch.Schema, group string, records []weighted) *Region {
	r := &Region{Prefix: len(group), records: records, Places: make([]string, len(records))}
	cols := make([]*batch.Builder, len(schema))
	for c, f := range schema {
		cols[c] = batch.NewBuilder(f.Type, len(records))
	}
	plain := true
	for i, e := range records {
		place := sortPart(e.record)
		raw := []byte(e.record[len(place) : len(e.record)-8])
		for _, b := range cols {
			raw = value.TakeRaw(b, raw)
		}
		r.Places[i] = place
		plain = plain && e.n == 1
	}
	r.Rows.N = len(records)
	for _, b := range cols {
		r.Rows.Cols = append(r.Rows.Cols, b.Finish())
	}
	if !plain {
		for _, e := range records {
			r.Rows.Diff = append(r.Rows.Diff, e.n)
		}
	}
	return r
}
