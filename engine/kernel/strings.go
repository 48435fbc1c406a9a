package kernel

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unsafe"
)

// load64 reads 8 bytes at p+off, which may lie past the string but not past the buffer's padding.
func load64(p unsafe.Pointer, off int32) uint64 {
	return *(*uint64)(unsafe.Add(p, off))
}

// word gives the first 8 bytes of s, and the mask of those that s has.
func word(s string) (pat, mask uint64) {
	var b [8]byte
	n := copy(b[:], s)
	if n == 8 {
		return binary.LittleEndian.Uint64(b[:]), ^uint64(0)
	}
	return binary.LittleEndian.Uint64(b[:]), 1<<(8*uint(n)) - 1
}

// padded gives data, or a copy of it where the 8 bytes past its end may not be read.
func padded(data []byte) unsafe.Pointer {
	if cap(data) < len(data)+8 {
		data = append(make([]byte, 0, len(data)+8), data...)
	}
	return unsafe.Pointer(unsafe.SliceData(data))
}

// StringsHavePrefix sets bit i of dst where string i (data[offs[i]:offs[i+1]]) begins with prefix. The first eight
// bytes are compared as one masked word for every row; only a longer prefix looks again at the rows that passed.
func StringsHavePrefix(dst []uint64, offs []int32, data []byte, prefix string) {
	n := len(offs) - 1
	pat, mask := word(prefix)
	base := padded(data)
	plen := int32(len(prefix))
	for w := range dst {
		lo, hi := w<<6, min(w<<6+64, n)
		if hi <= lo {
			dst[w] = 0
			continue
		}
		o := offs[lo : hi+1]
		var acc uint64
		j := 0
		for ; j+8 < len(o); j += 8 {
			p := (*[9]int32)(o[j:])
			acc |= (b2u(load64(base, p[0])&mask == pat)&b2u(p[1]-p[0] >= plen) |
				b2u(load64(base, p[1])&mask == pat)&b2u(p[2]-p[1] >= plen)<<1 |
				b2u(load64(base, p[2])&mask == pat)&b2u(p[3]-p[2] >= plen)<<2 |
				b2u(load64(base, p[3])&mask == pat)&b2u(p[4]-p[3] >= plen)<<3 |
				b2u(load64(base, p[4])&mask == pat)&b2u(p[5]-p[4] >= plen)<<4 |
				b2u(load64(base, p[5])&mask == pat)&b2u(p[6]-p[5] >= plen)<<5 |
				b2u(load64(base, p[6])&mask == pat)&b2u(p[7]-p[6] >= plen)<<6 |
				b2u(load64(base, p[7])&mask == pat)&b2u(p[8]-p[7] >= plen)<<7) << uint(j&63)
		}
		for ; j+1 < len(o); j++ {
			acc |= (b2u(load64(base, o[j])&mask == pat) & b2u(o[j+1]-o[j] >= plen)) << uint(j&63)
		}
		dst[w] = acc
	}
	if len(prefix) > 8 {
		recheckPrefix(dst, offs, data, prefix)
	}
}

func recheckPrefix(dst []uint64, offs []int32, data []byte, prefix string) {
	rest := prefix[8:]
	for w, x := range dst {
		for ; x != 0; x &= x - 1 {
			i := w<<6 + bits.TrailingZeros64(x)
			at := int(offs[i]) + 8
			if string(data[at:at+len(rest)]) != rest {
				dst[w] &^= 1 << uint(i&63)
			}
		}
	}
}

// StringsEqual sets bit i of dst where string i equals c.
func StringsEqual(dst []uint64, offs []int32, data []byte, c string) {
	n := len(offs) - 1
	pat, mask := word(c)
	base := padded(data)
	clen := int32(len(c))
	for w := range dst {
		lo, hi := w<<6, min(w<<6+64, n)
		if hi <= lo {
			dst[w] = 0
			continue
		}
		o := offs[lo : hi+1]
		var acc uint64
		at := o[0]
		for j, end := range o[1:] {
			acc |= (b2u(load64(base, at)&mask == pat) & b2u(end-at == clen)) << uint(j&63)
			at = end
		}
		dst[w] = acc
	}
	if len(c) > 8 {
		recheckPrefix(dst, offs, data, c)
	}
}

// StringsHaveSuffix sets bit i of dst where string i ends with suffix.
func StringsHaveSuffix(dst []uint64, offs []int32, data []byte, suffix string) {
	n, k := len(offs)-1, int32(len(suffix))
	for w := range dst {
		lo, hi := w<<6, min(w<<6+64, n)
		var acc uint64
		for i := lo; i < hi; i++ {
			if end := offs[i+1]; end-offs[i] >= k {
				acc |= b2u(string(data[end-k:end]) == suffix) << uint(i&63)
			}
		}
		dst[w] = acc
	}
}

// StringsContain sets bit i of dst where part occurs in string i. It searches the strings as one text and looks up to
// which row a find belongs, so that rows without one cost a vector scan.
func StringsContain(dst []uint64, offs []int32, data []byte, part string) {
	n := len(offs) - 1
	if part == "" {
		for w := range dst {
			dst[w] = ^uint64(0)
		}
		return
	}
	clear(dst)
	needle := unsafe.Slice(unsafe.StringData(part), len(part))
	row, at, end := 0, int(offs[0]), int(offs[n])
	for at < end {
		i := bytes.Index(data[at:end], needle)
		if i < 0 {
			return
		}
		at += i
		for int(offs[row+1]) <= at {
			row++
		}
		if at+len(part) <= int(offs[row+1]) {
			dst[row>>6] |= 1 << uint(row&63)
			at = int(offs[row+1])
		} else {
			at++
		}
	}
}

// EqStrings sets bit i of dst where strings i of a and b are equal.
func EqStrings(dst []uint64, offsA []int32, a []byte, offsB []int32, b []byte) {
	n := len(offsA) - 1
	for w := range dst {
		lo, hi := w<<6, min(w<<6+64, n)
		var acc uint64
		for i := lo; i < hi; i++ {
			acc |= b2u(string(a[offsA[i]:offsA[i+1]]) == string(b[offsB[i]:offsB[i+1]])) << uint(i&63)
		}
		dst[w] = acc
	}
}
