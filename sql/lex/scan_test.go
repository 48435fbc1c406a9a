package lex

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/cockroachdb/datadriven"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// TestScan prints the tokens of the texts in testdata/scan. Each line of the input is a text, unless the command has the
// argument whole.
func TestScan(t *testing.T) {
	datadriven.RunTest(t, "testdata/scan", func(t *testing.T, d *datadriven.TestData) string {
		texts := strings.Split(d.Input, "\n")
		if d.HasArg("whole") {
			texts = []string{d.Input}
		}
		var b strings.Builder
		for _, text := range texts {
			b.WriteString(show(text) + "\n")
		}
		return b.String()
	})
}

func show(text string) string {
	toks, err := Scan(text, nil)
	if err != nil {
		e, _ := sqlerr.As(err)
		return fmt.Sprintf("%s %s (at %d) %s", e.Code, e.Message, e.Pos, e.Hint)
	}
	var out []string
	for _, t := range toks[:len(toks)-1] {
		kind := [...]string{"end", "ident", "quoted", "str", "bits", "number", "param", "op"}[t.Kind]
		out = append(out, fmt.Sprintf("%s:%q", kind, t.Val))
	}
	return strings.Join(out, " ")
}

// TestPlaces checks that each token's place holds what it was read from.
func TestPlaces(t *testing.T) {
	text := "select \"a b\", 'x''y' || $tag$z$tag$ -- c\n from ü where a >= $12"
	want := []string{"select", `"a b"`, ",", "'x''y'", "||", "$tag$z$tag$", "from", "ü", "where", "a", ">=", "$12", ""}
	toks, err := Scan(text, nil)
	if err != nil || len(toks) != len(want) {
		t.Fatalf("%d tokens, %v", len(toks), err)
	}
	for i, tok := range toks {
		if got := text[tok.Pos:tok.End]; got != want[i] {
			t.Errorf("token %d is %q, want %q", i, got, want[i])
		}
	}
}

// TestLongNames cuts a name at 63 bytes, at a character's edge.
func TestLongNames(t *testing.T) {
	for _, name := range []string{strings.Repeat("a", 70), strings.Repeat("ü", 40)} {
		toks, err := Scan(name+` "`+name+`"`, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, tok := range toks[:2] {
			if len(tok.Val) > MaxNameBytes || len(tok.Val) < MaxNameBytes-1 || !utf8.ValidString(tok.Val) {
				t.Errorf("%q became %q", name, tok.Val)
			}
		}
	}
}

// TestErrorsAreShort sees that an error does not carry a whole long text.
func TestErrorsAreShort(t *testing.T) {
	_, err := Scan("'"+strings.Repeat("ü", 1<<20), nil)
	if err == nil || len(err.Error()) > 2*maxShown || !utf8.ValidString(err.Error()) {
		t.Errorf("error of %d bytes", len(err.Error()))
	}
}

func TestQuoteName(t *testing.T) {
	for name, want := range map[string]string{
		"a": "a", "A": `"A"`, "a b": `"a b"`, `a"b`: `"a""b"`, "select": `"select"`, "": `""`, "1a": `"1a"`, "a1$": "a1$",
		"left": `"left"`, "value": "value", "int": `"int"`, "ü": `"ü"`,
	} {
		if got := QuoteName(name); got != want {
			t.Errorf("QuoteName(%q) is %s, want %s", name, got, want)
		}
		if name == "" {
			continue
		}
		if toks, err := Scan(want, nil); err != nil || toks[0].Val != name {
			t.Errorf("%s reads back as %q, %v", want, toks[0].Val, err)
		}
	}
}

func TestKeywords(t *testing.T) {
	for word, want := range map[string]Category{
		"select": Reserved, "left": TypeFunc, "between": ColumnName, "value": Unreserved, "stream": Plain,
	} {
		if got := CategoryOf(word); got != want {
			t.Errorf("%s is %d, want %d", word, got, want)
		}
	}
	if BareLabel("from") || !BareLabel("select") || !BareLabel("x") {
		t.Error("bare labels")
	}
}

// FuzzLex looks for panics, and checks that the tokens lie in order inside the text, with blanks and comments between.
func FuzzLex(f *testing.F) {
	raw, err := os.ReadFile("testdata/scan")
	if err != nil {
		f.Fatal(err)
	}
	for _, line := range strings.Split(string(raw), "\n") {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			t.Skip("the lexer is given valid text")
		}
		toks, err := Scan(text, nil)
		if err != nil {
			e, ok := sqlerr.As(err)
			if !ok || e.Pos < 1 || e.Pos > len(text)+1 {
				t.Fatalf("%v at %d of %d", err, e.Pos, len(text))
			}
			return
		}
		last := int32(0)
		for _, tok := range toks {
			if tok.Pos < last || tok.End < tok.Pos || int(tok.End) > len(text) {
				t.Fatalf("token %+v after %d", tok, last)
			}
			if !utf8.ValidString(tok.Val) {
				t.Fatalf("token %+v is not UTF-8", tok)
			}
			last = tok.End
		}
		if toks[len(toks)-1].Kind != End {
			t.Fatal("no End")
		}
	})
}
