package crash

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestEndsWithoutFolder removes or moves away the data folder of a node, then asks it to end: it does, with an error that names
// the folder. Where the folder comes back, everything that was acknowledged is in it.
func TestEndsWithoutFolder(t *testing.T) {
	for name, away := range map[string]func(data string) error{
		"removed": os.RemoveAll,
		"moved":   func(data string) error { return os.Rename(data, data+".away") },
	} {
		t.Run(name, func(t *testing.T) {
			data := filepath.Join(t.TempDir(), "data")
			w := newWorld(seed(t), data)
			p := start(t, data)
			w.found(t, p)
			if err := w.work(p, func(steps int64) bool { return steps >= 40 }); err != nil {
				t.Fatal(err)
			}
			if err := away(data); err != nil {
				t.Fatal(err)
			}
			if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			<-p.done
			said := p.said.String()
			if code := p.cmd.ProcessState.ExitCode(); code != 1 || !strings.Contains(said, "closing the store in "+data) {
				t.Fatalf("it ended with status %d and said:\n%s", code, said)
			}
			if os.Rename(data+".away", data) != nil {
				return
			}
			p = start(t, data)
			defer p.kill()
			if err := w.check(p); err != nil {
				t.Fatalf("%v\n%s", err, p.said)
			}
		})
	}
}
