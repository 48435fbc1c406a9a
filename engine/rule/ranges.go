package rule

import (
	"cmp"
	"slices"
	"sort"
)

// ranges finds which of its ranges of ordinals hold one. The bounds divide the ordinals into pieces; a range is a list at each
// of its pieces where those lists are short, and else at the nodes of a tree over the pieces.
type ranges struct {
	bounds  []int64  // where pieces 1, 2, ... begin; two more behind them
	n       int      // bounds
	buckets []uint32 // of equal width: how many bounds are before each
	low     int64    // where bucket 0 begins
	shift   uint
	flat    bool   // only leaves have lists
	leaf    int    // the node of piece 0
	lists   []slot // of nodes
	entries []entry
}

type interval struct {
	lo, hi int64
	term   int32
}

// flatShare is how many times as many entries as they must have the lists of pieces may have.
const flatShare = 8

// newRanges makes ranges of all; entries gives what a term stands for.
func newRanges(all []interval, entries func(term int32) []entry) *ranges {
	r := &ranges{flat: true}
	for _, iv := range all {
		if iv.lo != least {
			r.bounds = append(r.bounds, iv.lo)
		}
		if iv.hi != most {
			r.bounds = append(r.bounds, iv.hi+1)
		}
	}
	slices.Sort(r.bounds)
	r.bounds = slices.Compact(r.bounds)
	r.divide()
	pieces := r.n + 1
	total, least := 0, 0
	for _, iv := range all {
		n := len(entries(iv.term))
		total += n * (r.search(iv.hi) - r.search(iv.lo) + 1)
		least += n
	}
	if total > flatShare*least+1024 {
		r.flat = false
		for r.leaf = 1; r.leaf < pieces; r.leaf *= 2 {
		}
	}
	type placed struct {
		node int
		term int32
	}
	var ps []placed
	for _, iv := range all {
		lo, hi := r.search(iv.lo), r.search(iv.hi)
		if r.flat {
			for ; lo <= hi; lo++ {
				ps = append(ps, placed{lo, iv.term})
			}
			continue
		}
		for lo, hi = lo+r.leaf, hi+r.leaf+1; lo < hi; lo, hi = lo/2, hi/2 {
			if lo&1 == 1 {
				ps = append(ps, placed{lo, iv.term})
				lo++
			}
			if hi&1 == 1 {
				hi--
				ps = append(ps, placed{hi, iv.term})
			}
		}
	}
	slices.SortStableFunc(ps, func(a, b placed) int { return cmp.Compare(a.node, b.node) })
	r.lists = make([]slot, r.leaf+pieces)
	for _, p := range ps {
		l := &r.lists[p.node]
		if l.n == 0 {
			l.off = uint32(len(r.entries))
		}
		r.entries = append(r.entries, entries(p.term)...)
		l.n = uint32(len(r.entries)) - l.off
	}
	for _, l := range r.lists {
		slices.SortFunc(r.entries[l.off:l.off+l.n], byCond)
	}
	return r
}

// divide makes buckets of equal width, some for each bound, so that few bounds are in one unless they lie unevenly.
func (r *ranges) divide() {
	r.n = len(r.bounds)
	if r.n == 0 {
		return
	}
	r.low = r.bounds[0]
	width := uint64(r.bounds[r.n-1]) - uint64(r.low)
	for width>>r.shift >= uint64(4*r.n) {
		r.shift++
	}
	r.buckets = make([]uint32, width>>r.shift+2)
	for _, b := range r.bounds {
		r.buckets[(uint64(b)-uint64(r.low))>>r.shift+1]++
	}
	for i := 1; i < len(r.buckets); i++ {
		r.buckets[i] += r.buckets[i-1]
	}
	r.bounds = append(r.bounds, most, most)
}

// search gives the piece that v is in: how many bounds are not greater.
func (r *ranges) search(v int64) int {
	if r.n == 0 || v < r.low {
		return 0
	}
	i := (uint64(v) - uint64(r.low)) >> r.shift
	if i >= uint64(len(r.buckets)-1) {
		return r.n
	}
	lo, hi := int(r.buckets[i]), int(r.buckets[i+1])
	if hi-lo > 2 {
		return lo + sort.Search(hi-lo, func(k int) bool { return r.bounds[lo+k] > v })
	}
	// Bounds of later buckets are greater than v, so two comparisons do without a branch.
	n := 0
	if r.bounds[lo] <= v {
		n = 1
	}
	m := 0
	if r.bounds[lo+1] <= v {
		m = 1
	}
	return min(lo+n+m, r.n)
}

// pieces puts the nodes of ordinals into dst, and says whether these are all that have lists.
func (r *ranges) pieces(dst []uint32, ordinals []int64) (top bool) {
	dst = dst[:len(ordinals)]
	for i, v := range ordinals {
		dst[i] = uint32(r.search(v) + r.leaf)
	}
	return r.leaf <= 1
}

// up puts the nodes above those of nodes in their place, and says whether there is none above them.
func (r *ranges) up(nodes []uint32) (top bool) {
	for i := range nodes {
		nodes[i] /= 2
	}
	return nodes[0] <= 1
}

func (r *ranges) bytes() int {
	return 8*cap(r.bounds) + 4*cap(r.buckets) + 8*cap(r.lists) + entrySize*cap(r.entries)
}
