package build_test

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/types"
)

var writeFunctions = flag.Bool("write-functions", false, "write docs/functions.md")

const functionsHead = `# Functions

Made from functions.txt in sql/build and the tables that bind functions; a test fails when a function is missing here, or when an example
gives something else. Examples are PostgreSQL 15's own answers too, but for those marked *ours*, which PostgreSQL has not. Those
of aggregates and window functions read three rows (x, y): (1, 'a'), (2, 'b'), (3, 'a'). ` + "`\\df`" + ` in psql lists all, with those that ask
the catalog, which are here for clients and not listed below.

In a materialized view now() and proctime() are the time at which a row was accepted; random(), clock_timestamp(),
gen_random_uuid() and other volatile functions are refused (0A000), since a replay must give the same rows.
`

// described is one line of functions.txt.
type described struct {
	name, what, example string
	ours                bool
}

// forClients are functions that tell clients of the server, not of data.
var forClients = map[string]bool{
	"pg_get_keywords": true, "pg_timezone_names": true, "pg_partition_ancestors": true, "pg_partition_tree": true, "pg_options_to_table": true, "aclexplode": true, "_pg_expandarray": true,
}

// isForm are the names that the grammar knows, not a table.
var isForm = map[string]bool{"coalesce": true, "nullif": true, "greatest": true, "least": true, "trim": true}

var overOnly = []string{"lag", "lead", "nth_value", "ntile", "row_number"}

func readDescribed(t *testing.T) (chapters []string, of map[string][]described) {
	raw, err := os.ReadFile("functions.txt")
	if err != nil {
		t.Fatal(err)
	}
	of = map[string][]described{}
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "# "); ok {
			chapters = append(chapters, name)
			continue
		}
		if line == "" {
			continue
		}
		parts := strings.Split(line, " | ")
		d := described{name: parts[0], what: parts[1], example: parts[2], ours: len(parts) > 3}
		at := chapters[len(chapters)-1]
		of[at] = append(of[at], d)
	}
	return chapters, of
}

func (d described) query(chapter string) string {
	if chapter == "Aggregates" || chapter == "Window functions" {
		return "SELECT " + d.example + " FROM (VALUES (1, 'a'), (2, 'b'), (3, 'a')) t(x, y)"
	}
	return "SELECT " + d.example
}

// TestFunctionsAreDescribed compares docs/functions.md with the functions there are and what their examples give.
func TestFunctionsAreDescribed(t *testing.T) {
	signatures := map[string][]string{}
	for _, s := range append(expr.Signatures(), expr.SetSignatures()...) {
		if !s.Operator && !s.Catalog && !forClients[s.Name] {
			signatures[s.Name] = append(signatures[s.Name], signature(s))
		}
	}
	for _, name := range append(agg.Names(), overOnly...) {
		signatures[name] = append(signatures[name], "")
	}
	var doc strings.Builder
	doc.WriteString(functionsHead)
	chapters, of := readDescribed(t)
	seen := map[string]bool{}
	w := newWorld()
	for _, chapter := range chapters {
		doc.WriteString("\n## " + chapter + "\n\n| function | what it gives | example | result |\n|---|---|---|---|\n")
		for _, d := range of[chapter] {
			if signatures[d.name] == nil && !isForm[d.name] {
				t.Errorf("%s is described and not there", d.name)
			}
			seen[d.name] = true
			what := d.what
			if d.ours {
				what += " *(ours)*"
			}
			got := strings.TrimRight(w.query(t, d.query(chapter), false), "\n")
			if strings.HasPrefix(got, "ERROR") {
				t.Errorf("%s: %s", d.example, got)
			}
			cell := strings.NewReplacer("|", "\\|", "\n", "<br>")
			doc.WriteString("| " + cell.Replace(heading(d.name, signatures[d.name])) + " | " + cell.Replace(what) + " | `" + cell.Replace(d.example) + "` | " + cell.Replace(got) + " |\n")
		}
	}
	for name := range signatures {
		if !seen[name] {
			t.Errorf("%s is there and not described in functions.txt", name)
		}
	}
	const path = "../../docs/functions.md"
	if *writeFunctions {
		if err := os.WriteFile(path, []byte(doc.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != doc.String() {
		t.Errorf("%s is not what it should be; go test ./sql/build -run TestFunctionsAreDescribed -write-functions writes it", path)
	}
}

// signature is a form of a function as the manual writes it.
func signature(s expr.Signature) string {
	args := make([]string, len(s.Args))
	for i, a := range s.Args {
		args[i] = typeName(a)
		if s.Variadic && i == len(args)-1 {
			args[i] = "VARIADIC " + args[i]
		}
	}
	result := typeName(s.Result)
	if s.Set {
		result = "setof " + result
	}
	return s.Name + "(" + strings.Join(args, ", ") + ") → " + result
}

func typeName(t types.Type) string {
	switch t.OID {
	case 2276:
		return "any"
	case 2283, 5077:
		return "anyelement"
	case 2277, 5078:
		return "anyarray"
	}
	return types.FormatType(t)
}

// heading is the forms of a function, one a line.
func heading(name string, forms []string) string {
	forms = slices.Clone(forms)
	slices.Sort(forms)
	forms = slices.Compact(forms)
	var lines []string
	for _, f := range forms {
		if f != "" {
			lines = append(lines, "`"+f+"`")
		}
	}
	if len(lines) == 0 {
		return "`" + name + "`"
	}
	return strings.Join(lines, "\n")
}

// TestFunctionsPostgres asks PostgreSQL for the examples too.
func TestFunctionsPostgres(t *testing.T) {
	ask := startPostgres(t)
	chapters, of := readDescribed(t)
	w := newWorld()
	var examples, got []string
	var script strings.Builder
	for _, chapter := range chapters {
		for _, d := range of[chapter] {
			if d.ours {
				continue
			}
			q := d.query(chapter)
			examples, got = append(examples, d.example), append(got, w.query(t, q, false))
			script.WriteString("\\echo ===\n" + q + ";\n")
		}
	}
	answers := strings.Split(strings.Join(ask.rows(t, script.String(), "SELECT"), "\n"), "===\n")[1:]
	for i, example := range examples {
		have, want := sortedLines(got[i]), sortedLines(answers[i])
		if !slices.Equal(have, want) {
			t.Errorf("%s\ngives %q\nPostgreSQL %q", example, have, want)
		}
	}
}

// sortedLines are the lines of an answer with booleans in one spelling, in alphabetical order.
func sortedLines(s string) []string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	for i, l := range lines {
		switch l {
		case "t":
			lines[i] = "true"
		case "f":
			lines[i] = "false"
		}
	}
	slices.Sort(lines)
	return lines
}
