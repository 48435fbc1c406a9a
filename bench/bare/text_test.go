package bare

import (
	"bytes"
	"testing"

	"github.com/vexfs/vexstream/bridge/synth"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/format"
)

// columns are the six of FILEOPS, as plainly as they can be kept.
type columns struct {
	ts, size []int64
	pid      []int32
	text     [3][]byte
	ends     [3][]int32
}

func (c *columns) reset() {
	c.ts, c.size, c.pid = c.ts[:0], c.size[:0], c.pid[:0]
	for i := range c.text {
		c.text[i], c.ends[i] = c.text[i][:0], c.ends[i][:0]
	}
}

func (c *columns) put(i int, v []byte) {
	c.text[i] = append(c.text[i], v...)
	c.ends[i] = append(c.ends[i], int32(len(c.text[i])))
}

// end empties the columns when they hold a batch, as who takes the batch would.
func (c *columns) end() {
	if len(c.ts) == batch.MaxRows {
		c.reset()
	}
}

// written is FILEOPS in a format.
func written(b *testing.B, kind format.Kind, batches int) []byte {
	w, err := format.NewWriter(kind, synth.Schema, format.Options{})
	if err != nil {
		b.Fatal(err)
	}
	gen := synth.NewFileOps(1, synth.Keys)
	out := w.AppendStart(nil)
	for range batches {
		out = w.AppendBatch(out, gen.Batch(batch.MaxRows))
	}
	return w.AppendEnd(out)
}

// read parses a text into columns, as COPY does.
func read(b *testing.B, kind format.Kind, text []byte) func() {
	return func() {
		r, err := format.NewReader(kind, synth.Schema, nil, format.Options{}, func(*batch.Batch) error { return nil })
		if err == nil {
			err = r.Write(text)
		}
		if err == nil {
			err = r.Close()
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

// number reads digits, of a text that has nothing else.
func number(text []byte) (v int64) {
	for _, d := range text {
		v = v*10 + int64(d-'0')
	}
	return v
}

// BenchmarkCSV parses CSV; the bare loop finds commas and line ends, and believes what it finds between them.
func BenchmarkCSV(b *testing.B) {
	text := written(b, format.CSV, 4)
	var c columns
	against(b, read(b, format.CSV, text), func() {
		c.reset()
		for rest := text; len(rest) > 0; {
			line := rest[:bytes.IndexByte(rest, '\n')]
			rest = rest[len(line)+1:]
			for col := range 6 {
				end := bytes.IndexByte(line, ',')
				if end < 0 {
					end = len(line)
				}
				c.set(col, line[:end])
				line = line[min(end+1, len(line)):]
			}
			c.end()
		}
	})
}

// set puts a value of FILEOPS where it belongs.
func (c *columns) set(col int, v []byte) {
	switch col {
	case synth.FileOpsTS:
		at := int64(0)
		for _, d := range v { // the digits alone: which day that is costs little beside finding them
			if d >= '0' && d <= '9' {
				at = at*10 + int64(d-'0')
			}
		}
		c.ts = append(c.ts, at)
	case synth.FileOpsEventType:
		c.put(0, v)
	case synth.FileOpsUserID:
		c.put(1, v)
	case synth.FileOpsFilePath:
		c.put(2, v)
	case synth.FileOpsProcessID:
		c.pid = append(c.pid, int32(number(v)))
	case synth.FileOpsSizeBytes:
		c.size = append(c.size, number(v))
	}
}

// BenchmarkNDJSON parses objects; the bare loop knows the order of the keys, and that no text has an escape.
func BenchmarkNDJSON(b *testing.B) {
	text := written(b, format.NDJSON, 4)
	var c columns
	against(b, read(b, format.NDJSON, text), func() {
		c.reset()
		for rest := text; len(rest) > 0; {
			line := rest[:bytes.IndexByte(rest, '\n')]
			rest = rest[len(line)+1:]
			for col := range 6 {
				line = line[bytes.IndexByte(line, ':')+1:]
				var end int
				if line[0] == '"' {
					line = line[1:]
					end = bytes.IndexByte(line, '"')
				} else if end = bytes.IndexByte(line, ','); end < 0 {
					end = len(line) - 1
				}
				c.set(col, line[:end])
				line = line[end+1:]
			}
			c.end()
		}
	})
}
