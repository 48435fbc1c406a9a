package agg

import (
	"encoding/binary"
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

// Aggregates that depend on the order of their input, or on several columns, keep a record of each row:
//
//	record = key field... length
//
// Key is bytes that sort as the aggregate wants, so a Set of records is ordered as it stands, and a row that is taken
// back finds its record. Fields are the values that the result is made of, as value.AppendRaw writes them.
// The length of the key stands last, in four bytes.

// recipe says how the records of a call are made.
type recipe struct {
	keys   []Key
	skip   []int // rows are left out where one of these columns is null
	fields []int
	types  []types.Type // of the fields
	// arrival says that rows with the same key go by their numbers among the input, where it is numbered; else by ties.
	arrival bool
	ties    []Key
	// hypothetical says that the only field is the key that the call's arguments would have as a row.
	hypothetical bool
}

// recipeOf gives the recipe of a call, nil if it needs none.
func recipeOf(c *Call, appendOnly bool) *recipe {
	if !appendOnly && !c.Distinct && c.Arg.Layout() == types.LayoutBytes {
		switch c.Kind {
		case Min:
			c.Kind = MinAny
		case Max:
			c.Kind = MaxAny
		}
	}
	if !c.Kind.recorded() {
		return nil
	}
	r := &recipe{keys: slices.Clone(c.Order)}
	field := func(column int, t types.Type) {
		r.fields, r.types = append(r.fields, column), append(r.types, t)
	}
	switch k := c.Kind; {
	case k == MinAny || k == MaxAny:
		r.keys, r.skip = []Key{{Column: c.Column}}, []int{c.Column}
		field(c.Column, c.Arg)
		return r
	case k == ArgMin || k == ArgMax:
		r.keys, r.skip = []Key{{Column: c.More[0]}}, []int{c.More[0]}
		field(c.Column, c.Arg)
		return r
	case k.hypothetical():
		r.hypothetical = true
		return r
	case k == PercentileDisc || k == PercentileCont || k == Mode:
		r.skip = []int{c.Order[0].Column}
		field(c.Order[0].Column, c.Ordered[0])
		if k != Mode {
			field(c.Column, c.Arg)
		}
		return r
	case k.ofPairs():
		r.skip = []int{c.Column, c.More[0]}
	case k == StringAgg:
		r.skip = []int{c.Column}
	}
	field(c.Column, c.Arg)
	for i, column := range c.More {
		field(column, c.Args[i])
	}
	for _, column := range r.fields {
		named := slices.ContainsFunc(c.Order, func(k Key) bool { return k.Column == column })
		switch {
		case c.Distinct && !named:
			r.keys = append(r.keys, Key{Column: column})
		case c.Kind.ordered() && !named:
			r.ties = append(r.ties, Key{Column: column})
		}
	}
	r.arrival = c.Kind.ordered() && !c.Distinct
	return r
}

// foldRecords keeps a record of every row.
func (l *Layout) foldRecords(i int, pages *state.Pages, groups []uint32, b *batch.Batch, lo int, w []int64) {
	r := l.recipes[i]
	for at, g := range groups {
		n := int64(1)
		if w != nil {
			n = w[at]
		}
		if n == 0 || r.skips(b, lo+at) {
			continue
		}
		l.record = l.appendRecord(l.record[:0], &l.Calls[i], r, b, lo+at)
		s := l.setOf(pages, g, l.Set[i])
		before := s.records.Len()
		s.AddRecord(string(l.record), n)
		pages.Boxed(int64(s.records.Len()-before) * int64(weightBytes+len(l.record)))
	}
}

func (r *recipe) skips(b *batch.Batch, row int) bool {
	for _, c := range r.skip {
		if b.Cols[c].Null(row) {
			return true
		}
	}
	return false
}

func (l *Layout) appendRecord(dst []byte, c *Call, r *recipe, b *batch.Batch, row int) []byte {
	for _, k := range r.keys {
		dst = value.AppendOrderKey(dst, &b.Cols[k.Column], row, k.Desc, k.NullsFirst)
	}
	switch {
	case r.arrival && l.Arrival != nil:
		dst = binary.BigEndian.AppendUint64(dst, *l.Arrival+uint64(row))
	case r.arrival:
		for _, k := range r.ties {
			dst = value.AppendOrderKey(dst, &b.Cols[k.Column], row, false, false)
		}
	}
	size := len(dst)
	if r.hypothetical {
		for i, k := range r.keys {
			column := c.Column
			if i > 0 {
				column = c.More[i-1]
			}
			dst = value.AppendOrderKey(dst, &b.Cols[column], row, k.Desc, k.NullsFirst)
		}
	}
	for _, f := range r.fields {
		dst = value.AppendRaw(dst, &b.Cols[f], row)
	}
	return binary.BigEndian.AppendUint32(dst, uint32(size))
}

// records reads the records of one call.
type records struct {
	r   *recipe
	one []*batch.Builder
}

func (l *Layout) reader(i int) *records {
	d := &records{r: l.recipes[i]}
	for _, t := range d.r.types {
		d.one = append(d.one, batch.NewBuilder(t, 1))
	}
	return d
}

// split gives the key and the fields of a record.
func split(record string) (key, fields string) {
	end := len(record) - 4
	size := binary.BigEndian.Uint32([]byte(record[end:]))
	return record[:size], record[size:end]
}

// fields gives the fields of a record as columns of one row, borrowed until the next call.
func (d *records) fields(record string, dst []batch.Column) []batch.Column {
	_, rest := split(record)
	raw := []byte(rest)
	dst = dst[:0]
	for _, b := range d.one {
		b.Reset()
		raw = value.TakeRaw(b, raw)
		dst = append(dst, b.Finish())
	}
	return dst
}

// visit gives the fields of every record in order, with its weight: with DISTINCT, of records with the same key the first
// only. It ends when visit says false.
func (l *Layout) visit(i int, s *Set, visit func(f []batch.Column, n int64) bool) {
	d := l.reader(i)
	distinct := l.Calls[i].Distinct
	var cols []batch.Column
	last, any := "", false
	s.EachRecord(func(record string, n int64) bool {
		if distinct {
			key, _ := split(record)
			if any && key == last {
				return true
			}
			last, any, n = key, true, 1
		}
		cols = d.fields(record, cols)
		return visit(cols, n)
	})
}
