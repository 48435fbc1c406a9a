package bridge

import (
	"encoding/binary"
	"unicode/utf8"

	"github.com/vexfs/vexstream/engine/types"
)

// AppendTextArray appends a one-dimensional text[] in PostgreSQL's binary form: dimensions, has-null, element type,
// then per dimension its size and lower bound, then each element with its length.
func AppendTextArray(dst []byte, elems ...string) []byte {
	be := binary.BigEndian
	dims := uint32(1)
	if len(elems) == 0 {
		dims = 0
	}
	dst = be.AppendUint32(dst, dims)
	dst = be.AppendUint32(dst, 0)
	dst = be.AppendUint32(dst, uint32(types.OIDText))
	if dims == 0 {
		return dst
	}
	dst = be.AppendUint32(dst, uint32(len(elems)))
	dst = be.AppendUint32(dst, 1)
	for _, e := range elems {
		dst = be.AppendUint32(dst, uint32(len(e)))
		dst = append(dst, e...)
	}
	return dst
}

// flagArrays holds the text[] of every combination of flags.
var flagArrays = func() (t [1 << numFlags]string) {
	for f := range t {
		t[f] = string(AppendTextArray(nil, Flags(f).Names()...))
	}
	return t
}()

// Names gives the names of the flags that are set.
func (f Flags) Names() []string {
	var out []string
	for i, n := range flagNames {
		if f&(1<<i) != 0 {
			out = append(out, n)
		}
	}
	return out
}

// FlagsOf is the reverse of Names; a name that is no flag is left out.
func FlagsOf(names []string) (f Flags) {
	for _, n := range names {
		for i, known := range flagNames {
			if n == known {
				f |= 1 << i
			}
		}
	}
	return f
}

const hexDigits = "0123456789abcdef"

// AppendJSONString appends s as a JSON string the way PostgreSQL prints one in jsonb: only quotes, backslashes and
// control characters are escaped. Bytes that are no UTF-8, and U+0000, which jsonb cannot hold, become U+FFFD.
func AppendJSONString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, '\\', 'n')
		case r == '\r':
			dst = append(dst, '\\', 'r')
		case r == '\t':
			dst = append(dst, '\\', 't')
		case r == '\b':
			dst = append(dst, '\\', 'b')
		case r == '\f':
			dst = append(dst, '\\', 'f')
		case r == 0:
			dst = utf8.AppendRune(dst, utf8.RuneError)
		case r < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[r>>4], hexDigits[r&15])
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}

// jsonObject spells a jsonb object from keys and string values. The caller gives the keys in jsonb's order: shorter
// first, then by bytes.
func jsonObject(kv ...string) string {
	dst := []byte{'{'}
	for i := 0; i+1 < len(kv); i += 2 {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = AppendJSONString(dst, kv[i])
		dst = append(dst, ": "...)
		dst = AppendJSONString(dst, kv[i+1])
	}
	return string(append(dst, '}'))
}
