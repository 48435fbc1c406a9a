package parse

import (
	"go/ast"
	goparser "go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	sqlast "github.com/vexfs/vexstream/sql/ast"
)

// TestRefusalsSayWhatToDo finds what is refused by name, and wants a hint at the place or a line of refusals.txt.
func TestRefusalsSayWhatToDo(t *testing.T) {
	whats := refusedStatements(t)
	for _, dir := range []string{".", "../session"} {
		whats = append(whats, refusedClauses(t, dir)...)
	}
	if len(whats) < 200 {
		t.Fatalf("only %d refusals were found", len(whats))
	}
	for _, what := range whats {
		switch hint, known := Instead(what); {
		case !known:
			t.Errorf("%q is refused without a HINT: say in refusals.txt what to do instead, or - for nothing", what)
		case hint == "" && verbAlone.MatchString(lineFor(what)):
			t.Errorf("%q is refused without a HINT by a line for whatever begins with its verb: give it one of its own", what)
		}
	}
}

// verbAlone matches a line that says of no kind that there is nothing to do instead.
var verbAlone = regexp.MustCompile(`^(CREATE|ALTER|DROP) \*$`)

// lineFor is the line of refusals.txt that holds for what is refused by this name.
func lineFor(what string) string {
	for i := range refusals {
		if refusals[i].fits(what) {
			return strings.Join(refusals[i].parts, "*")
		}
	}
	return ""
}

// refusedStatements are those that are known by their first words only.
func refusedStatements(t *testing.T) (whats []string) {
	var texts []string
	for w := range knownWords {
		texts = append(texts, w+" x")
	}
	for _, k := range knownKinds {
		texts = append(texts, "create "+k+" x y", "alter "+k+" x y", "drop "+k+" x y")
	}
	for _, text := range texts {
		stmts, err := Parse(text)
		if err != nil {
			continue
		}
		if u, ok := stmts[0].Stmt.(*sqlast.Unsupported); ok && u.Message == "" {
			whats = append(whats, u.What)
		}
	}
	return whats
}

var verbs = regexp.MustCompile(`%[sqd]`)

// refusedClauses are the names in the calls of missing and NotSupported in a package that give no hint.
func refusedClauses(t *testing.T, dir string) (whats []string) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := goparser.ParseFile(token.NewFileSet(), name, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		hinted := map[ast.Node]bool{}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			switch {
			case !ok:
			case sel.Sel.Name == "WithHint" || hinted[call]: // the calls that it is chained to
				hinted[sel.X] = true
			}
			if !ok || hinted[call] || sel.Sel.Name != "missing" && sel.Sel.Name != "NotSupported" {
				return true
			}
			if lit, ok := call.Args[0].(*ast.BasicLit); ok {
				format, _ := strconv.Unquote(lit.Value)
				if format == "%s ON %s" { // of grants
					format = "GRANT ON %s"
				}
				if strings.Trim(format, "%s ") != "" { // else it is the name of a statement
					whats = append(whats, verbs.ReplaceAllString(format, "X"))
				}
			}
			return true
		})
	}
	return whats
}

func TestInstead(t *testing.T) {
	for _, c := range []struct {
		what, hint string
		known      bool
	}{
		{"CREATE EVENT TRIGGER", refusalHint(t, "CREATE *TRIGGER"), true},
		{"REINDEX", "Nothing is needed: the keys of a table are always current.", true},
		{"CREATE CONVERSION", refusalHint(t, "CREATE CONVERSION"), true},
		{"CREATE TABLE ... OF", refusalHint(t, "CREATE TABLE ... *"), true},
		{"CREATE SYSTEM", "", true},
		{"what nobody names", "", false},
	} {
		if hint, known := Instead(c.what); hint != c.hint || known != c.known {
			t.Errorf("Instead(%q) = %q, %v", c.what, hint, known)
		}
	}
}

func refusalHint(t *testing.T, what string) string {
	_, rest, ok := strings.Cut(refusalText, "\n"+what+" | ")
	if !ok {
		t.Fatalf("no line %q", what)
	}
	hint, _, _ := strings.Cut(rest, "\n")
	return hint
}
