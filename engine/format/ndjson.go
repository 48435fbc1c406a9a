package format

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// jsonReader reads one object a line. Keys may come in any order; the order of the line before is the first guess.
type jsonReader struct {
	*rows
	refuse bool
	carry  []byte
	text   []byte // scratch: a string without its escapes
	order  []int  // column of the n-th key of the last line, -1 for none
	keys   *keyTable
	lost   int // grows by two with each guess that fails, shrinks by one with each that does not
	byName map[string]int
}

// From tooLost on only one line in guessAgain is guessed: its keys have no order.
const (
	tooLost    = 32
	guessAgain = 16
)

// maxOrder is how many keys of a line are remembered as a guess for the next one.
const maxOrder = 256

func newJSONReader(r *rows, refuse bool) *jsonReader {
	d := &jsonReader{rows: r, refuse: refuse, keys: newKeyTable(r.cols), byName: make(map[string]int, len(r.cols))}
	for i := range r.cols {
		d.byName[r.cols[i].name] = i
	}
	return d
}

func (d *jsonReader) Write(p []byte) error {
	if d.err != nil {
		return d.err
	}
	for len(p) > 0 {
		nl := bytes.IndexByte(p, '\n')
		if nl < 0 {
			d.carry = append(d.carry, p...)
			if len(d.carry) > d.maxRow {
				d.unended()
				return d.fail(d.tooLong())
			}
			return nil
		}
		row := p[:nl]
		if len(d.carry) > 0 {
			d.carry = append(d.carry, row...)
			row = d.carry
		}
		if err := d.take(row); err != nil {
			return d.fail(err)
		}
		d.carry = d.carry[:0]
		p = p[nl+1:]
	}
	return nil
}

func (d *jsonReader) Close() error {
	if d.err != nil {
		return d.err
	}
	if row := d.carry; len(row) > 0 {
		d.carry = nil
		if err := d.take(row); err != nil {
			return d.fail(err)
		}
	}
	if err := d.flush(); err != nil {
		return d.fail(err)
	}
	return nil
}

func (d *jsonReader) broken(row []byte, detail string) error {
	e := sqlerr.New(sqlerr.InvalidTextRepresentation, "invalid input syntax for type json")
	if err := types.ValidateJSON(types.View(row)); err != nil {
		e, _ = sqlerr.As(err)
	} else {
		e.Detail = detail
	}
	return d.badLine(e, row)
}

// object reads one line.
func (d *jsonReader) object(row []byte) error {
	d.step(len(row))
	if len(row) > d.maxRow {
		return d.tooLong()
	}
	i := blanks(row, 0)
	if i == len(row) {
		return nil
	}
	if row[i] != '{' {
		return d.broken(row, "Expected an object on each line.")
	}
	i = blanks(row, i+1)
	if i < len(row) && row[i] == '}' {
		return d.finish(row, i+1)
	}
	for nth := 0; ; nth++ {
		k, next := d.key(row, i, nth)
		if next < 0 {
			return d.broken(row, "")
		}
		i = blanks(row, next)
		end := d.member(row, i, k)
		if end.err != nil {
			return end.err
		}
		i = blanks(row, end.at)
		if i < len(row) && row[i] == ',' {
			i = blanks(row, i+1)
			continue
		}
		if i < len(row) && row[i] == '}' {
			return d.finish(row, i+1)
		}
		return d.broken(row, "")
	}
}

// finish fills up the columns that the line did not name.
func (d *jsonReader) finish(row []byte, i int) error {
	if i = blanks(row, i); i != len(row) {
		return d.broken(row, "Expected one object on each line.")
	}
	for k := range d.cols {
		if d.cols[k].n == d.n {
			d.cols[k].null()
		}
	}
	return d.added()
}

func blanks(s []byte, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\t' || s[i] == '\r') {
		i++
	}
	return i
}

