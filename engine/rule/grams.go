package rule

import (
	"bytes"
	"encoding/binary"
	"unicode"
	"unicode/utf8"
)

// grams finds which of its texts stand in a text. Each is looked for by the rarest of its pieces of four bytes, its gram; a bitmap
// of a few kilobytes passes over the places where none begins. Texts of less than four bytes are grams of their own length.
type grams struct {
	widths []width
	texts  []byte
}

const gramSize = 4

// width is the grams of one length.
type width struct {
	size   int
	mask   uint32
	shift  uint     // of a hash, to a bit of filter
	filter []uint64 // 32 bits or more a gram
	slots  []gramSlot
	places []place
}

// gramSlot is a gram in a table with open addressing; n is 0 in an empty one.
type gramSlot struct {
	gram  uint32
	first uint32 // of places
	n     uint32
}

// place is a text that has the gram.
type place struct {
	text, end uint32 // texts[text:end]
	at        uint32 // where the gram stands in it
	term      int32
}

const gramHash = 0x9E3779B1

// newGrams makes grams of texts in lower case, none of them empty, each of which stands for terms[i].
func newGrams(texts []string, terms []int32) *grams {
	g := &grams{}
	known := map[uint32]int{}
	for _, t := range texts {
		for i := 0; i+gramSize <= len(t); i++ {
			known[binary.LittleEndian.Uint32([]byte(t[i:i+gramSize]))]++
		}
	}
	var by [gramSize + 1]map[uint32][]place
	for i, t := range texts {
		size, at := min(len(t), gramSize), 0
		for k := 1; k+size <= len(t); k++ {
			if known[gramOf(t[k:], size)] < known[gramOf(t[at:], size)] {
				at = k
			}
		}
		if by[size] == nil {
			by[size] = map[uint32][]place{}
		}
		from := uint32(len(g.texts))
		g.texts = append(g.texts, t...)
		gram := gramOf(t[at:], size)
		by[size][gram] = append(by[size][gram], place{text: from, end: uint32(len(g.texts)), at: uint32(at), term: terms[i]})
	}
	for size, places := range by {
		if places != nil {
			g.widths = append(g.widths, newWidth(size, places))
		}
	}
	return g
}

// gramOf is the first size bytes of t.
func gramOf(t string, size int) uint32 {
	var b [gramSize]byte
	copy(b[:], t[:size])
	return binary.LittleEndian.Uint32(b[:])
}

func newWidth(size int, places map[uint32][]place) width {
	bits := uint(6)
	for 1<<bits < 2*len(places) {
		bits++
	}
	w := width{size: size, mask: uint32(1<<(8*size) - 1), slots: make([]gramSlot, 1<<bits)}
	filter := min(bits+4, 20)
	w.shift, w.filter = 32-filter, make([]uint64, 1<<filter/64)
	for gram, ps := range places {
		h := gram * gramHash
		w.filter[h>>w.shift>>6] |= 1 << (h >> w.shift & 63)
		i := w.slot(gram)
		w.slots[i] = gramSlot{gram: gram, first: uint32(len(w.places)), n: uint32(len(ps))}
		w.places = append(w.places, ps...)
	}
	return w
}

// slot is where gram is, or could be.
func (w *width) slot(gram uint32) uint32 {
	last := uint32(len(w.slots) - 1)
	for i := gram * gramHash >> 7 & last; ; i = (i + 1) & last {
		if s := &w.slots[i]; s.n == 0 || s.gram == gram {
			return i
		}
	}
}

// find appends what the texts that stand in s stand for, some of it several times. s is in lower case and has gramSize bytes more
// than it is long.
func (g *grams) find(dst []int32, s []byte) []int32 {
	for i := range g.widths {
		dst = g.widths[i].find(dst, s, g.texts)
	}
	return dst
}

func (w *width) find(dst []int32, s, texts []byte) []int32 {
	padded := s[:len(s)+gramSize]
	for i := 0; i+w.size <= len(s); i++ {
		gram := binary.LittleEndian.Uint32(padded[i:i+gramSize]) & w.mask
		h := gram * gramHash >> w.shift
		if w.filter[h>>6]>>(h&63)&1 == 0 {
			continue
		}
		slot := w.slots[w.slot(gram)]
		for _, p := range w.places[slot.first : slot.first+slot.n] {
			text := texts[p.text:p.end]
			if from := i - int(p.at); from >= 0 && bytes.HasPrefix(s[from:], text) {
				dst = append(dst, p.term)
			}
		}
	}
	return dst
}

func (g *grams) bytes() int {
	n := cap(g.texts)
	for i := range g.widths {
		w := &g.widths[i]
		n += 8*cap(w.filter) + 12*cap(w.slots) + 16*cap(w.places)
	}
	return n
}

// lowered puts s in lower case, character by character, into dst, with gramSize bytes of memory behind it.
func lowered(dst, s []byte) []byte {
	dst = dst[:0]
	for _, c := range s {
		if c >= utf8.RuneSelf {
			dst = loweredRunes(dst[:0], s)
			break
		}
		if c-'A' <= 'Z'-'A' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return append(dst, 0, 0, 0, 0)[:len(dst)]
}

func loweredRunes(dst, s []byte) []byte {
	for len(s) > 0 {
		r, n := utf8.DecodeRune(s)
		dst = utf8.AppendRune(dst, unicode.ToLower(r))
		s = s[n:]
	}
	return dst
}
