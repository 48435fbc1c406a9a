//go:build linux

package format

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/ipc"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

var fileops = batch.Schema{
	{Name: "ts", Type: types.Timestamptz},
	{Name: "event_type", Type: types.Text},
	{Name: "user_id", Type: types.Text},
	{Name: "file_path", Type: types.Text},
	{Name: "process_id", Type: types.Int4},
	{Name: "size_bytes", Type: types.Int8},
}

// fileopsRows makes n rows of the FILEOPS workload, about 100 bytes each as CSV.
func fileopsRows(n int) (csv, json []byte) {
	rng := rand.New(rand.NewPCG(1, 2))
	kinds := []string{"create", "modify", "delete", "rename", "open", "close_write", "chmod", "read"}
	for i := range n {
		us := i * 37
		ts := fmt.Sprintf("2026-01-01T%02d:%02d:%02d.%06dZ", us/3600000000%24, us/60000000%60, us/1000000%60, us%1000000)
		kind, user := kinds[rng.IntN(8)], fmt.Sprintf("user%04d", rng.IntN(1000))
		path := fmt.Sprintf("/data/project%03d/dir%02d/file_%05d.dat", rng.IntN(300), rng.IntN(50), rng.IntN(99999))
		pid, size := rng.IntN(65535), rng.IntN(1<<24)
		csv = fmt.Appendf(csv, "%s,%s,%s,%s,%d,%d\n", ts, kind, user, path, pid, size)
		json = fmt.Appendf(json, `{"ts":"%s","event_type":"%s","user_id":"%s","file_path":"%s","process_id":%d,"size_bytes":%d}`+"\n",
			ts, kind, user, path, pid, size)
	}
	return csv, json
}

// arrowRows gives the rows of fileopsRows as an Arrow stream: what stands before its records, and these.
func arrowRows(b *testing.B, coded bool) (head, records []byte) {
	csv, _ := fileopsRows(benchRows)
	var all []*batch.Batch
	r, err := NewReader(CSV, fileops, nil, Options{}, func(b *batch.Batch) error { all = append(all, b.Clone()); return nil })
	if err == nil {
		err = r.Write(csv)
	}
	if err == nil {
		err = r.Close()
	}
	if coded {
		code(all)
	}
	var to bytes.Buffer
	var w *ipc.Writer
	for i, rows := range append([]*batch.Batch{all[0]}, all...) {
		rec, recErr := batch.ToRecord(fileops, rows)
		if w == nil && recErr == nil {
			w = ipc.NewWriter(&to, ipc.WithSchema(rec.Schema()))
		}
		if recErr == nil {
			recErr = w.Write(rec)
		}
		if i == 0 {
			head = bytes.Clone(to.Bytes())
			to.Reset()
		}
		err = errors.Join(err, recErr)
	}
	if err != nil {
		b.Fatal(err)
	}
	return head, to.Bytes()
}

// code makes codes of all texts, of a dictionary for each column.
func code(all []*batch.Batch) {
	for c := range fileops {
		if fileops[c].Type.OID != types.OIDText {
			continue
		}
		places, texts := map[string]uint32{}, batch.NewBuilder(types.Text, 0)
		codes := make([][]uint32, len(all))
		for i, b := range all {
			codes[i] = batch.MakeValues[uint32](b.N)
			for k := range b.N {
				text := string(b.Cols[c].At(k))
				at, ok := places[text]
				if !ok {
					at = uint32(len(places))
					places[text] = at
					texts.String(text)
				}
				codes[i][k] = at
			}
		}
		col := texts.Finish()
		dict := &batch.Dict{ID: batch.NewDictID(), Offsets: col.Offsets, Data: col.Data}
		for i, b := range all {
			b.Cols[c] = batch.CodedOf(types.Text, codes[i], dict, nil)
		}
	}
}

// cpu is the processor time that this process has used: what is left of a measurement on a machine that others use too.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// rate reports rows by wall time and by processor time, for benchRows rows an iteration.
func rate(b *testing.B, start time.Duration) {
	rows := benchRows * float64(b.N)
	b.ReportMetric(rows/b.Elapsed().Seconds()/1e6, "Mrows/s")
	b.ReportMetric(float64((cpu()-start).Nanoseconds())/rows, "cpu-ns/row")
}

func benchRead(b *testing.B, kind Kind, data []byte, chunk int) {
	r, err := NewReader(kind, fileops, nil, Options{}, func(*batch.Batch) error { return nil })
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	start := cpu()
	for b.Loop() {
		for p := data; len(p) > 0; p = p[min(chunk, len(p)):] {
			if err := r.Write(p[:min(chunk, len(p))]); err != nil {
				b.Fatal(err)
			}
		}
	}
	rate(b, start)
}

