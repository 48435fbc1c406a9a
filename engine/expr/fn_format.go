package expr

import (
	"bytes"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// format is format(text, ...): %s, %I and %L with a position, a width and a minus sign, and %%.
func format(f *frame) {
	out := f.text()
	for _, r := range f.rows() {
		out.at(r)
		if f.args[0].null(int(r)) {
			f.null(r)
			continue
		}
		if err := formatRow(f, &out, r); err != nil {
			out.undo()
			f.fail(r, err)
		}
	}
	out.done()
}

// directive is one % of a format string.
type directive struct {
	arg   int // from 1; 0: the next
	left  bool
	width int
	star  int // the argument that the width comes from; -1: none, 0: the next
	conv  byte
}

func formatRow(f *frame, out *textOut, r uint32) error {
	s, next := f.str(0, r), 0
	for {
		i := strings.IndexByte(s, '%')
		if i < 0 {
			out.buf = append(out.buf, s...)
			return nil
		}
		out.buf = append(out.buf, s[:i]...)
		s = s[i+1:]
		if strings.HasPrefix(s, "%") {
			out.buf = append(out.buf, '%')
			s = s[1:]
			continue
		}
		d, rest, err := readDirective(s)
		if err != nil {
			return err
		}
		s = rest
		if d.star >= 0 {
			if d.star == 0 {
				next++
				d.star = next
			}
			if d.star >= len(f.args) {
				return tooFewArguments()
			}
			if a := &f.args[d.star]; !a.null(int(r)) {
				n, err := types.ParseInt4(string(appendText(nil, &a.col, a.at(r), f.c.Locale)))
				if err != nil {
					return err
				}
				d.width = int(n)
			}
			if d.width < 0 {
				d.left, d.width = true, -d.width
			}
			next = max(next, d.star)
		}
		if d.arg == 0 {
			d.arg = next + 1
		}
		next = d.arg
		if d.arg >= len(f.args) {
			return tooFewArguments()
		}
		if err := d.write(f, out, r); err != nil {
			return err
		}
		if out.over() {
			return nil
		}
	}
}

func tooFewArguments() error {
	return sqlerr.New(sqlerr.InvalidParameterValue, "too few arguments for format()")
}

func readDirective(s string) (directive, string, error) {
	d := directive{star: -1}
	number := func() (n int, ok bool) {
		for s != "" && s[0]-'0' < 10 && n < math.MaxInt32/16 {
			n, ok = 10*n+int(s[0]-'0'), true
			s = s[1:]
		}
		return n, ok
	}
	argumentZero := sqlerr.New(sqlerr.InvalidParameterValue, "format specifies argument 0, but arguments are numbered from 1")
	if n, ok := number(); ok {
		if strings.HasPrefix(s, "$") {
			if n == 0 {
				return d, s, argumentZero
			}
			d.arg, s = n, s[1:]
		} else {
			d.width = n
		}
	}
	for strings.HasPrefix(s, "-") {
		d.left, s = true, s[1:]
	}
	if strings.HasPrefix(s, "*") {
		s = s[1:]
		n, ok := number()
		d.star = n
		switch {
		case ok && !strings.HasPrefix(s, "$"):
			return d, s, sqlerr.New(sqlerr.InvalidParameterValue, "width argument position must be ended by \"$\"")
		case ok && n == 0:
			return d, s, argumentZero
		case ok:
			s = s[1:]
		}
	} else if n, ok := number(); ok {
		d.width = n
	}
	if s == "" {
		return d, s, sqlerr.New(sqlerr.InvalidParameterValue, "unterminated format() type specifier").
			WithHint(`For a single "%%" use "%%%%".`)
	}
	d.conv = s[0]
	if d.conv != 's' && d.conv != 'I' && d.conv != 'L' {
		c, _ := utf8.DecodeRuneInString(s)
		return d, s, sqlerr.New(sqlerr.InvalidParameterValue, "unrecognized format() type specifier \"%c\"", c).
			WithHint(`For a single "%%" use "%%%%".`)
	}
	return d, s[1:], nil
}

func (d *directive) write(f *frame, out *textOut, r uint32) error {
	a := &f.args[d.arg]
	start := len(out.buf)
	if a.null(int(r)) {
		switch d.conv {
		case 'I':
			return sqlerr.New(sqlerr.NullValueNotAllowed, "null values cannot be formatted as an SQL identifier")
		case 'L':
			out.buf = append(out.buf, "NULL"...)
		}
	} else {
		text := appendText(nil, &a.col, a.at(r), f.c.Locale)
		switch d.conv {
		case 's':
			out.buf = append(out.buf, text...)
		case 'I':
			out.buf = appendIdent(out.buf, string(text))
		case 'L':
			out.buf = appendLiteral(out.buf, string(text))
		}
	}
	if missing := d.width - utf8.RuneCount(out.buf[start:]); missing > 0 {
		if !out.room(missing) {
			return nil
		}
		blanks := bytes.Repeat([]byte{' '}, missing)
		if d.left {
			out.buf = append(out.buf, blanks...)
		} else {
			text := append(blanks, out.buf[start:]...)
			out.buf = append(out.buf[:start], text...)
		}
	}
	return nil
}
