package build_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/jackc/pgx/v5/pgconn"
)

const postgresBin = "/usr/lib/postgresql/15/bin"

func skipOrFail(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("VEXSTREAM_TEST_REQUIRE") == "all" {
		t.Fatal(why)
	}
	t.Skip(why)
}

var watermark = regexp.MustCompile(`, WATERMARK FOR [^)]*`)

// compared are the files that PostgreSQL is asked about.
var compared = []string{
	"aggregates",
	"arrays",
	"evaluation",
	"forms",
	"correlated",
	"grouping",
	"join",
	"ordered",
	"over",
	"peers",
	"recursive",
	"rows",
	"select",
	"setof",
	"subquery",
}

// TestPostgres asks PostgreSQL 15 the queries of some files too: the rows must be the same.
func TestPostgres(t *testing.T) {
	ask := startPostgres(t)
	for _, file := range compared {
		t.Run(file, func(t *testing.T) { comparePostgres(t, "testdata/"+file, ask) })
	}
}

func comparePostgres(t *testing.T, file string, ask *server) {
	w := newWorld()
	var setup strings.Builder
	var bad []string // a failure would end the file
	datadriven.RunTest(t, file, func(t *testing.T, d *datadriven.TestData) string {
		if d.Cmd == "exec" {
			if err := w.exec(d.Input); err != nil {
				t.Fatal(err)
			}
			setup.WriteString(watermark.ReplaceAllString(strings.ReplaceAll(d.Input, "CREATE STREAM", "CREATE TEMP TABLE"), "") + ";\n")
			return d.Expected
		}
		if d.Cmd != "query" || d.HasArg("ours") {
			return d.Expected
		}
		if strings.HasPrefix(d.Expected, "ERROR") {
			if checked[file] {
				compareError(&bad, d, ask.fails(t, setup.String(), d.Input))
			}
			return d.Expected
		}
		p, _, err := w.bind(d.Input, false)
		if err != nil {
			t.Fatalf("%s: %s\n%s", d.Pos, d.Input, complain(err))
		}
		rows := &gathered{}
		if err := w.run(shown(t, p), rows); err != nil {
			t.Fatalf("%s: %s\n%s", d.Pos, d.Input, complain(err))
		}
		have, want := rows.lines(t), ask.rows(t, setup.String(), d.Input)
		for i, line := range have { // psql writes a boolean shorter than a cast to text does
			cells := strings.Split(line, "|")
			for c, v := range cells {
				if v == "true" || v == "false" {
					cells[c] = v[:1]
				}
			}
			have[i] = strings.Join(cells, "|")
		}
		if strings.LastIndex(d.Input, "ORDER BY") <= strings.LastIndex(d.Input, ") FROM") { // none, or one in OVER (...)
			slices.Sort(have)
			slices.Sort(want)
		}
		if !slices.Equal(have, want) {
			bad = append(bad, fmt.Sprintf("%s: %s\ngives\n%sand PostgreSQL\n%s", d.Pos, d.Input, join(have), join(want)))
		}
		return d.Expected
	})
	for _, b := range bad {
		t.Error(b)
	}
}

// checked are the files whose errors must be PostgreSQL's too.
var checked = map[string]bool{
	"testdata/arrays":     true,
	"testdata/correlated": true,
	"testdata/evaluation": true,
	"testdata/forms":      true,
	"testdata/grouping":   true,
	"testdata/ordered":    true,
	"testdata/recursive":  true,
	"testdata/rows":       true,
	"testdata/setof":      true,
}

// compareError holds an error against PostgreSQL's: code, message and position. What is not supported has none there.
func compareError(bad *[]string, d *datadriven.TestData, theirs string) {
	ours := strings.Split(d.Expected, "\n")
	if strings.HasPrefix(ours[0], "ERROR: 0A000") {
		return
	}
	if len(ours) < 2 || !strings.HasPrefix(ours[1], "POSITION") {
		ours = append(ours[:1], "POSITION: 0")
	}
	if strings.HasSuffix(theirs, "POSITION: 0") { // where PostgreSQL gives no place, ours may
		ours[1] = "POSITION: 0"
	}
	if got := ours[0] + "\n" + ours[1]; got != theirs {
		*bad = append(*bad, fmt.Sprintf("%s: %s\ngives\n%s\nand PostgreSQL\n%s", d.Pos, d.Input, got, theirs))
	}
}

// server is a PostgreSQL on a socket in a folder.
type server struct{ dir string }

// fails runs a query after a setup and gives its error.
func (s *server) fails(t *testing.T, setup, query string) string {
	t.Helper()
	ctx := context.Background()
	c, err := pgconn.Connect(ctx, "host="+s.dir+" user=postgres dbname=postgres")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(ctx) }()
	if _, err := c.Exec(ctx, "SET TimeZone = 'UTC';"+setup).ReadAll(); err != nil {
		t.Fatal(err)
	}
	_, err = c.Exec(ctx, query).ReadAll()
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return "no error"
	}
	return fmt.Sprintf("ERROR: %s: %s\nPOSITION: %d", e.Code, e.Message, e.Position)
}

// startPostgres runs a server on a socket in a temporary directory, as user postgres since it refuses root.
func startPostgres(t *testing.T) *server {
	if _, err := os.Stat(postgresBin + "/initdb"); err != nil {
		skipOrFail(t, "PostgreSQL 15 is not installed")
	}
	u, err := user.Lookup("postgres")
	if os.Getuid() != 0 || err != nil {
		skipOrFail(t, "needs root to become user postgres")
	}
	dir, err := os.MkdirTemp("/tmp", "pgbuild")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	run := func(name string, args ...string) {
		cmd := exec.Command(postgresBin+"/"+name, args...)
		cmd.Dir = dir
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
		if err := cmd.Run(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	run("initdb", "-D", dir+"/db", "-E", "UTF8", "--locale=C", "-N", "-A", "trust")
	run("pg_ctl", "-D", dir+"/db", "-w", "-l", dir+"/log", "-o", "-F -h '' -k "+dir, "start")
	t.Cleanup(func() { run("pg_ctl", "-D", dir+"/db", "-m", "immediate", "-w", "stop") })
	return &server{dir}
}

// rows runs a query after a setup, in a session of its own.
func (s *server) rows(t *testing.T, setup, query string) []string {
	t.Helper()
	cmd := exec.Command("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-P", "null=NULL", "-h", s.dir, "-U", "postgres", "postgres")
	cmd.Stdin = strings.NewReader("SET TimeZone = 'UTC';\n" + setup + query + ";\n")
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Run(); err != nil {
		return []string{log.String()}
	}
	if out.Len() == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
}