const benchRows = 1 << 16

func BenchmarkReadCSV(b *testing.B) {
	csv, _ := fileopsRows(benchRows)
	benchRead(b, CSV, csv, 64<<10)
}

// The records have MaxRows rows; their texts are codes of dictionaries that came before, or plain.
func BenchmarkReadArrow(b *testing.B) {
	for _, coded := range []bool{true, false} {
		b.Run(map[bool]string{true: "coded", false: "plain"}[coded], func(b *testing.B) {
			head, records := arrowRows(b, coded)
			r, err := NewReader(Arrow, fileops, nil, Options{}, func(*batch.Batch) error { return nil })
			if err != nil {
				b.Fatal(err)
			}
			if err := r.Write(head); err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(records)))
			b.ReportAllocs()
			start := cpu()
			for b.Loop() {
				for p := records; len(p) > 0; p = p[min(64<<10, len(p)):] {
					if err := r.Write(p[:min(64<<10, len(p))]); err != nil {
						b.Fatal(err)
					}
				}
			}
			rate(b, start)
		})
	}
}

// Every row has a quoted path.
func BenchmarkReadCSVQuoted(b *testing.B) {
	data := quoteColumn(b, "file_path")
	benchRead(b, CSV, data, 64<<10)
}

func BenchmarkReadText(b *testing.B) {
	benchRead(b, Text, convert(b, Text, Options{}), 64<<10)
}

func BenchmarkReadBinary(b *testing.B) {
	data := convert(b, Binary, Options{})
	w, _ := NewWriter(Binary, fileops, Options{})
	head := w.AppendStart(nil)
	r, err := NewReader(Binary, fileops, nil, Options{}, func(*batch.Batch) error { return nil })
	if err != nil {
		b.Fatal(err)
	}
	if err := r.Write(head); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	start := cpu()
	for b.Loop() {
		if err := r.Write(data); err != nil {
			b.Fatal(err)
		}
	}
	rate(b, start)
}

func BenchmarkReadNDJSON(b *testing.B) {
	_, json := fileopsRows(benchRows)
	benchRead(b, NDJSON, json, 64<<10)
}

// Every row has its keys in an order of its own.
func BenchmarkReadNDJSONAnyOrder(b *testing.B) {
	_, json := fileopsRows(benchRows)
	rng := rand.New(rand.NewPCG(3, 4))
	var out []byte
	for line := range bytes.Lines(json) {
		members := bytes.Split(bytes.Trim(line, "{}\n"), []byte(","))
		rng.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
		out = append(append(append(out, '{'), bytes.Join(members, []byte(","))...), "}\n"...)
	}
	benchRead(b, NDJSON, out, 64<<10)
}

func batches(b testing.TB) []*batch.Batch {
	csv, _ := fileopsRows(benchRows)
	var out []*batch.Batch
	r, err := NewReader(CSV, fileops, nil, Options{}, func(x *batch.Batch) error {
		out = append(out, x.Clone())
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	if err := r.Write(csv); err != nil {
		b.Fatal(err)
	}
	if err := r.Close(); err != nil {
		b.Fatal(err)
	}
	return out
}

// convert writes the rows in another form, without what stands before and after them.
func convert(b testing.TB, kind Kind, o Options) []byte {
	w, err := NewWriter(kind, fileops, o)
	if err != nil {
		b.Fatal(err)
	}
	var out []byte
	for _, x := range batches(b) {
		out = w.AppendBatch(out, x)
	}
	return out
}

func quoteColumn(b testing.TB, name string) []byte {
	return convert(b, CSV, Options{ForceQuote: []string{name}})
}

func benchWrite(b *testing.B, kind Kind) {
	in := batches(b)
	w, err := NewWriter(kind, fileops, Options{})
	if err != nil {
		b.Fatal(err)
	}
	var out []byte
	b.ReportAllocs()
	start := cpu()
	for b.Loop() {
		for _, x := range in {
			out = w.AppendBatch(out[:0], x)
		}
	}
	rate(b, start)
}

func BenchmarkWriteCSV(b *testing.B)    { benchWrite(b, CSV) }
func BenchmarkWriteText(b *testing.B)   { benchWrite(b, Text) }
func BenchmarkWriteBinary(b *testing.B) { benchWrite(b, Binary) }
func BenchmarkWriteNDJSON(b *testing.B) { benchWrite(b, NDJSON) }
