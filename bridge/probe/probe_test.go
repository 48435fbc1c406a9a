package probe

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/vexfs/vexstream/bridge"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestProbeSaysWhy(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range Probe(t.TempDir()) {
		seen[f.Source] = true
		if f.Why == "" || f.Works != (f.Missing == "") || f.Works != (len(f.Null) > 0) {
			t.Errorf("%+v", f)
		}
		t.Logf("%-9s works=%-5v %s [missing: %s] [mend: %s]", f.Source, f.Works, f.Why, f.Missing, f.Mend)
	}
	for _, name := range []string{"fanotify", "inotify", "ebpf", "fuse", "proc"} {
		if !seen[name] {
			t.Errorf("%s was not tried", name)
		}
	}
}

func TestBestExplainsItself(t *testing.T) {
	s, reason, tried, err := Best(bridge.Options{Root: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	last := tried[len(tried)-1]
	if !last.Works || last.Source != s.Name() || !strings.HasPrefix(reason, s.Name()+": ") || len(s.Blind()) == 0 {
		t.Errorf("%s, %q, %+v", s.Name(), reason, tried)
	}
	if len(tried) > 1 && !strings.Contains(reason, "because") {
		t.Errorf("%q does not say why not %s", reason, tried[0].Source)
	}
}

func TestBestNamesAMissingFolder(t *testing.T) {
	_, _, tried, err := Best(bridge.Options{Root: filepath.Join(t.TempDir(), "none")})
	e, ok := sqlerr.As(err)
	if !ok || len(tried) != len(watchers) || !strings.Contains(e.Message, "none") || e.Hint == "" || e.Detail == "" {
		t.Errorf("%v, tried %+v", err, tried)
	}
}

// TestNullsAreDocumented has the columns that each source cannot fill stand where people read of them.
func TestNullsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/sql.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range Probe(t.TempDir()) {
		if row := "| " + f.Source + " | " + strings.Join(f.Null, ", ") + " |"; f.Works && !strings.Contains(string(text), row) {
			t.Errorf("docs/sql.md has no row %s", row)
		}
	}
}
