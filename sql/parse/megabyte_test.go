package parse

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// filled is head, as often as there is room in size bytes what stands between, and tail.
func filled(size int, head, between, tail string) string {
	return head + strings.Repeat(between, (size-len(head)-len(tail))/len(between)) + tail
}

// adversaries are statements that are as long as wanted, each hard on something else, and the error that they give.
var adversaries = []struct {
	name string
	text func(size int) string
	code sqlerr.Code
}{
	{"AND", func(n int) string { return filled(n, "select ", "a = 1 and ", "a = 1") }, sqlerr.StatementTooComplex},
	{"most operands", func(n int) string { return "select a" + strings.Repeat(" and a", MaxOperands*n/MaxStatementBytes-2) }, ""},
	{"most operators", func(n int) string {
		return "select 1" + strings.Repeat(", 1"+strings.Repeat("+1", 99), MaxOperands*n/MaxStatementBytes/100-1)
	}, ""},
	{"most calls", func(n int) string { return "select 1" + strings.Repeat(" + f(a)", 9999*n/MaxStatementBytes) }, ""},
	{"IN list", func(n int) string { return filled(n, "select 1 in (", "1234567890123456, ", "1)") }, ""},
	{"IN list of dollar quotes", func(n int) string { return filled(n, "select 'x' in (", "$a$0123456789012$a$, ", "'y')") }, ""},
	{"comments", func(n int) string { return filled(n, "select 1 ", "/* x */ ", ", 2") }, ""},
	{"line comments", func(n int) string { return filled(n, "select 1 ", "--x\n", ", 2") }, ""},
	{"nested comments", func(n int) string {
		return "select " + strings.Repeat("/*", n/4-4) + strings.Repeat("*/", n/4-4) + " 1"
	}, ""},
	{"one string", func(n int) string { return filled(n, "select '", "x", "'") }, ""},
	{"doubled quotes", func(n int) string { return filled(n, "select '", "''", "'") }, ""},
	{"one name", func(n int) string { return filled(n, `select "`, "x", `"`) }, ""},
	{"one dollar quote", func(n int) string { return filled(n, "select $q$", "$a$", "$q$") }, ""},
	{"open comment", func(n int) string { return filled(n, "select ", "/* ", "") }, sqlerr.SyntaxError},
	{"open dollar quotes", func(n int) string { return filled(n, "select $q$ ", "$a$ $b$ ", "") }, sqlerr.SyntaxError},
	{"open parentheses", func(n int) string { return filled(n, "select ", "(", "1") }, sqlerr.StatementTooComplex},
	{"parentheses", func(n int) string { return "select " + strings.Repeat("(", n/2-8) + "1" + strings.Repeat(")", n/2-8) }, sqlerr.StatementTooComplex},
	{"pairs of parentheses", func(n int) string { return filled(n, "select a", "()", "") }, sqlerr.SyntaxError},
	{"operators", func(n int) string { return filled(n, "select 1", "+1", "") }, sqlerr.StatementTooComplex},
	{"one operator", func(n int) string { return filled(n, "select 1 ", "<", " 1") }, ""},
	{"one operator to trim", func(n int) string { return filled(n, "select 1 ", "+", " 1") }, sqlerr.StatementTooComplex},
	{"casts", func(n int) string { return filled(n, "select 1", "::int", "") }, sqlerr.StatementTooComplex},
	{"subscripts", func(n int) string { return filled(n, "select a", "[1]", "") }, sqlerr.StatementTooComplex},
	{"a name of names", func(n int) string { return filled(n, "select a", ".a", "") }, sqlerr.SyntaxError},
	{"CASE", func(n int) string { return filled(n, "select ", "case when a then ", "1") }, sqlerr.StatementTooComplex},
	{"subqueries", func(n int) string { return filled(n, "select * from ", "(select 1), ", "t") }, sqlerr.StatementTooComplex},
	{"set operations", func(n int) string { return filled(n, "select 1", " union select 1", "") }, sqlerr.StatementTooComplex},
	{"columns", func(n int) string { return filled(n, "select 1", ", 1", "") }, sqlerr.TooManyColumns},
}

// TestAdversaries parses them at an eighth and a quarter of a megabyte: twice the text makes no more than about twice the work,
// which the memory that is asked for tells, and no error but those of the limits.
func TestAdversaries(t *testing.T) {
	for _, c := range adversaries {
		half, whole := allocated(t, c.text(MaxStatementBytes/8), c.code), allocated(t, c.text(MaxStatementBytes/4), c.code)
		const fixed = 4 << 20 // what buffers of a parser from the pool may be grown by
		if whole > 3*half+fixed {
			t.Errorf("%s: an eighth of a megabyte asks for %d bytes, a quarter for %d", c.name, half, whole)
		}
		if whole > 1000*MaxStatementBytes {
			t.Errorf("%s: asks for %d bytes", c.name, whole)
		}
	}
}

func allocated(t *testing.T, text string, want sqlerr.Code) uint64 {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := Parse(text)
	runtime.ReadMemStats(&after)
	if code := sqlerr.CodeOf(err); err != nil && code != want || err == nil && want != "" {
		t.Errorf("%.40s...: %.200v, want %q", text, err, want)
	}
	return after.TotalAlloc - before.TotalAlloc
}

func BenchmarkMegabyte(b *testing.B) {
	for _, c := range adversaries {
		b.Run(fmt.Sprint(c.name), func(b *testing.B) {
			text := c.text(MaxStatementBytes)
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				_, _ = Parse(text)
			}
		})
	}
}
