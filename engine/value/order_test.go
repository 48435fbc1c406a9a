package value

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// goodValues are the columns of all cases that parse, by type in the order of the file; inputs are their texts.
func goodValues(t *testing.T) (names []string, inputs map[string][]string, cols map[string]batch.Column) {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zone database: ", err)
	}
	inputs, cols = map[string][]string{}, map[string]batch.Column{}
	builders := map[string]*batch.Builder{}
	differs := known(t)
	for _, c := range readCases(t) {
		if _, ok := differs[c.typ+"\t"+strconv.Quote(c.input)]; ok && c.typ != "double precision" {
			continue
		}
		b := builders[c.typ]
		if b == nil {
			b = batch.NewBuilder(typeOf(t, c.typ), 16)
			builders[c.typ] = b
			names = append(names, c.typ)
		}
		if ParseText(b, []byte(c.input), types.In(zone)) == nil {
			inputs[c.typ] = append(inputs[c.typ], c.input)
		}
	}
	for _, n := range names {
		cols[n] = builders[n].Finish()
	}
	return names, inputs, cols
}

func TestKeysAgreeWithCompare(t *testing.T) {
	names, inputs, cols := goodValues(t)
	for _, name := range names {
		c := cols[name]
		in := inputs[name]
		for i := range c.N {
			for j := range c.N {
				got := Compare(&c, i, &c, j)
				ki, kj := Key(nil, &c, i), Key(nil, &c, j)
				if name != "json" && bytes.Equal(ki, kj) != (got == 0) {
					t.Errorf("%s: %q and %q compare as %d, keys %x and %x", name, in[i], in[j], got, ki, kj)
				}
				oi, oj := AppendOrderKey(nil, &c, i, false, false), AppendOrderKey(nil, &c, j, false, false)
				if o := bytes.Compare(oi, oj); o != got {
					t.Errorf("%s: %q and %q compare as %d, order keys as %d", name, in[i], in[j], got, o)
				}
				if i != j && !bytes.Equal(oi, oj) && bytes.HasPrefix(oj, oi) {
					t.Errorf("%s: the order key of %q is a prefix of that of %q", name, in[i], in[j])
				}
				oi, oj = AppendOrderKey(nil, &c, i, true, true), AppendOrderKey(nil, &c, j, true, true)
				if o := bytes.Compare(oi, oj); o != -got {
					t.Errorf("%s: %q and %q compare as %d, descending keys as %d", name, in[i], in[j], got, o)
				}
			}
		}
	}
}

// testdata/ranks.txt has PostgreSQL's dense_rank of every good value within its type.
func TestOrderIsPostgreSQLs(t *testing.T) {
	names, inputs, cols := goodValues(t)
	if *update {
		if err := os.WriteFile("testdata/ranks.txt", []byte(askRanks(t, names, inputs)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile("testdata/ranks.txt")
	if err != nil {
		t.Fatal(err)
	}
	ranks := map[string][]string{}
	for line := range strings.Lines(string(data)) {
		name, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		ranks[name] = strings.Fields(rest)
	}
	for _, name := range names {
		if name == "json" {
			continue // PostgreSQL has no order for it
		}
		c, r := cols[name], ranks[name]
		if len(r) != c.N {
			t.Errorf("%s: %d ranks for %d values: run with -update", name, len(r), c.N)
			continue
		}
		for i := range c.N {
			for j := range c.N {
				ri, _ := strconv.Atoi(r[i])
				rj, _ := strconv.Atoi(r[j])
				if got, want := Compare(&c, i, &c, j), cmp.Compare(ri, rj); got != want {
					t.Errorf("%s: %q and %q compare as %d, in PostgreSQL as %d", name, inputs[name][i], inputs[name][j], got, want)
				}
			}
		}
	}
}

func TestRanksAreStillPostgreSQLs(t *testing.T) {
	dir := server(t)
	names, inputs, _ := goodValues(t)
	data, err := os.ReadFile("testdata/ranks.txt")
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(string(data), askRanks(t, names, inputs)); diff != "" {
		t.Errorf("%s: run with -update (-golden +server):\n%s", dir, diff)
	}
}

func askRanks(t *testing.T, names []string, inputs map[string][]string) string {
	t.Helper()
	var script strings.Builder
	script.WriteString("set timezone = 'Europe/Berlin';\n")
	for _, name := range names {
		if name == "json" {
			continue
		}
		fmt.Fprintf(&script, "select string_agg(r::text, ' ' order by n) from (select n, dense_rank() over (order by v) as r from (values ")
		for i, in := range inputs[name] {
			if i > 0 {
				script.WriteByte(',')
			}
			fmt.Fprintf(&script, "(%d, convert_from('\\x%s', 'UTF8')::%s)", i, hex.EncodeToString([]byte(in)), name)
		}
		script.WriteString(") as x(n, v)) y;\n")
	}
	cmd := exec.Command("psql", "-h", server(t), "-U", "postgres", "-XAtq", "-v", "ON_ERROR_STOP=1")
	cmd.Stdin = strings.NewReader(script.String())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("psql: %v\n%s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	var s strings.Builder
	k := 0
	for _, name := range names {
		if name != "json" {
			fmt.Fprintf(&s, "%s\t%s\n", name, lines[k])
			k++
		}
	}
	return s.String()
}

func TestNullsTakeTheirPlace(t *testing.T) {
	b := batch.NewBuilder(types.Int8, 2)
	batch.Put(b, int64(7))
	b.Null()
	c := b.Finish()
	for _, desc := range []bool{false, true} {
		for _, first := range []bool{false, true} {
			want := 1
			if first {
				want = -1
			}
			null, seven := AppendOrderKey(nil, &c, 1, desc, first), AppendOrderKey(nil, &c, 0, desc, first)
			if got := bytes.Compare(null, seven); got != want {
				t.Errorf("desc %v, nulls first %v: null against 7 is %d, want %d", desc, first, got, want)
			}
		}
	}
	if bytes.Equal(Key(nil, &c, 0), Key(nil, &c, 1)) {
		t.Error("a null and a value have the same key")
	}
}
