package expr

import (
	"bytes"
	"strings"
	"unsafe"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

// borrow gives b as a string that lives as long as b does unchanged.
func borrow(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// typeName is the name of t in messages.
func typeName(t types.Type) string {
	switch {
	case t == types.BPChar:
		return "character"
	case t.Elem() == types.BPChar && t.Mod == 0:
		return "character[]"
	}
	return types.FormatType(t)
}

// parseInto appends the value that text stands for.
func parseInto(b *batch.Builder, text string) error { return value.ParseText(b, []byte(text), nil) }

// appendText appends the text form of row r of col, which is not null.
func appendText(dst []byte, col *batch.Column, r int, l *types.Locale) []byte {
	return value.AppendText(dst, col, r, l)
}

// sqlText is a constant as SQL.
func sqlText(c *batch.Column) string {
	if c.Null(0) {
		return "NULL"
	}
	switch c.Type.OID {
	case types.OIDBool:
		if c.Bits.Get(0) {
			return "true"
		}
		return "false"
	case types.OIDInt2, types.OIDInt4, types.OIDInt8, types.OIDNumeric, types.OIDFloat8:
		if text := string(appendText(nil, c, 0, nil)); !strings.ContainsAny(text, "Ny") { // NaN and Infinity are no literals
			return text
		}
	case types.OIDText, types.OIDUnknown:
		return quote(string(c.At(0)))
	}
	return quote(string(appendText(nil, c, 0, nil))) + "::" + types.FormatType(c.Type)
}

// textCasts are the casts among strings. Of char(n) the trailing blanks are no part of the value.
var textCasts = []conversion{
	{types.OIDText, types.OIDVarchar, Implicit, 0, nil},
	{types.OIDVarchar, types.OIDText, Implicit, 0, nil},
	{types.OIDText, types.OIDBPChar, Implicit, 0, nil},
	{types.OIDVarchar, types.OIDBPChar, Implicit, 0, nil},
	{types.OIDBPChar, types.OIDText, Implicit, 0, trimBlanks},
	{types.OIDBPChar, types.OIDVarchar, Implicit, 0, trimBlanks},
	{types.OIDBPChar, types.OIDName, Implicit, 0, func(f *frame) { cutNames(f, true) }},
	{types.OIDName, types.OIDText, Implicit, 0, nil},
	{types.OIDName, types.OIDVarchar, Assignment, 0, nil},
	{types.OIDText, types.OIDName, Implicit, 0, cutName},
	{types.OIDVarchar, types.OIDName, Implicit, 0, cutName},
	{types.OIDChar, types.OIDText, Implicit, 0, nil},
	{types.OIDText, types.OIDChar, Assignment, 0, firstByte},
	{types.OIDBool, types.OIDText, Assignment, 0, boolToText},
	{types.OIDBool, types.OIDVarchar, Assignment, 0, boolToText},
	{types.OIDBool, types.OIDBPChar, Assignment, 0, boolToText},
}

func boolToText(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		if f.bit(0, r) {
			out.buf = append(out.buf, "true"...)
		} else {
			out.buf = append(out.buf, "false"...)
		}
	}
	out.done()
}

func trimBlanks(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		out.buf = append(out.buf, strings.TrimRight(f.str(0, r), " ")...)
	}
	out.done()
}

// maxName is how many bytes an identifier has at most.
const maxName = 63

func cutName(f *frame) { cutNames(f, false) }

func cutNames(f *frame, trim bool) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		s := f.raw(0, r)
		if trim {
			s = bytes.TrimRight(s, " ")
		}
		n := min(len(s), maxName)
		for n > 0 && n < len(s) && s[n]&0xc0 == 0x80 {
			n--
		}
		out.buf = append(out.buf, s[:n]...)
	}
	out.done()
}

func firstByte(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		s, _ := types.FitText(nil, f.str(0, r), types.Char, true) // which never fails for it
		out.buf = append(out.buf, s...)
	}
	out.done()
}

