package types

import (
	"unicode/utf8"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// maxJSONDepth is how deep arrays and objects may lie in each other.
const maxJSONDepth = 1000

// jsonText is a place in JSON text. Its methods read one thing and move on.
type jsonText struct {
	s     string
	i     int
	depth int
}

func (j *jsonText) space() {
	for j.i < len(j.s) {
		switch j.s[j.i] {
		case ' ', '\t', '\n', '\r':
			j.i++
		default:
			return
		}
	}
}

// peek is the next byte after blanks, or 0 at the end.
func (j *jsonText) peek() byte {
	j.space()
	if j.i < len(j.s) {
		return j.s[j.i]
	}
	return 0
}

func jsonError(format string, args ...any) error {
	return sqlerr.New(sqlerr.InvalidTextRepresentation, "invalid input syntax for type json").WithDetail(format, args...)
}

// token is what stands at j, for an error.
func (j *jsonText) token() string {
	k := j.i
	for k < len(j.s) && (isAlpha(j.s[k]) || isDigit(j.s[k]) || j.s[k] == '_' || j.s[k] >= 0x80) {
		k++
	}
	if k == j.i {
		_, n := utf8.DecodeRuneInString(j.s[j.i:])
		k += n
	}
	return j.s[j.i:k]
}

// unexpected is the error for what stands at j where want should.
func (j *jsonText) unexpected(want string) error {
	if j.i >= len(j.s) {
		return jsonError("The input string ended unexpectedly.")
	}
	switch c := j.s[j.i]; {
	case c == '"':
		from := j.i
		if err := j.str(); err != nil {
			return err
		}
		return jsonError("Expected %s, but found \"%s\".", want, j.s[from:j.i])
	case c == '{' || c == '}' || c == '[' || c == ']' || c == ',' || c == ':' || isDigit(c):
		return jsonError("Expected %s, but found \"%s\".", want, j.token())
	}
	if w := j.token(); w == "true" || w == "false" || w == "null" {
		return jsonError("Expected %s, but found \"%s\".", want, w)
	}
	return jsonError("Token \"%s\" is invalid.", j.token())
}

// enter counts a level of nesting.
func (j *jsonText) enter() error {
	if j.depth++; j.depth > maxJSONDepth {
		return sqlerr.New(sqlerr.StatementTooComplex, "json is nested deeper than %d levels", maxJSONDepth)
	}
	j.i++
	return nil
}

// ValidateJSON checks that s is one JSON value. Errors: 22P02, 54001.
func ValidateJSON(s string) error {
	j := jsonText{s: s}
	if err := j.skip(); err != nil {
		return err
	}
	return j.end()
}

func (j *jsonText) end() error {
	if j.space(); j.i < len(j.s) {
		return j.unexpected("end of input")
	}
	return nil
}

// skip reads one value.
func (j *jsonText) skip() error {
	switch c := j.peek(); {
	case c == '"':
		return j.str()
	case c == '{':
		return j.skipObject()
	case c == '[':
		return j.skipArray()
	case c == '-' || isDigit(c):
		return j.number()
	}
	return j.word()
}

// word reads true, false or null.
func (j *jsonText) word() error {
	if j.i >= len(j.s) {
		return j.unexpected("JSON value")
	}
	switch w := j.token(); w {
	case "true", "false", "null":
		j.i += len(w)
		return nil
	}
	return j.unexpected("JSON value")
}

func (j *jsonText) skipArray() error {
	if err := j.enter(); err != nil {
		return err
	}
	if j.peek() == ']' {
		j.i++
		j.depth--
		return nil
	}
	for {
		if err := j.skip(); err != nil {
			return err
		}
		switch j.peek() {
		case ',':
			j.i++
		case ']':
			j.i++
			j.depth--
			return nil
		default:
			return j.unexpected("\",\" or \"]\"")
		}
	}
}

func (j *jsonText) skipObject() error {
	if err := j.enter(); err != nil {
		return err
	}
	for first := true; ; first = false {
		done, err := j.member(first)
		if err != nil || done {
			return err
		}
		if err := j.str(); err != nil {
			return err
		}
		if err := j.colon(); err != nil {
			return err
		}
		if err := j.skip(); err != nil {
			return err
		}
	}
}

// member moves to the next key of an object, past the comma, or past its end.
func (j *jsonText) member(first bool) (done bool, err error) {
	c := j.peek()
	if c == '}' {
		j.i++
		j.depth--
		return true, nil
	}
	if first {
		if c != '"' {
			return false, j.unexpected("string or \"}\"")
		}
		return false, nil
	}
	if c != ',' {
		return false, j.unexpected("\",\" or \"}\"")
	}
	j.i++
	if j.peek() != '"' {
		return false, j.unexpected("string")
	}
	return false, nil
}

func (j *jsonText) colon() error {
	if j.peek() != ':' {
		return j.unexpected("\":\"")
	}
	j.i++
	return nil
}

// number reads a number by JSON's grammar.
func (j *jsonText) number() error {
	from := j.i
	if j.s[j.i] == '-' {
		j.i++
	}
	intAt := j.i
	j.i = span(j.s, j.i, true, false, "")
	ok := j.i > intAt && (j.s[intAt] != '0' || j.i == intAt+1)
	if j.i < len(j.s) && j.s[j.i] == '.' {
		at := j.i + 1
		j.i = span(j.s, at, true, false, "")
		ok = ok && j.i > at
	}
	if j.i < len(j.s) && lower(j.s[j.i]) == 'e' {
		at := j.i + 1
		if at < len(j.s) && (j.s[at] == '+' || j.s[at] == '-') {
			at++
		}
		j.i = span(j.s, at, true, false, "")
		ok = ok && j.i > at
	}
	if end := span(j.s, j.i, true, true, "_"); end > j.i || !ok {
		return jsonError("Token \"%s\" is invalid.", j.s[from:end])
	}
	return nil
}

// str reads a string with its quotes. Escapes are checked for form only.
func (j *jsonText) str() error {
	s := j.s
	for i := j.i + 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			j.i = i + 1
			return nil
		case c < ' ':
			return jsonError("Character with value 0x%02x must be escaped.", c)
		case c == '\\':
			n, err := escapeLen(s[i:])
			if err != nil {
				return err
			}
			i += n - 1
		}
	}
	return jsonError("Token \"%s\" is invalid.", s[j.i:])
}

// escapeLen is the length of the escape that s begins with.
func escapeLen(s string) (int, error) {
	if len(s) < 2 {
		return 0, jsonError("Token \"%s\" is invalid.", s)
	}
	switch s[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2, nil
	case 'u':
		if len(s) >= 6 && unhex(s[2])|unhex(s[3])|unhex(s[4])|unhex(s[5]) < 16 {
			return 6, nil
		}
		return 0, jsonError("\"\\u\" must be followed by four hexadecimal digits.")
	}
	_, n := utf8.DecodeRuneInString(s[1:])
	return 0, jsonError("Escape sequence \"%s\" is invalid.", s[:1+n])
}