// key reads a key and its colon. col is the column, -1 for none; next is -1 when there is no key.
func (d *jsonReader) key(row []byte, i, nth int) (col, next int) {
	if i >= len(row) || row[i] != '"' {
		return 0, -1
	}
	guess := -1
	if nth < len(d.order) {
		guess = d.order[nth]
	}
	if guess >= 0 && (d.lost < tooLost || d.line%guessAgain == 0) {
		if end := i + len(d.keys.begins[guess]); end <= len(row) && string(row[i:end]) == d.keys.begins[guess] {
			d.lost = max(d.lost-1, 0)
			return guess, end
		}
		d.lost = min(d.lost+2, 2*tooLost)
	}
	if col, next = d.keys.at(row[i:]); next > 0 {
		d.remember(nth, col)
		return col, i + next
	}
	end, escapes, ok := stringEnd(row, i)
	if !ok {
		return 0, -1
	}
	name := row[i+1 : end-1]
	if escapes {
		d.text, ok = types.JSONUnquote(d.text[:0], types.View(row[i:end]))
		if !ok {
			return 0, -1
		}
		name = d.text
	}
	col, found := d.byName[string(name)]
	if !found {
		col = -1
	}
	d.remember(nth, col)
	end = blanks(row, end)
	if end >= len(row) || row[end] != ':' {
		return 0, -1
	}
	return col, end + 1
}

// remember makes col the guess for the n-th key of the next line.
func (d *jsonReader) remember(nth, col int) {
	if nth == len(d.order) && nth < maxOrder {
		d.order = append(d.order, col)
	} else if nth < len(d.order) {
		d.order[nth] = col
	}
}

// stringEnd finds the place after the closing quote of the string that begins at i.
func stringEnd(s []byte, i int) (end int, escapes, ok bool) {
	for from := i + 1; ; {
		q := bytes.IndexByte(s[from:], '"')
		if q < 0 {
			return 0, false, false
		}
		end = from + q
		b := bytes.IndexByte(s[from:end], '\\')
		if b < 0 {
			return end + 1, escapes, true
		}
		// The byte after a backslash never ends the string.
		escapes = true
		if from += b + 2; from > len(s) {
			return 0, false, false
		}
	}
}

// place is where a value ends, or why it does not.
type place struct {
	at  int
	err error
}

// member reads the value at i into column k, or past it if k is -1.
func (d *jsonReader) member(row []byte, i, k int) place {
	if i >= len(row) {
		return place{err: d.broken(row, "")}
	}
	if k >= 0 {
		c := &d.cols[k]
		if c.n > d.n {
			c.truncate(d.n) // the last of equal keys counts
		}
		if end := c.quick(row[i:]); end > 0 {
			return place{at: i + end}
		}
	}
	v := valueEnd(row, i)
	if v.end == 0 {
		return place{err: d.broken(row, "")}
	}
	end := v.end
	raw := row[i:end]
	if k < 0 {
		d.unknown++
		if d.refuse {
			return place{err: d.badLine(sqlerr.New(sqlerr.UndefinedColumn, "a key of the object is no column of %s", d.relation).
				WithHint("Leave the key out, or do not refuse unknown keys."), row)}
		}
		if raw[0] == '{' || raw[0] == '[' || v.escapes {
			if types.ValidateJSON(types.View(raw)) != nil {
				return place{err: d.broken(row, "")}
			}
		}
		return place{at: end}
	}
	c := &d.cols[k]
	if err := d.put(c, raw, v); err != nil {
		return place{err: d.badValue(err, c.name, raw)}
	}
	return place{at: end}
}

// put appends a JSON value to a column.
func (d *jsonReader) put(c *column, raw []byte, v jsonValue) error {
	t := c.t
	isJSON := t.OID == types.OIDJSONB || t.OID == types.OIDJSON
	switch first := raw[0]; {
	case first == 'n':
		c.null()
		return nil
	case isJSON:
		return c.put(raw)
	case first == '"' && !v.escapes:
		if v.ascii && c.how == asText {
			c.bytes(raw[1 : len(raw)-1])
			return nil
		}
		return c.put(raw[1 : len(raw)-1])
	case first == '"':
		var ok bool
		if d.text, ok = types.JSONUnquote(d.text[:0], types.View(raw)); !ok {
			return types.JSONStringError(types.View(raw))
		}
		return c.put(d.text)
	case first == '[' && t.Elem().OID != 0:
		out, err := arrayLiteral(d.text[:0], raw)
		d.text = out
		if err != nil {
			return err
		}
		return c.put(out)
	case first == '{' || first == '[':
		out, err := types.ParseJSONB(d.text[:0], types.View(raw))
		d.text = out
		if err != nil {
			return err
		}
		return c.put(out)
	case c.how == asText:
		c.bytes(raw)
		return nil
	}
	return c.put(raw)
}

// jsonValue is what valueEnd saw of a value.
type jsonValue struct {
	end     int  // 0: it is none
	escapes bool // a string with backslashes
	ascii   bool // a string of ASCII
}

