package pgformat

import (
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// scan is a text on its way to a number.
type scan struct {
	t     *Number
	in    string
	at    int
	out   []byte // the digits, after a place for the sign
	pre   int
	post  int
	point bool
}

// Read takes the digits of a number from s: its text, and how many digits it may have at most, after the point. Errors:
// 0A000.
func (t *Number) Read(s string) (number string, precision, scale int, err error) {
	switch {
	case t.Scientific:
		return "", 0, 0, sqlerr.New(sqlerr.FeatureNotSupported, "\"EEEE\" not supported for input")
	case t.Roman:
		return "", 0, 0, sqlerr.New(sqlerr.FeatureNotSupported, "\"RN\" not supported for input")
	}
	r := scan{t: t, in: s, out: []byte{' '}}
	for i := range t.nodes {
		if r.ended() {
			break
		}
		n := &t.nodes[i]
		if n.kind != nodePattern {
			r.skip()
			continue
		}
		r.pattern(n)
	}
	out := r.out
	if out[len(out)-1] == '.' {
		out = out[:len(out)-1]
	}
	return string(out), t.Pre + t.Multi + r.post, r.post, nil
}

func (r *scan) ended() bool { return r.at >= len(r.in) }

func (r *scan) skip() { r.at += runeSize(r.in[r.at:]) }

func (r *scan) pattern(n *node) {
	c := r.in[r.at]
	switch n.pat.id {
	case numNine, numZero, numPoint, numD:
		r.numeral(n.pat.id)
		r.at++
	case numComma, numG:
		if r.t.fill && c == ',' {
			r.at++
		}
	case numL:
		r.others(1)
	case numTH:
		if !r.t.decimal {
			r.others(2)
		}
	case numMI, numPL, numSG:
		if c == '-' && n.pat.id != numPL || c == '+' && n.pat.id != numMI {
			r.out[0] = c
			r.at++
		} else {
			r.others(1)
		}
	}
}

// others passes over up to n characters that are no part of a number.
func (r *scan) others(n int) {
	for ; n > 0 && !r.ended() && strings.IndexByte("0123456789.,+-", r.in[r.at]) < 0; n-- {
		r.skip()
	}
}

// numeral reads one character of the number, with a sign before or behind it. The caller goes on to the next one.
func (r *scan) numeral(id patternID) {
	if r.in[r.at] == ' ' {
		r.at++
	}
	if r.ended() {
		return
	}
	if r.out[0] == ' ' && (id == numZero || id == numNine) && r.pre+r.post == 0 {
		switch c := r.in[r.at]; {
		case c == '-' || c == '+':
			r.out[0] = c
			r.at++
		case r.t.bracket && c == '<':
			r.out[0] = '-'
			r.at++
		}
	}
	if r.ended() {
		return
	}
	read := false
	switch c := r.in[r.at]; {
	case isDigit(c):
		if r.point && r.post == r.t.Post {
			return
		}
		r.out = append(r.out, c)
		read = true
		if r.point {
			r.post++
		} else {
			r.pre++
		}
	case r.t.decimal && !r.point && c == '.':
		r.out = append(r.out, '.')
		r.point, read = true, true
	}
	if r.out[0] == ' ' && r.pre+r.post > 0 {
		r.signBehind(read)
	}
}

func (r *scan) signBehind(read bool) {
	if r.t.locale {
		if read && r.at+1 < len(r.in) {
			if c := r.in[r.at+1]; c == '-' || c == '+' {
				r.out[0] = c
				r.at++
			}
		}
		return
	}
	if c := r.in[r.at]; !read && (r.t.plus || r.t.minus) && (c == '-' || c == '+') {
		r.out[0] = c
	}
}
