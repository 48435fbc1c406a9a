package regex

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestRequired(t *testing.T) {
	for _, c := range []struct {
		pattern, prefix string
		want            []string
	}{
		{`\.(log|txt|md)$`, "", []string{".log", ".txt", ".md"}},
		{`^/data/.*\.log$`, "/data/", []string{"/data/"}},
		{`(?i)PassWord=[0-9]+`, "", []string{"password="}},
		{`a{2,}bc`, "", []string{"bc"}},
		{`ab?cd`, "", []string{"abcd", "acd"}},
		{`x*`, "", nil},
		{`abc|[0-9]`, "", nil},
		{`(?:abc){2}d`, "", []string{"abcabcd"}},
		{`^abc|^abd`, "", []string{"abc", "abd"}},
		{`a(?=b)c`, "", []string{"ac"}},
	} {
		re, err := Compile(c.pattern, "")
		if err != nil {
			t.Fatal(err)
		}
		if have := re.Required(); !slices.Equal(have, c.want) {
			t.Errorf("%s requires %q, want %q", c.pattern, have, c.want)
		}
		if have := re.Prefix(); have != c.prefix {
			t.Errorf("%s begins with %q, want %q", c.pattern, have, c.prefix)
		}
	}
}

// TestRequiredIsThere matches random patterns with random texts: what matches has what is required.
func TestRequiredIsThere(t *testing.T) {
	atoms := strings.Fields("a b A k K \u212A s \u017F ß [ab] [^a] . (a|b) (ab|k)? (?:kS)+ a* b{2} (a{1,2}k){2} ^ $ \\y (?=a) (?!b)")
	letters := []rune("abkKsS\u212A\u017Fß")
	r := rand.New(rand.NewPCG(3, 4))
	matched := 0
	for range 3000 {
		var pattern, text strings.Builder
		for range 1 + r.IntN(6) {
			pattern.WriteString(atoms[r.IntN(len(atoms))])
			if r.IntN(8) == 0 {
				pattern.WriteByte('|')
			}
		}
		re, err := Compile(pattern.String(), []string{"", "i"}[r.IntN(2)])
		if err != nil {
			continue
		}
		for range 20 {
			text.Reset()
			for range r.IntN(10) {
				text.WriteRune(letters[r.IntN(len(letters))])
			}
			ok, err := re.Match([]byte(text.String()))
			if err != nil || !ok {
				continue
			}
			matched++
			low := strings.ToLower(text.String())
			if need := re.Required(); need != nil && !slices.ContainsFunc(need, func(s string) bool { return strings.Contains(low, s) }) {
				t.Fatalf("%s matches %s, which has none of %q", pattern.String(), text.String(), need)
			}
			if p := re.Prefix(); !strings.HasPrefix(text.String(), p) {
				t.Fatalf("%s matches %s, which does not begin with %q", pattern.String(), text.String(), p)
			}
		}
	}
	if matched < 5000 {
		t.Errorf("only %d matches", matched)
	}
}
