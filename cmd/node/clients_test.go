package node_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net"
	"os"
	osexec "os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/cmd/node"
)

// clientsDir is where the clients of other languages are that .ci/run installs.
func clientsDir(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("VEXSTREAM_TEST_CLIENTS")
	if dir == "" {
		skipOrFail(t, "VEXSTREAM_TEST_CLIENTS names no folder with clients: .ci/run install makes one")
	}
	return dir
}

// clientNode is a node that programs of other languages talk to, and the environment that tells libpq and its kin of it.
func clientNode(t *testing.T) (*node.Node, []string) {
	t.Helper()
	n, err := node.Open(t.Context(), node.Settings{PgAddr: "127.0.0.1:0", Journal: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	host, port, err := net.SplitHostPort(n.PgAddr())
	if err != nil {
		t.Fatal(err)
	}
	return n, append(os.Environ(), "PGHOST="+host, "PGPORT="+port, "PGUSER=admin", "PGDATABASE=vexstream", "PGSSLMODE=disable", "LC_ALL=C.UTF-8")
}

// runClient runs a program, and fails with what it wrote if it does.
func runClient(t *testing.T, env []string, in string, name string, args ...string) string {
	t.Helper()
	if _, err := osexec.LookPath(name); err != nil {
		skipOrFail(t, name+" is not installed")
	}
	cmd := osexec.CommandContext(t.Context(), name, args...)
	cmd.Env, cmd.Stdin = env, strings.NewReader(in)
	var out, failed bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &failed
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out.Bytes(), failed.Bytes())
	}
	return out.String()
}

// programs are the clients with a program in testdata/clients each, and what runs it.
var programs = map[string]func(dir string) (name string, args []string){
	"psycopg3_client.py":   python,
	"psycopg2_client.py":   python,
	"sqlalchemy_client.py": python,
	"asyncpg_client.py":    python,
	"arrow_client.py":      python,
	"odbc_client.py":       python,
	"pgcli_client.py":      python,
	"node_pg.mjs":          javascript,
	"postgres_js.mjs":      javascript,
	"Jdbc.java":            java,
}

func java(dir string) (string, []string) {
	return "java", []string{"-cp", filepath.Join(dir, "postgresql.jar")}
}

func python(dir string) (string, []string) {
	return filepath.Join(dir, "venv", "bin", "python"), []string{"-B"}
}

func javascript(string) (string, []string) { return "node", nil }

// TestClientPrograms runs a program for each driver: it connects, defines, sends values of every type, writes batches, copies,
// meets errors, follows, cancels, is notified, and looks at the catalog.
func TestClientPrograms(t *testing.T) {
	if testing.Short() {
		t.Skip("starts interpreters")
	}
	dir := clientsDir(t)
	for file, run := range programs {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			n, env := clientNode(t)
			name, args := run(dir)
			path, err := filepath.Abs(filepath.Join("testdata/clients", file))
			if err != nil {
				t.Fatal(err)
			}
			args = append(args, path)
			if driver, _ := filepath.Glob("/usr/lib/*/odbc/psqlodbcw.so"); driver == nil && file == "odbc_client.py" {
				skipOrFail(t, "odbc-postgresql is not installed")
			}
			switch name {
			case "node": // looks for packages beside the file
				path = copyInto(t, path, dir)
				args = []string{path}
			case "java":
				args = append(args, "jdbc:postgresql://"+n.PgAddr()+"/vexstream?user=admin&sslmode=disable")
			}
			runClient(t, env, "", name, args...)
		})
	}
}

// copyInto copies a file into a folder for as long as the test takes.
func copyInto(t *testing.T, path, dir string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.CreateTemp(dir, "*"+filepath.Ext(path))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Remove(f.Name()) })
	if _, err := f.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}

