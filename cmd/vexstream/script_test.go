package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"vexstream": func() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) },
	})
}

// need says whether a tool is there; where everything is required, its lack fails the test.
func need(t *testing.T, tool string) bool {
	_, err := exec.LookPath(tool)
	if err != nil && os.Getenv("VEXSTREAM_TEST_REQUIRE") == "all" {
		t.Fatalf("%s is required: %v", tool, err)
	}
	return err == nil
}

func TestScripts(t *testing.T) {
	psql := need(t, "psql")
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			for _, name := range []string{"PG", "HTTP"} {
				port, err := freePort()
				if err != nil {
					return err
				}
				env.Setenv(name, port)
			}
			env.Setenv("PGCONNECT_TIMEOUT", "5")
			env.Setenv("PSQLRC", os.DevNull)
			env.Setenv("TMPDIR", filepath.Join(env.WorkDir, ".tmp"))
			env.Setenv("LC_ALL", "C.UTF-8")
			return nil
		},
		Condition: func(cond string) (bool, error) {
			switch cond {
			case "psql":
				return psql, nil
			case "root":
				if os.Geteuid() != 0 && os.Getenv("VEXSTREAM_TEST_REQUIRE") == "all" {
					return false, errors.New("root is required")
				}
				return os.Geteuid() == 0, nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"ready": ready, "tmpfs": tmpfs, "signed": signed},
	})
}

// tmpfs mounts a file system of a size on a folder that it makes, until the end of the script.
func tmpfs(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: tmpfs DIR SIZE")
	}
	dir := ts.MkAbs(args[0])
	ts.Check(os.Mkdir(dir, 0o755))
	ts.Check(unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+args[1]))
	ts.Defer(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) }) // a process that still uses it does not hold up the test
}

// freePort gives a port that nobody listens on at this moment.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

// ready waits until the node whose HTTP port is given answers that it is ready.
func ready(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: ready PORT")
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	last := "no answer"
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1:"+args[0]+"/readyz", nil)
		ts.Check(err)
		res, err := http.DefaultClient.Do(req)
		if err == nil {
			_ = res.Body.Close() // the status says all
			if res.StatusCode == http.StatusOK {
				return
			}
			last = res.Status
		}
		select {
		case <-ctx.Done():
			ts.Fatalf("the node is not ready: %s", last)
		case <-again.C:
		}
	}
}
