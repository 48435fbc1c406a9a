package pgcatalog

import (
	"flag"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

var fromPostgres = flag.Bool("from-postgres", false, "write the files under data anew from the server that VEXSTREAM_TEST_POSTGRES names")

func skipOrFail(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("VEXSTREAM_TEST_REQUIRE") == "all" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// psql asks the server.
func psql(t *testing.T, query string) string {
	t.Helper()
	dir := os.Getenv("VEXSTREAM_TEST_POSTGRES")
	if dir == "" {
		skipOrFail(t, "VEXSTREAM_TEST_POSTGRES names no server")
	}
	out, err := exec.Command("psql", "-X", "-h", dir, "-U", "postgres", "-d", "template1", "-At", "-c", query).Output()
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return string(out)
}

var dumpQuery = regexp.MustCompile(`(?s)-- (\S+\.txt)\n(.*?);\n`)

// TestDataIsPostgres makes every file under data anew and compares.
func TestDataIsPostgres(t *testing.T) {
	text, err := os.ReadFile("data/dump.sql")
	if err != nil {
		t.Fatal(err)
	}
	queries := dumpQuery.FindAllStringSubmatch(string(text), -1)
	if len(queries) < 9 {
		t.Fatalf("dump.sql has %d queries", len(queries))
	}
	for _, m := range queries {
		file, query := "data/"+m[1], m[2]
		if m[1] != "relations.txt" {
			query = "COPY (" + query + ") TO STDOUT"
		}
		want := psql(t, query)
		if *fromPostgres {
			if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		have, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if string(have) != want {
			t.Errorf("%s differs from what PostgreSQL gives: go test -from-postgres writes it anew", file)
		}
	}
}

// TestNamesAreQuotedLikePostgres compares QuoteIdent over words of every kind.
func TestNamesAreQuotedLikePostgres(t *testing.T) {
	names := []string{"a", "A", "a b", "1a", "a1", `a"b`, "select", "name", "user", "events", "key", "ä", "_x", "between", "left", "values", "a$"}
	for i, want := range strings.Split(strings.TrimSpace(psql(t, "SELECT quote_ident(n) FROM unnest(ARRAY['"+strings.Join(names, "','")+"']) n")), "\n") {
		if have := QuoteIdent(names[i]); have != want {
			t.Errorf("%s: %s, PostgreSQL %s", names[i], have, want)
		}
	}
}