// TestPgbench makes its tables, and runs its own transactions and SELECT in each protocol.
func TestPgbench(t *testing.T) {
	_, env := clientNode(t)
	runClient(t, env, "", "pgbench", "-i", "-q", "-s", "1", "--quiet")
	for _, mode := range []string{"simple", "extended", "prepared"} {
		out := runClient(t, env, "", "pgbench", "-n", "-M", mode, "-t", "10", "-c", "2", "--max-tries", "100")
		if !strings.Contains(out, "number of transactions actually processed: 20/20") {
			t.Errorf("%s: %s", mode, out)
		}
		runClient(t, env, "", "pgbench", "-n", "-S", "-M", mode, "-t", "10")
	}
	if n := strings.TrimSpace(runClient(t, env, "", "psql", "-XAtc", "SELECT count(*) FROM pgbench_history")); n != "60" {
		t.Errorf("%s rows of history", n)
	}
}

// TestPgDump dumps the objects of psql's test, makes them anew from that in another node, and dumps them there: the same.
func TestPgDump(t *testing.T) {
	_, env := clientNode(t)
	setup, err := os.ReadFile("testdata/psql/setup.sql")
	if err != nil {
		t.Fatal(err)
	}
	runClient(t, env, string(setup), "psql", "-Xqv", "ON_ERROR_STOP=1")
	first := runClient(t, env, "", "pg_dump", "--schema-only", "--no-owner", "--no-privileges")
	_, env = clientNode(t)
	runClient(t, env, first, "psql", "-Xqv", "ON_ERROR_STOP=1")
	again := runClient(t, env, "", "pg_dump", "--schema-only", "--no-owner", "--no-privileges")
	lines := func(s string) (out []string) {
		for l := range strings.Lines(s) {
			if !strings.HasPrefix(l, `\`) { // has a key of its own each time
				out = append(out, l)
			}
		}
		return out
	}
	if a, b := lines(first), lines(again); strings.Join(a, "") != strings.Join(b, "") {
		t.Errorf("only in the first:\n%s\nonly in the second:\n%s", without(a, b), without(b, a))
	}
	if !strings.Contains(first, "ADD CONSTRAINT child_t_fkey FOREIGN KEY (t) REFERENCES public.t(id) ON DELETE CASCADE") {
		t.Errorf("no foreign key in\n%s", first)
	}
}

// TestClientDocs runs the blocks of docs/clients.md, each on a node of its own: what one prints stands in the block behind it.
func TestClientDocs(t *testing.T) {
	if testing.Short() {
		t.Skip("starts interpreters")
	}
	dir := clientsDir(t)
	page, err := os.ReadFile("../../docs/clients.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := fenced.FindAllStringSubmatch(string(page), -1)
	if len(blocks) < 8 {
		t.Fatalf("%d blocks", len(blocks))
	}
	for i, b := range blocks {
		t.Run(fmt.Sprintf("%d_%s", i+1, b[1]), func(t *testing.T) {
			t.Parallel()
			n, env := clientNode(t)
			_, port, err := net.SplitHostPort(n.PgAddr())
			if err != nil {
				t.Fatal(err)
			}
			text := strings.ReplaceAll(b[2], "5433", port)
			path := filepath.Join(t.TempDir(), "block."+b[1])
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			name, args := "bash", []string(nil)
			switch b[1] {
			case "python":
				name, args = python(dir)
			case "js":
				name, args = javascript(dir)
				module := strings.TrimSuffix(path, "js") + "mjs"
				if err := os.Rename(path, module); err != nil {
					t.Fatal(err)
				}
				path = copyInto(t, module, dir)
			case "java":
				name, args = java(dir)
			case "go":
				name, args = "go", []string{"run"}
			}
			if have := runClient(t, env, "", name, append(args, path)...); have != b[3] {
				t.Errorf("prints\n%s, and should\n%s", have, b[3])
			}
		})
	}
}

var fenced = regexp.MustCompile("(?s)```(sh|python|js|java|go)\n(.*?)```\n```\n(.*?)```")
