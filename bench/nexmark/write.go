package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/format"
	"github.com/vexfs/vexstream/engine/types"
)

// write writes the events as CSV, a file for each stream, with times in µs since 1970, and the text of each query, for other systems to
// read. It says how long it takes to read the files into columns, as who reads them counts that.
func (m *bench) write(dir string) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	for _, q := range queries() {
		if err := os.WriteFile(filepath.Join(dir, q.name+".sql"), []byte(q.sql), 0o600); err != nil {
			return err
		}
	}
	for s := range streams {
		file := filepath.Join(dir, names[s]+".csv")
		if err := m.writeStream(file, s); err != nil {
			return err
		}
		if err := m.readStream(file, s); err != nil {
			return err
		}
	}
	return nil
}

// plain is a stream's columns with times as numbers.
func plain(s int) batch.Schema {
	out := append(batch.Schema(nil), schemas[s]...)
	for i := range out {
		if out[i].Type == types.Timestamptz {
			out[i].Type = types.Int8
		}
	}
	return out
}

func (m *bench) writeStream(file string, s int) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer f.Close()
	schema := plain(s)
	w, err := format.NewWriter(format.CSV, schema, format.Options{})
	if err != nil {
		return err
	}
	to, g := bufio.NewWriterSize(f, 1<<20), NewGenerator(m.seed, m.rate)
	var text []byte
	for at := int64(0); at < m.events; at += batch.MaxRows {
		b := g.Batches(at, min(at+batch.MaxRows, m.events))[s]
		if b == nil {
			continue
		}
		cols := append([]batch.Column(nil), b.Cols...)
		for i := range cols {
			cols[i].Type = schema[i].Type
		}
		text = w.AppendBatch(text[:0], &batch.Batch{N: b.N, Cols: cols})
		if _, err := to.Write(text); err != nil {
			return err
		}
	}
	return to.Flush()
}

func (m *bench) readStream(file string, s int) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	r, err := format.NewReader(format.CSV, plain(s), nil, format.Options{}, func(*batch.Batch) error { return nil })
	if err != nil {
		return err
	}
	cpu, began := usage(thread), time.Now()
	if err := r.Write(text); err != nil {
		return err
	}
	if err := r.Close(); err != nil {
		return err
	}
	fmt.Printf("%s: %d rows, %d MB, read into columns in %.2f s, %.2f of processor time\n", file, r.Rows(), len(text)>>20,
		time.Since(began).Seconds(), (usage(thread) - cpu).Seconds())
	return nil
}
