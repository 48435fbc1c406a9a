package parse

import "unicode/utf8"

// stride is the distance in bytes between two marks of a place table.
const stride = 256

// places turns byte offsets into 1-based positions in characters.
type places struct {
	text  string
	marks []int32 // characters before byte k*stride; nil if the text is ASCII
}

func makePlaces(text string) places {
	p := places{text: text}
	ascii := true
	for i := 0; i < len(text) && ascii; i++ {
		ascii = text[i] < utf8.RuneSelf
	}
	if ascii {
		return p
	}
	n := int32(0)
	for i := range len(text) {
		if i%stride == 0 {
			p.marks = append(p.marks, n)
		}
		if utf8.RuneStart(text[i]) {
			n++
		}
	}
	return p
}

// at is the position of the character that starts at byte off.
func (p *places) at(off int) int {
	if p.marks == nil || off == 0 {
		return off + 1
	}
	k := min(off/stride, len(p.marks)-1)
	n := int(p.marks[k])
	for i := k * stride; i < off; i++ {
		if utf8.RuneStart(p.text[i]) {
			n++
		}
	}
	return n + 1
}
