package file

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/vexfs/vexstream/bridge/parquet"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/format"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

var schema = batch.Schema{{Name: "n", Type: types.Int8}}

func options(dir string) Options {
	return Options{Dir: dir, Name: "out/put", ID: 7, Format: NDJSON, Schema: schema, Journal: slog.New(slog.NewTextHandler(io.Discard, nil))}
}

// epochOf is the rows of an epoch: as many as its number says, so that each replay gives the same.
func epochOf(no uint64) *batch.Batch {
	n := int(no % 4)
	vals := batch.MakeValues[int64](n)
	for i := range vals {
		vals[i] = int64(no)*10 + int64(i)
	}
	return &batch.Batch{N: n, Cols: []batch.Column{batch.FixedOf(types.Int8, vals, nil)}}
}

func fold(t *rapid.T, o *Output, no uint64) {
	if err := o.Push(t.Context(), epochOf(no)); err != nil {
		t.Fatal(err)
	}
	if err := o.Advance(t.Context(), stream.Progress{Epoch: &batch.Epoch{No: no}}); err != nil {
		t.Fatal(err)
	}
}

// take moves the finished files away, as whoever reads them may, and gives their lines.
func take(t *rapid.T, dir string) (lines []string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), "out%2Fput.7-") {
			continue
		}
		path := filepath.Join(dir, e.Name())
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(e.Name(), ".parquet") {
			lines = append(lines, parquetLines(t, data)...)
		} else {
			lines = append(lines, strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")...)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	return lines
}

// parquetRows gives the columns and the rows of a Parquet file.
func parquetRows(t interface{ Fatal(...any) }, data []byte) (batch.Schema, iter.Seq[*batch.Batch]) {
	r, err := parquet.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return r.Schema(), func(yield func(*batch.Batch) bool) {
		for {
			b, err := r.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !yield(b) {
				return
			}
		}
	}
}

// parquetLines gives them as lines of NDJSON.
func parquetLines(t interface{ Fatal(...any) }, data []byte) (lines []string) {
	columns, rows := parquetRows(t, data)
	w, err := format.NewWriter(format.NDJSON, columns, format.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for b := range rows {
		for i := range b.N {
			lines = append(lines, strings.TrimSuffix(string(w.AppendRow(nil, b, i)), "\n"))
		}
	}
	return lines
}

// TestExactlyOnce folds epochs and crashes: after a checkpoint that counted or one that did not, or inside the writing of a
// file. Whatever happens, files that were read and taken away have each row once.
func TestExactlyOnce(t *testing.T) {
	root := t.TempDir()
	runs := 0
	rapid.Check(t, func(t *rapid.T) {
		runs++
		dir := filepath.Join(root, fmt.Sprint(runs))
		set := options(dir)
		set.Format = rapid.SampledFrom([]string{NDJSON, Parquet}).Draw(t, "format")
		var (
			page   []byte // of the checkpoint that counts
			stored uint64 // its epoch
			no     uint64
			read   []string
		)
		reopen := func() *Output {
			o, err := Open(set)
			if err != nil {
				t.Fatal(err)
			}
			if page != nil {
				if err := o.LoadPage(pageKey, page); err != nil {
					t.Fatal(err)
				}
			}
			if err := o.Loaded(stream.Progress{Epoch: &batch.Epoch{No: stored}}); err != nil {
				t.Fatal(err)
			}
			for again := stored + 1; again <= no; again++ {
				fold(t, o, again)
			}
			return o
		}
		checkpoint := func(o *Output, counts bool) {
			p := o.Pin()
			defer p.Release()
			err := p.Pages(func(pg state.Page) error {
				data, err := pg.Encode(nil)
				if counts {
					page, stored = data, p.Epoch()
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		o := reopen()
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			switch rapid.SampledFrom([]string{"fold", "fold", "fold", "store", "lose", "full", "crash", "torn", "take"}).Draw(t, "step") {
			case "fold":
				no++
				fold(t, o, no)
			case "store":
				checkpoint(o, true)
			case "lose": // the files are there, and the checkpoint never counted
				checkpoint(o, false)
				o = reopen()
			case "full": // nothing can be written for a while
				aside := dir + ".aside"
				if err := errors.Join(os.Rename(dir, aside), os.WriteFile(dir, nil, 0o600)); err != nil {
					t.Fatal(err)
				}
				if checkpoint(o, true); len(o.waiting) > 0 && o.Status().Err == nil {
					t.Fatal("nothing could be written, and nothing says so")
				}
				if err := errors.Join(os.Remove(dir), os.Rename(aside, dir)); err != nil {
					t.Fatal(err)
				}
			case "crash":
				o = reopen()
			case "torn":
				o.cut()
				if len(o.waiting) > 0 {
					tear(t, o, rapid.IntRange(0, 2).Draw(t, "after"))
				}
				o = reopen()
			case "take":
				read = append(read, take(t, dir)...)
			}
		}
		checkpoint(o, true)
		read = append(read, take(t, dir)...)
		var want []string
		for e := uint64(1); e <= no; e++ {
			for i := range e % 4 {
				want = append(want, fmt.Sprintf(`{"n":%d}`, e*10+i))
			}
		}
		slices.Sort(read)
		slices.Sort(want)
		if !slices.Equal(read, want) {
			t.Fatalf("in files: %v\nwant: %v", read, want)
		}
	})
}

// tear writes the oldest segment up to a point: 0 its data, 1 the marker too, 2 its name too.
func tear(t *rapid.T, o *Output, after int) {
	s := o.waiting[0]
	temp, err := s.finish(filepath.Join(o.o.Dir, o.temp()))
	if err != nil {
		t.Fatal(err)
	}
	if after == 0 {
		return
	}
	m := marker{tally: o.Status().with(s), temp: filepath.Base(temp), final: fmt.Sprintf("%s-%d-%d.%s", o.base, s.first, s.last, o.o.Format)}
	if _, err := m.write(o.o.Dir, o.base); err != nil {
		t.Fatal(err)
	}
	if after == 2 {
		if err := m.apply(o.o.Dir); err != nil {
			t.Fatal(err)
		}
	}
}
