package kernel

// Bounds gives the least and the greatest of v, which has some. Four of each are kept, as the next is not compared with the last then
// before that is known.
func Bounds[T ~int16 | ~int32 | ~int64](v []T) (least, greatest T) {
	a, b, c, d := v[0], v[0], v[0], v[0]
	e, f, g, h := a, a, a, a
	i := 0
	for ; i+4 <= len(v); i += 4 {
		p := (*[4]T)(v[i:])
		a, e = min(a, p[0]), max(e, p[0])
		b, f = min(b, p[1]), max(f, p[1])
		c, g = min(c, p[2]), max(g, p[2])
		d, h = min(d, p[3]), max(h, p[3])
	}
	for ; i < len(v); i++ {
		a, e = min(a, v[i]), max(e, v[i])
	}
	return min(a, b, c, d), max(e, f, g, h)
}
