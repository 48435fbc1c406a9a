package expr

import (
	"bytes"
	goflag "flag"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

var fromPostgres = goflag.Bool("from-postgres", false, "rewrite the golden answers of testdata with PostgreSQL's")

// tableSQL is the relation t of the tests; PostgreSQL makes the same one.
const tableSQL = `CREATE TABLE t (row int4, a int4, b int8, c int2, f float8, g float4, n numeric, s text, p text, u bool,
 d date, ts timestamp, z timestamptz, i interval, m time, j jsonb, x uuid, y bytea);
INSERT INTO t VALUES %s;`

var tableRows = []string{
	`1, 1, 10, 3, 1.5, 0.5, 12.50, '/data/a.log', '%a%', true, '2024-02-29', '2024-02-29 12:34:56.789012', '2024-03-31 00:30:00Z', '1 mon 2 days 03:04:05.5', '12:00', '{"a": 1, "b": [1, "x", null], "c": {"d": "e"}}', '00112233-4455-6677-8899-aabbccddeeff', '\x00ff'`,
	`2, 7, -10, -3, -2.5, 2.25, -0.001, 'Hello World', 'hello%', false, '1999-12-31', '1999-12-31 23:59:59.999999', '2000-01-01 00:00:00Z', '-1 day', '23:59:59.5', '[3, 1, 2]', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 'abc'`,
	`3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL`,
	`4, -5, 9223372036854775807, 32767, 'NaN', 'Infinity', 'NaN', '', '', true, 'infinity', '-infinity', 'infinity', '00:00', '00:00', '"str"', '00000000-0000-0000-0000-000000000000', ''`,
	`5, 2147483647, -9223372036854775808, -32768, 1e300, 1e-30, 123456789012345678901234.5678, 'äöü €uro', '_ö%', NULL, '0044-03-15 BC', '0001-01-01', '2024-10-27 01:30:00Z', '-3 years 10 days -00:00:01', '06:07:08.123456', 'null', '12345678-1234-1234-1234-123456789abc', '\xdeadbeef'`,
	`6, 0, 0, 0, 0, '-0', 0.00, 'O''Brien \ 50%', '%\%', false, '1970-01-01', '1970-01-01 00:00', '1970-01-01 00:00Z', '400 days 25:00', '00:00:00.000001', '{"a": "1", "k": true, "n": 1.50}', 'a0a0a0a0-a0a0-a0a0-a0a0-a0a0a0a0a0a0', 'x'`,
}

var tableSchema = batch.Schema{
	{Name: "row", Type: types.Int4},
	{Name: "a", Type: types.Int4},
	{Name: "b", Type: types.Int8},
	{Name: "c", Type: types.Int2},
	{Name: "f", Type: types.Float8},
	{Name: "g", Type: types.Float4},
	{Name: "n", Type: types.Numeric},
	{Name: "s", Type: types.Text},
	{Name: "p", Type: types.Text},
	{Name: "u", Type: types.Bool},
	{Name: "d", Type: types.Date},
	{Name: "ts", Type: types.Timestamp},
	{Name: "z", Type: types.Timestamptz},
	{Name: "i", Type: types.Interval},
	{Name: "m", Type: types.Time},
	{Name: "j", Type: types.JSONB},
	{Name: "x", Type: types.UUID},
	{Name: "y", Type: types.Bytea},
}

// testTable is the relation t as a batch.
func testTable(t testing.TB) *batch.Batch {
	t.Helper()
	builders := make([]*batch.Builder, len(tableSchema))
	for i, f := range tableSchema {
		builders[i] = batch.NewBuilder(f.Type, len(tableRows))
	}
	for _, row := range tableRows {
		for i, text := range splitRow(row) {
			if text == "NULL" {
				builders[i].Null()
				continue
			}
			if text[0] == '\'' {
				text = strings.ReplaceAll(text[1:len(text)-1], "''", "'")
			}
			if err := parseInto(builders[i], text); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
		}
	}
	b := &batch.Batch{N: len(tableRows)}
	for _, bd := range builders {
		b.Cols = append(b.Cols, bd.Finish())
	}
	return b
}

func splitRow(row string) (cells []string) {
	quoted, start := false, 0
	for i, c := range row {
		if c == '\'' {
			quoted = !quoted
		}
		if c == ',' && !quoted {
			cells = append(cells, strings.TrimSpace(row[start:i]))
			start = i + 1
		}
	}
	return append(cells, strings.TrimSpace(row[start:]))
}

func berlin(t testing.TB) *time.Location {
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// answer evaluates an expression over t and shows one value per row, or one value if it reads no column, or the error.
func answer(text string, b *batch.Batch, zone *time.Location) (shown string) {
	defer func() {
		if p := recover(); p != nil {
			shown = fmt.Sprintf("PANIC %v\n", p)
		}
	}()
	e, err := parseSQL(text, tableSchema)
	if err != nil {
		return showError(err)
	}
	c := &Ctx{Locale: types.In(zone), Now: 1_700_000_000_000_000}
	if !readsColumn(text) {
		b = &batch.Batch{N: 1}
	}
	col := e.Eval(c, b, nil)
	if fs := c.Failures(); fs != nil {
		first := fs[0]
		for _, f := range fs {
			if f.Row < first.Row {
				first = f
			}
		}
		return showError(first.Err)
	}
	var sb strings.Builder
	for r := range b.N {
		if col.Null(r) {
			sb.WriteString("∅\n")
		} else {
			fmt.Fprintf(&sb, "%s\n", appendText(nil, &col, r, types.In(zone)))
		}
	}
	return sb.String()
}

func showError(err error) string {
	if e, ok := sqlerr.As(err); ok {
		return fmt.Sprintf("ERROR %s: %s\n", e.Code, e.Message)
	}
	return "ERROR " + err.Error() + "\n"
}

// TestGolden evaluates the expressions of testdata, one per line, and compares with the answers that PostgreSQL 15
// gave (see TestPostgres). After an expression, "-- not: reason" says that the answer is not PostgreSQL's, and why.
func TestGolden(t *testing.T) {
	b, zone := testTable(t), berlin(t)
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			var sb strings.Builder
			for line := range strings.SplitSeq(d.Input, "\n") {
				text, _, _ := strings.Cut(line, " -- not:")
				if d.Cmd == "sets" {
					sb.WriteString(line + "\n" + indent(answerSet(text, zone)))
					continue
				}
				sb.WriteString(line + "\n" + indent(answer(text, b, zone)))
			}
			return sb.String()
		})
	})
}

