package parse

import (
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/lex"
)

// TestLimits goes beyond each limit and up to it.
func TestLimits(t *testing.T) {
	list := func(n int) string { return strings.Repeat("1,", n-1) + "1" }
	for _, c := range []struct {
		name, text string
		code       sqlerr.Code
	}{
		{"depth", "select " + strings.Repeat("(", MaxDepth+1) + "1" + strings.Repeat(")", MaxDepth+1), sqlerr.StatementTooComplex},
		{"depth of signs", "select " + strings.Repeat("- ", 100_000) + "1", sqlerr.StatementTooComplex},
		{"depth of NOT", "select " + strings.Repeat("not ", 100_000) + "a", sqlerr.StatementTooComplex},
		{"depth of prefixes", "select " + strings.Repeat("~ ", 100_000) + "a", sqlerr.StatementTooComplex},
		{"depth of queries", strings.Repeat("select * from (", 2000) + "x", sqlerr.StatementTooComplex},
		{"depth of arrays", "select array" + strings.Repeat("[", 100_000), sqlerr.StatementTooComplex},
		{"depth of groups", "select 1 group by " + strings.Repeat("rollup(", 100_000), sqlerr.StatementTooComplex},
		{"depth of FROM", "select * from " + strings.Repeat("(", 100_000), sqlerr.StatementTooComplex},
		{"depth of joins", "select * from a " + strings.Repeat("join b ", 100_000), sqlerr.StatementTooComplex},
		{"depth of EXPLAIN", strings.Repeat("explain ", 100_000) + "select 1", sqlerr.SyntaxError},
		{"depth of casts", "select 1" + strings.Repeat("::int", 100_000), sqlerr.StatementTooComplex},
		{"operators", "select 1" + strings.Repeat("+1", MaxOperators+1), sqlerr.StatementTooComplex},
		{"operands", "select a" + strings.Repeat(" and a", MaxOperands), sqlerr.StatementTooComplex},
		{"operands of all sheets", "select a" + strings.Repeat(" and (select a)", MaxOperands/2), sqlerr.StatementTooComplex},
		{"parts of a name", "select a" + strings.Repeat(".a", MaxNameParts), sqlerr.SyntaxError},
		{"tokens", "select " + strings.Repeat("a[1],", lex.MaxStatementTokens/5) + "1", sqlerr.StatementTooComplex},
		{"relations", "select * from a" + strings.Repeat(", a", MaxRelations), sqlerr.StatementTooComplex},
		{"columns", "select " + list(MaxColumns+1), sqlerr.TooManyColumns},
		{"parameter", "select $65536", sqlerr.StatementTooComplex},
		{"parameter 0", "select $0", sqlerr.UndefinedParameter},
		{"list", "select 1 in (" + list(MaxListItems+1) + ")", sqlerr.StatementTooComplex},
		{"size", "select '" + strings.Repeat("x", MaxStatementBytes+1-len("select ''")) + "'", sqlerr.ProgramLimitExceeded},
		{"whole size", strings.Repeat(" ", MaxTextBytes+1), sqlerr.ProgramLimitExceeded},
	} {
		if _, err := Parse(c.text); sqlerr.CodeOf(err) != c.code {
			t.Errorf("%s: got %.200v, want %s", c.name, err, c.code)
		}
	}
	for name, text := range map[string]string{
		"depth":     "select " + strings.Repeat("(", MaxDepth-10) + "1" + strings.Repeat(")", MaxDepth-10),
		"operators": "select 1" + strings.Repeat("+1", MaxOperators),
		"and":       "select a" + strings.Repeat(" and a", MaxOperands-2),
		"name":      "select a" + strings.Repeat(".a", MaxNameParts-1),
		"rows":      "with x as (select 1) insert into t values (a + b, 1)" + strings.Repeat(", (a + b, 1)", MaxOperands+lex.MaxStatementTokens/8),
		"columns":   "select " + list(MaxColumns),
		"list":      "select 1 in (" + list(MaxListItems) + ")",
		"relations": "select * from a" + strings.Repeat(", a", MaxRelations-1),
		"parameter": "select $65535",
		"size":      "select '" + strings.Repeat("x", MaxStatementBytes-len("select ''")) + "'",
		"insert":    "insert into t values ('" + strings.Repeat("x", 2*MaxStatementBytes) + "')",
	} {
		if _, err := Parse(text); err != nil {
			t.Errorf("%s at its limit: %.200v", name, err)
		}
	}
}

// TestLeastBigint writes the number that a sign and a literal apart cannot.
func TestLeastBigint(t *testing.T) {
	x, err := Expr("-9223372036854775808")
	if err != nil || ast.Dump(x) != "(Literal Kind:number Text:-9223372036854775808)" {
		t.Errorf("got %s, %v", ast.Dump(x), err)
	}
}

// TestFence sees a panic become XX000 with its cause kept.
func TestFence(t *testing.T) {
	run := func() (err error) {
		defer fence(&err)
		panic("boom")
	}
	e, ok := sqlerr.As(run())
	if !ok || e.Code != sqlerr.InternalError || e.Cause == nil || !strings.Contains(e.Cause.Error(), "TestFence") {
		t.Errorf("got %v", e)
	}
}
