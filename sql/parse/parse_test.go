package parse

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
)

// TestParse prints the trees, or the errors with a caret below the place, of the statements in testdata/parse. Commands:
// parse, places (with positions), expr, type; each line of the input is a text of its own unless the command has the
// argument whole.
func TestParse(t *testing.T) {
	datadriven.Walk(t, "testdata/parse", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			texts := strings.Split(strings.TrimSpace(d.Input), "\n")
			if d.HasArg("whole") {
				texts = []string{d.Input}
			}
			var b strings.Builder
			for _, text := range texts {
				b.WriteString(show(d.Cmd, text))
			}
			return b.String()
		})
	})
}

func show(cmd, text string) string {
	var node any
	var err error
	switch cmd {
	case "expr":
		node, err = Expr(text)
	case "type":
		node, err = Type(text)
	default:
		var stmts []Statement
		if stmts, err = Parse(text); err == nil {
			return showStatements(cmd, stmts)
		}
	}
	if err != nil {
		return showError(text, err)
	}
	return ast.Dump(node) + "\n"
}

func showStatements(cmd string, stmts []Statement) string {
	if len(stmts) == 0 {
		return "nothing\n"
	}
	var b strings.Builder
	for _, s := range stmts {
		dump := ast.Dump(s.Stmt)
		if cmd == "places" {
			dump = ast.DumpPlaces(s.Stmt)
		}
		if s.Pos > 0 {
			fmt.Fprintf(&b, "%d: ", s.Pos)
		}
		if s.Params > 0 {
			fmt.Fprintf(&b, "$%d ", s.Params)
		}
		b.WriteString(dump + "\n")
	}
	return b.String()
}

// showError prints an error as psql does: the text and a caret, for a text of one line.
func showError(text string, err error) string {
	e, ok := sqlerr.As(err)
	if !ok {
		return "not a sqlerr.Error: " + err.Error() + "\n"
	}
	s := fmt.Sprintf("%s %s", e.Code, e.Message)
	if e.Hint != "" {
		s += "\nHINT " + e.Hint
	}
	if e.Pos == 0 || strings.Contains(text, "\n") {
		return fmt.Sprintf("%s (at %d)\n", s, e.Pos)
	}
	return s + "\n  " + text + "\n  " + strings.Repeat(" ", e.Pos-1) + "^\n"
}

// TestTraps holds the statements that TiDB's parser alone takes and reads as something else.
func TestTraps(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"a FULL JOIN b ON a.x = b.x", "Join Kind:full"},
		{"a FULL JOIN b USING (x)", "Join Kind:full"},
		{"a ASOF JOIN b ON a.x = b.x", "Join Kind:asof"},
		{"ONLY t", "From:[(Table Name:[t])]"},
	} {
		contains(t, "select * from "+c.text, c.want)
	}
	for _, c := range []struct{ text, want string }{
		{`E'\n'`, `(Literal Kind:string Text:"\n")`},
		{`U&'\0041'`, "(Literal Kind:string Text:A)"},
		{"$1", "(Param N:1)"},
		{"1_000", "(Literal Kind:number Text:1000)"},
		{"1 --1", "(Literal Kind:number Text:1)"},
		{"5 # 3", "(Binary Op:# Left:(Literal Kind:number Text:5) Right:(Literal Kind:number Text:3))"},
		{"j #>> '{a}'", "(Binary Op:#>> Left:(Column Name:[j]) Right:(Literal Kind:string Text:{a}))"},
		{"a <@ b", "(Binary Op:<@ Left:(Column Name:[a]) Right:(Column Name:[b]))"},
		{"a && b", "(Binary Op:&& Left:(Column Name:[a]) Right:(Column Name:[b]))"},
		{"a isnull", "(Is X:(Column Name:[a]) What:null)"},
		{"a notnull", "(Is X:(Column Name:[a]) What:null Negate:true)"},
		{"'a' || 1 + 2", "(Binary Op:|| Left:(Literal Kind:string Text:a) Right:(Binary Op:+ " +
			"Left:(Literal Kind:number Text:1) Right:(Literal Kind:number Text:2)))"},
		{"session_user", "(Call Name:[session_user])"},
		{"current_role", "(Call Name:[current_role])"},
		{"localtime", "(Call Name:[localtime])"},
		{"stddev(x)", "(Call Name:[stddev] Args:[(Column Name:[x])])"},
		{"variance(x)", "(Call Name:[variance] Args:[(Column Name:[x])])"},
		{"1 /*! + 1 */ /*+ HINT */", "(Literal Kind:number Text:1)"},
		{`"x"`, "(Column Name:[x])"},
		{`'a\b'`, `(Literal Kind:string Text:"a\\b")`},
	} {
		x, err := Expr(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
		} else if got := ast.Dump(x); got != c.want {
			t.Errorf("%s\n\tgot  %s\n\twant %s", c.text, got, c.want)
		}
	}
	if _, err := Parse("select 'a' 'b'"); sqlerr.CodeOf(err) != sqlerr.SyntaxError {
		t.Errorf("two literals on one line: %v", err)
	}
	contains(t, "select * from t limit $3", "Limit:(Param N:3)")
	contains(t, "select 5 # 3 from t where a", "Where:(Column Name:[a])")
}

func contains(t *testing.T, text, want string) {
	t.Helper()
	stmts, err := Parse(text)
	if err != nil {
		t.Errorf("%s: %v", text, err)
		return
	}
	if got := ast.Dump(stmts[0].Stmt); !strings.Contains(got, want) {
		t.Errorf("%s\n\tgot    %s\n\twithout %s", text, got, want)
	}
}

// TestParallel parses on several goroutines at once, for the race detector: TiDB's parsers are pooled.
func TestParallel(t *testing.T) {
	for k := range 4 {
		t.Run(fmt.Sprint(k), func(t *testing.T) {
			t.Parallel()
			for i := range 50 {
				text := fmt.Sprintf("select a%d + b from t where c in (select %d) or d", i, k)
				want := fmt.Sprintf("Left:(Column Name:[a%d])", i)
				contains(t, text, want)
			}
		})
	}
}
