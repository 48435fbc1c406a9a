package main

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	osexec "os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/vexfs/vexstream/cmd/node"
)

// short says whether this is the short form.
func short() bool { return os.Getenv("VEXSTREAM_BENCH_SHORT") != "" }

// childData names the folder of a node in a process of its own, which this test binary becomes when it is set.
const childData = "VEXSTREAM_BENCH_DATA"

func TestMain(m *testing.M) {
	if data := os.Getenv(childData); data != "" {
		os.Exit(child(data))
	}
	os.Exit(m.Run())
}

// child is a node until SIGTERM. It prints its addresses when it is ready.
func child(data string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	n, err := node.Open(ctx, node.Settings{Data: data, PgAddr: "127.0.0.1:0", HTTPAddr: "127.0.0.1:0", LogBytes: 1 << 40, Journal: slog.New(slog.DiscardHandler)})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println("ready", n.PgAddr(), n.HTTPAddr())
	<-ctx.Done()
	if err := n.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// server is a node in a process of its own, so that its processor time and memory are not the client's.
type server struct {
	pg, http string
	data     string
	cmd      *osexec.Cmd
}

// serve starts one on a folder, and gives it when it is ready.
func serve(b *testing.B, data string) *server {
	b.Helper()
	s := &server{data: data, cmd: osexec.Command(os.Args[0])}
	s.cmd.Env = append(os.Environ(), childData+"="+data)
	s.cmd.Stderr = os.Stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	said := strings.Fields(line)
	if err != nil || len(said) != 3 || said[0] != "ready" {
		_ = s.cmd.Process.Kill() // it has failed already
		_ = s.cmd.Wait()
		b.Fatalf("the server says %q: %v", line, err)
	}
	s.pg, s.http = said[1], said[2]
	return s
}

// dial connects to a server.
func dial(b *testing.B, s *server) *pgx.Conn {
	b.Helper()
	c, err := pgx.Connect(b.Context(), "postgres://admin@"+s.pg+"/vexstream?sslmode=disable")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.Close(context.Background()) })
	return c
}

// stop ends the server in order.
func (s *server) stop(b *testing.B) {
	b.Helper()
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // if it has ended, Wait says so
	if err := s.cmd.Wait(); err != nil {
		b.Error(err)
	}
}

// token is what HTTP requests show.
func (s *server) token(b *testing.B) string {
	b.Helper()
	text, err := os.ReadFile(filepath.Join(s.data, "http.token"))
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// ticks is how many parts of a second /proc counts processor time in, on every Linux.
const ticks = 100

// used is the processor time of the server so far, and the most memory it has held, in bytes.
func (s *server) used(b *testing.B) (cpu time.Duration, peak int64) {
	b.Helper()
	proc := "/proc/" + strconv.Itoa(s.cmd.Process.Pid)
	stat, err := os.ReadFile(proc + "/stat")
	if err != nil {
		b.Fatal(err)
	}
	_, behind, _ := strings.Cut(string(stat), ") ") // the process's name may have spaces
	f := strings.Fields(behind)
	user, _ := strconv.ParseInt(f[11], 10, 64)   // the kernel writes numbers
	system, _ := strconv.ParseInt(f[12], 10, 64) // likewise
	status, err := os.ReadFile(proc + "/status")
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64) // likewise
			peak = kb << 10
		}
	}
	return time.Duration(user+system) * time.Second / ticks, peak
}
