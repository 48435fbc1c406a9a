package fanotify

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"github.com/vexfs/vexstream/bridge"
	"github.com/vexfs/vexstream/bridge/bridgetest"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

const inNamespace = "VEXSTREAM_TEST_IN_NAMESPACE"

// TestMain runs the tests in a mount namespace of their own, so that nothing they mount is seen or left outside.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "watchdog" {
		if err := Watchdog(os.Args[2:]); err != nil {
			panic(err)
		}
		return
	}
	if dir := os.Getenv(guardDir); dir != "" {
		guardAlone(dir)
		return
	}
	if os.Geteuid() != 0 || os.Getenv(inNamespace) != "" {
		goleak.VerifyTestMain(m)
		return
	}
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(os.Environ(), inNamespace+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Run(); err != nil {
		var ended *exec.ExitError
		if errors.As(err, &ended) {
			os.Exit(ended.ExitCode())
		}
		os.Setenv(inNamespace, "refused: "+err.Error())
		os.Exit(m.Run())
	}
}

// tmpfs mounts a fresh file system and gives its path.
func tmpfs(t *testing.T) string {
	t.Helper()
	if os.Geteuid() != 0 {
		bridgetest.Skip(t, os.Getenv, "needs root: CAP_SYS_ADMIN for fanotify and for mount")
	}
	if s := os.Getenv(inNamespace); strings.HasPrefix(s, "refused") {
		bridgetest.Skip(t, os.Getenv, "needs a mount namespace: "+s)
	}
	dir := bridge.RealPath(t.TempDir())
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=64m"); err != nil {
		bridgetest.Skip(t, os.Getenv, "needs to mount tmpfs: "+err.Error())
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return dir
}

