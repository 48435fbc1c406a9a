package expr

import "unicode/utf8"

// matchParts is the usual two-pointer match: on a mismatch, go back to the last % and let it take one character more.
// A text has got to the escape at the pattern's end if some of it is left there, or if the escape stands behind a % and
// the %, too, was met with some text left: PostgreSQL looks at what follows a % before it asks whether there is a text.
func matchParts(ps []likePart, s []byte, next func([]byte) (rune, int)) (ok, ends bool) {
	p, i := 0, 0
	star, mark := -1, 0
	for i < len(s) {
		if p < len(ps) && ps[p].kind == '%' {
			star, mark = p, i
			p++
			continue
		}
		r, w := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, w = next(s[i:])
		}
		if p < len(ps) && (ps[p].kind == '_' || ps[p].r == r) {
			p++
			i += w
			continue
		}
		if p < len(ps) && ps[p].kind == 'e' {
			return false, true
		}
		if star < 0 {
			return false, false
		}
		_, w = next(s[mark:])
		mark += w
		p, i = star+1, mark
	}
	for p < len(ps) && ps[p].kind == '%' {
		p++
	}
	return p == len(ps), p < len(ps) && ps[p].kind == 'e' && star >= 0 && wild(ps[star:p])
}

// wild says that parts have no character of their own.
func wild(ps []likePart) bool {
	for _, p := range ps {
		if p.kind != '%' && p.kind != '_' {
			return false
		}
	}
	return true
}
