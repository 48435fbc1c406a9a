package build_test

import (
	"bytes"
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

// TestPostgres asks PostgreSQL 15 the queries of some files too: the rows must be the same.
func TestPostgres(t *testing.T) {
	ask := startPostgres(t)
	for _, file := range []string{"peers", "join", "subquery", "select", "aggregates", "over", "setof"} {
		t.Run(file, func(t *testing.T) { comparePostgres(t, "testdata/"+file, ask) })
	}
}

// mends are the files whose errors must be PostgreSQL's, too, unless they say what is not supported.
var mends = map[string]bool{"testdata/setof": true}

func sameRefusal(t *testing.T, d *datadriven.TestData, have []string, want string) {
	t.Helper()
	if len(have) == 0 || have[0] != "ERROR:  "+want {
		t.Errorf("%s: %s\ngives %s\nand PostgreSQL\n%s", d.Pos, d.Input, want, join(have))
	}
}

func comparePostgres(t *testing.T, file string, ask func(t *testing.T, setup, query string) []string) {
	w := newWorld()
	var setup strings.Builder
	datadriven.RunTest(t, file, func(t *testing.T, d *datadriven.TestData) string {
		if d.Cmd == "exec" {
			if err := w.exec(d.Input); err != nil {
				t.Fatal(err)
			}
			setup.WriteString(watermark.ReplaceAllString(strings.ReplaceAll(d.Input, "CREATE STREAM", "CREATE TEMP TABLE"), "") + ";\n")
			return d.Expected
		}
		if d.Cmd != "query" {
			return d.Expected
		}
		if code, rest, ok := strings.Cut(strings.TrimPrefix(d.Expected, "ERROR: "), ": "); ok && strings.HasPrefix(d.Expected, "ERROR") {
			if message, _, _ := strings.Cut(rest, "\n"); mends[file] && !strings.HasSuffix(message, "is not supported") {
				sameRefusal(t, d, ask(t, setup.String(), d.Input), code+": "+message)
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
		have, want := rows.lines(t), ask(t, setup.String(), d.Input)
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
			t.Errorf("%s: %s\ngives\n%sand PostgreSQL\n%s", d.Pos, d.Input, join(have), join(want))
		}
		return d.Expected
	})
}

// startPostgres runs a server on a socket in a temporary directory, as user postgres since it refuses root. What it
// gives runs a query after a setup, in a session of its own.
func startPostgres(t *testing.T) func(t *testing.T, setup, query string) []string {
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
	return func(t *testing.T, setup, query string) []string {
		t.Helper()
		cmd := exec.Command("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose", "-P", "null=NULL", "-h", dir, "-U", "postgres", "postgres")
		cmd.Stdin = strings.NewReader("SET TimeZone = 'UTC';\n" + setup + query + ";\n")
		var out, log bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &log
		if err := cmd.Run(); err != nil {
			return strings.Split(strings.TrimPrefix(regexp.MustCompile(`^psql:[^ ]*: `).ReplaceAllString(log.String(), ""), "psql:"), "\n")
		}
		if out.Len() == 0 {
			return nil
		}
		return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	}
}
