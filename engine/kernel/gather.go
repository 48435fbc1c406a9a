package kernel

import "math/bits"

// Gather writes src[sel[i]] to dst[i] for fixed-width values of 2, 4, 8 or 16 bytes.
func Gather[T any](dst, src []T, sel []uint32) {
	dst = dst[:len(sel)]
	for i, r := range sel {
		dst[i] = src[r]
	}
}

// GatherBytes copies the strings at sel: offsets into dstOffs, which has len(sel)+1 places, bytes appended to dst.
func GatherBytes(dstOffs []int32, dst []byte, offs []int32, data []byte, sel []uint32) []byte {
	dstOffs[0] = int32(len(dst))
	for i, r := range sel {
		dst = append(dst, data[offs[r]:offs[r+1]]...)
		dstOffs[i+1] = int32(len(dst))
	}
	return dst
}

// GatherBits writes bit sel[i] of src to bit i of dst.
func GatherBits(dst, src []uint64, sel []uint32) {
	clear(dst)
	for i, r := range sel {
		dst[i>>6] |= (src[r>>6] >> (r & 63) & 1) << uint(i&63)
	}
}

const (
	hashA = 0x9e3779b97f4a7c15
	hashB = 0xd6e8feb86659fd93
)

// Mix hashes one word with a seed: a multiplication to 128 bits, folded, so that keys that differ in few places land
// far apart.
func Mix(x, seed uint64) uint64 {
	hi, lo := bits.Mul64(x^hashA, seed^hashB)
	return hi ^ lo
}

// Hash mixes a[i] into dst[i]: called once per key column, it hashes rows of several columns.
func Hash[T Int](dst []uint64, a []T) {
	a = a[:len(dst)]
	for i, v := range a {
		hi, lo := bits.Mul64(uint64(v)^hashA, dst[i]^hashB)
		dst[i] = hi ^ lo
	}
}

// HashBytes mixes string i into dst[i], as Hash does. data has 8 readable bytes past its end.
func HashBytes(dst []uint64, offs []int32, data []byte) {
	for i := range dst {
		dst[i] = HashString(data[offs[i]:offs[i+1]], dst[i])
	}
}

// HashString hashes s, eight bytes at a time, with a seed.
func HashString(s []byte, seed uint64) uint64 {
	h := Mix(uint64(len(s)), seed)
	for len(s) >= 8 {
		x := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		h = Mix(x, h)
		s = s[8:]
	}
	var x uint64
	for i, b := range s {
		x |= uint64(b) << uint(8*i&63)
	}
	return Mix(x, h)
}
