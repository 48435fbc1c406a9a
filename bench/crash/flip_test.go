package crash

import (
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
)

// TestBitFlips turns a bit somewhere in a folder that a node has left: all of it after a clean stop, the store after a
// kill (a bit in the last epoch of the log cannot be told from a write that the kill cut short). The next node must
// refuse what it hits by name, or answer as if nothing had happened.
func TestBitFlips(t *testing.T) {
	long(t)
	t.Run("stopped", func(t *testing.T) { bitFlips(t, "", (*process).stop) })
	t.Run("killed", func(t *testing.T) { bitFlips(t, "store", func(p *process, _ *testing.T) { p.kill() }) })
}

func bitFlips(t *testing.T, part string, end func(*process, *testing.T)) {
	s := seed(t)
	r := rand.New(rand.NewPCG(s, 4))
	data := filepath.Join(t.TempDir(), "data")
	w := newWorld(s, data)
	w.sent = "" // copies of the folder would share their sinks
	p := start(t, data)
	w.found(t, p)
	if err := w.work(p, func(steps int64) bool { return steps >= 300 }); err != nil {
		t.Fatal(err)
	}
	end(p, t)
	flips, refusedStart, refusedRead, harmless := scale(t, 4, 20, 200), 0, 0, 0
	for range flips {
		dir := filepath.Join(t.TempDir(), "data")
		if out, err := exec.Command("cp", "-a", "--sparse=always", data, dir).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		where := flip(t, filepath.Join(dir, part), r)
		p, said := launch(t, dir, nil)
		if p == nil {
			if !damaged.MatchString(said) || panicked.MatchString(said) {
				t.Fatalf("%s: the node does not say that its folder is damaged:\n%s", where, said)
			}
			refusedStart++
			continue
		}
		switch err := w.check(p); {
		case err == nil:
			harmless++
		case allDamage(err):
			refusedRead++
		default:
			t.Fatalf("%s: a wrong answer: %v\n%s", where, err, p.said)
		}
		p.kill()
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("| `%s` | %d bits | | | | %d refused by the start, %d by a query, %d harmless, no wrong answer |", t.Name(), flips, refusedStart, refusedRead, harmless)
}

var (
	damaged  = regexp.MustCompile(`(?i)damaged|corrupt|checksum|does not follow|no segment|missing|format|is lost`)
	panicked = regexp.MustCompile(`(?m)^panic:|^fatal error:|SIGBUS|SIGSEGV`)
)

// allDamage says whether every one of the errors is XX001, data_corrupted.
func allDamage(err error) bool {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range many.Unwrap() {
			if !allDamage(e) {
				return false
			}
		}
		return true
	}
	return code(err) == "XX001"
}

// flip turns a bit of a file that is not empty, and says which.
func flip(t *testing.T, dir string, r *rand.Rand) string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.IsDir() && e.Name() == "tls" {
			return fs.SkipDir // its key is no data: a damaged one is a file that cannot be used
		}
		if err == nil && e.Type().IsRegular() {
			if in, err := e.Info(); err == nil && in.Size() > 0 {
				files = append(files, path)
			}
		}
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("no files to damage: %v", err)
	}
	path := files[r.IntN(len(files))]
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := r.IntN(len(b))
	for try := 0; b[at] == 0 && try < 1000; try++ { // most of a preallocated file is zeros that nobody reads
		at = r.IntN(len(b))
	}
	b[at] ^= 1 << r.IntN(8)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	rel, _ := filepath.Rel(dir, path)
	return rel + " at byte " + strconv.Itoa(at)
}
