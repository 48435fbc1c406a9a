package parquet_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/bridge/parquet"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

var samples = []struct {
	t      types.Type
	comes  types.Type // as; zero: as it went
	values []string
}{
	{types.Bool, types.Type{}, []string{"t", "f"}},
	{types.Int2, types.Int4, []string{"-32768", "32767"}},
	{types.Int4, types.Type{}, []string{"-2147483648", "2147483647"}},
	{types.Int8, types.Type{}, []string{"-9223372036854775808", "9223372036854775807"}},
	{types.Float4, types.Type{}, []string{"NaN", "-1.5", "3.4028235e+38"}},
	{types.Float8, types.Type{}, []string{"Infinity", "-0", "5e-324"}},
	{types.Date, types.Type{}, []string{"2026-01-01", "infinity", "0044-03-15 BC"}},
	{types.Time, types.Type{}, []string{"23:59:59.999999", "24:00:00"}},
	{types.Timestamp, types.Type{}, []string{"2026-01-01 12:00:00.000001", "-infinity"}},
	{types.Timestamptz, types.Type{}, []string{"2026-01-01 12:00:00.000001+00", "infinity"}},
	{types.UUID, types.Type{}, []string{"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}},
	{types.Text, types.Type{}, []string{"", "ä\x00b"[:2], "a\tb"}},
	{types.Bytea, types.Type{}, []string{`\x00ff`, `\x`}},
	{types.JSONB, types.Text, []string{`{"a": [1, null]}`}},
	{types.Type{OID: types.OIDNumeric, Mod: 8<<16 | 2 + 4}, types.Text, []string{"-0.05", "123456.78", "0.00"}},
	{types.Numeric, types.Text, []string{"NaN", "123456789012345678901234567890.5"}},
	{types.Interval, types.Text, []string{"1 mon 2 days 03:00:00.5"}},
	{types.TextArray, types.Text, []string{`{a,"b c",NULL}`}},
}

// rowsOf makes n rows in which the samples go round, with nulls between them.
func rowsOf(t *testing.T, n, from int) *batch.Batch {
	t.Helper()
	b := &batch.Batch{N: n}
	for _, s := range samples {
		col := batch.NewBuilder(s.t, n)
		for i := from; i < from+n; i++ {
			if i%3 == 2 {
				col.Null()
			} else if err := value.ParseText(col, []byte(s.values[i%len(s.values)]), nil); err != nil {
				t.Fatal(err)
			}
		}
		b.Cols = append(b.Cols, col.Finish())
	}
	return b
}

func textOf(c *batch.Column, i int) string {
	if c.Null(i) {
		return "null"
	}
	return string(value.AppendText(nil, c, i, nil))
}

// TestRoundTrip writes more rows than a group has and reads them again.
func TestRoundTrip(t *testing.T) {
	var schema batch.Schema
	for i, s := range samples {
		schema = append(schema, batch.Field{Name: fmt.Sprint("column ", i), Type: s.t})
	}
	var out bytes.Buffer
	w, err := parquet.NewWriter(&out, schema)
	if err != nil {
		t.Fatal(err)
	}
	const rows = 20*batch.MaxRows + 100
	for at := 0; at < rows; at += batch.MaxRows {
		if err := w.Write(rowsOf(t, min(batch.MaxRows, rows-at), at)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := parquet.NewReader(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range r.Schema() {
		as := samples[i].comes
		if as == (types.Type{}) {
			as = samples[i].t
		}
		if f.Name != schema[i].Name || f.Type != as {
			t.Errorf("column %d is %q of %s, not %s", i, f.Name, types.FormatType(f.Type), types.FormatType(as))
		}
	}
	if r.Rows() != rows {
		t.Errorf("%d rows", r.Rows())
	}
	at := 0
	for {
		b, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		want := rowsOf(t, b.N, at)
		for c := range b.Cols {
			for i := range b.N {
				if have, want := textOf(&b.Cols[c], i), textOf(&want.Cols[c], i); have != want {
					t.Fatalf("row %d of column %d is %s, not %s", at+i, c, have, want)
				}
			}
		}
		at += b.N
	}
	if at != rows {
		t.Errorf("%d rows came", at)
	}
}

// TestDamage turns bytes of a file: it is read, or refused, but never a crash.
func TestDamage(t *testing.T) {
	var out bytes.Buffer
	w, err := parquet.NewWriter(&out, batch.Schema{{Name: "a", Type: types.Int8}, {Name: "b", Type: types.Text}})
	if err != nil {
		t.Fatal(err)
	}
	a, b := batch.NewBuilder(types.Int8, 100), batch.NewBuilder(types.Text, 100)
	for i := range 100 {
		batch.Put(a, int64(i))
		b.String(strings.Repeat("x", i))
	}
	if err := errors.Join(w.Write(&batch.Batch{N: 100, Cols: []batch.Column{a.Finish(), b.Finish()}}), w.Close()); err != nil {
		t.Fatal(err)
	}
	refused := 0
	for i := range out.Len() {
		bad := bytes.Clone(out.Bytes())
		bad[i] ^= 0x41
		r, err := parquet.NewReader(bytes.NewReader(bad))
		for err == nil {
			_, err = r.Next()
		}
		if !errors.Is(err, io.EOF) {
			refused++
			if sqlerr.CodeOf(err) != sqlerr.InvalidBinary && sqlerr.CodeOf(err) != sqlerr.FeatureNotSupported {
				t.Errorf("byte %d: %v", i, err)
			}
		}
	}
	if refused < 50 {
		t.Errorf("%d of %d damaged files were refused", refused, out.Len())
	}
	if _, err := parquet.NewReader(strings.NewReader("a,b\n1,2\n")); sqlerr.CodeOf(err) != sqlerr.InvalidBinary {
		t.Errorf("CSV: %v", err)
	}
}

// TestNoDecimal refuses a number that a decimal cannot be.
func TestNoDecimal(t *testing.T) {
	f := batch.Field{Name: "n", Type: types.Type{OID: types.OIDNumeric, Mod: 8<<16 | 2 + 4}}
	w, err := parquet.NewWriter(io.Discard, batch.Schema{f})
	if err != nil {
		t.Fatal(err)
	}
	n := batch.NewBuilder(f.Type, 1)
	if err := value.ParseText(n, []byte("NaN"), nil); err != nil {
		t.Fatal(err)
	}
	if err := w.Write(&batch.Batch{N: 1, Cols: []batch.Column{n.Finish()}}); sqlerr.CodeOf(err) != sqlerr.NumericValueOutOfRange {
		t.Error(err)
	}
}
