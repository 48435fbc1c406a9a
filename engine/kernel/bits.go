package kernel

import (
	"math/bits"
	"slices"
)

// And writes a & b.
func And(dst, a, b []uint64) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] & b[i]
	}
}

// Or writes a | b.
func Or(dst, a, b []uint64) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] | b[i]
	}
}

// AndNot writes a &^ b.
func AndNot(dst, a, b []uint64) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] &^ b[i]
	}
}

// Not writes ^a.
func Not(dst, a []uint64) {
	a = a[:len(dst)]
	for i := range dst {
		dst[i] = ^a[i]
	}
}

// Count counts the set bits among the first n.
func Count(m []uint64, n int) int {
	c := 0
	for _, w := range m[:n>>6] {
		c += bits.OnesCount64(w)
	}
	if r := uint(n) & 63; r != 0 {
		c += bits.OnesCount64(m[n>>6] & (1<<r - 1))
	}
	return c
}

// Select appends the positions of the set bits among the first n to dst, ascending. Words that are full go the short
// way; in the others each set bit costs one count of trailing zeros.
func Select(dst []uint32, m []uint64, n int) []uint32 {
	k := len(dst)
	dst = slices.Grow(dst, n)[:k+n]
	for w := 0; w<<6 < n; w++ {
		x, base := m[w], uint32(w<<6)
		if last := n - w<<6; last < 64 {
			x &= 1<<uint(last) - 1
		}
		if x == ^uint64(0) {
			p := dst[k : k+64]
			for j := range p {
				p[j] = base + uint32(j)
			}
			k += 64
			continue
		}
		p := dst[k:]
		i := 0
		for ; x != 0; x &= x - 1 {
			p[i] = base + uint32(bits.TrailingZeros64(x))
			i++
		}
		k += i
	}
	return dst[:k]
}

// Refine keeps the positions of sel whose bit is set. dst may be sel.
func Refine(dst, sel []uint32, m []uint64) []uint32 {
	if cap(dst) < len(sel) {
		dst = make([]uint32, len(sel))
	}
	dst = dst[:len(sel)]
	k := 0
	for _, r := range sel {
		dst[k] = r
		k += int(m[r>>6] >> (r & 63) & 1)
	}
	return dst[:k]
}

// Lookup sets bit i of dst to bit codes[i] of table: a test done once per dictionary entry, applied to its rows.
func Lookup(dst []uint64, codes []uint32, table []uint64) {
	for w := range dst {
		s := codes[w<<6:]
		if len(s) > 64 {
			s = s[:64]
		}
		var acc uint64
		for j, code := range s {
			acc |= (table[code>>6] >> (code & 63) & 1) << uint(j&63)
		}
		dst[w] = acc
	}
}
