package node_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/vexfs/vexstream/cmd/node"
	"github.com/vexfs/vexstream/engine/codec"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/storage/badgerstore"
	"github.com/vexfs/vexstream/storage/segment"
)

var writeFixture = flag.Bool("write-fixture", false, "write testdata/format/*.tar.gz anew: only before a format is released")

// fixtureClock is the time of the node that the fixture is of.
func fixtureClock() types.Micros { return types.Micros(1767225600 * types.Second) }

// TestFormatOpensForEver opens a data folder as the first program of its format left it when it was killed: with every
// type, streams, tables, views of each kind of state, roles and sequences, a checkpoint, and rows behind it. 2 is the same
// with a log in several segments, of which the old ones are merged. 3 has sessions that end in checkpoints of format 3, whose
// pages cannot be read any more.
func TestFormatOpensForEver(t *testing.T) {
	if *writeFixture {
		makeFixture(t, "1", node.Settings{})
		makeFixture(t, "2", node.Settings{SegmentBytes: node.MinSegmentBytes, MergeRate: -1})
	}
	for fixture, answers := range map[string]string{"1": "1", "2": "1", "3": "3"} {
		t.Run(fixture, func(t *testing.T) {
			opensForEver(t, "testdata/format/"+fixture+".tar.gz", "testdata/format/"+answers+".txt")
		})
	}
}

func opensForEver(t *testing.T, file, answers string) {
	for name, change := range map[string]func(w state.Writer, current []byte) error{
		"as it was":                         func(state.Writer, []byte) error { return nil },
		"without its checkpoint":            func(w state.Writer, _ []byte) error { return w.Delete(currentCheckpoint) },
		"with a checkpoint of other format": func(w state.Writer, c []byte) error { return w.Set(currentCheckpoint, append([]byte{0}, c[1:]...)) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			unpack(t, file, dir)
			changeCheckpoint(t, dir, change)
			n := open(t, node.Settings{Data: dir, Clock: fixtureClock})
			datadriven.RunTest(t, answers, func(t *testing.T, d *datadriven.TestData) string {
				rows, err := n.Query(t.Context(), d.Input)
				if err != nil {
					return err.Error() + "\n"
				}
				var out strings.Builder
				for _, r := range rows {
					out.WriteString(strings.Join(r, "|") + "\n")
				}
				return out.String()
			})
		})
	}
}

// currentCheckpoint is the key of the record that names the newest checkpoint, which begins with its format.
var currentCheckpoint = []byte("current")

// changeCheckpoint changes that record in a data folder.
func changeCheckpoint(t *testing.T, dir string, change func(w state.Writer, current []byte) error) {
	db, err := badgerstore.Open(filepath.Join(dir, "store"), badgerstore.Options{MinFree: -1})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Scope(badgerstore.Checkpoint).Update(func(w state.Writer) error {
		current, ok, err := w.Get(currentCheckpoint)
		if !ok || err != nil {
			t.Fatal("the fixture has no checkpoint", err)
		}
		return change(w, current)
	})
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestFormatIsRefused(t *testing.T) {
	for text, code := range map[string]sqlerr.Code{"vexstream data format 2\n": sqlerr.FeatureNotSupported, "nonsense\n": sqlerr.DataCorrupted} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "format"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		n, err := node.Open(t.Context(), node.Settings{Data: dir, MinFree: -1})
		if err == nil {
			_ = n.Close() // it should not be there
		}
		if e, ok := sqlerr.As(err); !ok || e.Code != code || e.Hint == "" {
			t.Errorf("a folder that says %q gives %v", text, err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
			t.Errorf("the folder was touched: %v %v", left, err)
		}
	}
}

func TestNewerCheckpointIsRefused(t *testing.T) {
	dir := t.TempDir()
	unpack(t, "testdata/format/1.tar.gz", dir)
	changeCheckpoint(t, dir, func(w state.Writer, c []byte) error {
		return w.Set(currentCheckpoint, append([]byte{250}, c[1:]...))
	})
	n, err := node.Open(t.Context(), node.Settings{Data: dir, MinFree: -1})
	if err == nil {
		_ = n.Close() // it should not be there
	}
	if e, ok := sqlerr.As(err); !ok || e.Code != sqlerr.FeatureNotSupported || e.Hint == "" {
		t.Errorf("Open gives %v", err)
	}
}

// makeFixture runs the statements of testdata/format/1.sql, with a checkpoint where they say so, and packs the folder
// while the node runs, as a crash would leave it. Old segments are merged behind that.
func makeFixture(t *testing.T, name string, set node.Settings) {
	text, err := os.ReadFile("testdata/format/1.sql")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	set.Data, set.Host, set.Clock = dir, "fixture", fixtureClock
	n := open(t, set)
	before, after, _ := strings.Cut(string(text), "-- checkpoint")
	run(t, n, before)
	if err := n.Engine().Live.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	run(t, n, after)
	file := "testdata/format/" + name + ".tar.gz"
	pack(t, dir, file)
	if set.SegmentBytes == 0 {
		return
	}
	dir = t.TempDir()
	unpack(t, file, dir)
	if mergeLog(t, filepath.Join(dir, "log")) == 0 {
		t.Fatal("nothing of the fixture's log was merged")
	}
	pack(t, dir, file)
}

// mergeLog merges all that can be merged of a log that nobody uses, and says how many segments became smaller.
func mergeLog(t *testing.T, dir string) (n int) {
	l, err := segment.Open(dir, segment.Options{SegmentBytes: node.MinSegmentBytes, MinFree: -1, Recode: codec.Recode})
	if err != nil {
		t.Fatal(err)
	}
	for {
		m, err := l.Merge(t.Context(), 1, func(context.Context, int64) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		if m.Segment == 0 {
			break
		}
		if m.Became < m.Was {
			n++
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return n
}

// sizeRecord says how long a file is: the zeros at its end are left out.
const sizeRecord = "VEXSTREAM.size"

func pack(t *testing.T, dir, file string) {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	w := tar.NewWriter(z)
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() || strings.HasSuffix(path, "LOCK") || strings.HasSuffix(path, ".pem") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		short := bytes.TrimRight(data, "\x00")
		h := &tar.Header{Name: rel, Mode: 0o600, Size: int64(len(short)), Format: tar.FormatPAX, PAXRecords: map[string]string{sizeRecord: fmt.Sprint(len(data))}}
		if err := w.WriteHeader(h); err != nil {
			return err
		}
		_, err = w.Write(short)
		return err
	})
	if err := errors.Join(err, w.Close(), z.Close(), os.WriteFile(file, out.Bytes(), 0o644)); err != nil {
		t.Fatal(err)
	}
}

func unpack(t *testing.T, file, dir string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		size, err := strconv.ParseInt(h.PAXRecords[sizeRecord], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, h.Name)
		err = errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, data, 0o600))
		if err = errors.Join(err, os.Truncate(path, size)); err != nil {
			t.Fatal(err)
		}
	}
}
