package fanotify

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/vexfs/vexstream/bridge"
	"github.com/vexfs/vexstream/bridge/bridgetest"
)

// Of the process that TestGuardStopped starts, stops and kills.
const (
	guardDir  = "VEXSTREAM_TEST_GUARD"
	guardLate = "VEXSTREAM_TEST_GUARD_LATE"
)

// secrets refuses what is called so.
type secrets struct {
	errno syscall.Errno
	word  atomic.Pointer[string]
	panic atomic.Bool
	by    atomic.Pointer[bridge.Access]
}

func (s *secrets) Judge(a *bridge.Access) bridge.Verdict {
	if s.panic.Load() {
		panic("a verdict that cannot be given")
	}
	word := "secret"
	if w := s.word.Load(); w != nil {
		word = *w
	}
	if !strings.Contains(a.Path, word) {
		return bridge.Verdict{Always: true}
	}
	a.Who(a)
	by := *a
	by.Path, by.Process = strings.Clone(a.Path), strings.Clone(a.Process)
	s.by.Store(&by)
	return bridge.Verdict{Deny: true, Rule: "no_secrets", Errno: s.errno}
}

var watchdogCommand = []string{"/proc/self/exe", "watchdog"}

// guarded starts a source with a guard of a new file system, with the files plain and secret.
func guarded(t *testing.T, o bridge.GuardOptions) (string, *Source, *guard, *bridgetest.Collector) {
	t.Helper()
	dir := tmpfs(t)
	for _, name := range []string{"plain", "secret"} {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(name), 0o644))
	}
	s, c, _ := start(t, bridge.Options{Root: dir})
	must(t, s.CanGuard())
	o.Watchdog = watchdogCommand
	if o.Deadline == 0 {
		o.Deadline = 20 * time.Second // a machine may be slow, and that is not what is tested
	}
	g, err := s.Guard(o)
	must(t, err)
	return dir, s, g.(*guard), c
}

// cat has another process read a file, and gives what it says; slow ends it.
func cat(t *testing.T, path string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "cat", path).CombinedOutput()
	if ctx.Err() != nil {
		t.Fatalf("cat %s was held up", path)
	}
	said := strings.TrimSpace(string(out))
	if err != nil {
		said = said[strings.LastIndex(said, ":")+2:]
	}
	return said
}

func says(t *testing.T, path, want string) {
	t.Helper()
	if got := cat(t, path); got != want {
		t.Errorf("cat %s says %q, want %q", filepath.Base(path), got, want)
	}
}

const refusal = "Operation not permitted"

func TestKernelGuard(t *testing.T) {
	judge := &secrets{}
	dir, s, g, c := guarded(t, bridge.GuardOptions{Judge: judge, Ops: []string{bridge.OpOpen}})
	plain, secret := filepath.Join(dir, "plain"), filepath.Join(dir, "secret")
	says(t, secret, refusal)
	says(t, plain, "plain")
	if by := judge.by.Load(); by.Process != "cat" || by.UID != 0 || by.Op != bridge.OpOpen || by.PPID != int32(os.Getpid()) {
		t.Errorf("asked by %+v", by)
	}
	row := c.Wait(t, "denied", bridgetest.Is(bridge.TypeDenied, secret))
	if row.Op != bridge.OpOpen || row.Result != -int64(unix.EPERM) || row.Process != "cat" || row.UserID != "root" || row.Content != `{"trigger": "no_secrets"}` {
		t.Errorf("the row is %v", row)
	}
	if text, err := os.ReadFile(secret); err != nil || string(text) != "secret" {
		t.Errorf("the node's own access is refused: %v", err)
	}

	// Directories that come, and files that move.
	sub := filepath.Join(dir, "sub")
	must(t, os.Mkdir(sub, 0o755))
	c.Wait(t, "mkdir", bridgetest.Is(bridge.TypeMkdir, sub))
	must(t, os.Rename(plain, filepath.Join(sub, "secret2")))
	c.Wait(t, "rename", bridgetest.Is(bridge.TypeRename, plain))
	says(t, filepath.Join(sub, "secret2"), refusal)
	must(t, os.Rename(filepath.Join(sub, "secret2"), plain))
	c.Wait(t, "rename back", bridgetest.Is(bridge.TypeRename, filepath.Join(sub, "secret2")))
	says(t, plain, "plain")

	if _, err := s.Guard(bridge.GuardOptions{Judge: judge, Watchdog: watchdogCommand}); err == nil {
		t.Error("a folder is guarded twice")
	}
	must(t, g.Close())
	says(t, secret, "secret")
	if n := g.Counts(); n.Denied != 2 || n.Late != 0 || n.Asked < 4 {
		t.Errorf("%+v", n)
	}
}

