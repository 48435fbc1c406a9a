package regex

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

func code(t *testing.T, err error) sqlerr.Code {
	t.Helper()
	e, ok := sqlerr.As(err)
	if !ok {
		t.Fatalf("%v has no code", err)
	}
	return e.Code
}

func TestLimits(t *testing.T) {
	for pattern, want := range map[string]sqlerr.Code{
		strings.Repeat("(", 2000) + strings.Repeat(")", 2000): sqlerr.InvalidRegularExpression,
		"((a{255}){255}){255}":                                sqlerr.InvalidRegularExpression,
		"(?b)a":                                               sqlerr.FeatureNotSupported,
	} {
		if _, err := Compile(pattern, ""); code(t, err) != want {
			t.Errorf("%.20s: %v", pattern, err)
		}
	}
	re, err := Compile(`^(a+)(a+)(a+)(a+)(a+)\1\2\3\4\5$`, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := re.Find(nil, []byte(strings.Repeat("a", 601)), 0); code(t, err) != "54001" {
		t.Error(err)
	}
}

// TestLinear has a pattern that takes engines that go back exponential time.
func TestLinear(t *testing.T) {
	re, err := Compile(`^(?:a?){100}a{100}$`, "")
	if err != nil {
		t.Fatal(err)
	}
	if ok, _ := re.Match([]byte(strings.Repeat("a", 100))); !ok {
		t.Error("no match")
	}
	if ok, _ := re.Match([]byte(strings.Repeat("a", 201))); ok {
		t.Error("a match")
	}
}

// TestGo compares whole matches of greedy patterns with those of Go's engine, which prefers the longest one too.
func TestGo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringMatching(`(a|b|ab|[^a]|\.|\(a\|b*\)|\(b\|aa\)){1,4}(\*|\+|\?)?(a|b|\|ab)?`).Draw(t, "pattern")
		text := rapid.StringMatching(`[abcä]{0,12}`).Draw(t, "text")
		theirs, err := regexp.Compile("(?s)" + pattern)
		if err != nil {
			t.Skip()
		}
		theirs.Longest()
		ours, err := Compile(pattern, "")
		if err != nil {
			t.Fatal(err)
		}
		want := theirs.FindStringIndex(text)
		got, err := ours.Find(nil, []byte(text), 0)
		if err != nil || (want == nil) != (got == nil) || want != nil && (want[0] != got[0] || want[1] != got[1]) {
			t.Fatalf("%q in %q: Go %v, ours %v %v", pattern, text, want, got, err)
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	text := []byte("/var/lib/data/some/deep/folder/with/a/report-2026-01-31.txt")
	for name, pattern := range map[string]string{"suffix": `\.(log|txt|md)$`, "word": `\mreport\M`, "literal": `folder`, "none": `[xyz]{3}`} {
		re, err := Compile(pattern, "i")
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if _, err := re.Match(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
