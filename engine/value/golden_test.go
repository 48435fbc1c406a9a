package value

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// Each line of testdata/cases.txt is a type and an input. testdata/golden.txt has PostgreSQL 15's answers, line by line:
// text and binary form, or code, message, detail and hint. -update asks the server again.
var update = flag.Bool("update", false, "ask PostgreSQL for the golden answers")

type oracleCase struct{ typ, input string }

func readCases(t *testing.T) []oracleCase {
	t.Helper()
	data, err := os.ReadFile("testdata/cases.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out []oracleCase
	for line := range strings.Lines(string(data)) {
		typ, quoted, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		c := oracleCase{typ: typ}
		if err := json.Unmarshal([]byte(quoted), &c.input); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		out = append(out, c)
	}
	return out
}

// typeOf reads a type's name with its modifiers.
func typeOf(t *testing.T, name string) types.Type {
	t.Helper()
	var mods []int
	base, rest, ok := strings.Cut(name, "(")
	if ok {
		inner, _, _ := strings.Cut(rest, ")")
		for m := range strings.SplitSeq(inner, ",") {
			v, err := strconv.Atoi(m)
			if err != nil {
				t.Fatal(err)
			}
			mods = append(mods, v)
		}
	}
	depth := strings.Count(base, "[]")
	typ, err := types.FromName(strings.ReplaceAll(base, "[]", ""), mods, depth)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return typ
}

func ours(t *testing.T, c oracleCase, zone *time.Location) string {
	t.Helper()
	typ := typeOf(t, c.typ)
	b := batch.NewBuilder(typ, 1)
	if err := ParseText(b, []byte(c.input), types.In(zone)); err != nil {
		e, ok := sqlerr.As(err)
		if !ok {
			return "other error: " + err.Error()
		}
		if b.Len() != 0 {
			t.Errorf("%s %q: %d values in the builder after an error", c.typ, c.input, b.Len())
		}
		return fmt.Sprintf("error %s|%s|%s|%s", e.Code, e.Message, e.Detail, e.Hint)
	}
	col := b.Finish()
	text := AppendText(nil, &col, 0, types.In(zone))
	wire := AppendBinary(nil, &col, 0)
	back := batch.NewBuilder(typ, 1)
	if err := ParseBinary(back, wire); err != nil {
		t.Errorf("%s %q: our binary form %x does not read back: %v", c.typ, c.input, wire, err)
	} else {
		again := back.Finish()
		if got := AppendText(nil, &again, 0, types.In(zone)); !bytes.Equal(got, text) {
			t.Errorf("%s %q: %s came back from binary as %s", c.typ, c.input, text, got)
		}
	}
	return fmt.Sprintf("%s|%s", text, hex.EncodeToString(wire))
}

const askFunction = `
create function pg_temp.ask(t text, s text) returns text language plpgsql as $$
declare r text; m text; d text; h text; f text; o text;
begin
  select typsend::text, typoutput::text into f, o from pg_type where oid = t::regtype;
  execute format('select textin(%s(v)) || ''|'' || encode(%s(v), ''hex'') from (select %L::%s as v) x', o, f, s, t) into r;
  return r;
exception when others then
  get stacked diagnostics m = message_text, d = pg_exception_detail, h = pg_exception_hint;
  return 'error ' || sqlstate || '|' || m || '|' || d || '|' || h;
end $$;
set timezone = 'Europe/Berlin';
`

// server finds the socket folder of a running PostgreSQL in VEXSTREAM_TEST_POSTGRES, or skips.
func server(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("VEXSTREAM_TEST_POSTGRES"); dir != "" {
		return dir
	}
	if os.Getenv("VEXSTREAM_TEST_REQUIRE") == "all" {
		t.Fatal("VEXSTREAM_TEST_POSTGRES does not name the socket folder of a PostgreSQL 15")
	}
	t.Skip("VEXSTREAM_TEST_POSTGRES does not name the socket folder of a PostgreSQL 15")
	return ""
}

func ask(t *testing.T, cases []oracleCase) []string {
	t.Helper()
	var script strings.Builder
	script.WriteString(askFunction)
	for _, c := range cases {
		lit := strings.NewReplacer(`\`, `\\`, `'`, `''`, "\n", `\n`, "\t", `\t`).Replace(c.input)
		fmt.Fprintf(&script, "select encode(convert_to(pg_temp.ask('%s', E'%s'), 'UTF8'), 'hex');\n", c.typ, lit)
	}
	cmd := exec.Command("psql", "-h", server(t), "-U", "postgres", "-XAtq", "-v", "ON_ERROR_STOP=1")
	cmd.Stdin = strings.NewReader(script.String())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("psql: %v\n%s", err, out)
	}
	var answers []string
	for line := range strings.Lines(string(out)) {
		b, err := hex.DecodeString(strings.TrimSpace(line))
		if err != nil {
			t.Fatalf("psql said %q", line)
		}
		answers = append(answers, string(b))
	}
	if len(answers) != len(cases) {
		t.Fatalf("%d answers to %d questions", len(answers), len(cases))
	}
	return answers
}

func quoted(lines []string) string {
	var s strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&s, "%q\n", l)
	}
	return s.String()
}

// known are the cases in which we differ from PostgreSQL on purpose, or in words only: what we say instead.
func known(t *testing.T) map[string]string {
	t.Helper()
	f, err := os.Open("testdata/differs.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out := map[string]string{}
	for s := bufio.NewScanner(f); s.Scan(); {
		line := s.Text()
		if line == "" || line[0] == '#' {
			continue
		}
		typ, rest, _ := strings.Cut(line, "\t")
		in, want, _ := strings.Cut(rest, "\t")
		w, err := strconv.Unquote(want)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		out[typ+"\t"+in] = w
	}
	return out
}

func TestPostgreSQLsAnswers(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zone database: ", err)
	}
	cases := readCases(t)
	if *update {
		if err := os.WriteFile("testdata/golden.txt", []byte(quoted(ask(t, cases))), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile("testdata/golden.txt")
	if err != nil {
		t.Fatal(err)
	}
	differs := known(t)
	lines := strings.Split(strings.TrimSuffix(string(golden), "\n"), "\n")
	if len(lines) != len(cases) {
		t.Fatalf("%d golden answers for %d cases: run with -update", len(lines), len(cases))
	}
	for i, c := range cases {
		want, err := strconv.Unquote(lines[i])
		if err != nil {
			t.Fatal(err)
		}
		key := c.typ + "\t" + strconv.Quote(c.input)
		d, listed := differs[key]
		got := ours(t, c, zone)
		switch {
		case listed && got == want:
			t.Errorf("%s\t%q is listed in differs.txt, and does not differ", c.typ, c.input)
		case listed:
			want = d
		}
		if got != want {
			t.Errorf("%s\t%q\n got %q\nwant %q", c.typ, c.input, got, want)
		}
	}
}

func TestGoldenIsStillPostgreSQLs(t *testing.T) {
	cases := readCases(t)
	answers := ask(t, cases)
	golden, err := os.ReadFile("testdata/golden.txt")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(golden), quoted(answers)); diff != "" {
		t.Errorf("run with -update (-golden +server):\n%s", diff)
	}
}
