package node_test

import (
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/jackc/pgx/v5/pgproto3"
)

// knock sends a first message and gives what comes up to ReadyForQuery or the end. A line name=value is a parameter.
func knock(t *testing.T, network, addr string, d *datadriven.TestData) string {
	nc, err := net.Dial(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	version := "3.0"
	if d.HasArg("version") {
		d.ScanArgs(t, "version", &version)
	}
	code := uint64(0)
	if major, minor, ok := strings.Cut(version, "."); ok {
		a, _ := strconv.ParseUint(major, 10, 16)
		b, _ := strconv.ParseUint(minor, 10, 16)
		code = a<<16 | b
	} else if code, err = strconv.ParseUint(version, 10, 32); err != nil {
		t.Fatal(err)
	}
	msg := binary.BigEndian.AppendUint32(make([]byte, 4), uint32(code))
	for _, line := range strings.Split(d.Input, "\n") {
		if name, value, ok := strings.Cut(line, "="); ok {
			msg = append(append(append(msg, name...), 0), value...)
			msg = append(msg, 0)
		}
	}
	if !d.HasArg("open") {
		msg = append(msg, 0)
	}
	size := len(msg)
	if d.HasArg("size") {
		d.ScanArgs(t, "size", &size)
	}
	binary.BigEndian.PutUint32(msg, uint32(size))
	if _, err := nc.Write(msg); err != nil {
		t.Fatal(err)
	}
	if d.HasArg("letter") { // an answer of one byte, and the connection goes on
		var b [1]byte
		_ = nc.SetReadDeadline(time.Now().Add(20 * time.Second))
		if _, err := nc.Read(b[:]); err != nil {
			return "the end\n"
		}
		return string(b[:]) + "\n"
	}
	c := &talk{nc, pgproto3.NewFrontend(nc, nc)}
	return c.receive("Z")
}

// TestStartup sends first messages to vexstream and, if VEXSTREAM_TEST_POSTGRES names its socket folder, to PostgreSQL 15.
func TestStartup(t *testing.T) {
	dir := os.Getenv("VEXSTREAM_TEST_POSTGRES")
	n, _ := server(t)
	var bad []string // a failure would end the file
	datadriven.RunTest(t, "testdata/startup", func(t *testing.T, d *datadriven.TestData) string {
		got := knock(t, "tcp", n.PgAddr(), d)
		if dir != "" && !d.HasArg("differs") {
			if want := knock(t, "unix", filepath.Join(dir, ".s.PGSQL.5432"), d); got != want {
				bad = append(bad, fmt.Sprintf("%s: %s\ngives\n%sand PostgreSQL\n%s", d.Pos, d.Input, got, want))
			}
		}
		return got
	})
	for _, b := range bad {
		t.Error(b)
	}
}

// A cancel request with another key than the connection's does nothing, and none of them gets an answer.
func TestCancelNeedsTheKey(t *testing.T) {
	n, c := server(t)
	exec(t, c, "CREATE STREAM s (a bigint)")
	request := func(pid uint32, key []byte) {
		nc, err := net.Dial("tcp", n.PgAddr())
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		msg := binary.BigEndian.AppendUint32(nil, uint32(12+len(key)))
		msg = binary.BigEndian.AppendUint32(msg, 80877102)
		if _, err := nc.Write(append(binary.BigEndian.AppendUint32(msg, pid), key...)); err != nil {
			t.Fatal(err)
		}
		var b [1]byte
		if k, err := nc.Read(b[:]); k > 0 || err == nil {
			t.Errorf("a cancel request is answered with %q, error %v", b[:k], err)
		}
	}
	done := make(chan error, 1)
	other := connect(t, n)
	pid, key := other.PgConn().PID(), other.PgConn().SecretKey()
	go func() {
		_, err := other.Exec(t.Context(), "SUBSCRIBE s")
		done <- err
	}()
	wrong := append([]byte(nil), key...)
	wrong[0] ^= 1
	for _, k := range [][]byte{wrong, nil, key[:len(key)-1], append(append([]byte(nil), key...), 0)} {
		request(pid, k)
	}
	request(pid+1, key)
	select {
	case err := <-done:
		t.Fatalf("the statement ended by a wrong key: %v", err)
	default:
	}
	for ended := false; !ended; { // the statement may not have begun yet
		request(pid, key)
		select {
		case err := <-done:
			wantCode(t, err, "57014")
			ended = true
		default:
		}
	}
}
