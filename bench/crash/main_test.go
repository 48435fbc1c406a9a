package crash

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/vexfs/vexstream/cmd/node"
)

// The environment of a child: the data folder, and the free space to leave in bytes.
const (
	childData    = "VEXSTREAM_CRASH_DATA"
	childMinFree = "VEXSTREAM_CRASH_MIN_FREE"
)

// checkpoints come often, so that a crash falls between them, into them and behind them.
const checkpoints = 150 * time.Millisecond

// exitBroken is how a node ends whose disk failed.
const exitBroken = 74

// childLarge is set for a node whose log has segments of the usual size.
const childLarge = "VEXSTREAM_CRASH_LARGE_SEGMENTS"

// childCheckpoints is set to another time between the checkpoints of a node.
const childCheckpoints = "VEXSTREAM_CRASH_CHECKPOINTS"

// segmentBytes is small, so that a log of a few seconds has several segments.
const segmentBytes = 128 << 10

// merged counts the segments of a node's log that were merged.
func merged(t *testing.T, data string) (n int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(data, "log", "*.seg"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			continue // it was forgotten just now
		}
		var head [12]byte
		if _, err := f.ReadAt(head[:], 0); err == nil && head[8] == 3 { // docs/storage-format.md
			n++
		}
		f.Close()
	}
	return n
}

func TestMain(m *testing.M) {
	if data := os.Getenv(childData); data != "" {
		os.Exit(child(data))
	}
	os.Exit(m.Run())
}

// child is the process that gets killed: a node on a folder until SIGTERM. It prints "ready" and its address.
func child(data string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	minFree, _ := strconv.ParseInt(os.Getenv(childMinFree), 10, 64) // absent: 0, the default
	segments := int64(segmentBytes)
	if os.Getenv(childLarge) != "" {
		segments = 0 // the default
	}
	every := checkpoints
	if said, err := time.ParseDuration(os.Getenv(childCheckpoints)); err == nil {
		every = said
	}
	n, err := node.Open(ctx, node.Settings{
		Data: data, PgAddr: "127.0.0.1:0", MinFree: minFree, Checkpoint: every,
		SegmentBytes: segments, MergeAfter: 1, MergeRate: 1 << 30, // so that old segments are merged all the time
		SendTo:  []string{"127.0.0.1/32"},
		Journal: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "open:", err)
		return 1
	}
	fmt.Printf("ready %s\n", n.PgAddr())
	select {
	case <-ctx.Done():
	case <-n.Broken():
		fmt.Fprintln(os.Stderr, "broken:", n.Ready())
		_ = n.Close() // why it ends is said
		return exitBroken
	}
	if err := n.Close(); err != nil {
		fmt.Fprintln(os.Stderr, "close:", err)
		return 1
	}
	return 0
}

// process is a node at work in a process of its own.
type process struct {
	addr string
	cmd  *exec.Cmd
	said *journal
	done chan struct{} // closed when it has ended
}

// journal keeps the end of what a process said.
type journal struct {
	mu   sync.Mutex
	text []byte
}

const journalBytes = 64 << 10

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.text = append(j.text, p...)
	if over := len(j.text) - journalBytes; over > 0 {
		j.text = append(j.text[:0], j.text[over:]...)
	}
	return len(p), nil
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return string(bytes.Clone(j.text))
}

// launch starts a node on the folder under the given command line in front (strace and its arguments; none), and waits until
// it is ready. It gives nil, and what the process said, if it ended before that.
func launch(t *testing.T, data string, front []string, env ...string) (*process, string) {
	t.Helper()
	args := append(append([]string(nil), front...), os.Args[0])
	p := &process{cmd: exec.Command(args[0], args[1:]...), said: &journal{}, done: make(chan struct{})}
	p.cmd.Env = append(append(os.Environ(), childData+"="+data), env...)
	p.cmd.Stderr = p.said
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line := make(chan string, 1)
	go func() {
		defer close(p.done)
		r := bufio.NewReader(out)
		first, _ := r.ReadString('\n') // an early end leaves it empty
		line <- first
		_, _ = io.Copy(io.Discard, r)
		_ = p.cmd.Wait() // a killed process has no other end
	}()
	addr, ok := strings.CutPrefix(strings.TrimSpace(<-line), "ready ")
	if !ok {
		p.kill()
		return nil, p.said.String()
	}
	p.addr = addr
	t.Cleanup(p.kill)
	return p, ""
}

// start is launch for a node that must come up.
func start(t *testing.T, data string, env ...string) *process {
	t.Helper()
	p, said := launch(t, data, nil, env...)
	if p == nil {
		t.Fatalf("the node does not start:\n%s", said)
	}
	return p
}

// kill ends the process and what runs it, with no chance to say a word, and waits for its end.
func (p *process) kill() {
	select {
	case <-p.done:
		return
	default:
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // it may have ended meanwhile
	<-p.done
}

// stop ends the process as an operator would, and waits.
func (p *process) stop(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-p.done
	if p.cmd.ProcessState.ExitCode() != 0 {
		t.Fatalf("the node ended with %s:\n%s", p.cmd.ProcessState, p.said)
	}
}

// connect opens a client.
func (p *process) connect(ctx context.Context) (*pgx.Conn, error) {
	return pgx.Connect(ctx, "postgres://admin@"+p.addr+"/vexstream?sslmode=disable&connect_timeout=20")
}

// skipOrFail skips the test where the machine lacks something, and fails it where everything is required.
func skipOrFail(t *testing.T, reason string) {
	t.Helper()
	if os.Getenv("VEXSTREAM_TEST_REQUIRE") == "all" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}

// long skips a test in a short run.
func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("a short run")
	}
}

// scale is how many cycles a test runs: few, ci where VEXSTREAM_TEST_SCALE says ci, full where it says full, or as many
// as it says.
func scale(t *testing.T, few, ci, full int) int {
	t.Helper()
	switch s := os.Getenv("VEXSTREAM_TEST_SCALE"); s {
	case "":
		return few
	case "ci":
		return ci
	case "full":
		return full
	default:
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal("VEXSTREAM_TEST_SCALE is neither ci nor full nor a number")
		}
		return n
	}
}

// line prints a test's line of the table in docs/reliability.md, with a fault at least in each cycle. That nothing was lost and nothing
// counted twice is what the test has made sure of; it would have failed.
func line(t *testing.T, began time.Time, cycles int, rows int64, more string) {
	t.Helper()
	t.Logf("| `%s` | %d | %d | 0 | 0 | %.0f s%s |", t.Name(), cycles, rows, time.Since(began).Seconds(), more)
}

// seed gives VEXSTREAM_TEST_SEED, or one from the clock, and prints it.
func seed(t *testing.T) uint64 {
	t.Helper()
	s := uint64(time.Now().UnixNano())
	if v := os.Getenv("VEXSTREAM_TEST_SEED"); v != "" {
		n, err := strconv.ParseUint(v, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		s = n
	}
	t.Logf("VEXSTREAM_TEST_SEED=%d", s)
	return s
}
