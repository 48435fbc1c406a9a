package node

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vexfs/vexstream/engine/types"
)

// TestStartIsTold starts from a folder as a crash leaves it, by a clock that runs: the journal has how many pages are loaded, and
// then how much of the log is read, up to all of it. By one that stands still it has nothing.
func TestStartIsTold(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	n, err := Open(t.Context(), Settings{Data: data, Checkpoint: time.Hour, Replay: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	run := func(sql string) {
		t.Helper()
		if _, err := n.Query(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	run("CREATE STREAM s (k bigint); CREATE MATERIALIZED VIEW counted AS SELECT k, count(*) FROM s GROUP BY k; INSERT INTO s SELECT * FROM generate_series(1, 10000); CHECKPOINT")
	const epochs = 250
	for i := range epochs {
		run(fmt.Sprintf("INSERT INTO s VALUES (%d)", i))
	}
	said := func(clock func() types.Micros) string {
		crashed := filepath.Join(t.TempDir(), "data")
		if err := os.CopyFS(crashed, os.DirFS(data)); err != nil {
			t.Fatal(err)
		}
		var journal bytes.Buffer
		n, err := Open(t.Context(), Settings{Data: crashed, Clock: clock, Journal: slog.New(slog.NewTextHandler(&journal, nil))})
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		if err := n.Ready(); err != nil {
			t.Error(err)
		}
		if got, err := n.Query(t.Context(), "SELECT sum(count) FROM counted"); err != nil || fmt.Sprint(got) != "[[10250]]" {
			t.Errorf("%v, %v", got, err)
		}
		return journal.String()
	}
	now := atomic.Int64{}
	now.Store(int64(n.set.Clock()))
	text := said(func() types.Micros { return types.Micros(now.Add(int64(types.Second))) })
	if !regexp.MustCompile(`starting: it has loaded ([0-9]+) of ([0-9]+) pages`).MatchString(text) {
		t.Errorf("nothing of pages in\n%s", text)
	}
	far := -1
	for _, m := range regexp.MustCompile(`starting: it has read ([0-9]+) of ([0-9]+) epochs`).FindAllStringSubmatch(text, -1) {
		read, _ := strconv.Atoi(m[1])
		if all, _ := strconv.Atoi(m[2]); read <= far || read >= all || all < epochs {
			t.Errorf("%s after %d", m[0], far)
		}
		far = read
	}
	if far < epochs/2 {
		t.Errorf("the last that is said of epochs is %d in\n%s", far, text)
	}
	if text := said(func() types.Micros { return types.Micros(now.Load()) }); regexp.MustCompile("starting: ").MatchString(text) {
		t.Errorf("a start that took no time says\n%s", text)
	}
}
