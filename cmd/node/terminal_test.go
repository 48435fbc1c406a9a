package node_test

import (
	"bytes"
	"fmt"
	"os"
	osexec "os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal is a program that believes that a person sits before it.
type terminal struct {
	t    *testing.T
	f    *os.File // the person's end of the pseudo-terminal
	rest []byte   // what it wrote and nobody read yet
}

// onTerminal starts a program on a terminal of a thousand columns. It is killed when the test ends.
func onTerminal(t *testing.T, env []string, name string, args ...string) *terminal {
	t.Helper()
	f, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	raw, err := f.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var number int
	var failed error
	err = raw.Control(func(fd uintptr) {
		if failed = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); failed != nil {
			return
		}
		if number, failed = unix.IoctlGetInt(int(fd), unix.TIOCGPTN); failed != nil {
			return
		}
		failed = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: 50, Col: 1000})
	})
	if err != nil || failed != nil {
		t.Fatal(err, failed)
	}
	their, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer their.Close()
	cmd := osexec.Command(name, args...)
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = env, their, their, their
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()         // by that
	})
	return &terminal{t: t, f: f}
}

// send types text.
func (c *terminal) send(text string) {
	c.t.Helper()
	if _, err := c.f.WriteString(text); err != nil {
		c.t.Fatal(err)
	}
}

// until gives what the program wrote up to a text and the text, without carriage returns and bells. It answers a program
// that asks where the cursor is.
func (c *terminal) until(mark string) string {
	c.t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	buf := make([]byte, 64<<10)
	for {
		if i := bytes.Index(c.rest, []byte(mark)); i >= 0 {
			out := string(c.rest[:i+len(mark)])
			c.rest = c.rest[i+len(mark):]
			return out
		}
		if err := c.f.SetReadDeadline(deadline); err != nil {
			c.t.Fatal(err)
		}
		n, err := c.f.Read(buf)
		if err != nil {
			c.t.Fatalf("waiting for %q: %v, after\n%s", mark, err, c.rest)
		}
		if bytes.Contains(buf[:n], []byte("\x1b[6n")) {
			c.send("\x1b[1;1R")
		}
		c.rest = append(c.rest, strings.NewReplacer("\r", "", "\a", "").Replace(string(buf[:n]))...)
	}
}
