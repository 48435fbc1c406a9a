package file

import (
	"github.com/vexfs/vexstream/bridge/parquet"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/format"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// encoder makes the bytes of files, one file after the other. What it gives is appended to dst.
type encoder interface {
	// start begins a file, and forgets one that did not come to its end.
	start(dst []byte) ([]byte, error)
	// rows takes the rows of b, each as often as its weight says.
	rows(dst []byte, b *batch.Batch) ([]byte, error)
	end(dst []byte) ([]byte, error)
	// held is about how many bytes of rows are in memory and in no dst yet.
	held() int64
}

// newEncoder makes the encoder of a format. Errors: one that is not known, columns that cannot be in it.
func newEncoder(o Options) (encoder, error) {
	text := format.Options{Header: format.NoHeader, Relation: o.Name}
	kind := format.NDJSON
	switch o.Format {
	case NDJSON:
	case CSV:
		kind, text.Header = format.CSV, format.SkipHeader
	case Parquet:
		e := &groups{columns: o.Schema}
		_, err := e.start(nil) // says whether the columns can be in such a file
		return e, err
	default:
		return nil, sqlerr.NotSupported("format %q of a sink", o.Format).WithHint("There are ndjson, csv and parquet.")
	}
	w, err := format.NewWriter(kind, o.Schema, text)
	return lines{w}, err
}

// lines is text with a line for each row.
type lines struct{ w format.Writer }

func (e lines) start(dst []byte) ([]byte, error) { return e.w.AppendStart(dst), nil }
func (e lines) end(dst []byte) ([]byte, error)   { return e.w.AppendEnd(dst), nil }
func (e lines) held() int64                      { return 0 }

func (e lines) rows(dst []byte, b *batch.Batch) ([]byte, error) {
	if b.Diff == nil {
		return e.w.AppendBatch(dst, b), nil
	}
	for i, n := range b.Diff {
		for range n {
			dst = e.w.AppendRow(dst, b, i)
		}
	}
	return dst, nil
}

// groups is Parquet, whose rows are in memory until their group is full.
type groups struct {
	columns batch.Schema
	w       *parquet.Writer
	out     tail
	sel     []uint32
}

// tail is what a Writer has written since somebody took it.
type tail struct{ buf []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.buf = append(t.buf, p...)
	return len(p), nil
}

// take moves it to the end of dst.
func (t *tail) take(dst []byte) []byte {
	dst = append(dst, t.buf...)
	t.buf = t.buf[:0]
	return dst
}

func (e *groups) start(dst []byte) (_ []byte, err error) {
	e.out = tail{}
	if e.w, err = parquet.NewWriter(&e.out, e.columns); err != nil {
		return dst, err
	}
	return e.out.take(dst), nil
}

func (e *groups) rows(dst []byte, b *batch.Batch) ([]byte, error) {
	if b.Diff == nil {
		err := e.w.Write(b)
		return e.out.take(dst), err
	}
	e.sel = e.sel[:0]
	for i, n := range b.Diff {
		for ; n > 0; n-- {
			if e.sel = append(e.sel, uint32(i)); len(e.sel) < batch.MaxRows {
				continue
			}
			if err := e.picked(b); err != nil {
				return dst, err
			}
		}
	}
	err := e.picked(b)
	return e.out.take(dst), err
}

// picked writes the rows of sel.
func (e *groups) picked(b *batch.Batch) error {
	if len(e.sel) == 0 {
		return nil
	}
	err := e.w.Write(b.Take(e.sel))
	e.sel = e.sel[:0]
	return err
}

func (e *groups) end(dst []byte) ([]byte, error) {
	err := e.w.Close()
	return e.out.take(dst), err
}

func (e *groups) held() int64 { return e.w.Held() }
