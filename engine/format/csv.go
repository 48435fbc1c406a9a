package format

import (
	"bytes"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// lineEnd is how lines end: the first one decides for all.
type lineEnd uint8

const (
	endUnknown lineEnd = iota
	endNewline
	endBoth // carriage return and newline
)

// csvReader reads CSV. A line without a quote, the usual case, is cut by IndexByte alone; one with quotes is unquoted into
// scratch first.
type csvReader struct {
	*rows
	delim, quote, escape byte
	null                 string
	header               Header
	ends                 lineEnd
	done                 bool // the marker \. was read

	carry   []byte // a row that the last chunk did not end
	inQuote bool   // at the end of carry
	escaped bool   // at the end of carry: the last byte was an escape that is open

	text   []byte // scratch: the values of a row without their quotes
	fields []csvField
}

// csvField is a value without its quotes: a part of the row, or of the scratch.
type csvField struct {
	text   []byte
	quoted bool
}

func (d *csvReader) Write(p []byte) error {
	if d.err != nil || d.done {
		return d.err
	}
	if len(d.carry) > 0 {
		end, ok := d.recordEnd(p, 0)
		if !ok {
			d.carry = append(d.carry, p...)
			return d.checkCarry()
		}
		d.carry = append(d.carry, p[:end]...)
		row := d.carry
		d.carry = d.carry[:0]
		if err := d.take(row, bytes.IndexByte(row, d.quote) >= 0, bytes.IndexByte(row, '\r') >= 0); err != nil {
			return d.fail(err)
		}
		p = p[end+1:]
	}
	n, err := d.records(p)
	if err != nil {
		return d.fail(err)
	}
	if d.done || n == len(p) {
		return nil
	}
	d.inQuote, d.escaped = false, false
	d.recordEnd(p[n:], 0)
	d.carry = append(d.carry, p[n:]...)
	return d.checkCarry()
}

func (d *csvReader) checkCarry() error {
	if len(d.carry) > d.maxRow {
		d.unended()
		return d.fail(d.tooLong())
	}
	return nil
}

func (d *csvReader) Close() error {
	if d.err != nil {
		return d.err
	}
	if row := d.carry; len(row) > 0 && !d.done {
		d.carry = nil
		if d.inQuote {
			d.unended()
			return d.fail(d.badLine(sqlerr.New(sqlerr.BadCopyFileFormat, "unterminated CSV quoted field"), row))
		}
		cr := bytes.IndexByte(row, '\r') >= 0
		if !cr {
			d.ends = endUnknown // a last line without its end says nothing about line ends
		}
		if err := d.take(row, bytes.IndexByte(row, d.quote) >= 0, cr); err != nil {
			return d.fail(err)
		}
	}
	if err := d.flush(); err != nil {
		return d.fail(err)
	}
	return nil
}

// recordEnd finds the newline that ends the row of which p is the rest, from place i on, and keeps in the reader whether a
// quote is open at the end of p if there is none.
func (d *csvReader) recordEnd(p []byte, i int) (end int, ok bool) {
	if d.escape != d.quote {
		return d.recordEndEscaped(p, i)
	}
	for {
		if d.inQuote {
			q := bytes.IndexByte(p[i:], d.quote)
			if q < 0 {
				return 0, false
			}
			i += q + 1
			d.inQuote = false
		}
		nl := bytes.IndexByte(p[i:], '\n')
		rest := p[i:]
		if nl >= 0 {
			rest = p[i : i+nl]
		}
		q := bytes.IndexByte(rest, d.quote)
		if q < 0 {
			return i + nl, nl >= 0
		}
		i += q + 1
		d.inQuote = true
	}
}

func (d *csvReader) recordEndEscaped(p []byte, i int) (end int, ok bool) {
	for ; i < len(p); i++ {
		c := p[i]
		if c == '\n' && !d.inQuote {
			return i, true
		}
		if d.inQuote && c == d.escape {
			d.escaped = !d.escaped
		}
		if c == d.quote && !d.escaped {
			d.inQuote = !d.inQuote
		}
		if c != d.escape {
			d.escaped = false
		}
	}
	return 0, false
}

// next gives the place of the first c in p at i or later, len(p) if there is none. at is what it gave before: where the
// byte is rare, nearly all calls end at the first test.
func next(p []byte, i, at int, c byte) int {
	if at >= i {
		return at
	}
	if k := bytes.IndexByte(p[i:], c); k >= 0 {
		return i + k
	}
	return len(p)
}

// records reads the whole rows of p and gives where they end.
func (d *csvReader) records(p []byte) (int, error) {
	i, quote, cr := 0, -1, -1
	for i < len(p) && !d.done {
		nl := bytes.IndexByte(p[i:], '\n')
		if nl < 0 {
			break
		}
		end := i + nl
		quote, cr = next(p, i, quote, d.quote), next(p, i, cr, '\r')
		if quote < end {
			d.inQuote, d.escaped = false, false
			var ok bool
			if end, ok = d.recordEnd(p, i); !ok {
				break
			}
		}
		if err := d.take(p[i:end], quote < end, cr < end); err != nil {
			return i, err
		}
		i = end + 1
	}
	return i, nil
}

// record reads one row without its newline.
func (d *csvReader) record(row []byte, quotes, cr bool) error {
	d.step(len(row))
	if len(row) > d.maxRow {
		return d.tooLong()
	}
	if quotes {
		d.line += int64(bytes.Count(row, []byte{'\n'}))
	}
	if cr || d.ends != endNewline {
		var err error
		if row, err = d.lineEnd(row, quotes); err != nil {
			return err
		}
	}
	if len(row) == 2 && row[0] == '\\' && row[1] == '.' {
		d.done = true
		return nil
	}
	if d.header != NoHeader {
		return d.readHeader(row)
	}
	if quotes {
		return d.quotedRow(row)
	}
	return d.plainRow(row)
}

// lineEnd takes the carriage return off, and holds all lines to the end that the first one had.
func (d *csvReader) lineEnd(row []byte, quotes bool) ([]byte, error) {
	both := len(row) > 0 && row[len(row)-1] == '\r'
	if d.ends == endUnknown {
		d.ends = endNewline
		if both {
			d.ends = endBoth
		}
	}
	if both && d.ends == endBoth {
		row = row[:len(row)-1]
	} else if d.ends == endBoth {
		return row, d.badLine(sqlerr.New(sqlerr.BadCopyFileFormat, "unquoted newline found in data").
			WithHint("Use quoted CSV field to represent newline."), nil)
	}
	if !quotes && bytes.IndexByte(row, '\r') >= 0 || quotes && d.bareReturn(row) {
		return row, d.badLine(sqlerr.New(sqlerr.BadCopyFileFormat, "unquoted carriage return found in data").
			WithHint("Use quoted CSV field to represent carriage return."), nil)
	}
	return row, nil
}

// bareReturn looks for a carriage return outside of quotes.
func (d *csvReader) bareReturn(row []byte) bool {
	in, escaped := false, false
	for _, c := range row {
		if c == '\r' && !in {
			return true
		}
		if in && c == d.escape && d.escape != d.quote {
			escaped = !escaped
		}
		if c == d.quote && !escaped {
			in = !in
		}
		if c != d.escape {
			escaped = false
		}
	}
	return false
}

// plainRow reads a row without quotes.
func (d *csvReader) plainRow(row []byte) error {
	rest, last := row, len(d.cols)-1
	for k := range d.cols {
		c := &d.cols[k]
		field := rest
		i := bytes.IndexByte(rest, d.delim)
		switch {
		case k == last && i >= 0:
			return d.extra(row)
		case i >= 0:
			field, rest = rest[:i], rest[i+1:]
		case k < last:
			if err := d.plainValue(c, field); err != nil {
				return d.badValue(err, c.name, field)
			}
			return d.missing(k+1, row)
		}
		if err := d.plainValue(c, field); err != nil {
			if bytes.Count(row, []byte{d.delim}) > last {
				return d.extra(row)
			}
			return d.badValue(err, c.name, field)
		}
	}
	return d.added()
}

func (d *csvReader) plainValue(c *column, field []byte) error {
	if string(field) == d.null && !c.forceNotNull {
		c.null()
		return nil
	}
	return c.put(field)
}

// split cuts a row with quotes into d.fields. A value that is all in quotes, or has none, stays where it is; any other is
// put together in d.text.
func (d *csvReader) split(row []byte) error {
	d.text, d.fields = d.text[:0], d.fields[:0]
	for i := 0; ; {
		f, end, ok := d.wholeField(row, i)
		if !ok {
			if f, end, ok = d.pieces(row, i); !ok {
				return d.badLine(sqlerr.New(sqlerr.BadCopyFileFormat, "unterminated CSV quoted field"), row)
			}
		}
		d.fields = append(d.fields, f)
		if end == len(row) {
			return nil
		}
		i = end + 1
	}
}

// wholeField reads a value that needs no putting together: end is the place of the delimiter after it.
func (d *csvReader) wholeField(row []byte, i int) (f csvField, end int, ok bool) {
	if i < len(row) && row[i] == d.quote {
		i++
		n := bytes.IndexByte(row[i:], d.quote)
		if n < 0 || i+n+1 < len(row) && row[i+n+1] != d.delim {
			return f, 0, false
		}
		text := row[i : i+n]
		return csvField{text, true}, i + n + 1, d.escape == d.quote || bytes.IndexByte(text, d.escape) < 0
	}
	end = len(row)
	if n := bytes.IndexByte(row[i:], d.delim); n >= 0 {
		end = i + n
	}
	text := row[i:end]
	return csvField{text, false}, end, bytes.IndexByte(text, d.quote) < 0
}

// pieces reads any value: a quote may open and close anywhere in it. ok is false when one stays open.
func (d *csvReader) pieces(row []byte, i int) (f csvField, end int, ok bool) {
	at := len(d.text)
	in := false
	for ; i < len(row) && (in || row[i] != d.delim); i++ {
		c := row[i]
		switch {
		case in && c == d.escape && i+1 < len(row) && (row[i+1] == d.escape || row[i+1] == d.quote):
			i++
			d.text = append(d.text, row[i])
		case in && c == d.quote:
			in = false
		case !in && c == d.quote:
			in, f.quoted = true, true
		default:
			d.text = append(d.text, c)
		}
	}
	f.text = d.text[at:]
	return f, i, !in
}

func (d *csvReader) quotedRow(row []byte) error {
	if err := d.split(row); err != nil {
		return err
	}
	if len(d.fields) > len(d.cols) {
		return d.extra(row)
	}
	for k := range d.cols {
		if k >= len(d.fields) {
			return d.missing(k, row)
		}
		c, f := &d.cols[k], d.fields[k]
		if string(f.text) == d.null && (f.quoted && c.forceNull || !f.quoted && !c.forceNotNull) {
			c.null()
			continue
		}
		if err := c.put(f.text); err != nil {
			return d.badValue(err, c.name, f.text)
		}
	}
	return d.added()
}

func (d *csvReader) readHeader(row []byte) error {
	match := d.header == MatchHeader
	d.header = NoHeader
	if !match {
		return nil
	}
	if err := d.split(row); err != nil {
		return err
	}
	names := make([]string, len(d.fields))
	for i, f := range d.fields {
		names[i] = string(f.text)
	}
	return d.matchHeader(names, row)
}
