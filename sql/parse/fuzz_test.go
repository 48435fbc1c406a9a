package parse

import (
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// FuzzParse looks for panics, for errors that are not sqlerr's, and for places outside the text. That a statement's own
// text reads as the same statement is checked as well.
func FuzzParse(f *testing.F) {
	raw, err := os.ReadFile("testdata/statements.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, line := range strings.Split(string(raw), "\n") {
		_, text, _ := strings.Cut(line, "|")
		f.Add(text)
	}
	f.Add("select 'ä', ü::int + from t")
	f.Add("select 0 is true !0 a0")
	f.Fuzz(func(t *testing.T, text string) {
		stmts, err := Parse(text)
		if err != nil {
			e, ok := sqlerr.As(err)
			if !ok || e.Code == sqlerr.InternalError {
				t.Fatalf("%v: %v", err, e.Cause)
			}
			if e.Pos < 0 || e.Pos > utf8.RuneCountInString(text)+1 {
				t.Fatalf("%v: position %d is outside", err, e.Pos)
			}
			return
		}
		for _, s := range stmts {
			at := []rune(text)[s.Pos:]
			if !strings.HasPrefix(string(at), s.Text) {
				t.Fatalf("text %q is not at %d", s.Text, s.Pos)
			}
			if again, err := Parse(s.Text); err != nil || len(again) != 1 {
				t.Fatalf("%q alone gives %d statements, %v", s.Text, len(again), err)
			}
		}
	})
}
