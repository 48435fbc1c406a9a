package node_test

import (
	"fmt"
	"net"
	"os"
	osexec "os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// completePsql types each line into psql and then the tabulator twice, and gives what came of it: the line as it was
// completed, and what psql offered where there was more than one way.
func completePsql(t *testing.T, lines []psqlCommand, connect ...string) []string {
	t.Helper()
	runPsql(t, nil, connect...) // makes the objects
	inputrc := filepath.Join(t.TempDir(), "inputrc")
	settings := "set completion-query-items 0\nset page-completions off\nset bell-style none\nset enable-bracketed-paste off\n"
	if err := os.WriteFile(inputrc, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), "INPUTRC="+inputrc, "TERM=dumb", "PSQL_HISTORY=/dev/null", "LC_ALL=C.UTF-8", "PGSSLMODE=disable")
	const prompt = "<psql> "
	psql := onTerminal(t, env, "psql", append(connect, "-X", "-q", "-v", "PROMPT1="+prompt, "-U", "psql_admin", "psql_clients")...)
	psql.until(prompt) // from here on the terminal is psql's
	psql.send("LISTEN psql_channel; PREPARE psql_statement AS SELECT 1; DECLARE psql_cursor CURSOR WITH HOLD FOR SELECT 1;\r")
	psql.until(prompt)
	var out []string
	for i, l := range lines {
		// The line is not run: its beginning and its end make it something to print.
		psql.send(fmt.Sprintf("%s\t\t\x01\\echo -%d '{\x05}' %d-\r", l.text, i, i))
		said := psql.until(fmt.Sprintf("} %d-\n", i) + prompt)
		_, said, _ = strings.Cut(said, "\n")
		if !strings.Contains(said, fmt.Sprintf("\n-%d {", i)) && !strings.HasPrefix(said, fmt.Sprintf("-%d {", i)) {
			said += psql.until(fmt.Sprintf("} %d-\n", i))
		}
		out = append(out, completion(said, prompt, i))
	}
	return out
}

// completion makes of what psql wrote the completed line and the words that it offered.
func completion(said, prompt string, i int) string {
	var words []string
	line := ""
	for l := range strings.Lines(said) {
		l = strings.TrimRight(l, "\n")
		if rest, ok := strings.CutPrefix(l, fmt.Sprintf("-%d {", i)); ok {
			line = strings.TrimSuffix(rest, fmt.Sprintf("} %d-", i))
		} else if !strings.HasPrefix(l, prompt) && !strings.Contains(l, prompt) {
			words = append(words, strings.Fields(l)...)
		}
	}
	slices.Sort(words)
	return line + "\n" + strings.Join(words, " ")
}

// TestPsqlCompletes: what psql's tabulator key completes and offers on PostgreSQL it does here.
func TestPsqlCompletes(t *testing.T) {
	if _, err := osexec.LookPath("psql"); err != nil {
		skipOrFail(t, "psql is not installed")
	}
	lines := psqlCommands(t, "testdata/psql/completions")
	theirs := completePsql(t, lines, "-h", psqlServer(t))
	n, _ := server(t)
	host, port, err := net.SplitHostPort(n.PgAddr())
	if err != nil {
		t.Fatal(err)
	}
	ours := completePsql(t, lines, "-h", host, "-p", port)
	for i, l := range lines {
		if same := ours[i] == theirs[i]; same != (l.relation == "same") {
			t.Errorf("%q is %s:\n%s\nPostgreSQL:\n%s", l.text, l.relation, ours[i], theirs[i])
		}
	}
}
