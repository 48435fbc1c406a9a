package regex

import (
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// options are what letters behind a pattern, or at its beginning, ask for.
type options struct {
	caseless   bool
	lineStop   bool // . and [^ do not match a newline
	lineAnchor bool // ^ and $ match at lines
	literal    bool // no character is special
	expanded   bool // blanks and comments are passed over
	extended   bool // POSIX's extended syntax: no escapes, no non-greedy quantifiers
}

// set takes the option c; false if there is none. Basic regular expressions are refused.
func (o *options) set(c rune) bool {
	switch c {
	case 'b':
		panic(sqlerr.NotSupported("a basic regular expression (option b)"))
	case 'c':
		o.caseless = false
	case 'e':
		o.extended, o.literal = true, false
	case 'i':
		o.caseless = true
	case 'm', 'n':
		o.lineStop, o.lineAnchor = true, true
	case 'p':
		o.lineStop, o.lineAnchor = true, false
	case 'q':
		o.literal, o.extended = true, true
	case 's':
		o.lineStop, o.lineAnchor = false, false
	case 't':
		o.expanded = false
	case 'w':
		o.lineStop, o.lineAnchor = false, true
	case 'x':
		o.expanded = true
	default:
		return false
	}
	return true
}

// prefixes reads what may stand before the pattern itself, and gives that.
func (o *options) prefixes(p string) string {
	if o.literal {
		return p
	}
	if rest, ok := strings.CutPrefix(p, "***"); ok {
		switch {
		case strings.HasPrefix(rest, "="):
			*o = options{literal: true, extended: true, caseless: o.caseless}
			return rest[1:]
		case strings.HasPrefix(rest, ":"):
			o.extended = false
			p = rest[1:]
		case strings.HasPrefix(rest, "?"):
			panic(fault("invalid regexp (reg version 0.8)"))
		default:
			panic(fault(badRepeat))
		}
	}
	if o.extended || !strings.HasPrefix(p, "(?") || len(p) < 3 || !letter(rune(p[2])) {
		return p
	}
	at := 2
	for ; at < len(p) && letter(rune(p[at])); at++ {
		if !o.set(rune(p[at])) {
			panic(fault(badOption))
		}
	}
	if at == len(p) || p[at] != ')' {
		panic(fault(badOption))
	}
	if o.literal {
		o.expanded, o.lineStop, o.lineAnchor = false, false, false
	}
	return p[at+1:]
}

func letter(c rune) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
