package format

import (
	"bytes"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// textReader reads COPY's text format: values between delimiters, with backslash escapes; a backslash before a newline makes it
// part of the value.
type textReader struct {
	*rows
	delim  byte
	null   string
	header Header
	ends   lineEnd
	done   bool

	carry   []byte
	escaped bool // carry ends in an open backslash
	text    []byte
}

func (d *textReader) Write(p []byte) error {
	if d.err != nil || d.done {
		return d.err
	}
	if len(d.carry) > 0 {
		end, ok := d.recordEnd(p)
		if !ok {
			d.carry = append(d.carry, p...)
			return d.checkCarry()
		}
		d.carry = append(d.carry, p[:end]...)
		row := d.carry
		d.carry = d.carry[:0]
		if err := d.take(row); err != nil {
			return d.fail(err)
		}
		p = p[end+1:]
	}
	for !d.done && len(p) > 0 {
		d.escaped = false
		end, ok := d.recordEnd(p)
		if !ok {
			d.carry = append(d.carry, p...)
			return d.checkCarry()
		}
		if err := d.take(p[:end]); err != nil {
			return d.fail(err)
		}
		p = p[end+1:]
	}
	return nil
}

func (d *textReader) checkCarry() error {
	if len(d.carry) > d.maxRow {
		d.unended()
		return d.fail(d.tooLong())
	}
	return nil
}

func (d *textReader) Close() error {
	if d.err != nil {
		return d.err
	}
	if row := d.carry; len(row) > 0 && !d.done {
		d.carry = nil
		if d.ends == endBoth && row[len(row)-1] != '\r' {
			d.ends = endUnknown
		}
		if err := d.take(row); err != nil {
			return d.fail(err)
		}
	}
	if err := d.flush(); err != nil {
		return d.fail(err)
	}
	return nil
}

// recordEnd finds the first newline that no backslash precedes, and keeps whether one is open at the end of p.
func (d *textReader) recordEnd(p []byte) (int, bool) {
	i := 0
	if d.escaped && len(p) > 0 {
		i, d.escaped = 1, false
	}
	for {
		nl := bytes.IndexByte(p[i:], '\n')
		rest := p[i:]
		if nl >= 0 {
			rest = p[i : i+nl]
		}
		b := bytes.IndexByte(rest, '\\')
		if b < 0 {
			return i + nl, nl >= 0
		}
		// The byte after a backslash is never an end, whatever it is.
		if i += b + 2; i > len(p) {
			d.escaped = true
			return 0, false
		}
	}
}

func (d *textReader) record(row []byte) error {
	d.step(len(row))
	if len(row) > d.maxRow {
		return d.tooLong()
	}
	both := len(row) > 0 && row[len(row)-1] == '\r'
	if d.ends == endUnknown {
		d.ends = endNewline
		if both {
			d.ends = endBoth
		}
	}
	switch {
	case both && d.ends == endBoth:
		row = row[:len(row)-1]
	case d.ends == endBoth:
		return d.badLine(sqlerr.New(sqlerr.BadCopyFileFormat, "literal newline found in data").
			WithHint("Use \"\\n\" to represent newline."), nil)
	}
	escapes := bytes.IndexByte(row, '\\') >= 0
	if i := bytes.IndexByte(row, '\r'); i >= 0 && (!escapes || literalReturn(row)) {
		return d.badLine(sqlerr.New(sqlerr.BadCopyFileFormat, "literal carriage return found in data").
			WithHint("Use \"\\r\" to represent carriage return."), nil)
	}
	if escapes {
		var err error
		if row, err = d.endMarker(row); err != nil || d.done && len(row) == 0 {
			return err
		}
	}
	if d.header != NoHeader {
		return d.readHeader(row)
	}
	d.line += int64(bytes.Count(row, []byte{'\n'}))
	return d.row(row, escapes)
}

// endMarker looks for \. in a row: at the end of it, it ends the data, and what stands before it is the last row; any other is
// an error.
func (d *textReader) endMarker(row []byte) ([]byte, error) {
	for i := 0; i+1 < len(row); i++ {
		if row[i] != '\\' {
			continue
		}
		if i++; row[i] == '.' {
			if i+1 < len(row) {
				return row, d.badLine(sqlerr.New(sqlerr.BadCopyFileFormat, "end-of-copy marker corrupt"), nil)
			}
			d.done = true
			return row[:i-1], nil
		}
	}
	return row, nil
}

func literalReturn(row []byte) bool {
	for i := 0; i < len(row); i++ {
		if row[i] == '\\' {
			i++
		} else if row[i] == '\r' {
			return true
		}
	}
	return false
}

func (d *textReader) row(row []byte, escapes bool) error {
	rest := row
	for k := range d.cols {
		c := &d.cols[k]
		field, after, more := d.cut(rest, escapes)
		text, null, err := d.unescape(field, escapes)
		if err == nil && !null {
			err = c.put(text)
		}
		if err != nil {
			if d.count(rest, escapes) > len(d.cols)-k {
				return d.extra(row)
			}
			return d.badValue(err, c.name, text)
		}
		if null {
			c.null()
		}
		rest = after
		if last := k == len(d.cols)-1; last && more {
			return d.extra(row)
		} else if !last && !more {
			return d.missing(k+1, row)
		}
	}
	return d.added()
}

// cut splits at the first delimiter that no backslash precedes.
func (d *textReader) cut(s []byte, escapes bool) (field, after []byte, more bool) {
	if !escapes {
		if i := bytes.IndexByte(s, d.delim); i >= 0 {
			return s[:i], s[i+1:], true
		}
		return s, nil, false
	}
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case d.delim:
			return s[:i], s[i+1:], true
		}
	}
	return s, nil, false
}

// count is how many values s has.
func (d *textReader) count(s []byte, escapes bool) int {
	for n := 1; ; n++ {
		_, after, more := d.cut(s, escapes)
		if !more {
			return n
		}
		s = after
	}
}

// unescape gives a value; the null string is looked for before escapes are read.
func (d *textReader) unescape(s []byte, escapes bool) (text []byte, null bool, err error) {
	if string(s) == d.null {
		return s, true, nil
	}
	if !escapes || bytes.IndexByte(s, '\\') < 0 {
		return s, false, nil
	}
	d.text = d.text[:0]
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			d.text = append(d.text, s[i])
			continue
		}
		i++
		c := s[i]
		switch c {
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		case 'v':
			c = '\v'
		case '0', '1', '2', '3', '4', '5', '6', '7':
			c -= '0'
			for k := 0; k < 2 && i+1 < len(s) && s[i+1]-'0' < 8; k++ {
				i++
				c = c<<3 | (s[i] - '0')
			}
		case 'x':
			v, n := byte(0), 0
			for n < 2 && i+1 < len(s) && hexValue(s[i+1]) < 16 {
				i++
				n++
				v = v<<4 | hexValue(s[i])
			}
			if n > 0 {
				c = v
			}
		}
		d.text = append(d.text, c)
	}
	return d.text, false, nil
}

func hexValue(c byte) byte {
	switch {
	case c-'0' < 10:
		return c - '0'
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return (c | 0x20) - 'a' + 10
	}
	return 0xff
}

func (d *textReader) readHeader(row []byte) error {
	match := d.header == MatchHeader
	d.header = NoHeader
	if !match {
		return nil
	}
	var names []string
	line := row
	for more := true; more; {
		var field []byte
		field, row, more = d.cut(row, true)
		text, _, _ := d.unescape(field, true)
		names = append(names, string(text))
	}
	return d.matchHeader(names, line)
}
