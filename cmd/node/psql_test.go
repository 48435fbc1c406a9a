package node_test

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	osexec "os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

var writePsql = flag.Bool("write-psql", false, "write the answers that differ from PostgreSQL's into testdata/psql/answers")

// psqlCommand is a line of testdata/psql/commands or completions.
type psqlCommand struct{ text, relation string }

func psqlCommands(t *testing.T, file string) []psqlCommand {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []psqlCommand
	relation := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		word, _, _ := strings.Cut(line, " ")
		switch {
		case line == "" || line[0] == '#':
		case word == "same" || word == "fewer" || word == "other":
			if relation = word; word != "same" && line == word {
				t.Errorf("a group of commands has no reason why it is %s", word)
			}
		default:
			out = append(out, psqlCommand{line, relation})
		}
	}
	return out
}

// psqlServer makes a database for setup.sql on PostgreSQL, with the superuser that runs it.
func psqlServer(t *testing.T) (host string) {
	t.Helper()
	postgresDatabase(t, "psql_clients", "psql_ann", "psql_bob", "psql_admin")
	c := connectPostgres(t, "postgres")
	defer c.Close(context.Background())
	exec(t, c, "CREATE ROLE psql_admin SUPERUSER LOGIN CREATEDB CREATEROLE REPLICATION BYPASSRLS")
	return os.Getenv("VEXSTREAM_TEST_POSTGRES")
}

func connectPostgres(t *testing.T, database string) *pgx.Conn {
	t.Helper()
	host := os.Getenv("VEXSTREAM_TEST_POSTGRES")
	if host == "" {
		skipOrFail(t, "VEXSTREAM_TEST_POSTGRES names no server")
	}
	c, err := pgx.Connect(t.Context(), "host="+host+" user=postgres dbname="+database)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// postgresDatabase makes an empty database on PostgreSQL, which goes with the test, and so do the roles.
func postgresDatabase(t *testing.T, name string, roles ...string) *pgx.Conn {
	t.Helper()
	c := connectPostgres(t, "postgres")
	clear := []string{"DROP DATABASE IF EXISTS " + name + " WITH (FORCE)"}
	for _, r := range roles {
		clear = append(clear, "DROP ROLE IF EXISTS "+r)
	}
	for _, q := range append(slices.Clone(clear), "CREATE DATABASE "+name+" TEMPLATE template0") {
		exec(t, c, q)
	}
	t.Cleanup(func() {
		for _, q := range clear {
			if _, err := c.Exec(context.Background(), q); err != nil {
				t.Error(err)
			}
		}
		c.Close(context.Background())
	})
	db := connectPostgres(t, name)
	t.Cleanup(func() { db.Close(context.Background()) })
	return db
}

// runPsql runs all commands in one session, after setup.sql, and gives the answer of each.
func runPsql(t *testing.T, commands []psqlCommand, connect ...string) [][]string {
	t.Helper()
	var script strings.Builder
	script.WriteString("\\i testdata/psql/setup.sql\n")
	for i, c := range commands {
		fmt.Fprintf(&script, "\\echo ===%d\n%s\n", i, c.text)
	}
	cmd := osexec.CommandContext(t.Context(), "psql", append(connect, "-X", "-q", "-A", "-P", "footer=off", "-U", "psql_admin", "psql_clients")...)
	cmd.Stdin = strings.NewReader(script.String())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("psql: %v\n%s", err, out)
	}
	answers := make([][]string, len(commands))
	at := -1
	for line := range strings.Lines(string(out)) {
		line = psqlPlace.ReplaceAllString(strings.TrimRight(line, "\n"), "")
		switch {
		case at+1 < len(commands) && line == fmt.Sprintf("===%d", at+1):
			at++
		case at < 0 && strings.Contains(line, "ERROR"):
			t.Errorf("setup.sql: %s", line)
		case at >= 0 && !strings.HasPrefix(line, "public|events|"):
			answers[at] = append(answers[at], line)
		}
	}
	if at != len(commands)-1 {
		t.Fatalf("psql answered %d of %d commands", at+1, len(commands))
	}
	return answers
}

var (
	psqlPlace = regexp.MustCompile(`^psql:[^:]*:\d+: `)
	psqlSize  = regexp.MustCompile(`\|\d+ (bytes|kB|MB)(\||$)`)
	psqlOwner = regexp.MustCompile(`(^|\|)postgres(\||$)`)
)

// asOurs puts a word for sizes into PostgreSQL's answers, and our name for the bootstrap role.
func asOurs(lines []string) []string {
	var out []string
	for _, l := range lines {
		if !strings.HasPrefix(l, "IntervalStyle|") {
			l = psqlOwner.ReplaceAllString(psqlSize.ReplaceAllString(l, "|a size$2"), "${1}vexstream$2")
		}
		out = append(out, l)
	}
	return out
}

func without(lines, others []string) []string {
	return slices.DeleteFunc(slices.Clone(lines), func(l string) bool { return slices.Contains(others, l) })
}

// isWithin says whether all lines of part are in whole, in the same order.
func isWithin(part, whole []string) bool {
	for _, l := range part {
		i := slices.Index(whole, l)
		if i < 0 {
			return false
		}
		whole = whole[i+1:]
	}
	return true
}

// sized puts the word for sizes into our own answers.
func sized(answer []string) []string {
	out := slices.Clone(answer)
	for i, l := range out {
		out[i] = psqlSize.ReplaceAllString(l, "|a size$2")
	}
	return out
}

// TestPsqlAsPostgres runs psql's commands that read here and on PostgreSQL, over the same objects.
func TestPsqlAsPostgres(t *testing.T) {
	if _, err := osexec.LookPath("psql"); err != nil {
		skipOrFail(t, "psql is not installed")
	}
	commands := psqlCommands(t, "testdata/psql/commands")
	theirs := runPsql(t, commands, "-h", psqlServer(t))
	n, _ := server(t)
	host, port, err := net.SplitHostPort(n.PgAddr())
	if err != nil {
		t.Fatal(err)
	}
	ours := runPsql(t, commands, "-h", host, "-p", port)
	var answers strings.Builder
	for i, c := range commands {
		want, have := asOurs(theirs[i]), sized(ours[i])
		both := fmt.Sprintf("%s\nonly PostgreSQL:\n%s\nonly here, or not in its place:\n%s", c.text, strings.Join(without(want, have), "\n"),
			strings.Join(without(have, want), "\n"))
		if c.relation != "same" && slices.Equal(want, have) {
			t.Errorf("%s is the same now", c.text)
		}
		switch c.relation {
		case "same":
			if !slices.Equal(want, have) {
				t.Errorf("%s", both)
			}
		case "fewer":
			if !isWithin(have, want) {
				t.Errorf("%s", both)
			}
		default:
			fmt.Fprintf(&answers, "%s\n%s\n\n", c.text, strings.Join(have, "\n"))
		}
	}
	const file = "testdata/psql/answers"
	if *writePsql {
		if err := os.WriteFile(file, []byte(answers.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(file); err != nil || string(want) != answers.String() {
		t.Errorf("answers differ from %s (%v); -write-psql writes them there:\n%s", file, err, answers.String())
	}
}
