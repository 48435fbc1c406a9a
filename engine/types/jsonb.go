package types

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// jsonbWriter turns JSON text into its canonical spelling: keys by length and then bytes, of equal keys the last, numbers
// in plain decimals with their scale, one blank after a colon and a comma.
type jsonbWriter struct {
	jsonText
	keys    []byte   // decoded keys of the objects that are open
	members []member // of the objects that are open
	scratch []byte
}

type member struct {
	key        string // decoded, a view of keys taken when the object ends
	keyAt      int
	keyEnd     int
	at, end    int // its text in the output
	occurrence int
}

var jsonbWriters = sync.Pool{New: func() any { return new(jsonbWriter) }}

// ParseJSONB appends the canonical text of the JSON value in s. Errors: 22P02, 22P05 for \u0000, 54001.
func ParseJSONB(dst []byte, s string) ([]byte, error) {
	w := jsonbWriters.Get().(*jsonbWriter)
	w.jsonText = jsonText{s: s}
	w.keys, w.members = w.keys[:0], w.members[:0]
	start := len(dst)
	dst, err := w.value(dst)
	if err == nil {
		err = w.end()
	}
	w.s = ""
	jsonbWriters.Put(w)
	if err != nil {
		return dst[:start], err
	}
	return dst, nil
}

func (w *jsonbWriter) value(dst []byte) ([]byte, error) {
	switch c := w.peek(); {
	case c == '"':
		return w.text(dst)
	case c == '{':
		return w.object(dst)
	case c == '[':
		return w.array(dst)
	case c == '-' || isDigit(c):
		from := w.i
		if err := w.number(); err != nil {
			return dst, err
		}
		return appendJSONNumber(dst, w.s[from:w.i])
	}
	from := w.i
	if err := w.word(); err != nil {
		return dst, err
	}
	return append(dst, w.s[from:w.i]...), nil
}

func appendJSONNumber(dst []byte, s string) ([]byte, error) {
	if s[0] != '-' && len(s) < 1000 && !strings.ContainsAny(s, "eE") {
		return append(dst, s...), nil
	}
	var room [64]byte
	n, err := ParseNumeric(room[:0], s, 0)
	if err != nil {
		return dst, err
	}
	return AppendNumeric(dst, n), nil
}

func (w *jsonbWriter) array(dst []byte) ([]byte, error) {
	if err := w.enter(); err != nil {
		return dst, err
	}
	dst = append(dst, '[')
	if w.peek() == ']' {
		w.i++
		w.depth--
		return append(dst, ']'), nil
	}
	for {
		var err error
		if dst, err = w.value(dst); err != nil {
			return dst, err
		}
		switch w.peek() {
		case ',':
			w.i++
			dst = append(dst, ',', ' ')
		case ']':
			w.i++
			w.depth--
			return append(dst, ']'), nil
		default:
			return dst, w.unexpected("\",\" or \"]\"")
		}
	}
}

// object writes the members as they come, and puts them in order afterwards if they were not.
func (w *jsonbWriter) object(dst []byte) ([]byte, error) {
	if err := w.enter(); err != nil {
		return dst, err
	}
	dst = append(dst, '{')
	firstKey, firstMember := len(w.keys), len(w.members)
	body := len(dst)
	for first := true; ; first = false {
		done, err := w.jsonText.member(first)
		if err != nil {
			return dst, err
		}
		if done {
			break
		}
		m := member{keyAt: len(w.keys), occurrence: len(w.members)}
		if !first {
			dst = append(dst, ',', ' ')
		}
		m.at = len(dst)
		if w.keys, err = w.decode(w.keys); err != nil {
			return dst, err
		}
		m.keyEnd = len(w.keys)
		dst = appendJSONString(dst, View(w.keys[m.keyAt:]))
		if err = w.colon(); err != nil {
			return dst, err
		}
		dst = append(dst, ':', ' ')
		if dst, err = w.value(dst); err != nil {
			return dst, err
		}
		m.end = len(dst)
		w.members = append(w.members, m)
	}
	dst = w.arrange(dst, body, w.members[firstMember:])
	w.keys, w.members = w.keys[:firstKey], w.members[:firstMember]
	return append(dst, '}'), nil
}

func byKey(a, b member) int {
	if c := cmp.Compare(len(a.key), len(b.key)); c != 0 {
		return c
	}
	return strings.Compare(a.key, b.key)
}

