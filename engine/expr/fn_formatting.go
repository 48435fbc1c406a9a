package expr

import (
	"math"
	"strconv"
	"time"

	"github.com/cockroachdb/apd/v3"

	"github.com/vexfs/vexstream/engine/pgformat"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// formattingFunctions write and read values by templates (manual, 9.8).
func formattingFunctions() []function {
	date := func(f *function, args []Expr) *function { return withDateTemplate(f, args[1]) }
	num := func(f *function, args []Expr) *function { return withNumberTemplate(f, args[1]) }
	// Without a template the entry is what remains of it: bind chooses what runs.
	fs := []function{
		{name: "to_char", args: "timestamp,text", ret: "text", bind: date},
		{name: "to_char", args: "timestamptz,text", ret: "text", flags: stable, bind: date},
		{name: "to_char", args: "interval,text", ret: "text", flags: fallible, bind: date},
		{name: "to_date", args: "text,text", ret: "date", flags: fallible, bind: date},
		{name: "to_timestamp", args: "text,text", ret: "timestamptz", flags: stable | fallible, bind: date},
		{name: "to_number", args: "text,text", ret: "numeric", flags: fallible, bind: num},
	}
	for _, t := range []string{"int4", "int8", "float4", "float8", "numeric"} {
		fs = append(fs, function{name: "to_char", args: t + ",text", ret: "text", flags: fallible, bind: num})
	}
	return fs
}

// dateTemplate is a template of the rows: a constant one is parsed when the query is bound.
type dateTemplate struct {
	constant *pgformat.Date
	name     string
	last     *pgformat.Date
}

func (d *dateTemplate) get(s string) *pgformat.Date {
	if d.constant != nil {
		return d.constant
	}
	if d.last == nil || s != d.name {
		d.name, d.last = s, pgformat.ParseDate(s)
	}
	return d.last
}

func withDateTemplate(f *function, template Expr) *function {
	g := *f
	var tmpl *pgformat.Date
	if col, ok := IsConst(template); ok && !col.Null(0) {
		tmpl = pgformat.ParseDate(string(col.At(0)))
	}
	switch {
	case f.name == "to_date":
		g.run = func(f *frame) { readTimes(f, dateTemplate{constant: tmpl}, readDate) }
	case f.name == "to_timestamp":
		g.run = func(f *frame) { readTimes(f, dateTemplate{constant: tmpl}, readInstant) }
	case f.in[0] == types.Interval:
		if tmpl != nil && !tmpl.Calendar() {
			g.flags &^= fallible
		}
		g.run = func(f *frame) { charSpans(f, dateTemplate{constant: tmpl}) }
	default:
		zoned := f.in[0] == types.Timestamptz
		g.run = func(f *frame) { charTimes(f, dateTemplate{constant: tmpl}, zoned) }
	}
	return &g
}

func charTimes(f *frame, d dateTemplate, zoned bool) {
	out := f.text()
	a, ma := vals[int64](f, 0)
	var zone *time.Location
	if zoned {
		if zone = f.c.Locale.TimeZone(); zone == nil {
			zone = time.UTC
		}
	}
	var m pgformat.Moment
	for _, r := range f.rows() {
		out.at(r)
		t, s := a[int(r)&ma], f.str(1, r)
		if t == minInstant || t == maxInstant || s == "" {
			f.null(r)
			continue
		}
		c := takeApart(t, zone)
		m = pgformat.Moment{Year: int32(c.civil.Year), Month: int32(c.civil.Month), Day: int32(c.civil.Day), Offset: int32(c.offset)}
		setClock(&m, c.us)
		if zoned {
			m.Zone, _ = time.UnixMicro(t).In(zone).Zone()
		}
		out.buf, _ = d.get(s).Append(out.buf, &m) // fails for intervals only
	}
	out.done()
}

// setClock sets the time of day, or an interval's hours and what is less.
func setClock(m *pgformat.Moment, us int64) {
	m.Hour = us / hourMicros
	us -= m.Hour * hourMicros
	m.Min, m.Sec, m.Micro = int32(us/minMicros), int32(us/secMicros%60), int32(us%secMicros)
}

func charSpans(f *frame, d dateTemplate) {
	out := f.text()
	a, ma := spans(f, 0)
	for _, r := range f.rows() {
		out.at(r)
		v, s := a[int(r)&ma], f.str(1, r)
		if s == "" {
			f.null(r)
			continue
		}
		m := pgformat.Moment{Interval: true, Year: v.months / 12, Month: v.months % 12, Day: v.days}
		setClock(&m, v.us)
		buf, err := d.get(s).Append(out.buf, &m)
		if err != nil {
			f.fail(r, err)
			continue
		}
		out.buf = buf
	}
	out.done()
}

// readTimes reads the text of every row by its template.
func readTimes[T int32 | int64](f *frame, d dateTemplate, read func(*pgformat.Date, string, *time.Location) (T, error)) {
	out := result[T](f)
	for _, r := range f.rows() {
		v, err := read(d.get(f.str(1, r)), f.str(0, r), f.c.Locale.TimeZone())
		if err != nil {
			f.fail(r, err)
		}
		out[r] = v
	}
}

func readDate(d *pgformat.Date, s string, _ *time.Location) (int32, error) {
	t, err := d.Read(s)
	if err != nil {
		return 0, err
	}
	j, ok := t.Julian()
	if days := int64(j) - unixJulian; ok && days >= firstDate && days <= lastDate {
		return int32(days), nil
	}
	return 0, sqlerr.New(sqlerr.DatetimeFieldOverflow, "date out of range: \"%s\"", s)
}

func readInstant(d *pgformat.Date, s string, zone *time.Location) (int64, error) {
	t, err := d.Read(s)
	if err != nil {
		return 0, err
	}
	j, ok := t.Julian()
	days := int64(j) - unixJulian
	if !ok || days < firstDate-1 || days > lastMicros/dayMicros {
		return 0, timestampRange()
	}
	us := days*dayMicros + t.Micros
	if t.HasOffset {
		us -= int64(t.Offset) * secMicros
	} else {
		us = int64(types.LocalToUTC(us, zone))
	}
	if t.Decimals > 0 {
		us = types.RoundMicros(us, int32(t.Decimals))
	}
	if !types.InRange(types.Micros(us)) {
		return 0, timestampRange()
	}
	return us, nil
}

// numberTemplate is dateTemplate for numbers; a malformed template fails for the rows that it is for.
type numberTemplate struct {
	name string
	last *pgformat.Number
	err  error
}

func (n *numberTemplate) get(s string) (*pgformat.Number, error) {
	if n.last == nil && n.err == nil || s != n.name {
		n.name = s
		n.last, n.err = pgformat.ParseNumber(s)
	}
	return n.last, n.err
}

func withNumberTemplate(f *function, template Expr) *function {
	g := *f
	var fixed numberTemplate
	if col, ok := IsConst(template); ok && !col.Null(0) {
		_, _ = fixed.get(string(col.At(0)))
	}
	if f.name == "to_number" {
		g.run = func(f *frame) { toNumber(f, fixed) }
		return &g
	}
	write := charNumber[f.in[0].OID]
	g.run = func(f *frame) {
		n := fixed
		out := f.text()
		for _, r := range f.rows() {
			out.at(r)
			s := f.str(1, r)
			if s == "" {
				continue
			}
			t, err := n.get(s)
			if err == nil {
				var buf []byte
				if buf, err = write(out.buf, t, f, r); err == nil {
					out.buf = buf
				}
			}
			if err != nil {
				f.fail(r, err)
			}
		}
		out.done()
	}
	return &g
}

// charNumber are to_char of the types of numbers.
var charNumber = map[types.OID]func(dst []byte, t *pgformat.Number, f *frame, r uint32) ([]byte, error){
	types.OIDInt4: func(dst []byte, t *pgformat.Number, f *frame, r uint32) ([]byte, error) {
		v := int64(f.i4(0, r))
		if t.Scientific {
			return t.AppendScientific(dst, strconv.FormatFloat(float64(v), 'e', t.Post, 64)), nil
		}
		if t.Multi > 0 && !t.Roman {
			v = int64(int32(v) * powerInt4(t.Multi))
		}
		return charInteger(dst, t, v)
	},
	types.OIDInt8: func(dst []byte, t *pgformat.Number, f *frame, r uint32) ([]byte, error) {
		v := f.i8(0, r)
		if t.Scientific {
			var n number
			n.setInt(v)
			return t.AppendScientific(dst, n.scientific(t.Post)), nil
		}
		if t.Multi > 0 && !t.Roman {
			p := math.Pow(10, float64(t.Multi))
			prod := v * int64(p)
			if p >= 0x1p63 || v != 0 && prod/v != int64(p) {
				return dst, sqlerr.New(sqlerr.NumericValueOutOfRange, "bigint out of range")
			}
			v = prod
		}
		return charInteger(dst, t, v)
	},
	types.OIDFloat4: func(dst []byte, t *pgformat.Number, f *frame, r uint32) ([]byte, error) {
		a, ma := vals[float32](f, 0)
		return t.AppendFloat(dst, float64(a[int(r)&ma]), 32)
	},
	types.OIDFloat8: func(dst []byte, t *pgformat.Number, f *frame, r uint32) ([]byte, error) {
		return t.AppendFloat(dst, f.f8(0, r), 64)
	},
	types.OIDNumeric: charNumeric,
}

// powerInt4 is 10^n as a C program casts it to int.
func powerInt4(n int) int32 {
	if p := math.Pow(10, float64(n)); p < 0x1p31 {
		return int32(p)
	}
	return math.MinInt32
}

func charInteger(dst []byte, t *pgformat.Number, v int64) ([]byte, error) {
	if t.Roman {
		if v != int64(int32(v)) {
			return dst, sqlerr.New(sqlerr.NumericValueOutOfRange, "integer out of range")
		}
		return t.AppendRoman(dst, v), nil
	}
	var buf [64]byte
	text := strconv.AppendInt(buf[:0], v, 10)
	if t.Post > 0 {
		text = append(text, '.')
		for range t.Post {
			text = append(text, '0')
		}
	}
	negative := v < 0
	if negative {
		text = text[1:]
	}
	return t.Append(dst, borrow(text), negative, t.Pre+t.Multi)
}

func charNumeric(dst []byte, t *pgformat.Number, f *frame, r uint32) ([]byte, error) {
	var n number
	n.load(f.raw(0, r))
	switch {
	case t.Roman:
		if n.kind != finite {
			what := "infinity"
			if n.kind == notANumber {
				what = "NaN"
			}
			return dst, sqlerr.New(sqlerr.FeatureNotSupported, "cannot convert %s to integer", what)
		}
		n.rescale(0)
		if !n.c.IsInt64() {
			return dst, sqlerr.New(sqlerr.NumericValueOutOfRange, "integer out of range")
		}
		return charInteger(dst, t, n.c.Int64())
	case t.Scientific:
		return t.AppendScientific(dst, n.scientific(t.Post)), nil
	}
	if n.kind == finite {
		if t.Multi > 0 {
			n.c.Mul(&n.c, tens(t.Multi))
		}
		n.rescale(t.Post)
	}
	text := n.String()
	negative := text[0] == '-'
	if negative {
		text = text[1:]
	}
	return t.Append(dst, text, negative, t.Pre+t.Multi)
}

// scientific is n with one digit before the point and decimals behind it, and its exponent; "" if n is not finite.
func (n *number) scientific(decimals int) string {
	if n.kind != finite {
		return ""
	}
	var m number
	m.c.Set(&n.c)
	exp := 0
	if n.c.Sign() != 0 {
		var abs apd.BigInt
		m.scale = len(abs.Abs(&n.c).String()) - 1
		exp = m.scale - n.scale
	}
	m.rescale(decimals)
	s := m.String()
	sign := "+"
	if exp < 0 {
		sign, exp = "-", -exp
	}
	if exp < 10 {
		sign += "0"
	}
	return s + "e" + sign + strconv.Itoa(exp)
}

func toNumber(f *frame, n numberTemplate) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		s := f.str(1, r)
		if s == "" {
			f.null(r)
			continue
		}
		buf, err := readNumber(out.buf, &n, f.str(0, r), s)
		if err != nil {
			f.fail(r, err)
			continue
		}
		out.buf = buf
	}
	out.done()
}

func readNumber(dst []byte, n *numberTemplate, s, template string) ([]byte, error) {
	t, err := n.get(template)
	if err != nil {
		return dst, err
	}
	text, precision, scale, err := t.Read(s)
	if err != nil {
		return dst, err
	}
	start := len(dst)
	dst, err = types.ParseNumeric(dst, text, types.NumericMod(precision, scale))
	if err != nil || !t.Shifted {
		return dst, err
	}
	var x, p number
	x.load(dst[start:])
	p.setInt(10)
	var exp number
	exp.setInt(int64(-t.Multi))
	if err := powNumber(&p, &exp); err != nil {
		return dst, err
	}
	if err := mulNumber(&x, &p); err != nil {
		return dst, err
	}
	return x.append(dst[:start]), nil
}
