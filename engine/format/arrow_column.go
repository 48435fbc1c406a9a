package format

import (
	"strconv"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// arrowColumn is how a column of ours comes out of records.
type arrowColumn struct {
	at    int // its place in the records, -1: it is null
	field arrow.Field
	as    types.Type // what take gives
	take  func(c *arrowColumn, a arrow.Array) (batch.Column, error)
	cast  expr.Expr // nil: it is what the column has

	taken batch.Taken
	clean *batch.Dict // the dictionary whose texts were checked last
}

// bind finds the columns in the stream's schema.
func (r *arrowReader) bind(s *arrow.Schema) error {
	r.cols = make([]arrowColumn, len(r.want))
	if r.byPlace && s.NumFields() != len(r.want) {
		return r.placed(sqlerr.New(sqlerr.BadCopyFileFormat, "the Arrow stream has %d columns instead of %d", s.NumFields(), len(r.want)))
	}
	used := 0
	for i := range r.want {
		c, f := &r.cols[i], &r.want[i]
		places := []int{i}
		if !r.byPlace {
			places = s.FieldIndices(f.Name)
		}
		if len(places) > 1 {
			return r.placed(sqlerr.New(sqlerr.DuplicateColumn, "the Arrow stream has several columns %q", f.Name))
		}
		c.at, c.as = -1, f.Type
		if len(places) == 0 {
			continue
		}
		used++
		c.at = places[0]
		c.field = arrow.Field{Name: f.Name, Type: s.Field(c.at).Type, Nullable: true} // what it says of itself is not believed
		if err := c.from(c.field); err != nil {
			return r.placed(err)
		}
		if err := c.into(i, f); err != nil {
			return r.inColumn(err, i, -1)
		}
	}
	r.others = int64(s.NumFields() - used)
	if r.refuse && r.others > 0 {
		for _, f := range s.Fields() {
			if r.want.Index(f.Name) < 0 {
				return r.placed(sqlerr.New(sqlerr.UndefinedColumn, "column %q of the Arrow stream is none of relation %q", f.Name, r.relation))
			}
		}
	}
	return nil
}

// into makes the cast to a column's type. Text of another type's form is read as the type reads it.
func (c *arrowColumn) into(i int, f *batch.Field) error {
	if c.as == f.Type {
		return nil
	}
	how := expr.Assignment // which checks how long a text may be
	if c.as.OID == types.OIDText && f.Type.Category() != 'S' {
		how = expr.Explicit
	}
	var err error
	c.cast, err = expr.Cast(expr.Col(i, c.as, f.Name), f.Type, how)
	return err
}

// column gives the column of a record with n rows.
func (c *arrowColumn) column(rec arrow.Record, n int) (batch.Column, error) {
	if c.at < 0 {
		return batch.NullColumn(c.as, n), nil
	}
	a := rec.Column(c.at)
	if a.Len() != n {
		return batch.Column{}, sqlerr.New(sqlerr.BadCopyFileFormat, "an Arrow column has %d rows of %d", a.Len(), n)
	}
	return c.take(c, a)
}

// from says how a field's columns become ours.
func (c *arrowColumn) from(f arrow.Field) error {
	c.take = (*arrowColumn).shared
	dt := f.Type
	if d, ok := dt.(*arrow.DictionaryType); ok {
		if !isArrowText(d.ValueType) {
			return c.unknown()
		}
		c.as = types.Text
		if d.ValueType.ID() != arrow.STRING || d.IndexType.ID() != arrow.UINT32 && d.IndexType.ID() != arrow.INT32 {
			c.take = (*arrowColumn).coded
		}
		return nil
	}
	if t, err := batch.TypeOfArrow(f); err == nil {
		c.as = t
		return nil
	}
	as, take, ok := rebuilt(dt)
	if !ok {
		return c.unknown()
	}
	c.as, c.take = as, take
	return nil
}

func (c *arrowColumn) unknown() error {
	return sqlerr.NotSupported("the Arrow type %s of column %q", c.field.Type, c.field.Name).WithHint("Cast it before, or send it as text.")
}

func isArrowText(t arrow.DataType) bool {
	switch t.ID() {
	case arrow.STRING, arrow.LARGE_STRING, arrow.STRING_VIEW:
		return true
	}
	return false
}

// shared takes an array as it is, once what it holds was looked at.
func (c *arrowColumn) shared(a arrow.Array) (batch.Column, error) {
	out, err := batch.FromArray(c.as, a.Data(), c.field.Name, &c.taken)
	if err != nil {
		return out, err
	}
	return out, c.checked(&out)
}

// checked refuses values that no text form has: they could be stored, but not be shown.
func (c *arrowColumn) checked(out *batch.Column) error {
	switch out.Type.OID {
	case types.OIDText:
		if out.Dict == nil {
			return checkTexts(out.Offsets, out.Data)
		}
		if out.Dict != c.clean {
			if err := checkTexts(out.Dict.Offsets, out.Dict.Data); err != nil {
				return err
			}
			c.clean = out.Dict
		}
	case types.OIDTimestamp, types.OIDTimestamptz:
		return inRange(out, "timestamp", func(t types.Micros) bool { return types.InRange(t) || t == types.MinTime || t == types.MaxTime })
	case types.OIDDate:
		return inRange(out, "date", types.DateInRange)
	case types.OIDTime:
		return inRange(out, "time", func(us int64) bool { return us >= 0 && us <= int64(types.Day) })
	}
	return nil
}

func inRange[T batch.Value](c *batch.Column, what string, ok func(T) bool) error {
	for i, v := range batch.Values[T](c) {
		if !ok(v) && !c.Null(i) {
			return sqlerr.New(sqlerr.DatetimeFieldOverflow, "%s out of range", what)
		}
	}
	return nil
}

// checkTexts looks at all texts of a column at once: they are good if their bytes are and no cut is within a character.
func checkTexts(offsets []int32, data []byte) error {
	lo, hi := offsets[0], offsets[len(offsets)-1]
	all := data[lo:hi]
	if plain(all) {
		return nil
	}
	if err := types.CheckText(types.View(all)); err != nil {
		return err
	}
	for i, o := range offsets {
		if o < hi && !utf8.RuneStart(data[o]) {
			return types.CheckText(types.View(data[o:offsets[i+1]]))
		}
	}
	return nil
}

// coded takes an array of codes that are narrower or wider than ours, or whose texts lie otherwise.
func (c *arrowColumn) coded(a arrow.Array) (batch.Column, error) {
	d, ok := a.(*array.Dictionary)
	if !ok {
		return batch.Column{}, c.unknown()
	}
	dict, err := c.dictionary(d.Dictionary())
	if err != nil {
		return batch.Column{}, err
	}
	codes, valid := batch.MakeValues[uint32](d.Len()), batch.NewBitmap(d.Len())
	nulls := 0
	for i := range codes {
		if d.IsNull(i) {
			nulls++
			continue
		}
		code := d.GetValueIndex(i)
		if code < 0 || code >= dict.Len() {
			return batch.Column{}, sqlerr.New(sqlerr.BadCopyFileFormat, "a code of an Arrow dictionary is %d of %d", code, dict.Len())
		}
		codes[i] = uint32(code)
		valid.Set(i)
	}
	if nulls == 0 {
		valid = nil
	}
	if dict.Len() == 0 {
		dict = &batch.Dict{ID: batch.NewDictID(), Offsets: batch.MakeValues[int32](2)}
	}
	return batch.CodedOf(types.Text, codes, dict, valid), nil
}

// dictionary gives the texts of an Arrow dictionary as one of ours, the same as for the array before if they share it.
func (c *arrowColumn) dictionary(a arrow.Array) (*batch.Dict, error) {
	if d := c.taken.Of(a.Data()); d != nil {
		return d, nil
	}
	if a.Len() > batch.MaxDictLen {
		return nil, sqlerr.New(sqlerr.ProgramLimitExceeded, "an Arrow dictionary of %d entries is beyond %d", a.Len(), batch.MaxDictLen)
	}
	if a.NullN() > 0 {
		return nil, sqlerr.New(sqlerr.InvalidBinary, "an Arrow dictionary has a null in it")
	}
	col, err := builtBytes(types.Text)(c, a)
	if err != nil {
		return nil, err
	}
	d := &batch.Dict{ID: batch.NewDictID(), Offsets: col.Offsets, Data: col.Data}
	c.taken = batch.TakenFrom(a.Data(), d)
	return d, nil
}

// taking is how an array becomes a column.
type taking = func(*arrowColumn, arrow.Array) (batch.Column, error)

// rebuilt says what the types become that lie otherwise here.
func rebuilt(dt arrow.DataType) (types.Type, taking, bool) {
	switch t := dt.(type) {
	case *arrow.NullType:
		return types.Text, takeNothing, true
	case *arrow.Int8Type:
		return types.Int2, built(types.Int2, func(b *batch.Builder, v int8) error { batch.Put(b, int16(v)); return nil }), true
	case *arrow.Uint8Type:
		return types.Int2, built(types.Int2, func(b *batch.Builder, v uint8) error { batch.Put(b, int16(v)); return nil }), true
	case *arrow.Uint16Type:
		return types.Int4, built(types.Int4, func(b *batch.Builder, v uint16) error { batch.Put(b, int32(v)); return nil }), true
	case *arrow.Uint32Type:
		return types.Int8, built(types.Int8, func(b *batch.Builder, v uint32) error { batch.Put(b, int64(v)); return nil }), true
	case *arrow.Uint64Type:
		return types.Text, built(types.Text, func(b *batch.Builder, v uint64) error { b.String(strconv.FormatUint(v, 10)); return nil }), true
	case *arrow.LargeStringType, *arrow.StringViewType:
		return types.Text, builtBytes(types.Text), true
	case *arrow.LargeBinaryType, *arrow.BinaryViewType, *arrow.FixedSizeBinaryType:
		return types.Bytea, builtBytes(types.Bytea), true
	case *arrow.Decimal128Type, *arrow.Decimal256Type:
		return types.Text, takeText, true
	case *arrow.Date64Type:
		return types.Date, built(types.Date, putDate64), true
	case *arrow.Time32Type:
		return types.Time, built(types.Time, inMicros[arrow.Time32](t.Unit, batch.Put[int64])), true
	case *arrow.Time64Type:
		return types.Time, built(types.Time, inMicros[arrow.Time64](t.Unit, batch.Put[int64])), true
	case *arrow.TimestampType:
		as := types.Timestamp
		if t.TimeZone != "" {
			as = types.Timestamptz
		}
		return as, built(as, inMicros[arrow.Timestamp](t.Unit, batch.Put[int64])), true
	case *arrow.DurationType:
		return types.Interval, built(types.Interval, inMicros[arrow.Duration](t.Unit, putSpan)), true
	case *arrow.MonthDayNanoIntervalType:
		return types.Interval, built(types.Interval, putMonthDayNano), true
	}
	return types.Type{}, nil, false
}

// built puts the values that are not null into a column of type t.
func built[T any](t types.Type, put func(*batch.Builder, T) error) taking {
	return func(c *arrowColumn, a arrow.Array) (batch.Column, error) {
		from, ok := a.(interface{ Value(int) T })
		if !ok {
			return batch.Column{}, c.unknown()
		}
		b := batch.NewBuilder(t, a.Len())
		for i := range a.Len() {
			if a.IsNull(i) {
				b.Null()
			} else if err := put(b, from.Value(i)); err != nil {
				return batch.Column{}, err
			}
		}
		out := b.Finish()
		return out, c.checked(&out)
	}
}

// builtBytes is built for values of any length.
func builtBytes(t types.Type) taking {
	texts := built(t, func(b *batch.Builder, v string) error { b.String(v); return nil })
	raw := built(t, func(b *batch.Builder, v []byte) error { b.Bytes(v); return nil })
	return func(c *arrowColumn, a arrow.Array) (batch.Column, error) {
		if _, is := a.(interface{ Value(int) []byte }); is {
			return raw(c, a)
		}
		return texts(c, a)
	}
}

func takeNothing(_ *arrowColumn, a arrow.Array) (batch.Column, error) {
	b := batch.NewBuilder(types.Text, a.Len())
	for range a.Len() {
		b.Null()
	}
	return b.Finish(), nil
}

// takeText takes what the library writes: the digits of decimals.
func takeText(_ *arrowColumn, a arrow.Array) (batch.Column, error) {
	b := batch.NewBuilder(types.Text, a.Len())
	for i := range a.Len() {
		if a.IsNull(i) {
			b.Null()
			continue
		}
		b.String(a.ValueStr(i))
	}
	return b.Finish(), nil
}

const millisOfDay = 86_400_000

func putDate64(b *batch.Builder, v arrow.Date64) error {
	days := int64(v) / millisOfDay
	if int64(v)%millisOfDay != 0 || int64(int32(days)) != days {
		return sqlerr.New(sqlerr.DatetimeFieldOverflow, "%d milliseconds are no whole day", int64(v))
	}
	batch.Put(b, int32(days))
	return nil
}

// inMicros puts numbers of a unit as microseconds. What is no whole number of them is refused: it could not be told from its
// neighbours.
func inMicros[T ~int64 | ~int32](unit arrow.TimeUnit, put func(*batch.Builder, int64)) func(*batch.Builder, T) error {
	by, parts := int64(1), int64(1)
	switch unit {
	case arrow.Second:
		by = 1_000_000
	case arrow.Millisecond:
		by = 1000
	case arrow.Nanosecond:
		parts = 1000
	}
	return func(b *batch.Builder, v T) error {
		us := int64(v) / parts * by
		switch {
		case int64(v)%parts != 0:
			return sqlerr.New(sqlerr.DatetimeFieldOverflow, "%d nanoseconds are no whole number of microseconds", v).
				WithHint("Send times in microseconds.")
		case us/by != int64(v)/parts:
			return sqlerr.New(sqlerr.DatetimeFieldOverflow, "%d%s is out of range", v, unit)
		}
		put(b, us)
		return nil
	}
}

func putSpan(b *batch.Builder, us int64) { batch.Put(b, types.Span{Micros: us}.Fixed16()) }

func putMonthDayNano(b *batch.Builder, v arrow.MonthDayNanoInterval) error {
	return inMicros[int64](arrow.Nanosecond, func(b *batch.Builder, us int64) {
		batch.Put(b, types.Span{Months: v.Months, Days: v.Days, Micros: us}.Fixed16())
	})(b, v.Nanoseconds)
}
