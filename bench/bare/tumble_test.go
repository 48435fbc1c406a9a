package bare

import (
	"context"
	"testing"

	"github.com/vexfs/vexstream/bridge"
	"github.com/vexfs/vexstream/bridge/synth"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/bind"
	"github.com/vexfs/vexstream/sql/build"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/live"
	"github.com/vexfs/vexstream/sql/parse"
)

const tumble = `SELECT window_start, event_type, user_id, count(*), sum(size_bytes), max(size_bytes)
  FROM TUMBLE(fileops, ts, INTERVAL '1 second') GROUP BY 1, 2, 3`

// view builds a continuous query over FILEOPS.
func view(b *testing.B, text string) *build.View {
	b.Helper()
	r := &catalog.Relation{
		ID: 20_000, Schema: "public", Name: "fileops", Kind: catalog.Stream, AppendOnly: true,
		EventTime: synth.FileOpsTS, Watermark: &catalog.Watermark{Column: synth.FileOpsTS, Delay: types.Second},
	}
	for _, f := range synth.Schema {
		r.Columns = append(r.Columns, catalog.Column{Name: f.Name, Type: f.Type, NotNull: f.NotNull})
	}
	r.Columns = catalog.WithHidden(r.Columns)
	stmts, err := parse.Parse(text)
	if err != nil {
		b.Fatal(err)
	}
	p, err := bind.Query(stmts[0].Stmt.(*ast.SelectStmt).Query, &bind.Env{Catalog: catalog.Empty().With(1, r), Continuous: true})
	if err != nil {
		b.Fatal(err)
	}
	v, err := build.NewView(p, &build.Env{})
	if err != nil {
		b.Fatal(err)
	}
	return v
}

// cell is what the bare loop keeps of a group.
type cell struct{ count, sum, most int64 }

// BenchmarkTumble folds dictionary-coded rows into groups of a window and two keys. The bare loop has an array of cells for
// each second, and knows how many values each key has.
func BenchmarkTumble(b *testing.B) {
	gen := synth.NewFileOps(1, synth.Keys)
	var batches []*batch.Batch
	for range 64 {
		batches = append(batches, gen.Batch(batch.MaxRows).Clone())
	}
	const kinds = 8
	seconds := map[int64]*[kinds * synth.Users]cell{}
	machinery := func() {
		v := view(b, tumble)
		in, ep := v.Inputs[0], &batch.Epoch{No: 1, Time: 1}
		for _, rows := range batches {
			rows.Epoch = ep
			if err := in.Sink.Push(context.Background(), live.Scan(rows, len(synth.Schema), in.Columns, 0)); err != nil {
				b.Fatal(err)
			}
		}
		if err := in.Sink.Advance(context.Background(), stream.Progress{Epoch: ep}); err != nil {
			b.Fatal(err)
		}
	}
	against(b, machinery, func() {
		clear(seconds)
		for _, rows := range batches {
			ts, size := batch.Values[int64](&rows.Cols[synth.FileOpsTS]), batch.Values[int64](&rows.Cols[synth.FileOpsSizeBytes])
			kind, user := rows.Cols[synth.FileOpsEventType].Codes, rows.Cols[synth.FileOpsUserID].Codes
			at, cells := int64(-1), (*[kinds * synth.Users]cell)(nil)
			for i, t := range ts[:rows.N] {
				if s := t / int64(types.Second); s != at {
					if at, cells = s, seconds[s]; cells == nil {
						cells = new([kinds * synth.Users]cell)
						seconds[s] = cells
					}
				}
				c := &cells[int(kind[i])*synth.Users+int(user[i])]
				c.count++
				c.sum += size[i]
				c.most = max(c.most, size[i])
			}
		}
	})
}

// BenchmarkAppender puts rows into columns, one value after the other; the bare loop appends them to slices.
func BenchmarkAppender(b *testing.B) {
	const rows = 32 * batch.MaxRows
	a := bridge.NewAppender(synth.Schema)
	var c columns
	kind, user, path := "FilesystemWrite", "user00007", "/data/reports/archive/dir123/file00012345.log"
	against(b, func() {
		for i := range rows {
			a.Int64(synth.FileOpsTS, int64(i))
			a.String(synth.FileOpsEventType, kind)
			a.String(synth.FileOpsUserID, user)
			a.Int32(synth.FileOpsProcessID, int32(i))
			a.String(synth.FileOpsFilePath, path)
			a.Int64(synth.FileOpsSizeBytes, int64(i))
			if err := a.EndRow(); err != nil {
				b.Fatal(err)
			}
			if a.Full() {
				a.Reset()
			}
		}
	}, func() {
		c.reset()
		for i := range rows {
			c.ts, c.size, c.pid = append(c.ts, int64(i)), append(c.size, int64(i)), append(c.pid, int32(i))
			for k, s := range [3]string{kind, user, path} {
				c.text[k] = append(c.text[k], s...)
				c.ends[k] = append(c.ends[k], int32(len(c.text[k])))
			}
			c.end()
		}
	})
}
