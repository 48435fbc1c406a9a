package file

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// wide is n rows of 1 KiB as text.
func wide(n int) *batch.Batch {
	b := batch.NewBuilder(types.Text, n)
	for range n {
		b.String(strings.Repeat("x", 1023))
	}
	return &batch.Batch{N: n, Cols: []batch.Column{b.Finish()}}
}

func text(t *testing.T, dir string) *Output {
	t.Helper()
	o := options(dir)
	o.Format, o.Schema = CSV, batch.Schema{{Name: "s", Type: types.Text}}
	out, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = out.Close() })
	return out
}

func advance(t *testing.T, o *Output, no uint64) {
	t.Helper()
	if err := o.Advance(t.Context(), stream.Progress{Epoch: &batch.Epoch{No: no}}); err != nil {
		t.Fatal(err)
	}
}

func push(t *testing.T, o *Output, mib int) {
	t.Helper()
	for range mib {
		if err := o.Push(t.Context(), wide(1024)); err != nil {
			t.Fatal(err)
		}
	}
}

// store makes a checkpoint and gives the output's page.
func store(t *testing.T, o *Output) []byte {
	t.Helper()
	var page []byte
	err := o.Pin().Pages(func(p state.Page) (err error) {
		page, err = p.Encode(nil)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// TestLongEpoch is an epoch that is larger than what an output keeps in memory: it is on disk before it ends, in no file until
// then, and in one file after.
func TestLongEpoch(t *testing.T) {
	dir := t.TempDir()
	o := text(t, dir)
	push(t, o, 20)
	if got := len(o.open.buf); got > spillBytes {
		t.Errorf("%d bytes are in memory", got)
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "out*")); len(files) > 0 {
		t.Errorf("%v is there before the epoch has ended", files)
	}
	advance(t, o, 5)
	if page := store(t, o); len(page) > 1000 {
		t.Errorf("the checkpoint has %d bytes of what is in a file", len(page))
	}
	data, err := os.ReadFile(filepath.Join(dir, "out%2Fput.7-000000000005-000000000005.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if rows := bytes.Count(data, []byte("\n")); rows != 20*1024+1 || !bytes.HasPrefix(data, []byte("s\nxxx")) {
		t.Errorf("%d lines, the first bytes are %q", rows, data[:5])
	}
	if s := o.Status(); s.Rows != 20*1024 || s.Bytes != int64(len(data)) || s.Waiting != 0 || s.Err != nil {
		t.Errorf("%+v", s)
	}
}

// TestFileEndsWithItsEpoch is how files grow and end between two checkpoints.
func TestFileEndsWithItsEpoch(t *testing.T) {
	dir := t.TempDir()
	o := text(t, dir)
	for no := range uint64(5) {
		push(t, o, 30)
		advance(t, o, no+1)
	}
	store(t, o)
	files, err := filepath.Glob(filepath.Join(dir, "out*"))
	if err != nil || len(files) != 2 || !strings.HasSuffix(files[0], "000000000001-000000000003.csv") || !strings.HasSuffix(files[1], "000000000004-000000000005.csv") {
		t.Errorf("%v, %v", files, err)
	}
}

// TestOutputFails is a folder that does not come back: rows wait up to a limit, past which the output has failed, says so, goes
// on saying so after a restart, and takes no more memory.
func TestOutputFails(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "there")
	o := text(t, dir)
	if err := os.Remove(filepath.Join(dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	no := uint64(1)
	push(t, o, 1)
	advance(t, o, no)
	if page := store(t, o); len(page) < 1<<20 || o.Status().Err == nil {
		t.Errorf("the checkpoint has %d bytes, and the error is %v", len(page), o.Status().Err)
	}
	for ; !o.failed.Load(); no++ {
		if no > 1000 {
			t.Fatal("it never gives up")
		}
		push(t, o, 5)
		advance(t, o, no+1)
		store(t, o)
	}
	push(t, o, 5)
	advance(t, o, no+1)
	if s := o.Status(); s.Waiting != 0 || s.Err == nil || !strings.Contains(s.Err.Error(), "failed") {
		t.Errorf("%+v", s)
	}
	page := store(t, o)
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	again := text(t, dir)
	if err := again.LoadPage(pageKey, page); err != nil {
		t.Fatal(err)
	}
	push(t, again, 1)
	advance(t, again, no+2)
	store(t, again)
	if files, _ := filepath.Glob(filepath.Join(dir, "out*")); len(files) > 0 || again.Status().Err == nil {
		t.Errorf("an output that has failed goes on: %v, %v", files, again.Status().Err)
	}
}

// TestDamage is a page and a marker with bytes that are not theirs.
func TestDamage(t *testing.T) {
	dir := t.TempDir()
	o := text(t, dir)
	push(t, o, 1)
	advance(t, o, 1)
	page := store(t, o)
	for _, bad := range [][]byte{nil, {9}, page[:len(page)-1], append(append([]byte(nil), page...), 3), {1, 1, 1, 1, 1, 200}} {
		if err := text(t, t.TempDir()).LoadPage(pageKey, bad); err == nil {
			t.Errorf("page %v is taken", bad)
		}
	}
	marker := markerPath(dir, o.base)
	for _, bad := range []string{"", "2\n", "1\n1 1 1 1\na\nb", "1\none 1 1 1\na\nb\n", "1\n1 1 1 1\na\nb\nc\n"} {
		if err := os.WriteFile(marker, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := text(t, dir).Check(); err == nil {
			t.Errorf("marker %q is taken", bad)
		}
	}
}