func indent(s string) string {
	return "> " + strings.ReplaceAll(strings.TrimSuffix(s, "\n"), "\n", "\n> ") + "\n"
}

const postgresBin = "/usr/lib/postgresql/15/bin"

// skipOrFail skips the test, or fails it where nothing may be skipped.
func skipOrFail(t *testing.T, reason string) {
	t.Helper()
	if os.Getenv("VEXSTREAM_TEST_REQUIRE") == "all" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}

// TestPostgres puts every expression of testdata to a real PostgreSQL 15 and compares its answers with the golden ones
// (or, with -from-postgres, makes them the golden ones).
func TestPostgres(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server")
	}
	pg := startPostgres(t)
	paths, err := filepath.Glob("testdata/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) { comparePath(t, pg, path) })
	}
}

func comparePath(t *testing.T, pg *postgres, path string) {
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	input, output, ok := strings.Cut(string(raw), "\n----\n")
	if !ok {
		t.Fatalf("%s: one case a file is expected", path)
	}
	cmd := "eval\n"
	if !strings.Contains(input, cmd) {
		cmd = "sets\n"
	}
	head, input, _ := strings.Cut(input, cmd)
	golden, current := map[string]string{}, ""
	for line := range strings.SplitSeq(output, "\n") {
		if strings.HasPrefix(line, "> ") {
			golden[current] += line + "\n"
		} else {
			current = line
		}
	}
	exprs := strings.Split(input, "\n")
	var out strings.Builder
	out.WriteString(head + cmd + input + "\n----\n")
	for i, want := range pg.ask(t, exprs, cmd == "sets\n") {
		switch have := golden[exprs[i]]; {
		case strings.Contains(exprs[i], " -- not:"):
			if want == have {
				t.Errorf("%s\nis PostgreSQL's answer after all", exprs[i])
			}
			want = have
		case !*fromPostgres && want != have:
			t.Errorf("%s\ngolden:\n%sPostgreSQL:\n%s", exprs[i], have, want)
		}
		out.WriteString(exprs[i] + "\n" + want)
	}
	if *fromPostgres {
		if err := os.WriteFile(path, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

type postgres struct{ dir string }

// startPostgres runs a server on a socket in a temporary directory, as user postgres since it refuses root.
func startPostgres(t *testing.T) *postgres {
	if _, err := os.Stat(postgresBin + "/initdb"); err != nil {
		skipOrFail(t, "PostgreSQL 15 is not installed")
	}
	u, err := user.Lookup("postgres")
	if os.Getuid() != 0 || err != nil {
		skipOrFail(t, "needs root to become user postgres")
	}
	dir, err := os.MkdirTemp("/tmp", "pgexpr")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	p := &postgres{dir: dir}
	run := func(name string, args ...string) {
		cmd := exec.Command(postgresBin+"/"+name, args...)
		cmd.Dir = dir
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
		cmd.Stdout = nil
		var log bytes.Buffer
		if name == "initdb" {
			cmd.Stderr = &log
		}
		if err := cmd.Run(); err != nil {
			t.Fatalf("%s: %v %s", name, err, log.String())
		}
	}
	run("initdb", "-D", dir+"/db", "-E", "UTF8", "--locale=C.UTF-8", "-N", "-A", "trust")
	run("pg_ctl", "-D", dir+"/db", "-w", "-l", dir+"/log", "-o", "-F -h '' -k "+dir, "start")
	t.Cleanup(func() { run("pg_ctl", "-D", dir+"/db", "-m", "immediate", "-w", "stop") })
	return p
}

// ask evaluates expressions over t, or calls of set-returning functions in FROM: the answers in the form of answer, indented.
func (p *postgres) ask(t *testing.T, exprs []string, inFrom bool) []string {
	var script strings.Builder
	script.WriteString("\\set ON_ERROR_STOP 0\n\\pset format unaligned\n\\pset tuples_only on\n\\pset null ∅\n\\set VERBOSITY verbose\n")
	script.WriteString("SET TimeZone = 'Europe/Berlin'; SET DateStyle = 'ISO, MDY'; SET IntervalStyle = 'postgres'; SET max_parallel_workers_per_gather = 0;\n")
	fmt.Fprintf(&script, "DROP TABLE IF EXISTS t;\n"+tableSQL+"\n", "("+strings.Join(tableRows, "), (")+")")
	for _, text := range exprs {
		text, _, _ = strings.Cut(text, " -- not:")
		if inFrom {
			script.WriteString("\\echo ===\nSELECT * FROM " + text + ";\n")
			continue
		}
		from := " FROM t ORDER BY row"
		if !readsColumn(text) {
			from = ""
		}
		script.WriteString("\\echo ===\nSELECT (" + text + ")" + from + ";\n")
	}
	cmd := exec.Command("psql", "-X", "-q", "-h", p.dir, "-U", "postgres", "postgres")
	cmd.Stdin = strings.NewReader(script.String())
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("psql: %v\n%s", err, out.String())
	}
	parts := strings.Split(out.String(), "===\n")[1:]
	if len(parts) != len(exprs) {
		t.Fatalf("%d answers to %d expressions: %s", len(parts), len(exprs), out.String())
	}
	for i, a := range parts {
		if _, rest, ok := strings.Cut(a, "ERROR:  "); ok {
			rest, _, _ = strings.Cut(rest, "\n")
			a = "ERROR " + rest + "\n"
		}
		parts[i] = indent(a)
	}
	return parts
}

// readsColumn says whether a malformed expression would have read a column of t.
func readsColumn(text string) bool {
	for _, tok := range tokenize(text) {
		if tableSchema.Index(tok) >= 0 {
			return true
		}
	}
	return false
}
