package parse

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/lex"
)

// TestLimits goes far beyond each limit.
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
		"rows":   "with x as (select 1) insert into t values (a + b, 1)" + strings.Repeat(", (a + b, 1)", MaxOperands+lex.MaxStatementTokens/8),
		"insert": "insert into t values ('" + strings.Repeat("x", 2*MaxStatementBytes) + "')",
	} {
		if _, err := Parse(text); err != nil {
			t.Errorf("%s: %.200v", name, err)
		}
	}
}

// TestLimitsExactly takes each limit and refuses one more, with the limit in the message. The statement and its
// expression are levels of depth themselves, and so are a query in brackets and the brackets.
func TestLimitsExactly(t *testing.T) {
	rep := strings.Repeat
	const deep, operands = "nests deeper than 1000 levels", "more than 20000 operands"
	for _, c := range []struct {
		name string
		most int
		text func(n int) string
		code sqlerr.Code
		says string
	}{
		{"brackets", MaxDepth - 2, func(n int) string { return "select " + rep("(", n) + "1" + rep(")", n) }, sqlerr.StatementTooComplex, deep},
		{"calls", MaxDepth - 2, func(n int) string { return "select " + rep("f(", n) + "1" + rep(")", n) }, sqlerr.StatementTooComplex, deep},
		{"signs", MaxDepth - 2, func(n int) string { return "select " + rep("- ", n) + "1" }, sqlerr.StatementTooComplex, deep},
		{"NOT", MaxDepth - 2, func(n int) string { return "select " + rep("not ", n) + "a" }, sqlerr.StatementTooComplex, deep},
		{"CASE", MaxDepth - 2, func(n int) string { return "select " + rep("case when a then ", n) + "1" + rep(" end", n) }, sqlerr.StatementTooComplex, deep},
		{"arrays", MaxDepth - 3, func(n int) string { return "select array" + rep("[", n) + "1" + rep("]", n) }, sqlerr.StatementTooComplex, deep},
		{"groups", MaxDepth - 2, func(n int) string { return "select 1 group by " + rep("rollup(", n) + "a" + rep(")", n) }, sqlerr.StatementTooComplex, deep},
		{"queries in FROM", MaxDepth/2 - 1, func(n int) string { return rep("select * from (", n) + "select 1" + rep(") x", n) }, sqlerr.StatementTooComplex, deep},
		{"subqueries", MaxDepth/2 - 1, func(n int) string { return rep("select (", n) + "select 1" + rep(")", n) }, sqlerr.StatementTooComplex, deep},
		{"WITH", MaxDepth - 2, func(n int) string { return rep("with a as (", n) + "select 1" + rep(") select 1", n) }, sqlerr.StatementTooComplex, deep},
		{"joins in brackets", MaxDepth - 3, func(n int) string { return "select * from " + rep("(", n) + "a join b on true" + rep(")", n) }, sqlerr.StatementTooComplex, deep},
		{"casts", MaxDepth, func(n int) string { return "select 1" + rep("::int", n) }, sqlerr.StatementTooComplex, deep},
		{"set operations", MaxDepth, func(n int) string { return "select 1" + rep(" union select 1", n) }, sqlerr.StatementTooComplex, deep},
		{"operators", MaxOperators, func(n int) string { return "select 1" + rep("+1", n) }, sqlerr.StatementTooComplex, "more than 10000 operators in a row"},
		{"AND", MaxOperands - 1, func(n int) string { return "select a" + rep(" and a", n-1) }, sqlerr.StatementTooComplex, operands},
		{"arguments", MaxOperands - 2, func(n int) string { return "select f(a" + rep(",a", n-1) + ")" }, sqlerr.StatementTooComplex, operands},
		{"relations", MaxRelations, func(n int) string { return "select * from a" + rep(", a", n-1) }, sqlerr.StatementTooComplex, "more than 1000 entries"},
		{"joins", MaxRelations, func(n int) string { return "select * from a" + rep(" cross join a", n-1) }, sqlerr.StatementTooComplex, "more than 1000 entries"},
		{"items", MaxColumns, func(n int) string { return "select 1" + rep(", 1", n-1) }, sqlerr.TooManyColumns, "more than 1600 columns"},
		{"columns", MaxColumns, func(n int) string { return "create table t (a int" + rep(", a int", n-1) + ")" }, sqlerr.TooManyColumns, "more than 1600 columns"},
		{"parameters", MaxParams, func(n int) string { return fmt.Sprintf("select $%d", n) }, sqlerr.StatementTooComplex, "more than 65535 parameters"},
		{"list", MaxListItems, func(n int) string { return "select 1 in (1" + rep(",1", n-1) + ")" }, sqlerr.StatementTooComplex, "more than 65535 items"},
		{"name", MaxNameParts, func(n int) string { return "select a" + rep(".a", n-1) }, sqlerr.SyntaxError, "too many dotted names"},
		{"bytes", MaxStatementBytes, func(n int) string { return "select '" + rep("x", n-len("select ''")) + "'" }, sqlerr.ProgramLimitExceeded, "longer than 1048576 bytes"},
		{"bytes of INSERT", MaxTextBytes, func(n int) string {
			return "insert into t values ('" + rep("x", n-len("insert into t values ('')")) + "')"
		}, sqlerr.ProgramLimitExceeded, "longer than 67108864 bytes"},
	} {
		if _, err := Parse(c.text(c.most)); err != nil {
			t.Errorf("%s: %d are refused: %.200v", c.name, c.most, err)
		}
		if _, err := Parse(c.text(c.most + 1)); sqlerr.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %d give %.200v, want %s: %s", c.name, c.most+1, err, c.code, c.says)
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
