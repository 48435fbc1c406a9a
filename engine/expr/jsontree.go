package expr

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/types"
)

// jsonScan is a cursor over JSON text that was checked before: it trusts what it reads.
type jsonScan struct {
	b []byte
	i int
}

func (s *jsonScan) blanks() {
	for s.i < len(s.b) && (s.b[s.i] == ' ' || s.b[s.i]-'\t' < 5) {
		s.i++
	}
}

// skip passes one value and gives its text.
func (s *jsonScan) skip() []byte {
	s.blanks()
	start, depth := s.i, 0
	for s.i < len(s.b) {
		switch c := s.b[s.i]; c {
		case '"':
			s.i++
			for s.i < len(s.b) && s.b[s.i] != '"' {
				if s.b[s.i] == '\\' {
					s.i++
				}
				s.i++
			}
			s.i++
		case '{', '[':
			depth++
			s.i++
		case '}', ']':
			if depth == 0 {
				return s.b[start:s.i]
			}
			depth--
			s.i++
		case ',', ':', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return s.b[start:s.i]
			}
			s.i++
			continue
		default:
			s.i++
			continue
		}
		if depth == 0 {
			return s.b[start:min(s.i, len(s.b))]
		}
	}
	return s.b[start:]
}

// next passes the comma, or the end, after a member or an element; it says whether there is another.
func (s *jsonScan) next(end byte) bool {
	s.blanks()
	if s.i < len(s.b) && s.b[s.i] == ',' {
		s.i++
		s.blanks()
	}
	return s.i < len(s.b) && s.b[s.i] != end
}

// open enters an object or array.
func (s *jsonScan) open(begin, end byte) bool {
	s.blanks()
	if s.i >= len(s.b) || s.b[s.i] != begin {
		return false
	}
	s.i++
	return s.next(end)
}

// key reads a member's name and its colon.
func (s *jsonScan) key() []byte {
	k := s.skip()
	s.blanks()
	s.i++
	return k
}

func jsonKind(v []byte) byte {
	v = bytes.TrimLeft(v, " \t\r\n")
	if len(v) == 0 {
		return 0
	}
	switch c := v[0]; {
	case c == '-' || c-'0' < 10:
		return '0'
	default:
		return c
	}
}

// jsonString decodes a string literal, appending to dst.
func jsonString(dst, lit []byte) []byte {
	if len(lit) >= 2 && bytes.IndexByte(lit, '\\') < 0 {
		return append(dst, lit[1:len(lit)-1]...)
	}
	var s string
	if json.Unmarshal(lit, &s) != nil {
		return dst
	}
	return append(dst, s...)
}

func sameKey(lit []byte, key string) bool {
	if len(lit) >= 2 && bytes.IndexByte(lit, '\\') < 0 {
		return string(lit[1:len(lit)-1]) == key
	}
	return string(jsonString(nil, lit)) == key
}

// jsonMember finds a member of an object; of two with one name the last counts.
func jsonMember(v []byte, key string) (found []byte) {
	s := jsonScan{b: v}
	for more := s.open('{', '}'); more; more = s.next('}') {
		k := s.key()
		val := s.skip()
		if sameKey(k, key) {
			found = val
		}
	}
	return found
}

// jsonElement finds an element of an array, from the end if n is negative.
func jsonElement(v []byte, n int) []byte {
	if n < 0 {
		if n += jsonLength(v); n < 0 {
			return nil
		}
	}
	s := jsonScan{b: v}
	for more := s.open('[', ']'); more; more = s.next(']') {
		e := s.skip()
		if n == 0 {
			return e
		}
		n--
	}
	return nil
}

func jsonLength(v []byte) int {
	n := 0
	s := jsonScan{b: v}
	for more := s.open('[', ']'); more; more = s.next(']') {
		s.skip()
		n++
	}
	return n
}

// jsonTree is a value taken apart: nil, bool, json.Number, string, []any or *jsonObject.
type jsonObject struct {
	keys []string
	vals map[string]any
}

func readTree(v []byte) any {
	switch jsonKind(v) {
	case '{':
		o := &jsonObject{vals: map[string]any{}}
		s := jsonScan{b: v}
		for more := s.open('{', '}'); more; more = s.next('}') {
			k := string(jsonString(nil, s.key()))
			o.set(k, readTree(s.skip()))
		}
		return o
	case '[':
		a := []any{}
		s := jsonScan{b: v}
		for more := s.open('[', ']'); more; more = s.next(']') {
			a = append(a, readTree(s.skip()))
		}
		return a
	case '"':
		return string(jsonString(nil, bytes.TrimSpace(v)))
	case 't':
		return true
	case 'f':
		return false
	case 'n', 0:
		return nil
	}
	return json.Number(bytes.TrimSpace(v))
}

func (o *jsonObject) set(k string, v any) {
	if _, ok := o.vals[k]; !ok {
		o.keys = append(o.keys, k)
	}
	o.vals[k] = v
}

// appendTree writes v as jsonb shows it: keys by length and then bytes, a blank after colons and commas, numbers
// without exponents.
func appendTree(dst []byte, v any) []byte {
	switch v := v.(type) {
	case *jsonObject:
		slices.SortFunc(v.keys, func(a, b string) int {
			if len(a) != len(b) {
				return len(a) - len(b)
			}
			return strings.Compare(a, b)
		})
		dst = append(dst, '{')
		for i, k := range v.keys {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = appendTree(append(types.AppendJSONString(dst, k), ": "...), v.vals[k])
		}
		return append(dst, '}')
	case []any:
		dst = append(dst, '[')
		for i, e := range v {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = appendTree(dst, e)
		}
		return append(dst, ']')
	case string:
		return types.AppendJSONString(dst, v)
	case bool:
		if v {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	case json.Number:
		var n number
		n.set(string(v))
		return append(dst, n.String()...)
	case rawJSON:
		return append(dst, v...)
	case pathTime:
		return v.append(dst)
	}
	return append(dst, "null"...)
}

// rawJSON is a value that is canonical text already.
type rawJSON []byte

// contains is a @> b: every part of b stands in a at the same place; arrays are sets.
func contains(a, b any, top bool) bool {
	switch b := b.(type) {
	case *jsonObject:
		o, ok := a.(*jsonObject)
		if !ok {
			return false
		}
		for _, k := range b.keys {
			v, ok := o.vals[k]
			if !ok || !contains(v, b.vals[k], false) {
				return false
			}
		}
		return true
	case []any:
		arr, ok := a.([]any)
		if !ok {
			return false
		}
		for _, e := range b {
			if !slices.ContainsFunc(arr, func(x any) bool { return contains(x, e, false) }) {
				return false
			}
		}
		return true
	}
	if arr, ok := a.([]any); ok && top {
		return slices.ContainsFunc(arr, func(x any) bool { return contains(x, b, false) })
	}
	x, ok1 := a.(json.Number)
	y, ok2 := b.(json.Number)
	if ok1 && ok2 {
		var m, n number
		m.set(string(x))
		n.set(string(y))
		return m.cmp(&n) == 0
	}
	switch a.(type) {
	case *jsonObject, []any:
		return false
	}
	return a == b
}
