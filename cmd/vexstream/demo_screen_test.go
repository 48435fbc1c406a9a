package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A frame takes the place of the one before: it never has more lines, or longer ones, than the terminal.
func TestFrameFitsTheScreen(t *testing.T) {
	var out strings.Builder
	s := &screen{out: &out, live: true, size: func() (int, int) { return 10, 4 }}
	for _, frame := range [][]string{
		{"one", "a line that is too long", "three", "four", "the end"},
		{"one", "the end"},
	} {
		if err := s.show(frame); err != nil {
			t.Fatal(err)
		}
	}
	want := "one\x1b[K\na line t…\x1b[K\nthe end\x1b[K\n\x1b[J" + "\x1b[3Aone\x1b[K\nthe end\x1b[K\n\x1b[J"
	if d := cmp.Diff(want, out.String()); d != "" {
		t.Error(d)
	}

	out.Reset()
	s = newScreen(&out)
	if err := s.show([]string{strings.Repeat("x", 200)}); err != nil {
		t.Fatal(err)
	}
	if out.Len() != 201 || s.live {
		t.Errorf("what is no terminal gets %q", out.String())
	}
}
