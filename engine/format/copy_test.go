package format

import (
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// testdata/copy.txt has PostgreSQL 15's answers to copyCases: the rows it read, as COPY text, as CSV with a header and as
// CSV with everything quoted; or code, message, hint and context. -update asks the server again.
var update = flag.Bool("update", false, "ask PostgreSQL for the golden answers")

type copyCase struct {
	kind   Kind
	sql    string // COPY's options as SQL
	o      Options
	schema batch.Schema
	input  string
}

func fields(spec string) batch.Schema {
	var s batch.Schema
	for part := range strings.SplitSeq(spec, ", ") {
		name, typ, _ := strings.Cut(part, " ")
		t, err := types.FromName(typ, nil, strings.Count(typ, "[]"))
		if err != nil {
			panic(err)
		}
		s = append(s, batch.Field{Name: name, Type: t})
	}
	return s
}

func str(s string) *string { return &s }

func copyCases() []copyCase {
	var out []copyCase
	add := func(kind Kind, spec, sql string, o Options, inputs ...string) {
		o.Relation = "t"
		for _, in := range inputs {
			out = append(out, copyCase{kind, sql, o, fields(spec), in})
		}
	}
	add(CSV, "a integer, b text", "", Options{},
		"1,x\n2,y\n", "1,x\n2,y", "", "\n", "1,\n", ",x\n", "1,\"\"\n", "\"1\",\"x\"\n", "1,\"a,b\"\n", "1,\"a\"\"b\"\n",
		"1,\"a\nb\"\n2,c\n", "1,a\"b,c\"d\n", "1,\"a\"b\"c\"\n", "1,\"unterminated\n2,x\n", "1,x,y\n", "1\n", "1,x\r\n2,y\r\n",
		"1,x\r\n2,y\n", "1,x\n2,y\r\n", "1,\"a\r\nb\"\r\n", "1,x\n\\.\n2,y\n", "x,y\n", "1,x\n2,y\nz,w\n", "\"\",x\n", " 1 , x \n",
		"99999999999,x\n", "1,x\n\n", "1,\\N\n", "1,é\n", "1,\xff\n", "1,a\x00b\n", "1,\"\\.\"\n", "1,\"\"\"\"\n", "1,\"x\",\n", ",\n",
		"1,x\n2,\"y\n3\",z\n4,w\n", "1,"+strings.Repeat("long ", 40)+",x\n", "bad"+strings.Repeat("long ", 40)+",x\n", "1,\"\"x\n",
		"1,a\rb\n", "1,\"a\\\"\n", "1,x\n2,\"a\nb\",c\n", "\"1\n\",x\n", "1,\"a\n\n\nb\"\nz,y\n")
	add(CSV, "a text", "", Options{}, "\n", "\"\"\n", "x\n\ny\n", "\\.\n", "\"\\.\"\n", "a,b\n")
	add(CSV, "a integer, b text", "header true", Options{Header: SkipHeader}, "a,b\n1,x\n", "z\n1,x\n", "\"a\nb\",c\n1,x\n", "", "x,y")
	add(CSV, "a integer, b text", "header match", Options{Header: MatchHeader}, "a,b\n1,x\n", "a,c\n1,x\n", "a\n1,x\n", "a,b,c\n", "\"a\",b\n1,x\n", "A,b\n")
	add(CSV, "a integer, b text", "delimiter ';', quote '''', null 'NIL'", Options{Delimiter: ';', Quote: '\'', Null: str("NIL")},
		"1;x\n", "NIL;NIL\n", "1;'NIL'\n", "1;'a;b''c'\n", "1;\"x\"\n", "1;\n")
	add(CSV, "a integer, b text", "escape E'\\\\'", Options{Escape: '\\'},
		"1,\"a\\\"b\"\n", "1,\"a\\\\\"\n", "1,\"a\\nb\"\n", "1,\"a\"\"b\"\n", "1,a\\b\n", "1,\"a\\\"\nb\"\n")
	add(CSV, "a text, b text", "force_null (a), force_not_null (b)", Options{ForceNull: []string{"a"}, ForceNotNull: []string{"b"}},
		"\"\",\"\"\n", ",\n", "x,y\n", "\"x\",\n")
	add(CSV, "ts timestamptz, n numeric, j jsonb, i integer[]", "", Options{},
		"2020-01-01T00:00:00Z,1.50,\"{\"\"b\"\":1,\"\"a\"\":2}\",\"{1,2}\"\n", "yesterdayish,1,{},{}\n", "2020-01-01,x,{},{}\n",
		"2020-01-01,1,{,{}\n", "2020-01-01,1,{},{1\n", "2020-13-01,1,1,{}\n")
	add(Text, "a integer, b text", "", Options{},
		"1\tx\n2\ty\n", "1\tx", "", "\n", "\\N\t\\N\n", "1\t\n", "1\ta\\tb\\nc\\\\d\\re\\bf\\vg\\fh\n", "1\t\\101\\x42\\7\\x\\xg\\q\n",
		"1\ta\\\nb\n2\tc\n", "1\tx\ty\n", "1\n", "1\tx\r\n2\ty\r\n", "1\tx\n2\ty\r\n", "1\tx\r\n2\ty\n", "1\tx\n\\.\n2\ty\n", "x\ty\n",
		"1\t\\066\\154\\1777\n", "1\t\\377\n", "1\t0123456\x80\n", "1\t\\N\\N\n", "1\ta\\\tb\n", "1\t\"q\"\n", "1\t\\.x\n", "1\tNULL\n", "1\té\\\\\n", "\t\n", "1\tx\\\n")
	add(Text, "a integer, b text", "delimiter '|', null 'nil'", Options{Delimiter: '|', Null: str("nil")},
		"1|x\n", "nil|nil\n", "1|a\\|b\n", "1|\\N\n", "1|a\tb\n")
	add(Text, "a integer, b text", "header match", Options{Header: MatchHeader}, "a\tb\n1\tx\n", "a\tc\n1\tx\n", "a\n")
	add(Text, "b boolean, f double precision, d date, t time, u uuid, y bytea, v interval", "", Options{},
		"t\t1.5\t2020-01-01\t10:11:12\ta0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\t\\\\x00ff\t1 day\n", "\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\n",
		"x\t1\t\\N\t\\N\t\\N\t\\N\t\\N\n")
	return out
}

// read gives all of c's rows as one batch, with the bytes cut after every cut bytes.
func (c *copyCase) read(cut int) (*batch.Batch, Reader, error) {
	var all *batch.Batch
	r, err := NewReader(c.kind, c.schema, nil, c.o, func(b *batch.Batch) error {
		all = b.Clone()
		b.Check()
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	for p := []byte(c.input); len(p) > 0 && err == nil; p = p[min(cut, len(p)):] {
		err = r.Write(p[:min(cut, len(p))])
	}
	if err == nil {
		err = r.Close()
	}
	if all == nil {
		all = &batch.Batch{}
	}
	return all, r, err
}

func write(t *testing.T, kind Kind, s batch.Schema, o Options, b *batch.Batch) string {
	t.Helper()
	w, err := NewWriter(kind, s, o)
	if err != nil {
		t.Fatal(err)
	}
	out := w.AppendStart(nil)
	if b.N > 0 {
		out = w.AppendBatch(out, b)
	}
	return string(w.AppendEnd(out))
}

func (c *copyCase) ours(t *testing.T, cut int) string {
	b, r, err := c.read(cut)
	if err != nil {
		e, ok := sqlerr.As(err)
		if !ok {
			return "other error: " + err.Error()
		}
		if again := r.Close(); again != err {
			t.Errorf("%q: after the error Close says %v", c.input, again)
		}
		return fmt.Sprintf("error %s|%s|%s|%s", e.Code, e.Message, e.Hint, e.Where)
	}
	if r.Rows() != int64(b.N) || r.Delivered() != int64(b.N) {
		t.Errorf("%q: %d rows, %d delivered, %d in the batch", c.input, r.Rows(), r.Delivered(), b.N)
	}
	return write(t, Text, c.schema, Options{}, b) + "|" + write(t, CSV, c.schema, Options{Header: SkipHeader}, b) + "|" +
		write(t, CSV, c.schema, Options{ForceQuote: []string{"*"}}, b)
}

func (c *copyCase) name() string { return fmt.Sprintf("%s (%s) %q", c.kind, c.sql, c.input) }

func TestCopyIsPostgreSQLs(t *testing.T) {
	cases := copyCases()
	if *update {
		if err := os.WriteFile("testdata/copy.txt", []byte(askCopy(t, cases)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile("testdata/copy.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(golden), "\n"), "\n")
	if len(lines) != len(cases) {
		t.Fatalf("%d golden answers for %d cases: run with -update", len(lines), len(cases))
	}
	for i, c := range cases {
		want, err := strconv.Unquote(lines[i])
		if err != nil {
			t.Fatal(err)
		}
		if d, ok := differs[c.name()]; ok {
			if d == want {
				t.Errorf("%s is listed in differs, and does not differ", c.name())
			}
			want = d
		}
		for _, cut := range []int{1, 2, 3, 7, 1 << 20} {
			if got := c.ours(t, cut); got != want {
				t.Errorf("%s, cut every %d\n got %q\nwant %q", c.name(), cut, got, want)
				break
			}
		}
	}
}

func TestCopyIsStillPostgreSQLs(t *testing.T) {
	answers := askCopy(t, copyCases())
	golden, err := os.ReadFile("testdata/copy.txt")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(golden), answers); diff != "" {
		t.Errorf("run with -update (-golden +server):\n%s", diff)
	}
}

const askFunction = `
set client_min_messages = error;
create function pg_temp.ask(fields text, kind text, opts text, file text) returns text language plpgsql as $$
declare m text; h text; w text; a text; b text; c text;
begin
  drop table if exists t;
  execute 'create temp table t (' || fields || ')';
  execute format('copy t from %L with (format %s%s)', file, kind, case when opts = '' then '' else ', ' || opts end);
  execute format('copy t to %L', file);
  a = pg_read_file(file);
  execute format('copy t to %L with (format csv, header)', file);
  b = pg_read_file(file);
  execute format('copy t to %L with (format csv, force_quote *)', file);
  return a || '|' || b || '|' || pg_read_file(file);
exception when others then
  get stacked diagnostics m = message_text, h = pg_exception_hint, w = pg_exception_context;
  return 'error ' || sqlstate || '|' || m || '|' || h || '|' || regexp_replace(w, '\nSQL statement.*', '');
end $$;
set timezone = 'UTC';
`

// askCopy has the server read and write the cases. It needs a server that may read and write files of its own.
func askCopy(t *testing.T, cases []copyCase) string {
	t.Helper()
	dir := os.Getenv("VEXSTREAM_TEST_POSTGRES")
	if dir == "" {
		const why = "VEXSTREAM_TEST_POSTGRES does not name the socket folder of a PostgreSQL 15"
		if os.Getenv("VEXSTREAM_TEST_REQUIRE") == "all" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	var script strings.Builder
	script.WriteString(askFunction)
	lit := func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
	for i, c := range cases {
		var spec []string
		for _, f := range c.schema {
			spec = append(spec, f.Name+" "+types.FormatType(f.Type))
		}
		file := fmt.Sprintf("/tmp/vexstream-copy-%d-%d", os.Getpid(), i)
		fmt.Fprintf(&script, "select lo_from_bytea(0, '\\x%s') as id \\gset\nselect lo_export(:id, '%s'), lo_unlink(:id) \\gset\n",
			hex.EncodeToString([]byte(c.input)), file)
		fmt.Fprintf(&script, "select encode(convert_to(pg_temp.ask(%s, '%s', %s, '%s'), 'UTF8'), 'hex');\n",
			lit(strings.Join(spec, ", ")), c.kind, lit(c.sql), file)
		fmt.Fprintf(&script, "copy (select 1 where false) to program 'rm -f %s';\n", file)
	}
	cmd := exec.Command("psql", "-h", dir, "-U", "postgres", "-XAtq", "-v", "ON_ERROR_STOP=1")
	cmd.Stdin = strings.NewReader(script.String())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("psql: %v\n%s", err, out)
	}
	var answers strings.Builder
	for line := range strings.Lines(string(out)) {
		b, err := hex.DecodeString(strings.TrimSpace(line))
		if err != nil {
			t.Fatalf("psql said %q", line)
		}
		fmt.Fprintf(&answers, "%q\n", b)
	}
	return answers.String()
}

// differs is what we say where we differ from PostgreSQL on purpose.
var differs = map[string]string{
	// We know the column, and say what to do.
	`csv () "1,\xff\n"`: "error 22021|invalid byte sequence for encoding \"UTF8\": 0xff|" +
		"Send text in UTF-8 and without zero bytes, or use bytea.|COPY t, line 1, column b",
	`csv () "1,a\x00b\n"`: "error 22021|invalid byte sequence for encoding \"UTF8\": 0x00|" +
		"Send text in UTF-8 and without zero bytes, or use bytea.|COPY t, line 1, column b",
	`text () "1\t\\377\n"`: "error 22021|invalid byte sequence for encoding \"UTF8\": 0xff|" +
		"Send text in UTF-8 and without zero bytes, or use bytea.|COPY t, line 1, column b",
	`text () "1\t0123456\x80\n"`: "error 22021|invalid byte sequence for encoding \"UTF8\": 0x80|" +
		"Send text in UTF-8 and without zero bytes, or use bytea.|COPY t, line 1, column b",
	// Lines that end in a lone carriage return are refused.
	`csv () "1,a\rb\n"`: "error 22P04|unquoted carriage return found in data|" +
		"Use quoted CSV field to represent carriage return.|COPY t, line 1",
	// We count the lines within the first row too.
	`csv () "1,\"a\n\n\nb\"\nz,y\n"`: `error 22P02|invalid input syntax for type integer: "z"||COPY t, line 5, column a: "z"`,
	// The place within the JSON is in the detail.
	`csv () "2020-01-01,1,{,{}\n"`: `error 22P02|invalid input syntax for type json||COPY t, line 1, column j: "{"`,
}
