package main

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"time"
)

//go:embed chdb.js
var chdb string

// clickhouse is ClickHouse as a library in a process of node.
type clickhouse struct {
	cmd  *osexec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
	keys bool
}

// openClickHouse starts it with the package chdb that is installed in a folder.
func openClickHouse(folder string, keys bool) (*clickhouse, error) {
	script := filepath.Join(folder, "vexstream-peer.js") // beside node_modules, where node looks for the package
	if err := os.WriteFile(script, []byte(chdb), 0o600); err != nil {
		return nil, err
	}
	cmd := osexec.Command("node", script)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &clickhouse{cmd: cmd, in: in, out: bufio.NewReader(out), keys: keys}, cmd.Start()
}

// do runs a statement and gives its answer and how much processor time it took in there.
func (c *clickhouse) do(sql string) (string, time.Duration, error) {
	line, err := json.Marshal(sql)
	if err != nil {
		return "", 0, err
	}
	if _, err := c.in.Write(append(line, '\n')); err != nil {
		return "", 0, err
	}
	said, err := c.out.ReadBytes('\n')
	if err != nil {
		return "", 0, err
	}
	var a struct {
		Text, Error string
		CPU         int64 // µs
	}
	if err := json.Unmarshal(said, &a); err != nil {
		return "", 0, err
	}
	if a.Error != "" {
		err = errors.New(a.Error)
	}
	return a.Text, time.Duration(a.CPU) * time.Microsecond, err
}

func (c *clickhouse) load(_ context.Context, file string) error {
	text := "String"
	if c.keys {
		text = "LowCardinality(String)"
	}
	for _, s := range []string{
		"CREATE DATABASE IF NOT EXISTS peers ENGINE = Atomic",
		"CREATE TABLE peers.fileops (ts DateTime64(6, 'UTC'), event_type " + text + ", user_id " + text + ", process_id Int32, file_path String, size_bytes Int64) ENGINE = Memory",
		"INSERT INTO peers.fileops SELECT parseDateTime64BestEffort(ts, 6, 'UTC'), event_type, user_id, process_id, file_path, size_bytes FROM file('" + file +
			"', 'CSV', 'ts String, event_type String, user_id String, process_id Int32, file_path String, size_bytes Int64')",
	} {
		if _, _, err := c.do(s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

// ask has the query's result go to the format Null, which computes all of it; what it was is asked again and not timed.
func (c *clickhouse) ask(_ context.Context, q query) (a answer, took time.Duration, err error) {
	sql := strings.ReplaceAll(q.click, "FROM fileops", "FROM peers.fileops")
	text, _, err := c.do("SELECT count(*), toInt64(sum(n)) FROM (" + sql + ")")
	if err == nil {
		_, err = fmt.Sscan(text, &a.rows, &a.sum)
	}
	if err == nil {
		_, took, err = c.do(sql + " FORMAT Null SETTINGS max_threads = 1")
	}
	return a, took, err
}

func (c *clickhouse) version(context.Context) string {
	text, _, _ := c.do("SELECT 'ClickHouse ' || version()") // nothing depends on it
	return strings.TrimSpace(text)
}

func (c *clickhouse) close() {
	_ = c.in.Close() // it ends then
	_ = c.cmd.Wait() // how does not matter any more
}
