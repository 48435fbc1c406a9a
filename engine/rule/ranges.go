package rule

import (
	"cmp"
	"slices"
	"sort"
)

// ranges finds which of its ranges of ordinals hold one. The bounds divide the ordinals into pieces; a range is a list at each
// of its pieces where those lists are short, and else at the nodes of a tree over the pieces.
type ranges struct {
	bounds  []int64  // where pieces 1, 2, ... begin
	buckets []uint32 // of equal width: how many bounds are before each
	low     int64    // where bucket 0 begins
	shift   uint
	flat    bool // only leaves have lists
	leaf    int  // the node of piece 0
	first   []uint32
	terms   []int32 // of node i: terms[first[i]:first[i+1]]
}

type interval struct {
	lo, hi int64
	term   int32
}

// flatShare is how many times as many terms as ranges the lists of pieces may have.
const flatShare = 8

func newRanges(all []interval) *ranges {
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
	pieces := len(r.bounds) + 1
	total := 0
	for _, iv := range all {
		total += r.search(iv.hi) - r.search(iv.lo) + 1
	}
	if total > flatShare*len(all)+1024 {
		r.flat = false
		for r.leaf = 1; r.leaf < pieces; r.leaf *= 2 {
		}
	}
	type entry struct {
		node int
		term int32
	}
	var es []entry
	for _, iv := range all {
		lo, hi := r.search(iv.lo), r.search(iv.hi)
		if r.flat {
			for ; lo <= hi; lo++ {
				es = append(es, entry{lo, iv.term})
			}
			continue
		}
		for lo, hi = lo+r.leaf, hi+r.leaf+1; lo < hi; lo, hi = lo/2, hi/2 {
			if lo&1 == 1 {
				es = append(es, entry{lo, iv.term})
				lo++
			}
			if hi&1 == 1 {
				hi--
				es = append(es, entry{hi, iv.term})
			}
		}
	}
	slices.SortStableFunc(es, func(a, b entry) int { return cmp.Compare(a.node, b.node) })
	r.first = make([]uint32, r.leaf+pieces+1)
	for _, e := range es {
		r.first[e.node]++
	}
	sum := uint32(0)
	for i, n := range r.first {
		r.first[i] = sum
		sum += n
	}
	r.terms = make([]int32, len(es))
	for i, e := range es {
		r.terms[i] = e.term
	}
	return r
}

// divide makes buckets of equal width, some for each bound, so that few bounds are in one unless they lie unevenly.
func (r *ranges) divide() {
	if len(r.bounds) == 0 {
		return
	}
	r.low = r.bounds[0]
	width := uint64(r.bounds[len(r.bounds)-1]) - uint64(r.low)
	for width>>r.shift >= uint64(4*len(r.bounds)) {
		r.shift++
	}
	r.buckets = make([]uint32, width>>r.shift+2)
	for _, b := range r.bounds {
		r.buckets[(uint64(b)-uint64(r.low))>>r.shift+1]++
	}
	for i := 1; i < len(r.buckets); i++ {
		r.buckets[i] += r.buckets[i-1]
	}
}

// search gives the piece that v is in: how many bounds are not greater.
func (r *ranges) search(v int64) int {
	if len(r.bounds) == 0 || v < r.low {
		return 0
	}
	i := (uint64(v) - uint64(r.low)) >> r.shift
	if i >= uint64(len(r.buckets)-1) {
		return len(r.bounds)
	}
	lo, hi := int(r.buckets[i]), int(r.buckets[i+1])
	if hi-lo > 8 {
		return lo + sort.Search(hi-lo, func(k int) bool { return r.bounds[lo+k] > v })
	}
	for ; lo < hi && r.bounds[lo] <= v; lo++ {
	}
	return lo
}

// find appends the terms of the ranges that hold v.
func (r *ranges) find(dst []int32, v int64) []int32 {
	for node := r.search(v) + r.leaf; ; node /= 2 {
		dst = append(dst, r.terms[r.first[node]:r.first[node+1]]...)
		if node <= 1 || r.flat {
			return dst
		}
	}
}

func (r *ranges) bytes() int { return 8*cap(r.bounds) + 4*(cap(r.buckets)+cap(r.first)+cap(r.terms)) }