func start(t *testing.T, o bridge.Options) (*Source, *bridgetest.Collector, func()) {
	t.Helper()
	s, err := open(o)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	c, stop := bridgetest.Start(t, s)
	t.Cleanup(stop)
	return s, c, stop
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestKernelLifeOfAFile(t *testing.T) {
	dir := tmpfs(t)
	_, c, stop := start(t, bridge.Options{Root: dir, Host: "h"})
	f, g := filepath.Join(dir, "a.txt"), filepath.Join(dir, "sub", "b.txt")
	must(t, os.WriteFile(f, []byte("hello"), 0o644))
	made := c.Wait(t, "create", bridgetest.Is(bridge.TypeCreate, f))
	if made.PID != int64(os.Getpid()) || made.UID != 0 || made.UserID != "root" || made.Source != Name || made.Boundary != "kernel" || made.Host != "h" {
		t.Errorf("who and where are wrong: %v", made)
	}
	closed := c.Wait(t, "close", bridgetest.Is(bridge.TypeClose, f))
	if closed.FileSize != 5 || closed.Inode <= 0 {
		t.Errorf("size and inode after close are wrong: %v", closed)
	}
	must(t, os.Mkdir(filepath.Join(dir, "sub"), 0o755))
	c.Wait(t, "mkdir", bridgetest.Is(bridge.TypeMkdir, filepath.Join(dir, "sub")))
	must(t, os.Rename(f, g))
	moved := c.Wait(t, "rename", bridgetest.Is(bridge.TypeRename, f))
	if moved.Target != g || moved.FileSize != 5 {
		t.Errorf("rename: %v", moved)
	}
	must(t, os.Chmod(g, 0o600))
	c.Wait(t, "chmod", bridgetest.Is(bridge.TypeChmod, g))
	must(t, os.Rename(filepath.Join(dir, "sub"), filepath.Join(dir, "other")))
	c.Wait(t, "rename of a directory", bridgetest.Is(bridge.TypeRename, filepath.Join(dir, "sub")))
	g = filepath.Join(dir, "other", "b.txt")
	must(t, os.Remove(g))
	c.Wait(t, "delete below the new name", bridgetest.Is(bridge.TypeDelete, g))
	must(t, os.Remove(filepath.Join(dir, "other")))
	c.Wait(t, "rmdir", bridgetest.Is(bridge.TypeRmdir, filepath.Join(dir, "other")))
	stop()
	for i, r := range c.Rows() {
		if r.Uncertainty < 0 || r.TS == 0 || r.Seq != int64(i+1) {
			t.Errorf("row %d: %v", i, r)
		}
	}
}

func TestKernelReads(t *testing.T) {
	dir := tmpfs(t)
	f := filepath.Join(dir, "a")
	must(t, os.WriteFile(f, []byte("hello"), 0o644))
	_, c, _ := start(t, bridge.Options{Root: dir, Reads: true})
	_, err := os.ReadFile(f)
	must(t, err)
	c.Wait(t, "open", bridgetest.Is(bridge.TypeOpen, f))
	c.Wait(t, "read", bridgetest.Is(bridge.TypeRead, f))
	c.Wait(t, "close", bridgetest.Is(bridge.TypeClose, f))
}

// Every file that was made is told of: by a row of its own, for fanotify may merge the operations on one file, but
// never those on two.
func TestKernelConservation(t *testing.T) {
	dir := tmpfs(t)
	s, c, stop := start(t, bridge.Options{Root: dir})
	const files = 5000
	for i := range files {
		p := filepath.Join(dir, fmt.Sprint("f", i))
		must(t, os.WriteFile(p, []byte("x"), 0o644))
		must(t, os.Remove(p))
	}
	must(t, os.WriteFile(filepath.Join(dir, "last"), nil, 0o644))
	c.Wait(t, "the last file", bridgetest.Is(bridge.TypeCreate, filepath.Join(dir, "last")))
	stop()
	made, removed := 0, 0
	for _, r := range c.Rows() {
		if strings.HasPrefix(filepath.Base(r.Path), "f") {
			switch r.Type {
			case bridge.TypeCreate:
				made++
			case bridge.TypeDelete:
				removed++
			}
		}
	}
	lost := bridgetest.Count(s, bridge.CountOverflows) + bridgetest.Count(s, bridge.LostQueue)
	if lost == 0 && (made != files || removed != files) {
		t.Errorf("%d creates and %d deletes of %d, and no loss was counted", made, removed, files)
	}
	if got := bridgetest.Count(s, bridge.CountContextMismatch); got != 0 {
		t.Errorf("%d rows did not survive the translation", got)
	}
}

func TestKernelExclusion(t *testing.T) {
	dir := tmpfs(t)
	data := filepath.Join(dir, "data")
	must(t, os.Mkdir(data, 0o755))
	s, c, stop := start(t, bridge.Options{Root: dir, Exclude: bridge.Exclude{Dirs: []string{data}}})
	must(t, os.WriteFile(filepath.Join(data, "log"), []byte("x"), 0o644))
	must(t, os.WriteFile(filepath.Join(dir, "data2"), nil, 0o644))
	c.Wait(t, "a file beside the folder", bridgetest.Is(bridge.TypeCreate, filepath.Join(dir, "data2")))
	stop()
	for _, r := range c.Rows() {
		if bridge.Within(r.Path, data) {
			t.Errorf("an excluded folder got a row: %v", r)
		}
	}
	if bridgetest.Count(s, bridge.CountExcluded) == 0 {
		t.Error("nothing was counted as excluded")
	}
}

func TestKernelOwnAccesses(t *testing.T) {
	dir := tmpfs(t)
	s, c, stop := start(t, bridge.Options{Root: dir, Exclude: bridge.Exclude{Pids: []int{os.Getpid()}}})
	must(t, os.WriteFile(filepath.Join(dir, "own"), []byte("x"), 0o644))
	other := filepath.Join(dir, "other")
	must(t, exec.Command("sh", "-c", ": > "+other).Run())
	c.Wait(t, "another process's file", bridgetest.Is(bridge.TypeCreate, other))
	stop()
	for _, r := range c.Rows() {
		if filepath.Base(r.Path) == "own" {
			t.Errorf("the node's own access got a row: %v", r)
		}
	}
	if bridgetest.Count(s, bridge.CountOwn) == 0 {
		t.Error("nothing was counted as own")
	}
}

// The kernel's queue runs over while nobody reads: the loss is a row without a number, and the folder is read again.
func TestKernelOverflow(t *testing.T) {
	dir := tmpfs(t)
	s, err := open(bridge.Options{Root: dir})
	must(t, err)
	limit := 16384
	if b, err := os.ReadFile("/proc/sys/fs/fanotify/max_queued_events"); err == nil {
		_, _ = fmt.Sscan(string(b), &limit)
	}
	if limit > 100_000 {
		_ = s.Close()
		bridgetest.Skip(t, os.Getenv, "needs fs.fanotify.max_queued_events of at most 100000")
	}
	for i := range limit + 100 {
		fd, err := unix.Open(filepath.Join(dir, fmt.Sprint(i)), unix.O_CREAT|unix.O_WRONLY, 0o600)
		must(t, err)
		must(t, unix.Close(fd))
	}
	c, stop := bridgetest.Start(t, s)
	t.Cleanup(stop)
	loss := c.Wait(t, "a loss", func(r bridgetest.Row) bool { return r.Type == bridge.TypeLoss })
	if loss.Lost != -1 || !strings.Contains(loss.Content, "queue was full") {
		t.Errorf("loss: %v", loss)
	}
	last := filepath.Join(dir, fmt.Sprint(limit+99))
	found := c.Wait(t, "the last file, by the rescan", bridgetest.Is(bridge.TypeRescan, last))
	if found.Flags != "rescan" {
		t.Errorf("flags of a rescan: %q", found.Flags)
	}
	stop()
	if bridgetest.Count(s, bridge.CountOverflows) == 0 || bridgetest.Count(s, bridge.CountRescans) == 0 {
		t.Error("overflow or rescan was not counted")
	}
}

// A folder that goes away makes a gap; when it comes back it is watched again.
func TestKernelFolderVanishes(t *testing.T) {
	dir := filepath.Join(tmpfs(t), "w")
	must(t, os.Mkdir(dir, 0o755))
	s, c, _ := start(t, bridge.Options{Root: dir})
	if err := s.Err(); err != nil {
		t.Error(err)
	}
	must(t, os.Remove(dir))
	c.Wait(t, "the gap", func(r bridgetest.Row) bool {
		return r.Type == bridge.TypeGap && r.Path == dir && strings.Contains(r.Content, "away")
	})
	if err := s.Err(); err == nil || !strings.Contains(err.Error(), dir+" is away") {
		t.Errorf("while the folder is away the source says %v", err)
	}
	must(t, os.Mkdir(dir, 0o755))
	must(t, os.WriteFile(filepath.Join(dir, "early"), nil, 0o644))
	c.Wait(t, "the end of the gap", func(r bridgetest.Row) bool { return r.Type == bridge.TypeGap && strings.Contains(r.Content, "again") })
	if err := s.Err(); err != nil {
		t.Errorf("the folder is there again, and the source says %v", err)
	}
	c.Wait(t, "the file of the time between", bridgetest.Is(bridge.TypeRescan, filepath.Join(dir, "early")))
	must(t, os.WriteFile(filepath.Join(dir, "late"), nil, 0o644))
	c.Wait(t, "a file in the new folder", bridgetest.Is(bridge.TypeCreate, filepath.Join(dir, "late")))
}

func TestKernelOverlayIsRefusedByName(t *testing.T) {
	base := tmpfs(t)
	for _, d := range []string{"lower", "upper", "work", "merged"} {
		must(t, os.Mkdir(filepath.Join(base, d), 0o755))
	}
	merged := filepath.Join(base, "merged")
	opts := fmt.Sprintf("lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work", base, base, base)
	if err := unix.Mount("overlay", merged, "overlay", 0, opts); err != nil {
		bridgetest.Skip(t, os.Getenv, "needs overlay: "+err.Error())
	}
	defer func() { must(t, unix.Unmount(merged, unix.MNT_DETACH)) }()
	_, err := open(bridge.Options{Root: merged})
	e, ok := sqlerr.As(err)
	if !ok || e.Code != sqlerr.FeatureNotSupported || !strings.Contains(e.Hint, "overlay") {
		t.Fatalf("want 0A000 with a hint about overlay, got %v", err)
	}
}

func TestOpenNamesAMissingFolder(t *testing.T) {
	if os.Geteuid() != 0 {
		bridgetest.Skip(t, os.Getenv, "needs root to get as far as the folder")
	}
	_, err := open(bridge.Options{Root: "/no/such/folder"})
	if err == nil || !strings.Contains(err.Error(), "/no/such/folder") {
		t.Fatalf("the error does not name the folder: %v", err)
	}
}

// With VEXSTREAM_TEST_UPDATE set, the records of this kernel replace the recorded ones.
func TestKernelRecordsParse(t *testing.T) {
	dir := tmpfs(t)
	s, err := open(bridge.Options{Root: dir})
	must(t, err)
	defer func() { must(t, s.Close()) }()
	a, b := filepath.Join(dir, "a.txt"), filepath.Join(dir, "b.txt")
	var raw []byte
	steps := []func(){
		func() { must(t, unix.Mknod(a, unix.S_IFREG|0o600, 0)) },
		func() { must(t, os.Truncate(a, 3)) },
		func() {
			fd, err := unix.Open(a, unix.O_WRONLY, 0)
			must(t, err)
			must(t, unix.Close(fd))
		},
		func() { must(t, os.Rename(a, b)) },
		func() { must(t, os.Remove(b)) },
		func() { must(t, os.Mkdir(filepath.Join(dir, "sub"), 0o700)) },
	}
	for i, step := range steps {
		step()
		if ready, _ := s.group.wait(1000); !ready {
			t.Fatalf("step %d: no record", i)
		}
		n, err := unix.Read(s.group.fd, s.buf)
		must(t, err)
		var r record
		for rest := s.buf[:n]; len(rest) > 0; {
			whole := rest
			rest, err = parse(rest, &r)
			must(t, err)
			if r.pidfd >= 0 {
				must(t, unix.Close(int(r.pidfd)))
			}
			if r.mask&^uint64(maskDir) != maskAttrib { // a removed file changes its count of links as well
				raw = append(raw, whole[:len(whole)-len(rest)]...)
			}
		}
	}
	if os.Getenv("VEXSTREAM_TEST_UPDATE") == "" {
		return
	}
	must(t, os.MkdirAll("testdata", 0o755))
	var out strings.Builder
	for len(raw) > 0 {
		n := min(32, len(raw))
		fmt.Fprintf(&out, "%x\n", raw[:n])
		raw = raw[n:]
	}
	must(t, os.WriteFile(golden, []byte(out.String()), 0o644))
}
