package parse

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
)

// refusedByPostgres are statements of the probe that PostgreSQL refuses too.
var refusedByPostgres = map[string]string{
	"select 'a' 'b'": `syntax error at or near "'b'"`,
	"select ?, ?":    `syntax error at or near ","`,
}

// TestProbe parses the statements that users of PostgreSQL and of streaming engines type, one a line: group|statement.
func TestProbe(t *testing.T) {
	raw, err := os.ReadFile("testdata/statements.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	if len(lines) != 302 {
		t.Fatalf("%d statements, want 302", len(lines))
	}
	for _, line := range lines {
		group, text, _ := strings.Cut(line, "|")
		stmts, err := Parse(text)
		if want, refused := refusedByPostgres[text]; refused {
			if e, ok := sqlerr.As(err); !ok || e.Message != want || e.Code != sqlerr.SyntaxError {
				t.Errorf("%s\n\tgot  %v\n\twant %s", text, err, want)
			}
			continue
		}
		if err != nil || len(stmts) != 1 {
			t.Errorf("%s\n\t%d statements, %v", text, len(stmts), err)
			continue
		}
		if !strings.HasPrefix(text, stmts[0].Text) {
			t.Errorf("text is %q, want %q", stmts[0].Text, text)
		}
		if u, ok := stmts[0].Stmt.(*ast.Unsupported); ok && group != "ddl" && group != "ident" && group != "dml" && group != "sess" {
			switch u.What {
			case "TABLESAMPLE", "MATCH_RECOGNIZE", "SELECT INTO":
			default:
				t.Errorf("%s\n\tnot supported: %s", text, u.What)
			}
		}
	}
}

// TestClientQueries parses what real clients sent to PostgreSQL 15. All their queries are supported; what is not is DDL.
func TestClientQueries(t *testing.T) {
	files, err := filepath.Glob("testdata/client_queries/*.sql")
	if err != nil || len(files) < 70 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	n := 0
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		stmts, err := Parse(string(raw))
		if err != nil {
			t.Errorf("%s: %s", filepath.Base(file), showError(string(raw), err))
		}
		n += len(stmts)
		for _, s := range stmts {
			if u, ok := s.Stmt.(*ast.Unsupported); ok && !isDDL(u.What) {
				t.Errorf("%s: %s\n\tnot supported: %s", filepath.Base(file), s.Text, u.What)
			}
		}
	}
	if n != 395 {
		t.Errorf("%d statements read, want 395", n)
	}
}

func isDDL(what string) bool {
	for _, verb := range []string{"CREATE ", "DROP ", "ALTER ", "TRUNCATE", "UPDATE", "DELETE", "COMMENT"} {
		if strings.HasPrefix(what, verb) {
			return true
		}
	}
	return false
}
