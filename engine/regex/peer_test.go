package regex

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

var unescape = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\t`, "\t")

// TestPostgres compares with what PostgreSQL found in regexp_matches and regexp_replace with flag g, and with ~: random
// patterns, texts and flags, and the cases that its manual names.
func TestPostgres(t *testing.T) {
	in, err := os.Open(peers())
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	bad := 0
	for lines.Scan() {
		cells := strings.Split(lines.Text(), "\t")
		for i := range cells {
			cells[i] = unescape.Replace(cells[i])
		}
		if len(cells) != 4 {
			t.Fatalf("%q", lines.Text())
		}
		if got := peerAnswer(cells[1], cells[0], cells[2]); got != cells[3] {
			if bad++; bad <= 40 {
				t.Errorf("pattern %q text %q flags %q:\n  PostgreSQL %q\n  ours       %q", cells[0], cells[1], cells[2], cells[3], got)
			}
		}
	}
	if bad > 0 {
		t.Errorf("%d differ", bad)
	}
}

func peers() string {
	if name := os.Getenv("VEXSTREAM_TEST_REGEX"); name != "" {
		return name
	}
	return "testdata/postgres.tsv"
}

func peerAnswer(text, pattern, flags string) string {
	re, err := Compile(pattern, flags)
	if err != nil {
		e, _ := sqlerr.As(err)
		return "ERROR " + string(e.Code) + " " + e.Message
	}
	found, err := re.FindAll([]byte(text), 0, -1)
	if err != nil {
		return err.Error()
	}
	var sb strings.Builder
	var replaced []byte
	at := 0
	for i, m := range found {
		if i > 0 {
			sb.WriteByte(';')
		}
		sb.WriteString(groups(text, m))
		replaced = append(append(append(replaced, text[at:m[0]]...), '<'), text[m[0]:m[1]]...)
		if len(m) > 2 && m[2] >= 0 {
			replaced = append(replaced, text[m[2]:m[3]]...)
		}
		replaced = append(replaced, '>')
		at = m[1]
	}
	if len(found) == 0 {
		sb.WriteString("none")
	}
	plain, err := Compile(pattern, "")
	if err != nil {
		e, _ := sqlerr.As(err)
		return "ERROR " + string(e.Code) + " " + e.Message
	}
	hit, err := plain.Match([]byte(text))
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%s # %s%s # %v", sb.String(), replaced, text[at:], hit)
}

func groups(text string, m []int) string {
	if len(m) > 2 {
		m = m[2:]
	}
	var items []string
	for i := 0; i < len(m); i += 2 {
		switch {
		case m[i] < 0:
			items = append(items, "NULL")
		default:
			s := text[m[i]:m[i+1]]
			if s == "" || strings.ContainsAny(s, " \n{},\"\\") || strings.EqualFold(s, "null") {
				s = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
			}
			items = append(items, s)
		}
	}
	return "{" + strings.Join(items, ",") + "}"
}