// TestKernelGuardIgnores: what nobody is refused is asked about once, until that may have changed.
func TestKernelGuardIgnores(t *testing.T) {
	judge := &secrets{}
	dir, _, g, _ := guarded(t, bridge.GuardOptions{Judge: judge, Ops: []string{bridge.OpOpen, bridge.OpRead}})
	plain := filepath.Join(dir, "plain")
	for range 3 {
		says(t, plain, "plain")
	}
	if n := g.Counts(); n.Asked != 1 || n.Ignored != 1 {
		t.Errorf("%+v", n)
	}
	must(t, os.WriteFile(plain, []byte("other"), 0o644))
	says(t, plain, "other")
	if n := g.Counts(); n.Asked != 1 {
		t.Errorf("after a change: %+v", n)
	}
	word := "plain"
	judge.word.Store(&word)
	g.Forget()
	says(t, plain, refusal)
	says(t, filepath.Join(dir, "secret"), "secret")
}

func TestKernelGuardReads(t *testing.T) {
	dir, _, _, _ := guarded(t, bridge.GuardOptions{Judge: &secrets{errno: unix.EBUSY}, Ops: []string{bridge.OpRead}})
	says(t, filepath.Join(dir, "secret"), "Device or resource busy")
	says(t, filepath.Join(dir, "plain"), "plain")
}

// TestKernelGuardErrno: an error that the kernel does not let a process be told is EPERM.
func TestKernelGuardErrno(t *testing.T) {
	dir, _, _, _ := guarded(t, bridge.GuardOptions{Judge: &secrets{errno: unix.EACCES}, Ops: []string{bridge.OpOpen}})
	says(t, filepath.Join(dir, "secret"), refusal)
}

// TestKernelGuardFails: a verdict that cannot be given lets everything pass, and is told.
func TestKernelGuardFails(t *testing.T) {
	judge := &secrets{}
	judge.panic.Store(true)
	dir, _, g, _ := guarded(t, bridge.GuardOptions{Judge: judge, Ops: []string{bridge.OpOpen}})
	says(t, filepath.Join(dir, "secret"), "secret")
	says(t, filepath.Join(dir, "secret"), "secret")
	if err := g.Err(); err == nil || !strings.Contains(err.Error(), "nothing is refused") {
		t.Errorf("got %v", err)
	}
}

// TestKernelWatchdogFollows: a watchdog that ends is followed by another, and after several nothing is refused any more.
func TestKernelWatchdogFollows(t *testing.T) {
	dir, _, g, _ := guarded(t, bridge.GuardOptions{Judge: &secrets{}, Ops: []string{bridge.OpOpen}})
	for range maxWatchdogs + 1 {
		says(t, filepath.Join(dir, "secret"), refusal)
		g.dog.mu.Lock()
		child := g.dog.child
		g.dog.mu.Unlock()
		must(t, child.Kill())
		for now := child; now == child && g.Err() == nil; {
			g.dog.mu.Lock()
			now = g.dog.child
			g.dog.mu.Unlock()
		}
	}
	if g.Err() == nil {
		t.Fatal("it is not told")
	}
	<-g.done
	says(t, filepath.Join(dir, "secret"), "secret")
}

