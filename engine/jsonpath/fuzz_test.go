package jsonpath

import (
	"testing"

	"github.com/vexfs/vexstream/engine/types"
)

// FuzzParse says that what was read and written back reads as the same.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`$`, `strict $.a[*] ? (@.b > 1.5e2 && !exists (@."c\u00e4")).size()`, `$.**{1 to last}[0, last - 1]`, `($x + -1) % 2`,
		`$ ? (@ like_regex "a.*" flag "qi" || (@ starts with "b") is unknown)`, `(1 + 2).double()`, `-(-1).abs()`, `"a"."b"`, `$."$"`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if types.CheckText(s) != nil {
			return // never gets here
		}
		p, err := Parse(s)
		if err != nil {
			return
		}
		text := p.String()
		again, err := Parse(text)
		if err != nil {
			t.Fatalf("%q is written %q, which does not read: %v", s, text, err)
		}
		if got := again.String(); got != text {
			t.Fatalf("%q is written %q, then %q", s, text, got)
		}
	})
}
