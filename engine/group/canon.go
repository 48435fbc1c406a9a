package group

import (
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