// guardAlone is a process that guards a folder, and says so.
func guardAlone(dir string) {
	s, err := open(bridge.Options{Root: dir})
	if err == nil {
		o := bridge.GuardOptions{Judge: &secrets{}, Ops: []string{bridge.OpOpen}, Watchdog: watchdogCommand, Deadline: 200 * time.Millisecond}
		o.LateDeny = os.Getenv(guardLate) == "deny"
		_, err = s.Guard(o)
	}
	fmt.Println("ready", err)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// TestKernelGuardStopped: a guard that is stopped holds up nobody, one that goes on refuses again, and one that is killed is none.
func TestKernelGuardStopped(t *testing.T) {
	for _, late := range []string{"allow", "deny"} {
		t.Run(late, func(t *testing.T) {
			dir := tmpfs(t)
			plain, secret := filepath.Join(dir, "plain"), filepath.Join(dir, "secret")
			must(t, os.WriteFile(plain, []byte("plain"), 0o644))
			must(t, os.WriteFile(secret, []byte("secret"), 0o644))
			p := exec.Command("/proc/self/exe")
			p.Env = append(os.Environ(), guardDir+"="+dir, guardLate+"="+late)
			p.Stderr = os.Stderr
			in, err := p.StdinPipe()
			must(t, err)
			out, err := p.StdoutPipe()
			must(t, err)
			must(t, p.Start())
			defer in.Close()
			defer p.Process.Kill()
			if line, _ := bufio.NewReader(out).ReadString('\n'); line != "ready <nil>\n" {
				t.Fatal(line)
			}
			refusedSoon(t, secret)
			must(t, p.Process.Signal(unix.SIGSTOP))
			if late == "deny" {
				says(t, plain, refusal)
				says(t, secret, refusal)
			} else {
				says(t, plain, "plain")
				says(t, secret, "secret")
			}
			must(t, p.Process.Signal(unix.SIGCONT))
			refusedSoon(t, secret)
			must(t, p.Process.Kill())
			_ = p.Wait()
			for cat(t, secret) != "secret" { // its watchdog ends when it notices
			}
			says(t, plain, "plain")
		})
	}
}

// refusedSoon has a guard, which may have been late on a busy machine, refuse a file.
func refusedSoon(t *testing.T, path string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); cat(t, path) != refusal; {
		if time.Now().After(end) {
			t.Fatalf("%s is not refused", path)
		}
	}
}

// BenchmarkKernelOpen is what an open that is allowed takes of the processor, in this process and in the kernel for it: without a
// guard, with one that is asked each time, and with one that is asked once.
func BenchmarkKernelOpen(b *testing.B) {
	for _, how := range []string{"none", "asked", "ignored"} {
		b.Run(how, func(b *testing.B) {
			if os.Geteuid() != 0 {
				bridgetest.Skip(b, os.Getenv, "needs root: CAP_SYS_ADMIN for fanotify")
			}
			dir := bridge.RealPath(b.TempDir())
			path := filepath.Join(dir, "plain")
			if err := os.WriteFile(path, []byte("plain"), 0o644); err != nil {
				b.Fatal(err)
			}
			s, err := open(bridge.Options{Root: dir})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			s.self = -1 // this process is the one that is asked about
			if how != "none" {
				var judge bridge.Judge = &secrets{}
				if how == "asked" {
					judge = always{}
				}
				if _, err := s.Guard(bridge.GuardOptions{Judge: judge, Ops: []string{bridge.OpOpen}, Watchdog: watchdogCommand}); err != nil {
					b.Fatal(err)
				}
			}
			b.ResetTimer()
			began := cpu()
			for range b.N {
				fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
				if err != nil {
					b.Fatal(err)
				}
				_ = unix.Close(fd)
			}
			b.ReportMetric(float64(cpu()-began)/float64(b.N), "cpu-ns/op")
		})
	}
}

// always lets everything pass, and is asked again.
type always struct{}

func (always) Judge(*bridge.Access) bridge.Verdict { return bridge.Verdict{} }

func cpu() time.Duration {
	var r unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
