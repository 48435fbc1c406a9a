package crash

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// needStrace skips the test where system calls cannot be tampered with.
func needStrace(t *testing.T) {
	t.Helper()
	if err := exec.Command("strace", "-f", "-qq", "-o", "/dev/null", "true").Run(); err != nil {
		skipOrFail(t, "strace does not work here: "+err.Error())
	}
}

// tampered is the command line that lets a node's system calls of one kind go wrong: inject is what strace does to them.
func tampered(call, inject string) []string {
	return []string{"strace", "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=" + call, "-e", "inject=" + call + ":" + inject}
}

// TestCrashPoints kills a node at its Nth system call of a kind that changes files, while it starts, works or stores a
// checkpoint.
func TestCrashPoints(t *testing.T) {
	long(t)
	needStrace(t)
	began, points := time.Now(), scale(t, 4, 40, 300)
	rows, early, err := crashPoints(t, seed(t), points)
	if err != nil {
		t.Fatal(err)
	}
	line(t, began, points, rows, fmt.Sprintf(", %d ends before the node was ready", early))
}

// crashPoints gives how many rows were acknowledged, and how often the node died before it was ready.
func crashPoints(t *testing.T, seed uint64, points int) (rows int64, early int, err error) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	calls := []string{"openat", "ftruncate", "fallocate", "pwrite64", "fdatasync", "fsync", "msync", "renameat", "unlinkat", "mmap"}
	var w *world
	data := ""
	for i := range points {
		if i%cyclesOfFolder == 0 {
			data = t.TempDir()
			w = newWorld(r.Uint64(), data)
			p := start(t, data)
			w.found(t, p)
			p.kill()
		}
		call, when := calls[i%len(calls)], 1+r.IntN(30)
		before := w.acked.Load()
		p, _ := launch(t, data, tampered(call, fmt.Sprintf("signal=KILL:when=%d", when)))
		if p == nil {
			early++
		} else {
			if err := w.work(p, func(steps int64) bool { return steps >= 80 }); err != nil {
				return rows, early, fmt.Errorf("call %d of %s: %w\n%s", when, call, err, p.said)
			}
			p.kill()
		}
		p = start(t, data)
		if err := w.check(p); err != nil {
			return rows, early, fmt.Errorf("killed at call %d of %s: %w\n%s", when, call, err, p.said)
		}
		p.kill()
		rows += w.acked.Load() - before
	}
	return rows, early, nil
}

// TestErrors lets a node's writes and syncs fail from the Nth on. What it acknowledges after that must be there, too: so
// it can acknowledge nothing.
func TestErrors(t *testing.T) {
	long(t)
	needStrace(t)
	s := seed(t)
	r := rand.New(rand.NewPCG(s, 2))
	faults := []struct{ call, errno string }{
		{"fdatasync", "EIO"}, {"pwrite64", "EIO"}, {"pwrite64", "ENOSPC"}, {"msync", "EIO"}, {"fsync", "EIO"}, {"fallocate", "ENOSPC"},
	}
	rows := int64(0)
	began, cycles := time.Now(), scale(t, len(faults), 2*len(faults), 20*len(faults))
	for i := range cycles {
		f := faults[i%len(faults)]
		data := t.TempDir()
		w := newWorld(r.Uint64(), data)
		p := start(t, data)
		w.found(t, p)
		p.kill()
		when := 1 + r.IntN(60)
		p, _ = launch(t, data, tampered(f.call, fmt.Sprintf("error=%s:when=%d+", f.errno, when)))
		if p != nil {
			w.refusals = true
			_ = w.work(p, func(steps int64) bool { return steps >= 200 }) // what is refused is not acknowledged
			w.refusals = false
			if f.errno == "EIO" && f.call == "fdatasync" && w.refused.Load() {
				<-p.done // it stops by itself
				said := p.said.String()
				own := !strings.Contains(said, "strace: ") // else it is strace that ended, with a status of its own
				if code := p.cmd.ProcessState.ExitCode(); own && code != exitBroken || !strings.Contains(said, "broken: ") {
					t.Fatalf("a node whose sync failed ended with status %d:\n%s", code, said)
				}
			}
			p.kill()
		}
		p = start(t, data)
		if err := w.check(p); err != nil {
			t.Fatalf("%s from call %d of %s: %v\n%s", f.errno, when, f.call, err, p.said)
		}
		p.kill()
		rows += w.acked.Load()
	}
	line(t, began, cycles, rows, "")
}