// castToText gives the text form of any value.
func castToText(f *frame) {
	out := f.text()
	a := &f.args[0]
	write := value.NewTextWriter(a.col.Type, f.c.Locale)
	for _, r := range f.rows() {
		out.at(r)
		out.buf = write(out.buf, &a.col, a.at(r))
	}
	out.done()
}

// castInet gives the address of a host as the net of itself, which is what PostgreSQL makes of it.
func castInet(f *frame) {
	out := f.text()
	a := &f.args[0]
	for _, r := range f.rows() {
		out.at(r)
		out.buf = types.AppendInet(out.buf, a.col.At(a.at(r)), true)
	}
	out.done()
}

// castFromText reads any value from its text form.
func castFromText(f *frame) {
	b := batch.NewBuilder(asRead(f.t), f.n)
	parse := value.NewTextParser(asRead(f.t), f.c.Locale)
	rows := f.rows()
	for r, k := 0, 0; r < f.n; r++ {
		if k == len(rows) || int(rows[k]) != r {
			b.Null()
			continue
		}
		k++
		if err := parse(b, f.raw(0, uint32(r))); err != nil {
			b.Null()
			f.fail(uint32(r), err)
		}
	}
	valid := f.out.Valid
	f.out = b.Finish()
	f.out.Valid = valid
}

// withMod applies the modifier of to: the length of a string, the digits of a numeric or of a time's seconds.
func withMod(x Expr, to types.Type, how CastContext) Expr {
	if elem := to.Elem(); elem != (types.Type{}) {
		elem.Mod = to.Mod
		return castArray(x, to, elem, how)
	}
	fn := &function{name: "modifier", flags: fallible}
	switch to.OID {
	case types.OIDVarchar:
		fn.run = func(f *frame) { limitText(f, to, how, false) }
	case types.OIDBPChar:
		fn.run = func(f *frame) { limitText(f, to, how, true) }
	case types.OIDNumeric:
		fn.run = func(f *frame) { limitNumeric(f, to) }
	case types.OIDTimestamp, types.OIDTimestamptz, types.OIDTime:
		fn.flags = 0
		fn.run = func(f *frame) { roundTimes(f, to) }
	case types.OIDInterval:
		fn.flags = 0
		fn.run = func(f *frame) { fitSpans(f, to) }
	default:
		return retype(x, to)
	}
	return &call{fn: fn, args: []Expr{x}, t: to, form: func(as []Expr) string { return paren(as[0]) + "::" + types.FormatType(to) }}
}

func limitText(f *frame, to types.Type, how CastContext, padded bool) {
	limit := int(to.Mod) - 4
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		s := f.str(0, r)
		cut := runesAt(s, limit)
		if how != Explicit && strings.Trim(s[cut:], " ") != "" {
			f.fail(r, sqlerr.New(sqlerr.StringDataRightTruncation, "value too long for type %s", typeName(to)))
			continue
		}
		start := len(out.buf)
		out.buf = append(out.buf, s[:cut]...)
		if padded {
			for have := len([]rune(borrow(out.buf[start:]))); have < limit; have++ {
				out.buf = append(out.buf, ' ')
			}
		}
	}
	out.done()
}

func limitNumeric(f *frame, to types.Type) {
	var x number
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		x.load(f.raw(0, r))
		if err := x.limit(to); err != nil {
			f.fail(r, err)
			continue
		}
		out.buf = x.append(out.buf)
	}
	out.done()
}

// roundTimes rounds to the digits of a second that to keeps.
func roundTimes(f *frame, to types.Type) {
	a, ma := vals[int64](f, 0)
	out := result[int64](f)
	digits := types.Digits(to)
	for i := range out {
		if to.OID == types.OIDTime {
			out[i] = types.RoundMicros(a[i&ma], digits)
		} else {
			out[i] = int64(types.RoundTimestamp(types.Micros(a[i&ma]), digits))
		}
	}
}

func fitSpans(f *frame, to types.Type) {
	a, ma := vals[[16]byte](f, 0)
	out := result[[16]byte](f)
	for i := range out {
		out[i] = types.FitSpan(types.SpanOf(a[i&ma]), to).Fixed16()
	}
}
