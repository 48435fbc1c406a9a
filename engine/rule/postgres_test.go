package rule

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
)

// TestPostgres puts random conditions to PostgreSQL as WHERE clauses over random rows, and compares what it selects with the
// matches of an index. VEXSTREAM_TEST_POSTGRES names the folder of the server's socket.
func TestPostgres(t *testing.T) {
	folder := os.Getenv("VEXSTREAM_TEST_POSTGRES")
	if folder == "" {
		if os.Getenv("VEXSTREAM_TEST_REQUIRE") == "all" {
			t.Fatal("VEXSTREAM_TEST_POSTGRES names no server")
		}
		t.Skip("VEXSTREAM_TEST_POSTGRES names no server")
	}
	seed := fromEnv(t, "VEXSTREAM_TEST_SEED")
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("VEXSTREAM_TEST_SEED=%d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	b := randomBatch(r, 200, newDictionaries())
	rules, conditions := randomRules(r, 3000, 0)
	rules = slices.DeleteFunc(rules, func(r Rule) bool { return expr.Fallible(conditions[r.ID]) })
	have := make([][]string, 3000)
	out, _ := NewMatcher().Match(New(rules), b, 0)
	for i, row := range out.Rows {
		have[out.Rules[i]] = append(have[out.Rules[i]], fmt.Sprint(row))
	}
	wrong := 0
	for i, want := range selected(t, folder, b, rules, conditions) {
		id := rules[i].ID
		if got := strings.Join(have[id], ","); got != want {
			if wrong++; wrong < 10 {
				t.Errorf("%s\nPostgreSQL: %s\nhere:       %s", conditions[id], want, got)
			}
		}
	}
	t.Logf("%d conditions over %d rows, %d matches, %d conditions differ", len(rules), b.N, len(out.Rows), wrong)
}

// selected asks PostgreSQL for the rows of b for which each rule's condition is true, by number.
func selected(t *testing.T, folder string, b *batch.Batch, rules []Rule, conditions map[uint32]expr.Expr) []string {
	t.Helper()
	var script strings.Builder
	script.WriteString("\\pset format unaligned\n\\pset tuples_only on\nSET client_min_messages = error;\nCREATE TEMP TABLE t (n int")
	for _, f := range schema {
		fmt.Fprintf(&script, ", %s %s", f.Name, f.Type.Name())
	}
	script.WriteString(");\n")
	for row := range b.N {
		fmt.Fprintf(&script, "INSERT INTO t VALUES (%d", row)
		for i := range b.Cols {
			c := b.Cols[i].Take([]uint32{uint32(row)})
			fmt.Fprintf(&script, ", %s", expr.Const(c))
		}
		script.WriteString(");\n")
	}
	for i := range rules {
		fmt.Fprintf(&script, "SELECT '>' || coalesce(string_agg(n::text, ',' ORDER BY n), '') FROM t WHERE %s;\n", conditions[rules[i].ID])
	}
	cmd := exec.Command("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", folder, "-U", "postgres", "postgres")
	cmd.Stdin = strings.NewReader(script.String())
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("psql: %v\n%s", err, errs.String())
	}
	var answers []string
	for line := range strings.Lines(out.String()) {
		if a, ok := strings.CutPrefix(strings.TrimSpace(line), ">"); ok {
			answers = append(answers, a)
		}
	}
	if len(answers) != len(rules) {
		t.Fatalf("%d answers to %d conditions", len(answers), len(rules))
	}
	return answers
}
