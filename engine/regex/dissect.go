package regex

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// maxTried is how many characters a search with back references may look at.
const maxTried = 20_000_000

// after is the place one character on; behind the end it is one more.
func (m *machine) after(at int) int {
	_, w := m.class(at)
	return at + max(w, 1)
}

// earlier is the place one character back.
func (m *machine) earlier(at int) int {
	_, w := utf8.DecodeLastRune(m.text[:at])
	return at - w
}

// find looks for the first match from from on and leaves it in m.groups.
func (m *machine) find(from int) (bool, error) {
	for {
		first := m.shortest(&m.search, from, from, len(m.text))
		if first < 0 {
			return false, nil
		}
		for begin := from; begin <= first; begin = m.after(begin) {
			if ok, err := m.from(begin); ok || err != nil {
				return ok, err
			}
		}
		// No begin up to here will do, which only happens with back references. Like PostgreSQL, give up at the end.
		if from = m.after(first); from >= len(m.text) {
			return false, nil
		}
	}
}

// from tries the matches that begin at a place, the preferred one first.
func (m *machine) from(begin int) (bool, error) {
	root := m.re.root
	least, stop := begin, len(m.text)
	for {
		var end int
		if root.flags&shorter != 0 {
			end = m.shortest(&m.whole, begin, least, stop)
		} else {
			end = m.longest(&m.whole, begin, stop)
		}
		if end < 0 {
			return false, nil
		}
		for i := range m.groups {
			m.groups[i] = -1
		}
		if m.divide(root, begin, end) {
			m.groups[0], m.groups[1] = begin, end
			return true, nil
		}
		if m.re.backs && m.tried > maxTried {
			return false, sqlerr.New("54001", "regular expression with back references tries too many ways to match").
				WithHint("More than %d characters were looked at.", maxTried)
		}
		if root.flags&shorter != 0 {
			if least = m.after(end); end == stop {
				return false, nil
			}
		} else {
			if end == begin {
				return false, nil
			}
			stop = m.earlier(end)
		}
	}
}

func (m *machine) automaton(p *piece) *automaton {
	a := &m.pieces[p.id]
	if a.prog == nil {
		a.prog = compile(&m.re.alpha, p.lang, true)
	}
	return a
}

// divide finds what the parts of p match when p matches from begin to end; false if nothing does.
func (m *machine) divide(p *piece, begin, end int) bool {
	if m.re.backs && m.tried > maxTried {
		return false
	}
	ok := true
	switch p.shape {
	case sCat:
		if p.kids[0].flags&shorter != 0 {
			ok = m.catShort(p, begin, end)
		} else {
			ok = m.catLong(p, begin, end)
		}
	case sAlt:
		ok = m.alternative(p, begin, end)
	case sIter:
		ok = m.iterate(p, begin, end)
	case sWrap:
		ok = m.divide(p.kids[0], begin, end)
	case sBack:
		ok = m.backref(p, begin, end)
	}
	if ok && p.group > 0 {
		m.groups[2*p.group], m.groups[2*p.group+1] = begin, end
	}
	return ok
}

// forget drops the groups of p.
func (m *machine) forget(p *piece) {
	if p.group > 0 {
		m.groups[2*p.group], m.groups[2*p.group+1] = -1, -1
	}
	for _, k := range p.kids {
		m.forget(k)
	}
}

// both divides the two parts of p, which meet at mid.
func (m *machine) both(p *piece, begin, mid, end int) bool {
	left, right := p.kids[0], p.kids[1]
	if m.longest(m.automaton(right), mid, end) != end {
		return false
	}
	if m.divide(left, begin, mid) {
		if m.divide(right, mid, end) {
			return true
		}
		m.forget(left)
	}
	return false
}

func (m *machine) catLong(p *piece, begin, end int) bool {
	left := m.automaton(p.kids[0])
	for mid := m.longest(left, begin, end); mid >= 0; mid = m.longest(left, begin, m.earlier(mid)) {
		if m.both(p, begin, mid, end) {
			return true
		}
		if mid == begin {
			return false
		}
	}
	return false
}

func (m *machine) catShort(p *piece, begin, end int) bool {
	left := m.automaton(p.kids[0])
	for mid := m.shortest(left, begin, begin, end); mid >= 0; mid = m.shortest(left, begin, m.after(mid), end) {
		if m.both(p, begin, mid, end) {
			return true
		}
		if mid == end {
			return false
		}
	}
	return false
}

func (m *machine) alternative(p *piece, begin, end int) bool {
	for _, k := range p.kids {
		if m.longest(m.automaton(k), begin, end) == end && m.divide(k, begin, end) {
			return true
		}
	}
	return false
}

// backref compares with what its group matched, repeated.
func (m *machine) backref(p *piece, begin, end int) bool {
	lo, hi := m.groups[2*p.refers], m.groups[2*p.refers+1]
	switch {
	case lo < 0:
		return false
	case lo == hi:
		return begin == end
	case begin == end:
		return p.min == 0
	}
	times := 0
	for at := begin; at < end; times++ {
		n := m.same(m.text[lo:hi], m.text[at:end])
		if n == 0 {
			return false
		}
		at += n
	}
	return times >= p.min && (p.max == infinite || times <= p.max)
}

// same is how many bytes of s are what t is, 0 if it does not begin with that.
func (m *machine) same(t, s []byte) int {
	if bytes.HasPrefix(s, t) {
		return len(t)
	}
	if !m.re.caseless {
		return 0
	}
	n := 0
	for len(t) > 0 {
		a, wa := utf8.DecodeRune(t)
		b, wb := utf8.DecodeRune(s[n:])
		if wb == 0 || unicode.ToLower(a) != unicode.ToLower(b) {
			return 0
		}
		t = t[wa:]
		n += wb
	}
	return n
}
