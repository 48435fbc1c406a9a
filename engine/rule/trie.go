package rule

import (
	"bytes"
	"slices"
	"strings"
)

// trie finds which of its texts a text begins with. Its edges carry as many bytes as they can, so it has at most two nodes
// for each text, in a few slices.
type trie struct {
	nodes  []trieNode
	firsts []byte // of each node, the first byte of its label; children lie side by side
	labels []byte
}

type trieNode struct {
	label, end uint32 // its label is labels[label:end]
	kids       uint32 // where its children begin
	n          uint32 // how many there are
	term       int32  // what its text stands for, or -1
}

// newTrie makes a trie of texts, each of which stands for terms[i]. A text that comes twice stands for the last.
func newTrie(texts []string, terms []int32) *trie {
	order := make([]int, len(texts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return strings.Compare(texts[a], texts[b]) })
	t := &trie{nodes: []trieNode{{term: -1}}, firsts: []byte{0}}
	type job struct{ node, lo, hi, depth int }
	for jobs := []job{{0, 0, len(order), 0}}; len(jobs) > 0; {
		j := jobs[0]
		jobs = jobs[1:]
		for j.lo < j.hi && len(texts[order[j.lo]]) == j.depth {
			t.nodes[j.node].term = terms[order[j.lo]]
			j.lo++
		}
		t.nodes[j.node].kids = uint32(len(t.nodes))
		for lo := j.lo; lo < j.hi; {
			first := texts[order[lo]]
			hi := lo + 1
			for hi < j.hi && texts[order[hi]][j.depth] == first[j.depth] {
				hi++
			}
			depth := j.depth + shared(first[j.depth:], texts[order[hi-1]][j.depth:])
			at := uint32(len(t.labels))
			t.labels = append(t.labels, first[j.depth:depth]...)
			jobs = append(jobs, job{len(t.nodes), lo, hi, depth})
			t.nodes = append(t.nodes, trieNode{label: at, end: uint32(len(t.labels)), term: -1})
			t.firsts = append(t.firsts, first[j.depth])
			t.nodes[j.node].n++
			lo = hi
		}
	}
	return t
}

func shared(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// find appends what the texts that s begins with stand for.
func (t *trie) find(dst []int32, s []byte) []int32 {
	n := &t.nodes[0]
	for {
		if n.term >= 0 {
			dst = append(dst, n.term)
		}
		if len(s) == 0 || n.n == 0 {
			return dst
		}
		i := bytes.IndexByte(t.firsts[n.kids:n.kids+n.n], s[0])
		if i < 0 {
			return dst
		}
		n = &t.nodes[int(n.kids)+i]
		label := t.labels[n.label:n.end]
		if !bytes.HasPrefix(s, label) {
			return dst
		}
		s = s[len(label):]
	}
}

func (t *trie) bytes() int { return 20*cap(t.nodes) + cap(t.firsts) + cap(t.labels) }

// reversed puts the bytes of s the other way round into dst.
func reversed(dst, s []byte) []byte {
	dst = append(dst[:0], s...)
	slices.Reverse(dst)
	return dst
}
