package types

import (
	"encoding/binary"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// arrayText reads an array's text.
type arrayText struct {
	s      string
	i      int
	elem   Type
	locale *Locale
	dims   []int32 // length of each dimension, -1 while its first run is open
	out    []byte
	nulls  bool
	text   []byte // scratch: an element without its quotes
}

func (a *arrayText) malformed(detail string) error {
	e := sqlerr.New(sqlerr.InvalidTextRepresentation, "malformed array literal: \"%s\"", a.s)
	if detail != "" {
		e.Detail = detail
	}
	return e
}

func (a *arrayText) space() {
	for a.i < len(a.s) && isSpace(a.s[a.i]) {
		a.i++
	}
}

// ParseArray appends the binary form of the array in s; t is the array's type, whose modifier goes for the elements. Errors:
// 22P02, and those of the element type.
func ParseArray(dst []byte, s string, t Type, l *Locale) ([]byte, error) {
	a := arrayText{s: s, elem: Type{OID: t.Elem().OID, Mod: t.Mod}, locale: l}
	a.space()
	bounds, lengths, err := a.explicitBounds()
	if err != nil {
		return dst, err
	}
	if a.i >= len(s) || s[a.i] != '{' {
		return dst, a.malformed("Array value must start with \"{\" or dimension information.")
	}
	if err := a.level(0); err != nil {
		return dst, err
	}
	if a.space(); a.i < len(s) {
		return dst, a.malformed("Junk after closing right brace.")
	}
	for len(a.dims) > 0 && a.dims[len(a.dims)-1] == 0 {
		a.dims = a.dims[:0]
	}
	if bounds != nil {
		same := len(lengths) == len(a.dims)
		for i := 0; same && i < len(lengths); i++ {
			same = lengths[i] == a.dims[i]
		}
		if !same {
			return dst, a.malformed("Specified array dimensions do not match array contents.")
		}
	}
	put := binary.BigEndian.AppendUint32
	flag := uint32(0)
	if a.nulls {
		flag = 1
	}
	dst = put(put(put(dst, uint32(len(a.dims))), flag), uint32(a.elem.OID))
	for i, n := range a.dims {
		lower := int32(1)
		if bounds != nil {
			lower = bounds[i]
		}
		dst = put(put(dst, uint32(n)), uint32(lower))
	}
	return append(dst, a.out...), nil
}

// explicitBounds reads [l:u][l:u]=.
func (a *arrayText) explicitBounds() (lower, length []int32, err error) {
	bad := func() ([]int32, []int32, error) {
		return nil, nil, a.malformed("\"[\" must introduce explicitly-specified array dimensions.")
	}
	for a.i < len(a.s) && a.s[a.i] == '[' {
		end := a.i
		for end < len(a.s) && a.s[end] != ']' {
			end++
		}
		if end == len(a.s) || len(lower) == maxDimensions {
			return bad()
		}
		inner := a.s[a.i+1 : end]
		colon := 0
		for colon < len(inner) && inner[colon] != ':' {
			colon++
		}
		lo, hi := int64(1), int64(0)
		var ok1, ok2, over1, over2 bool
		if colon < len(inner) {
			lo, ok1, over1 = scanInt(inner[:colon])
			hi, ok2, over2 = scanInt(inner[colon+1:])
		} else {
			ok1 = true
			hi, ok2, over2 = scanInt(inner)
		}
		if !ok1 || !ok2 || over1 || over2 || lo < -1<<31 || hi >= 1<<31-1 {
			return bad()
		}
		if hi < lo {
			return nil, nil, sqlerr.New("2202E", "upper bound cannot be less than lower bound")
		}
		if hi-lo >= maxArrayItems {
			return nil, nil, sqlerr.New(sqlerr.ProgramLimitExceeded, "array size exceeds the maximum allowed (%d)", maxArrayItems)
		}
		lower, length = append(lower, int32(lo)), append(length, int32(hi-lo+1))
		a.i = end + 1
		a.space()
	}
	if lower == nil {
		return nil, nil, nil
	}
	if a.i >= len(a.s) || a.s[a.i] != '=' {
		return nil, nil, a.malformed("Missing \"=\" after array dimensions.")
	}
	a.i++
	a.space()
	return lower, length, nil
}

const ragged = "Multidimensional arrays must have sub-arrays with matching dimensions."

// level reads {...} at dimension dim.
func (a *arrayText) level(dim int) error {
	if dim >= maxDimensions {
		return sqlerr.New(sqlerr.ProgramLimitExceeded, "number of array dimensions (%d) exceeds the maximum allowed (%d)", dim+1, maxDimensions)
	}
	first := dim == len(a.dims)
	if first {
		a.dims = append(a.dims, -1)
	}
	leaf := !first && dim == len(a.dims)-1
	n := int32(0)
	a.i++
	for a.space(); ; a.space() {
		if a.i >= len(a.s) {
			return a.malformed("Unexpected end of input.")
		}
		switch c := a.s[a.i]; {
		case c == '}' && n == 0 && dim == 0:
		case c == '{':
			if leaf || n > 0 && dim == len(a.dims)-1 {
				return a.malformed("Unexpected \"{\" character.")
			}
			if err := a.level(dim + 1); err != nil {
				return err
			}
			n++
		case c == '}' || c == ',':
			return a.malformed("Unexpected \"" + string(c) + "\" character.")
		default:
			if dim < len(a.dims)-1 {
				return a.malformed("Unexpected array element.")
			}
			if err := a.item(); err != nil {
				return err
			}
			n++
		}
		if a.space(); a.i >= len(a.s) {
			return a.malformed("Unexpected end of input.")
		}
		c := a.s[a.i]
		a.i++
		if c == '}' {
			break
		}
		if c != ',' {
			return a.malformed("Unexpected array element.")
		}
	}
	if a.dims[dim] < 0 {
		a.dims[dim] = n
	}
	if a.dims[dim] != n {
		return a.malformed(ragged)
	}
	return nil
}

// item reads one element and appends its binary form.
func (a *arrayText) item() error {
	a.text = a.text[:0]
	quoted, escaped := false, false
	solid := 0 // length without blanks at the end
	for ; a.i < len(a.s); a.i++ {
		c := a.s[a.i]
		switch {
		case c == '"' && !quoted && len(a.text) > 0:
			return a.malformed("Unexpected array element.")
		case c == '"':
			end, err := a.quotedItem()
			if err != nil {
				return err
			}
			quoted, solid = true, len(a.text)
			a.i = end
		case c == '\\':
			if a.i++; a.i == len(a.s) {
				return a.malformed("Unexpected end of input.")
			}
			a.text = append(a.text, a.s[a.i])
			escaped, solid = true, len(a.text)
		case c == '{':
			return a.malformed("Unexpected \"{\" character.")
		case c == ',' || c == '}':
			return a.finishItem(solid, quoted || escaped)
		case quoted && !isSpace(c):
			return a.malformed("Unexpected array element.")
		default:
			a.text = append(a.text, c)
			if !isSpace(c) {
				solid = len(a.text)
			}
		}
	}
	return a.malformed("Unexpected end of input.")
}

// quotedItem copies what stands between the quote at a.i and the next one, whose place it gives.
func (a *arrayText) quotedItem() (int, error) {
	for i := a.i + 1; i < len(a.s); i++ {
		switch a.s[i] {
		case '"':
			return i, nil
		case '\\':
			if i++; i == len(a.s) {
				continue
			}
		}
		a.text = append(a.text, a.s[i])
	}
	return 0, a.malformed("Unexpected end of input.")
}

func (a *arrayText) finishItem(solid int, quoted bool) error {
	text := View(a.text[:solid])
	if !quoted && foldedEqual(text, "null") {
		a.nulls = true
		a.out = AppendArrayNull(a.out)
		return nil
	}
	at := len(a.out)
	out, err := AppendWire(append(a.out, 0, 0, 0, 0), text, a.elem, a.locale)
	if err != nil {
		return err
	}
	binary.BigEndian.PutUint32(out[at:], uint32(len(out)-at-4))
	a.out = out
	return nil
}
