package parse

import (
	"os"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/sql/ast"
)

// TestProbe parses the statements that PostgreSQL and streaming users type, one a line: group|statement.
func TestProbe(t *testing.T) {
	raw, err := os.ReadFile("testdata/statements.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(raw)), "\n") {
		_, text, _ := strings.Cut(line, "|")
		stmts, err := Parse(text)
		if err != nil {
			t.Errorf("%s\n\t%v", text, err)
			continue
		}
		for _, s := range stmts {
			if u, ok := s.Stmt.(*ast.Unsupported); ok {
				t.Logf("%s => %s", text, u.What)
			} else {
				t.Logf("%s => %s", text, ast.Dump(s.Stmt))
			}
		}
	}
}
