package format

import (
	"strings"
	"testing"
)

// plain must say no wherever a byte is zero or above ASCII, at every place of every length.
func TestPlain(t *testing.T) {
	for n := range 40 {
		s := []byte(strings.Repeat("a", n))
		if !plain(s) {
			t.Errorf("%d letters are not plain", n)
		}
		for i := range s {
			for _, c := range []byte{0, 0x80, 0x81, 0xc3, 0xff} {
				s[i] = c
				if plain(s) {
					t.Errorf("%d bytes with %#x at %d are plain", n, c, i)
				}
			}
			s[i] = 'a'
		}
	}
}
