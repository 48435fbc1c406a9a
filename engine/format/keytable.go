package format

import (
	"encoding/binary"
	"math/bits"
	"strings"
)

// keyTable finds columns by keys of objects, as these usually stand: in quotes, without escapes, and with a colon right
// behind. It goes by the first eight bytes, and compares the rest.
type keyTable struct {
	begins []string // by column: the key with its quotes and its colon; a newline if it needs escapes, which stands in no row
	slots  []int16  // a power of two, at most a quarter full: column plus 1, 0 is an empty one
	shift  int
}

const keyMix = 0x9e3779b97f4a7c15

func newKeyTable(cols []column) *keyTable {
	t := &keyTable{shift: 64 - max(bits.Len(uint(4*len(cols))), 6)}
	t.slots = make([]int16, 1<<(64-t.shift))
	for i := range cols {
		begin := `"` + cols[i].name + `":`
		if _, escapes, _ := stringEnd([]byte(begin), 0); escapes || strings.Count(begin, `"`) > 2 {
			t.begins = append(t.begins, "\n")
			continue
		}
		t.begins = append(t.begins, begin)
		at := t.home([]byte(begin + "        "))
		for t.slots[at] != 0 {
			at = (at + 1) & (len(t.slots) - 1)
		}
		t.slots[at] = int16(i + 1)
	}
	return t
}

// home is where the key belongs whose opening quote s begins with. s has nine bytes or more.
func (t *keyTable) home(s []byte) int {
	w := binary.LittleEndian.Uint64(s[1:])
	q := w ^ quotes
	if hit := (q - ones) &^ q & highs; hit != 0 {
		w &= 1<<(bits.TrailingZeros64(hit)&^7) - 1
	}
	return int(w * keyMix >> t.shift)
}

// at gives the column whose key stands at the beginning of s, and where its value may begin; 0 for that if there is none.
func (t *keyTable) at(s []byte) (col, next int) {
	if len(s) < 9 {
		return 0, 0
	}
	for at := t.home(s); t.slots[at] != 0; at = (at + 1) & (len(t.slots) - 1) {
		col = int(t.slots[at]) - 1
		if b := t.begins[col]; len(b) <= len(s) && string(s[:len(b)]) == b {
			return col, len(b)
		}
	}
	return 0, 0
}
