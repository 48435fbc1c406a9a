package group

import (
	"math"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

// canon finds, for values that may be equal and yet have different bytes (1.0 and 1.00), the first of them that was
// seen: its code stands for all.
type canon struct {
	first map[string]uint32 // by value.Key
	key   []byte
}

// code gives the code that stands for row r of c, whose own bytes are raw.
func (k *canon) code(s *Strings, c *batch.Column, r int, raw []byte) uint32 {
	k.key = value.Key(k.key[:0], c, r)
	if code, ok := k.first[string(k.key)]; ok {
		return code
	}
	code := s.Code(raw)
	k.first[string(k.key)] = code
	return code
}

// column appends the words of c: a code plus 1, 0 for null.
func (k *canon) column(s *Strings, c *batch.Column, dst []uint64) []uint64 {
	for r := range c.N {
		if c.Null(r) {
			dst = append(dst, 0)
			continue
		}
		dst = append(dst, uint64(k.code(s, c, r, rawOf(c, r)))+1)
	}
	return dst
}

// Loose says whether values of key i may be equal and yet be spelled differently, as 1.0 and 1.00 are, or 0 and -0. Its words
// are the same for all of them.
func (k *Keys) Loose(i int) bool { return k.canons[i] != nil || k.float(i) }

func (k *Keys) float(i int) bool { return !k.exact && k.floats[i] }

// Spelling gives the word of row r of c, values of the loose key i, for its very spelling. Append takes it as it takes the
// words that Read made.
func (k *Keys) Spelling(i int, c *batch.Column, r int) uint64 {
	switch {
	case c.Null(r):
		return 0
	case k.canons[i] != nil:
		return uint64(k.strings.Code(rawOf(c, r))) + 1
	case c.Type.Layout() == types.LayoutFloat32:
		return floatSpelling(float64(batch.Values[float32](c)[r]))
	}
	return floatSpelling(batch.Values[float64](c)[r])
}

// floatSpelling is floatWord, but of -0, which is its own.
func floatSpelling(v float64) uint64 {
	if v == 0 {
		return math.Float64bits(v)
	}
	return floatWord(v)
}

// Less says whether the spelling a of key i's value comes before the spelling b of the same value: by bytes.
func (k *Keys) Less(i int, a, b uint64, strings Frozen) bool {
	if !k.coded[i] {
		return a < b
	}
	return string(strings.At(uint32(a-1))) < string(strings.At(uint32(b-1)))
}

// Standing gives the word that stands for all spellings of the value that w, of a key that is not coded, spells.
func (k *Keys) Standing(i int, w uint64) uint64 {
	if k.float(i) {
		return floatWord(math.Float64frombits(w))
	}
	return w
}

func rawOf(c *batch.Column, r int) []byte {
	if c.Type.Layout() == types.LayoutFixed16 {
		return c.Fixed[16*r : 16*r+16]
	}
	return c.At(r)
}

// Admit gives the word of key i's value, given as the bytes that Append wrote once.
func (k *Keys) Admit(i int, raw []byte) uint64 {
	n := k.canons[i]
	if n == nil {
		return uint64(k.strings.Code(raw)) + 1
	}
	one := batch.NewBuilder(k.types[i], 1)
	if k.types[i].Layout() == types.LayoutFixed16 {
		batch.Put(one, [16]byte(raw))
	} else {
		one.Bytes(raw)
	}
	c := one.Finish()
	return uint64(n.code(k.strings, &c, 0, raw)) + 1
}
