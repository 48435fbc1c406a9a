package node_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	osexec "os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/cmd/node"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// hostile are statements that would each take many times the memory that a node is given here, with what they end with. They are
// what a few characters can ask for: values, lists of values, rows with values, and what joins, sorts and groups make of them.
var hostile = []struct{ code, sql string }{
	{"54000", `SELECT length(repeat('x', 500000000))`},
	{"54000", `SELECT length(lpad('x', 1000000000, 'ab'))`},
	{"53200", `SELECT length(replace(repeat('a', 100000), 'a', repeat('b', 1000000)))`},
	{"53200", `SELECT length(regexp_replace(repeat('a', 100000), 'a', repeat('b', 1000000), 'g'))`},
	{"54000", `SELECT cardinality(array_fill(1, ARRAY[100000000]))`},
	{"54000", `SELECT cardinality(array_fill(1, ARRAY[10000, 100000]))`},
	{"54000", `SELECT count(*) FROM unnest(array_fill('x'::text, ARRAY[100000000]))`},
	{"54000", `SELECT count(*) FROM regexp_matches(repeat('x', 9000000), 'x', 'g')`},
	{"53200", `SELECT length(repeat('x', 200000000 + g)) FROM generate_series(1, 1) g`},
	{"53200", `SELECT length(array_to_string(array_fill('x'::text, ARRAY[1000000]), repeat('y', 100000)))`},
	{"53200", `SELECT length(concat(a, a, a, a, a, a, a, a, a, a)) FROM (SELECT repeat('x', 20000000 + g) AS a FROM generate_series(1, 1) g) t`},
	{"53200", `SELECT length(format('%1$s%1$s%1$s%1$s%1$s%1$s%1$s%1$s', a)) FROM (SELECT repeat('x', 20000000 + g) AS a FROM generate_series(1, 1) g) t`},
	{"53200", `SELECT ARRAY[a, a, a, a, a, a, a, a] FROM (SELECT repeat('x', 20000000 + g) AS a FROM generate_series(1, 1) g) t`},
	{"53200", `SELECT jsonb_build_array(a, a, a, a, a, a, a, a) FROM (SELECT repeat('x', 20000000 + g) AS a FROM generate_series(1, 1) g) t`},
	{"53200", `SELECT ('[' || repeat('1,', 5000000 + g) || '1]')::jsonb #- '{0}' FROM generate_series(1, 1) g`},
	{"53200", `SELECT count(*) FROM string_to_table(repeat('x,', 10000000), ',')`},
	{"53200", `SELECT string_agg(repeat('x', 100000), ',') FROM generate_series(1, 8000)`},
	{"53200", `SELECT array_agg(g) FROM generate_series(1, 100000000) g`},
	{"53200", `SELECT jsonb_object_agg(g, repeat('x', 1000000)) FROM generate_series(1, 1000) g`},
	{"53200", `SELECT count(DISTINCT repeat('x', 1000000) || g) FROM generate_series(1, 10000) g`},
	{"53200", `SELECT count(*) FROM (SELECT repeat('x', 1000000) AS s, g FROM generate_series(1, 8000) g ORDER BY s, g) t`},
	{"53200", `SELECT count(l) FROM (SELECT lag(s) OVER (ORDER BY g) AS l FROM (SELECT repeat('x', 1000000) || g AS s, g FROM generate_series(1, 8000) g) t) u`},
	{"53200", `SELECT count(*) FROM generate_series(1, 2) a JOIN (SELECT repeat('x', 1000000) || g AS s, g FROM generate_series(1, 8000) g) b ON a < b.g AND s > a::text`},
	{"53200", `WITH RECURSIVE r(s) AS (SELECT 'x' UNION ALL SELECT s || s FROM r) SELECT max(length(s)) FROM r`},
	{"53200", `VALUES (repeat('x', 50000000)), (repeat('y', 50000000)), (repeat('z', 50000000))`},
	// And what needs little at a time is given, however much it is together.
	{"", `SELECT sum(length(repeat('x', 100000) || g)) FROM generate_series(1, 3000) g`},
	{"", `SELECT count(*) FROM (SELECT repeat('x', 1000000) || a AS s FROM generate_series(1, 2) a) a, generate_series(1, 10000) g WHERE g > length(s) - 1000000`},
	{"", `SELECT count(*) FROM (SELECT unnest(ARRAY[g, g]) AS u, repeat('x', 10000) || g AS s FROM generate_series(1, 4000) g) t WHERE s > 'a'`},
}

const (
	hostileBytes = 64 << 20 // what the node's statements may hold
	hostilePeak  = 1 << 30  // what its process may
)

// TestHostileStatements runs a node with little memory in a process of its own. Each statement ends with its code, and the process
// never holds much more than the node was allowed: garbage, and what is on its way.
func TestHostileStatements(t *testing.T) {
	if testing.Short() {
		t.Skip("a short run, which the race detector makes hold several times as much")
	}
	cmd := osexec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHostileNode$", "-test.v")
	cmd.Env = append(os.Environ(), "VEXSTREAM_TEST_HOSTILE="+t.TempDir(), "GOMEMLIMIT="+strconv.Itoa(4*hostileBytes))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	peak := regexp.MustCompile(`peak (\d+) kB`).FindSubmatch(out)
	if peak == nil {
		t.Skip("this system does not say what a process has held")
	}
	if kB, _ := strconv.Atoi(string(peak[1])); kB > hostilePeak>>10 {
		t.Errorf("the process has held %d kB", kB)
	}
}

// TestHostileNode is that process.
func TestHostileNode(t *testing.T) {
	dir := os.Getenv("VEXSTREAM_TEST_HOSTILE")
	if dir == "" {
		t.Skip("it is run by TestHostileStatements")
	}
	n := open(t, node.Settings{Data: dir, MemoryBytes: hostileBytes})
	for _, h := range hostile {
		_, err := n.Query(t.Context(), h.sql)
		code := ""
		if e := (*sqlerr.Error)(nil); errors.As(err, &e) {
			code = string(e.Code)
		}
		if code != h.code || err != nil && code == "" {
			t.Errorf("%s\ngives %v, want %q", h.sql, err, h.code)
		}
	}
	fmt.Println("peak", peakOf(t), "kB")
}

// peakOf is the most memory that this process has held, in kB.
func peakOf(t *testing.T) string {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		t.Skip(err)
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if v, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			return strings.Fields(v)[0]
		}
	}
	return ""
}