// arrange sorts the members that lie in dst from body on, and drops all but the last of equal keys.
func (w *jsonbWriter) arrange(dst []byte, body int, ms []member) []byte {
	sorted := true
	for i := range ms {
		ms[i].key = View(w.keys[ms[i].keyAt:ms[i].keyEnd])
		sorted = sorted && (i == 0 || byKey(ms[i-1], ms[i]) < 0)
	}
	if sorted {
		return dst
	}
	slices.SortFunc(ms, func(a, b member) int {
		if c := byKey(a, b); c != 0 {
			return c
		}
		return cmp.Compare(a.occurrence, b.occurrence)
	})
	w.scratch = append(w.scratch[:0], dst[body:]...)
	dst = dst[:body]
	for i, m := range ms {
		if i+1 < len(ms) && byKey(m, ms[i+1]) == 0 {
			continue
		}
		if len(dst) > body {
			dst = append(dst, ',', ' ')
		}
		dst = append(dst, w.scratch[m.at-body:m.end-body]...)
	}
	return dst
}

// text copies a string value in its canonical spelling.
func (w *jsonbWriter) text(dst []byte) ([]byte, error) {
	from := w.i
	at := len(w.keys)
	// A string without a backslash is canonical already: what must be escaped was.
	if err := w.str(); err != nil {
		return dst, err
	}
	if raw := w.s[from:w.i]; strings.IndexByte(raw, '\\') < 0 {
		return append(dst, raw...), nil
	}
	w.i = from
	var err error
	if w.keys, err = w.decode(w.keys); err != nil {
		return dst, err
	}
	dst = appendJSONString(dst, View(w.keys[at:]))
	w.keys = w.keys[:at]
	return dst, nil
}

// decode appends the characters of the string at j.
func (j *jsonText) decode(dst []byte) ([]byte, error) {
	from := j.i + 1
	if err := j.str(); err != nil {
		return dst, err
	}
	s := j.s[from : j.i-1]
	for {
		i := strings.IndexByte(s, '\\')
		if i < 0 {
			return append(dst, s...), nil
		}
		dst = append(dst, s[:i]...)
		c := s[i+1]
		s = s[i+2:]
		if c != 'u' {
			dst = append(dst, unescape(c))
			continue
		}
		r := hex4(s)
		s = s[4:]
		switch {
		case r == 0:
			return dst, sqlerr.New(sqlerr.UntranslatableCharacter, "unsupported Unicode escape sequence").
				WithDetail("\\u0000 cannot be converted to text.")
		case r >= 0xdc00 && r < 0xe000:
			return dst, jsonError("Unicode low surrogate must follow a high surrogate.")
		case r >= 0xd800 && r < 0xdc00:
			low := rune(0)
			if len(s) >= 6 && s[0] == '\\' && s[1] == 'u' {
				low = hex4(s[2:])
			}
			if low < 0xdc00 || low >= 0xe000 {
				return dst, jsonError("Unicode low surrogate must follow a high surrogate.")
			}
			r = 0x10000 + (r-0xd800)<<10 + (low - 0xdc00)
			s = s[6:]
		}
		dst = utf8.AppendRune(dst, r)
	}
}

func hex4(s string) rune {
	return rune(unhex(s[0]))<<12 | rune(unhex(s[1]))<<8 | rune(unhex(s[2]))<<4 | rune(unhex(s[3]))
}

func unescape(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}

// AppendJSONString appends s as a JSON string, escaped as PostgreSQL's to_json does.
func AppendJSONString(dst []byte, s string) []byte { return appendJSONString(dst, s) }

func appendJSONString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(append(dst, s[from:]...), '"')
}

// JSONUnquote appends the characters of a JSON string with its quotes. ok is false when s is no such string, or spells what
// text cannot hold (a zero, half a surrogate pair): JSONStringError says which.
func JSONUnquote(dst []byte, s string) (out []byte, ok bool) {
	j := jsonText{s: s}
	out, err := j.decode(dst)
	return out, err == nil && j.i == len(s)
}

// JSONStringError is why JSONUnquote refused s. Errors: 22P02, 22P05.
func JSONStringError(s string) error {
	j := jsonText{s: s}
	_, err := j.decode(nil)
	return err
}
