package enginetest

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// Relation is the relation whose watermark an advance line sets.
const Relation uint32 = 1

// Row is values and how often they are there. A value is nil, bool, int64, float64, string or types.Micros, whatever the
// width of its column.
type Row struct {
	Vals []any
	Diff int64
}

// Epoch is the rows of one epoch and what ends it.
type Epoch struct {
	Rows []Row
	stream.Progress
}

// Schema reads a list of columns such as "k text, v int8 not null, ts timestamptz", with PostgreSQL's internal names of
// types. It panics on a name that is no type.
func Schema(list string) batch.Schema {
	var s batch.Schema
	for part := range strings.SplitSeq(list, ",") {
		f := strings.Fields(part)
		i := -1
		if len(f) >= 2 {
			i = slices.IndexFunc(types.Table, func(in types.Info) bool { return in.Name == f[1] || in.SQL == f[1] })
		}
		if i < 0 {
			panic(fmt.Sprintf("enginetest: %q is not a column", part))
		}
		s = append(s, batch.Field{Name: f[0], Type: types.Type{OID: types.Table[i].OID}, NotNull: len(f) > 2})
	}
	return s
}

// Parse reads the input of a case. Rows after the last advance belong to an epoch that ends the stream.
func Parse(schema batch.Schema, text string) ([]Epoch, error) {
	var out []Epoch
	var rows []Row
	mark := types.MinTime
	ended := false
	advance := func(end bool) {
		no := uint64(len(out) + 1)
		p := stream.Progress{Epoch: &batch.Epoch{Origin: 1, No: no, Time: types.Micros(no) * types.Second}, End: end}
		if mark != types.MinTime {
			p.Watermarks = stream.Watermarks{{Relation: Relation, At: mark}}
		}
		out = append(out, Epoch{Rows: rows, Progress: p})
		rows, ended = nil, end
	}
	for line := range strings.SplitSeq(text, "\n") {
		words, err := split(line)
		switch {
		case err != nil:
			return nil, err
		case len(words) == 0:
		case ended:
			return nil, fmt.Errorf("%q comes after the end", line)
		case words[0] == "end":
			advance(true)
		case words[0] == "advance":
			if len(words) > 1 {
				if mark, err = parseTime(words[1]); err != nil {
					return nil, err
				}
			}
			advance(false)
		default:
			r, err := parseRow(schema, words)
			if err != nil {
				return nil, fmt.Errorf("%q: %w", line, err)
			}
			rows = append(rows, r)
		}
	}
	if !ended {
		advance(true)
	}
	return out, nil
}

// split cuts a line at spaces, and leaves quoted words whole, with their quotes.
func split(line string) ([]string, error) {
	var words []string
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimSpace(line) {
		if line[0] == '"' {
			q, err := strconv.QuotedPrefix(line)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", line, err)
			}
			words, line = append(words, q), line[len(q):]
			continue
		}
		w, rest, _ := strings.Cut(line, " ")
		words, line = append(words, w), rest
	}
	return words, nil
}

func parseRow(schema batch.Schema, words []string) (Row, error) {
	r := Row{Diff: 1}
	if last := words[len(words)-1]; last[0] == '@' {
		d, err := strconv.ParseInt(last[1:], 10, 64)
		if err != nil || d == 0 {
			return r, fmt.Errorf("%s is no weight", last)
		}
		r.Diff, words = d, words[:len(words)-1]
	}
	if len(words) != len(schema) {
		return r, fmt.Errorf("%d values for %d columns", len(words), len(schema))
	}
	for i, w := range words {
		v, err := parseValue(schema[i].Type, w)
		if err != nil {
			return r, err
		}
		r.Vals = append(r.Vals, v)
	}
	return r, nil
}

func parseValue(t types.Type, w string) (any, error) {
	if w == "NULL" {
		return nil, nil
	}
	switch t.OID {
	case types.OIDBool:
		return strconv.ParseBool(w)
	case types.OIDInt2, types.OIDInt4, types.OIDInt8, types.OIDDate, types.OIDOid:
		return strconv.ParseInt(w, 10, 64)
	case types.OIDFloat4, types.OIDFloat8:
		return strconv.ParseFloat(w, 64)
	case types.OIDTimestamp, types.OIDTimestamptz, types.OIDTime:
		return parseTime(w)
	}
	if t.Layout() != types.LayoutBytes || t.OID == types.OIDNumeric || t.Category() == 'A' {
		return nil, fmt.Errorf("type %s cannot be written in a case", t.Name())
	}
	if w[0] == '"' {
		return strconv.Unquote(w)
	}
	return w, nil
}

// parseTime reads seconds since 1970, RFC 3339, or an infinity.
func parseTime(w string) (types.Micros, error) {
	switch w {
	case "infinity":
		return types.MaxTime, nil
	case "-infinity":
		return types.MinTime, nil
	}
	if f, err := strconv.ParseFloat(w, 64); err == nil {
		return types.Micros(math.Round(f * 1e6)), nil
	}
	at, err := time.Parse(time.RFC3339Nano, w)
	return types.Micros(at.UnixMicro()), err
}

// formatTime writes what parseTime reads: seconds for the times that cases use, RFC 3339 for those of our days.
func formatTime(t types.Micros) string {
	switch {
	case t == types.MaxTime:
		return "infinity"
	case t == types.MinTime:
		return "-infinity"
	case t > -types.Day*365 && t < types.Day*365:
		return strconv.FormatFloat(float64(t)/1e6, 'f', -1, 64)
	}
	return time.UnixMicro(int64(t)).UTC().Format(time.RFC3339Nano)
}

// Text writes a value as a case does.
func Text(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case string:
		if v == "" || v == "NULL" || strings.ContainsAny(v, " \n\t\"@") {
			return strconv.Quote(v)
		}
		return v
	case types.Micros:
		return formatTime(v)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return fmt.Sprint(v)
}

// String is the row as a line of a case.
func (r Row) String() string {
	s := r.key()
	if r.Diff != 1 {
		s += fmt.Sprintf(" @%d", r.Diff)
	}
	return s
}

func (r Row) key() string {
	words := make([]string, len(r.Vals))
	for i, v := range r.Vals {
		words[i] = Text(v)
	}
	return strings.Join(words, " ")
}

// compareValues orders values of one type; null is last.
func compareValues(a, b any) int {
	switch a := a.(type) {
	case nil:
		if b == nil {
			return 0
		}
		return 1
	case int64:
		if b, ok := b.(int64); ok {
			return cmp.Compare(a, b)
		}
	case float64:
		if b, ok := b.(float64); ok {
			return cmp.Compare(a, b)
		}
	case types.Micros:
		if b, ok := b.(types.Micros); ok {
			return cmp.Compare(a, b)
		}
	}
	if b == nil {
		return -1
	}
	return strings.Compare(Text(a), Text(b))
}
