package node

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/bridge"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/invariant"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
	"github.com/vexfs/vexstream/sql/catalog"
)

// rows gathers rows of a system relation and pushes them in batches.
type rows struct {
	to   stream.Sink
	cols []*batch.Builder
	n    int
}

func newRows(r *catalog.Relation, to stream.Sink) *rows {
	b := &rows{to: to, cols: make([]*batch.Builder, len(r.Columns))}
	for i, c := range r.Columns {
		b.cols[i] = batch.NewBuilder(c.Type, 16)
	}
	return b
}

// add appends a row of as many values as there are columns: nil, bool, string, int64, types.Micros or types.Span.
// An instant that is not known (MinTime, MaxTime or 0) is null.
func (b *rows) add(ctx context.Context, values ...any) error {
	invariant.Check(len(values) == len(b.cols), "a row of a system relation has %d values, not %d", len(values), len(b.cols))
	for i, v := range values {
		put(b.cols[i], v)
	}
	if b.n++; b.n == batch.MaxRows {
		return b.flush(ctx)
	}
	return nil
}

func put(c *batch.Builder, v any) {
	switch v := v.(type) {
	case bool:
		c.Bool(v)
	case string:
		c.String(v)
	case int64:
		batch.Put(c, v)
	case float64:
		batch.Put(c, v)
	case types.Span:
		batch.Put(c, v.Fixed16())
	case types.Micros:
		if v == 0 || v <= types.MinTime || v >= types.MaxTime {
			c.Null()
			return
		}
		batch.Put(c, v)
	default:
		c.Null()
	}
}

// flush pushes what there is.
func (b *rows) flush(ctx context.Context) error {
	if b.n == 0 {
		return nil
	}
	out := &batch.Batch{N: b.n, Cols: make([]batch.Column, len(b.cols))}
	for i, c := range b.cols {
		out.Cols[i] = c.Finish()
		c.Reset()
	}
	b.n = 0
	return b.to.Push(ctx, out)
}

// or gives v, or nil for the empty text: null.
func or(v string) any {
	if v == "" {
		return nil
	}
	return v
}

// rowJSON is a one-row batch as jsonb, the columns that have names.
func rowJSON(b *batch.Batch, names []string) any {
	if b == nil || b.N == 0 {
		return nil
	}
	var raw []byte
	for i := range min(len(b.Cols), len(names)) {
		raw = append(raw, ","[:min(i, 1)]...)
		raw = bridge.AppendJSONString(raw, names[i])
		raw = append(raw, ':')
		if b.Cols[i].Null(0) {
			raw = append(raw, "null"...)
			continue
		}
		text := string(value.AppendText(nil, &b.Cols[i], 0, nil))
		switch b.Cols[i].Type.OID {
		case types.OIDBool:
			raw = strconv.AppendBool(raw, text == "t")
			continue
		case types.OIDInt2, types.OIDInt4, types.OIDInt8, types.OIDFloat4, types.OIDFloat8, types.OIDNumeric, types.OIDJSON, types.OIDJSONB:
			if json.Valid([]byte(text)) { // NaN and Infinity are no numbers to JSON
				raw = append(raw, text...)
				continue
			}
		}
		raw = bridge.AppendJSONString(raw, strings.ToValidUTF8(text, "\uFFFD"))
	}
	canon, err := bridge.CanonicalJSON([]byte("{" + string(raw) + "}"))
	if err != nil {
		return nil
	}
	return canon
}