// valueEnd finds where the value that begins at i ends. Strings and words are looked at closely enough for put; arrays and
// objects only for where they end.
func valueEnd(s []byte, i int) jsonValue {
	switch c := s[i]; {
	case c == '"':
		return scanString(s, i)
	case c == '{' || c == '[':
		end, _ := nestedEnd(s, i)
		return jsonValue{end: end}
	case c == '-' || c-'0' < 10:
		return jsonValue{end: numberEnd(s, i)}
	}
	for _, w := range [...]string{"null", "true", "false"} {
		if len(s)-i >= len(w) && string(s[i:i+len(w)]) == w {
			return jsonValue{end: i + len(w)}
		}
	}
	return jsonValue{}
}

const (
	quotes  = ones * '"'
	slashes = ones * '\\'
	blanks8 = ones * ' '
)

// scanString finds the end of the string that begins at i, eight bytes at a time. In each word it looks for a quote, a
// backslash and a control character at once; the lowest hit is exact, those above it may be carries.
func scanString(s []byte, i int) jsonValue {
	v := jsonValue{ascii: true}
	k := i + 1
	for k+8 <= len(s) {
		w := binary.LittleEndian.Uint64(s[k:])
		q, b := w^quotes, w^slashes
		hit := ((q-ones)&^q | (b-ones)&^b | (w-blanks8)&^w) & highs
		if hit == 0 {
			if w&highs != 0 {
				v.ascii = false
			}
			k += 8
			continue
		}
		n := bits.TrailingZeros64(hit) &^ 7
		if w&highs&(1<<n-1) != 0 {
			v.ascii = false
		}
		k += n >> 3
		break
	}
	for ; k < len(s); k++ {
		switch c := s[k]; {
		case c == '"':
			v.end = k + 1
			return v
		case c == '\\':
			end, _, ok := stringEnd(s, i)
			if !ok {
				return jsonValue{}
			}
			return jsonValue{end: end, escapes: true}
		case c < ' ':
			return jsonValue{}
		case c >= 0x80:
			v.ascii = false
		}
	}
	return jsonValue{}
}

// numberEnd reads JSON's grammar of a number; 0 is none.
func numberEnd(s []byte, i int) int {
	digits := func() bool {
		from := i
		for i < len(s) && s[i]-'0' < 10 {
			i++
		}
		return i > from
	}
	if s[i] == '-' {
		i++
	}
	zero := i < len(s) && s[i] == '0'
	from := i
	if !digits() || zero && i > from+1 {
		return 0
	}
	if i < len(s) && s[i] == '.' {
		if i++; !digits() {
			return 0
		}
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		if i++; i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		if !digits() {
			return 0
		}
	}
	return i
}

// nestedEnd finds the bracket that closes the one at i.
func nestedEnd(s []byte, i int) (int, bool) {
	depth := 0
	for i < len(s) {
		switch s[i] {
		case '"':
			end, _, ok := stringEnd(s, i)
			if !ok {
				return 0, false
			}
			i = end
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1, true
			}
		}
		i++
	}
	return 0, false
}

// arrayLiteral turns a JSON array of values into an array literal: [1,"a",null] into {"1","a",NULL}.
func arrayLiteral(dst, raw []byte) ([]byte, error) {
	if err := types.ValidateJSON(types.View(raw)); err != nil {
		return dst, err
	}
	for i := 0; i < len(raw); {
		switch c := raw[i]; {
		case c == '[':
			dst = append(dst, '{')
		case c == ']':
			dst = append(dst, '}')
		case c == ',':
			dst = append(dst, ',')
		case c == ' ' || c == '\t' || c == '\r':
		case c == '{':
			return dst, sqlerr.NotSupported("an object within an array column").WithHint("Make the column jsonb.")
		default:
			end := valueEnd(raw, i).end
			v := raw[i:end]
			if c == 'n' {
				dst = append(dst, "NULL"...)
			} else {
				dst = appendItem(dst, v)
			}
			i = end
			continue
		}
		i++
	}
	return dst, nil
}

func appendItem(dst, v []byte) []byte {
	if v[0] == '"' {
		v, _ = types.JSONUnquote(nil, types.View(v))
	}
	dst = append(dst, '"')
	for _, c := range v {
		if c == '"' || c == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, c)
	}
	return append(dst, '"')
}
