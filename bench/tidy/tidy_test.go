package tidy

import (
	_ "embed"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

//go:embed house.txt
var houseText string

func house(t *testing.T) *House {
	t.Helper()
	h, err := Parse(houseText)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// TestHouse holds the whole tree against the rules.
func TestHouse(t *testing.T) {
	bad, err := house(t).Check(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range bad {
		t.Error(b)
	}
}

// TestHouseIsLookedAt: the walk does reach the tree. A check of nothing finds nothing.
func TestHouseIsLookedAt(t *testing.T) {
	h := house(t)
	h.Floor, h.MaxFile, h.MaxFunc = nil, 1, 0
	bad, err := h.Check(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"engine/batch/batch.go: package engine/batch is not in the floor plan", "bench/tidy/tidy_test.go: package",
		"engine/batch/column.go: ", ": NewDictID has ",
	} {
		if !slices.ContainsFunc(bad, func(b string) bool { return strings.Contains(b, want) }) {
			t.Errorf("no complaint contains %q", want)
		}
	}
}

const doc = "// Package x is a package.\n"

// at puts source into a file of a tree in which nothing else is wrong.
func at(name, src string) fstest.MapFS {
	return fstest.MapFS{name: {Data: []byte(src)}}
}

func ours(pkg string) string { return "import _ \"github.com/vexfs/vexstream/" + pkg + "\"\n" }

// TestTheTest shows that every rule bites, and only where it should: want is part of the only complaint, or empty for
// none.
func TestTheTest(t *testing.T) {
	lines := func(n int) string { return strings.Repeat("\tf()\n", n) }
	for _, c := range []struct {
		name, file, src, want string
	}{
		{"nothing wrong", "engine/batch/x.go", doc + "package x\n", ""},
		{"a package nobody planned", "engine/extra/x.go", doc + "package x\n", "engine/extra is not in the floor plan"},
		{"a test of a package nobody planned", "engine/extra/x_test.go", "package x\n", "not in the floor plan"},
		{"a package in no room", "attic/x.go", doc + "package x\n", "not in the floor plan"},
		{"a package at the root", "x.go", doc + "package x\n", "not in the floor plan"},

		{"a lower floor", "engine/op/x.go", doc + "package x\n\n" + ours("engine/batch"), ""},
		{"a higher floor", "engine/batch/x.go", doc + "package x\n\n" + ours("engine/op"), "engine/op is not before engine/batch"},
		{"a higher floor, in a test", "engine/batch/x_test.go", "package x\n\n" + ours("engine/op"), ""},
		{"a twin, in a test of another room", "engine/epoch/x_test.go", "package x\n\n" + ours("storage/memstore"), ""},
		{"a twin, not in a test", "engine/epoch/x.go", doc + "package x\n\n" + ours("storage/memstore"), "no door from engine to storage"},
		{"no twin, in a test of another room", "engine/epoch/x_test.go", "package x\n\n" + ours("storage/segment"), "no door from engine to storage"},
		{"itself", "engine/batch/x.go", doc + "package x\n\n" + ours("engine/batch"), "not before"},
		{"ours that is not there", "engine/op/x.go", doc + "package x\n\n" + ours("engine/extra"), "engine/extra is not before"},
		{"up a storey", "engine/op/x.go", doc + "package x\n\n" + ours("window"), "no door from engine to window"},
		{"up a storey, in a test", "engine/op/x_test.go", "package x\n\n" + ours("sql/parse"), "no door from engine to sql"},
		{"to the neighbour", "bridge/synth/x.go", doc + "package x\n\n" + ours("storage/segment"), "no door from bridge to storage"},
		{"sql to storage", "sql/live/x.go", doc + "package x\n\n" + ours("storage/memstore"), "no door from sql to storage"},
		{"sql to a twin, in a test", "sql/live/x_test.go", "package x\n\n" + ours("storage/memstore"), ""},
		{"sql to what is no twin, in a test", "sql/live/x_test.go", "package x\n\n" + ours("storage/segment"), "no door from sql to storage"},
		{"cmd to all", "cmd/node/x.go", doc + "package x\n\n" + ours("storage/segment"), ""},
		{"what bind may not use", "sql/bind/x.go", doc + "package x\n\n" + ours("engine/op"), "sql/bind may not import engine/op"},
		{"what bind may use", "sql/bind/x.go", doc + "package x\n\n" + ours("engine/expr"), ""},
		{"what is for tests", "sql/live/x.go", doc + "package x\n\n" + ours("engine/enginetest"), "is for tests"},
		{"a dot", "engine/op/x.go", doc + "package x\n\nimport . \"strings\"\n", "with a dot"},
		{"cgo", "engine/op/x.go", doc + "package x\n\nimport \"C\"\n", "cgo"},

		{"a guest at its door", "storage/badgerstore/x.go", doc + "package x\n\nimport _ \"github.com/dgraph-io/badger/v4/options\"\n", ""},
		{"a guest elsewhere", "storage/segment/x.go", doc + "package x\n\nimport _ \"github.com/dgraph-io/badger/v4\"\n", "may only enter storage/badgerstore"},
		{"a guest elsewhere, in a test", "sql/live/x_test.go", "package x\n\nimport _ \"github.com/pingcap/tidb/pkg/parser\"\n", "may only enter sql/parse"},
		{"a guest with a like name", "storage/badgerstore/x.go", doc + "package x\n\nimport _ \"github.com/dgraph-io/badger/v44\"\n", "does not know"},
		{"an unknown guest", "cmd/node/x.go", doc + "package x\n\nimport _ \"github.com/stretchr/testify/assert\"\n", "does not know"},
		{"an unknown guest in a test", "cmd/node/x_test.go", "package x\n\nimport _ \"github.com/stretchr/testify/assert\"\n", "does not know"},
		{"arrow", "engine/batch/x.go", doc + "package x\n\nimport _ \"github.com/apache/arrow/go/v17/arrow\"\n", ""},
		{"arrow's compute", "engine/batch/x.go", doc + "package x\n\nimport _ \"github.com/apache/arrow/go/v17/arrow/compute/exec\"\n", "nowhere"},
		{"pgproto3 at its door", "sql/pgwire/x.go", doc + "package x\n\nimport _ \"github.com/jackc/pgx/v5/pgproto3\"\n", ""},
		{"pgx in a test", "sql/pgwire/x_test.go", "package x\n\nimport _ \"github.com/jackc/pgx/v5\"\n", ""},
		{"pgx outside a test", "sql/pgwire/x.go", doc + "package x\n\nimport _ \"github.com/jackc/pgx/v5\"\n", "may only enter nowhere"},
		{"cmp in a test", "engine/op/x_test.go", "package x\n\nimport _ \"github.com/google/go-cmp/cmp\"\n", ""},
		{"cmp in a package for tests", "engine/enginetest/x.go", doc + "package x\n\nimport _ \"github.com/google/go-cmp/cmp\"\n", ""},
		{"cmp outside a test", "engine/op/x.go", doc + "package x\n\nimport _ \"github.com/google/go-cmp/cmp\"\n", "does not know"},

		{"engine and the net", "engine/epoch/x.go", doc + "package x\n\nimport _ \"net/http\"\n", "engine must do without net/http"},
		{"engine and programs", "engine/flow/x.go", doc + "package x\n\nimport _ \"os/exec\"\n", "engine must do without os/exec"},
		{"engine and files", "engine/flow/x.go", doc + "package x\n\nimport _ \"os\"\n", ""},
		{"bridge and the net", "bridge/webhook/x.go", doc + "package x\n\nimport _ \"net/http\"\n", ""},

		{"go in an operator", "engine/op/x.go", doc + "package x\n\nfunc f() { go f() }\n", "engine/op may not start goroutines"},
		{"go in a test", "engine/op/x_test.go", "package x\n\nfunc f() { go f() }\n", ""},
		{"go in flow", "engine/flow/x.go", doc + "package x\n\nfunc f() { go f() }\n", ""},
		{"the clock", "engine/flow/x.go", doc + "package x\n\nimport \"time\"\n\nvar now = time.Now\n", "engine/flow may not read the clock (time.Now)"},
		{"the clock by another name", "window/x.go", doc + "package x\n\nimport t \"time\"\n\nvar now = t.Since(t.Time{})\n", "may not read the clock (time.Since)"},
		{"the clock in the bridge", "bridge/x.go", doc + "package x\n\nimport \"time\"\n\nvar now = time.Now()\n", ""},
		{"a timer", "engine/op/x.go", doc + "package x\n\nimport \"time\"\n\nvar c = time.After(1)\n", "engine/op may not wait for time (time.After)"},
		{"a timer in the committer", "engine/epoch/x.go", doc + "package x\n\nimport \"time\"\n\nvar c = time.NewTimer(1)\n", ""},
		{"another thing called time", "engine/op/x.go", doc + "package x\n\nvar time struct{ Now int }\n\nvar n = time.Now\n", ""},
		{"a test that sleeps", "bridge/x_test.go", "package x\n\nimport \"time\"\n\nfunc f() { time.Sleep(1) }\n", "a test sleeps"},

		{"a long file", "engine/op/x.go", doc + "package x\n" + strings.Repeat("\nvar _ = 0\n", 250), "502 lines, the limit is 500"},
		{"a long test", "engine/op/x_test.go", "package x\n" + strings.Repeat("\nvar _ = 0\n", 250), ""},
		{"a long generated file", "engine/op/x.go", "// Code generated by hand. DO NOT EDIT.\n\n" + doc + "package x\n" + strings.Repeat("\nvar _ = 0\n", 250), ""},
		{"a long function", "engine/op/x.go", doc + "package x\n\nfunc f() {\n" + lines(69) + "}\n", "f has 71 lines, the limit is 70"},
		{"a function that fits", "engine/op/x.go", doc + "package x\n\nfunc f() {\n" + lines(68) + "}\n", ""},

		{"no package comment", "engine/op/x.go", "package x\n", "0 files have a package comment"},
		{"a licence is no package comment", "engine/op/x.go", "// Licence.\n\npackage x\n", "0 files have a package comment"},
		{"a function without a comment", "engine/op/x.go", doc + "package x\n\nfunc F() {}\n", "F has no comment"},
		{"a type without a comment", "engine/op/x.go", doc + "package x\n\ntype T struct{}\n", "T has no comment"},
		{"a constant without a comment", "engine/op/x.go", doc + "package x\n\nconst C = 1\n", "C has no comment"},
		{"a method without a comment", "engine/op/x.go", doc + "package x\n\n// T is.\ntype T[A any] struct{}\n\nfunc (*T[A]) M() {}\n", "M has no comment"},
		{"methods that need none", "engine/op/x.go", doc + "package x\n\n// T is.\ntype T struct{}\n\nfunc (T) Push() {}\n\ntype u struct{}\n\nfunc (u) M() {}\n", ""},
		{"a documented group", "engine/op/x.go", doc + "package x\n\n// Both are.\nconst (\n\tC = 1\n\tD = 2\n)\n\nvar (\n\tE = 1 // is\n)\n", ""},

		{"a banned type", "engine/op/x.go", doc + "package x\n\ntype viewManager struct{}\n", "viewManager has the word manager"},
		{"a banned function", "engine/op/x.go", doc + "package x\n\nfunc HTTPHandlers2() {}\n", "HTTPHandlers2 has"},
		{"a banned parameter", "engine/op/x_test.go", "package x\n\nfunc f(util int) {}\n", "util has the word util"},
		{"a banned variable", "engine/op/x.go", doc + "package x\n\nfunc f() { helper := 1; _ = helper }\n", "helper has the word helper"},
		{"a banned range variable", "engine/op/x.go", doc + "package x\n\nfunc f() {\n\tfor common := range 3 {\n\t\t_ = common\n\t}\n}\n", "common has the word common"},
		{"a banned field", "engine/op/x.go", doc + "package x\n\ntype t struct{ processor int }\n", "processor has the word processor"},
		{"a banned file", "engine/op/string_utils.go", doc + "package x\n", "string_utils has the word utils"},
		{"a term", "engine/expr/x.go", doc + "package x\n\nfunc f() { Helper := 1; _ = Helper }\n", ""},
		{"a word inside a word", "engine/op/x.go", doc + "package x\n\nfunc f() { uncommon, handlebar := 1, 2; _, _ = uncommon, handlebar }\n", ""},
		{"a name of somebody else", "cmd/node/x.go", doc + "package x\n\nimport \"net/http\"\n\nvar h http.Handler\n", ""},

		{"what is not done", "engine/op/x.go", doc + "package x\n\n// TODO: all of it\n", "a comment says TODO"},
		{"what is not done, in a test", "engine/op/x_test.go", "package x\n\n/* a (FIXME) */\n", "a comment says FIXME"},
		{"a word with the letters of one", "engine/op/x.go", doc + "package x\n\n// XX000 and todos.\n", ""},
		{"a string", "engine/op/x.go", doc + "package x\n\nconst c = \"TODO\"\n", ""},

		{"CR LF", "docs/x.md", "a\r\nb\r\n", "CR LF"},
		{"an open last line", "docs/x.md", "a", "does not end"},
		{"a place of one machine", "docs/x.md", "a\nsee /ro" + "ot/notes\n", "docs/x.md:2: names"},
		{"a place of one machine in CI", ".ci/run", "cd /ro" + "ot/main\n", ".ci/run:1: names"},
		{"a program", "x.bin", "a\r\n", ""},
		{"not formatted", "engine/op/x.go", doc + "package x\n\nvar  a = 1\n", "not formatted"},
		{"not Go", "engine/op/x.go", "package\n", "does not parse"},

		{"testdata", "engine/op/testdata/x.go", "package", ""},
		{"hidden", ".git/x.go", "package", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			bad, err := house(t).Check(at(c.file, c.src))
			if err != nil {
				t.Fatal(err)
			}
			if c.name == "a banned function" { // it has no comment either
				bad = slices.DeleteFunc(bad, func(b string) bool { return strings.Contains(b, "no comment") })
			}
			switch {
			case c.want == "" && len(bad) > 0:
				t.Errorf("complaints about nothing: %q", bad)
			case c.want != "" && (len(bad) != 1 || !strings.Contains(bad[0], c.want)):
				t.Errorf("got %q, want one with %q", bad, c.want)
			}
		})
	}
}

func TestTwoPackageComments(t *testing.T) {
	bad, _ := house(t).Check(fstest.MapFS{
		"engine/op/x.go": {Data: []byte(doc + "package x\n")},
		"engine/op/y.go": {Data: []byte(doc + "package x\n")},
	})
	if len(bad) != 1 || !strings.Contains(bad[0], "2 files have a package comment, want 1 [x.go y.go]") {
		t.Errorf("got %q", bad)
	}
}

func TestOtherModulesAreTheirOwn(t *testing.T) {
	bad, _ := house(t).Check(fstest.MapFS{"bench/peers/go.mod": {Data: []byte("module x")}, "bench/peers/x.go": {Data: []byte("package")}})
	if len(bad) > 0 {
		t.Errorf("got %q", bad)
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"rule x":                       "rule is no rule",
		"go":                           "nothing after go",
		"room a\nroom a":               "line 2",
		"room a\nfloor a/x\nfloor a/x": "twice",
		"floor a/x":                    "in no room",
		"room a\nfloor a/x but b":      "not the word only",
		"limit file many":              "many",
		"guest example.com/x a\nguest example.com/x b": "twice",
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

func TestSplit(t *testing.T) {
	for name, want := range map[string][]string{
		"HTTPServerID_x": {"http", "server", "id", "x"},
		"viewManager":    {"view", "manager"},
		"utils2go":       {"utils", "go"},
		"_":              nil,
		"A":              {"a"},
	} {
		if diff := cmp.Diff(want, split(name)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}
