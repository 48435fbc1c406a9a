package regex

import "unicode/utf8"

// iteration is the division of a text among the rounds of a repeated piece.
type iteration struct {
	m        *machine
	p        *piece
	a        *automaton
	ends     []int // of the rounds; ends[0] is the begin
	least    int
	most     int
	end      int
	verified int // so many rounds are known to be right
}

// iterate divides a text among the rounds of p.
func (m *machine) iterate(p *piece, begin, end int) bool {
	it := iteration{m: m, p: p, a: m.automaton(p.kids[0]), least: p.min, end: end}
	lazy := p.kids[0].flags&shorter != 0
	if lazy && p.min == 0 && begin == end {
		return true // no round at all, where as little as possible is wanted
	}
	it.least = max(it.least, 1)
	// Rounds that match nothing count only where they are needed to have enough of them.
	it.most = utf8.RuneCount(m.text[begin:end])
	if p.max != infinite {
		it.most = min(it.most, p.max)
	}
	it.most = max(it.most, it.least)
	it.ends = make([]int, it.most+1)
	it.ends[0] = begin
	if lazy {
		return it.short()
	}
	return it.long() || p.min == 0 && begin == end
}

// left is how many characters follow a place.
func (it *iteration) left(at int) int { return utf8.RuneCount(it.m.text[at:it.end]) }

// verify divides the rounds up to k that are not known to be right. It gives the round that is wrong, or 0.
func (it *iteration) verify(k int) int {
	for i := it.verified + 1; i <= k; i++ {
		it.m.forget(it.p.kids[0])
		if !it.m.divide(it.p.kids[0], it.ends[i-1], it.ends[i]) {
			return i
		}
		it.verified = i
	}
	return 0
}

// long gives the rounds as much as they can have, the first one first.
func (it *iteration) long() bool {
	k, limit := 1, it.end
	for k > 0 {
		it.ends[k] = it.m.longest(it.a, it.ends[k-1], limit)
		switch {
		case it.ends[k] < 0:
			k--
		case it.ends[k] != it.end:
			it.verified = min(it.verified, k-1)
			if k >= it.most {
				k--
				break
			}
			if it.ends[k] == it.ends[k-1] && (k >= it.least || it.least-k < it.left(it.ends[k])) {
				break // an empty round that is not needed
			}
			k++
			limit = it.end
			continue
		case k >= it.least:
			it.verified = min(it.verified, k-1)
			if k = it.verify(k); k == 0 {
				return true
			}
		}
		for ; k > 0; k-- {
			prev := it.ends[k-1]
			if it.ends[k] <= prev {
				continue
			}
			limit = it.m.earlier(it.ends[k])
			if limit > prev || k < it.least && it.least-k >= it.left(prev) {
				break
			}
		}
	}
	return false
}

// short gives the rounds as little as they can have, the first one first.
func (it *iteration) short() bool {
	k, limit := 1, it.ends[0]
	for k > 0 {
		if limit == it.ends[k-1] && limit != it.end && (k >= it.least || it.least-k < it.left(limit)) {
			limit = it.m.after(limit)
		}
		if k >= it.most {
			limit = it.end
		}
		it.ends[k] = it.m.shortest(it.a, it.ends[k-1], limit, it.end)
		switch {
		case it.ends[k] < 0:
			k--
		case it.ends[k] != it.end:
			it.verified = min(it.verified, k-1)
			if k >= it.most {
				k--
				break
			}
			k++
			limit = it.ends[k-1]
			continue
		case k >= it.least:
			it.verified = min(it.verified, k-1)
			if k = it.verify(k); k == 0 {
				return true
			}
		}
		for ; k > 0; k-- {
			if it.ends[k] < it.end {
				limit = it.m.after(it.ends[k])
				break
			}
		}
	}
	return false
}
