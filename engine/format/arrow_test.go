package format

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/float16"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// inArrow writes columns as a stream, as another program would, a record for each set of columns.
func inArrow(t testing.TB, names string, records ...[]arrow.Array) []byte {
	t.Helper()
	return inArrowWith(t, names, nil, records...)
}

func inArrowWith(t testing.TB, names string, opts []ipc.Option, records ...[]arrow.Array) []byte {
	t.Helper()
	var fields []arrow.Field
	for i, n := range strings.Split(names, ",") {
		fields = append(fields, arrow.Field{Name: n, Type: records[0][i].DataType(), Nullable: true})
	}
	schema := arrow.NewSchema(fields, nil)
	var buf bytes.Buffer
	w := ipc.NewWriter(&buf, append(opts, ipc.WithSchema(schema))...)
	for _, cols := range records {
		if err := w.Write(array.NewRecord(schema, cols, int64(cols[0].Len()))); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// builtOf makes an array of a type from Arrow's own texts; "NULL" is a null.
func builtOf(t testing.TB, dt arrow.DataType, texts ...string) arrow.Array {
	t.Helper()
	b := array.NewBuilder(memory.DefaultAllocator, dt)
	for _, s := range texts {
		if s == "NULL" {
			b.AppendNull()
		} else if err := b.AppendValueFromString(s); err != nil {
			t.Fatal(err)
		}
	}
	return b.NewArray()
}

// ofValues makes an array of a type from numbers as they lie in its buffer.
func ofValues[V batch.Value](dt arrow.DataType, vals ...V) arrow.Array {
	c := batch.FixedOf(batchTypeOf(vals), append(batch.MakeValues[V](0), vals...), nil)
	return array.MakeFromData(array.NewData(dt, len(vals), []*memory.Buffer{nil, memory.NewBufferBytes(c.Fixed)}, nil, 0, 0))
}

func TestArrowFromOutside(t *testing.T) {
	prim, bin := arrow.PrimitiveTypes, arrow.BinaryTypes
	coded := func(index, value arrow.DataType) arrow.DataType {
		return &arrow.DictionaryType{IndexType: index, ValueType: value}
	}
	ts := func(unit arrow.TimeUnit, zone string) *arrow.TimestampType {
		return &arrow.TimestampType{Unit: unit, TimeZone: zone}
	}
	for _, c := range []struct {
		to   string // the column's type
		from arrow.Array
		want string
	}{
		{"boolean", builtOf(t, arrow.FixedWidthTypes.Boolean, "true", "NULL", "false"), "=t NULL =f"},
		{"smallint", builtOf(t, prim.Int8, "-128", "NULL"), "=-128 NULL"},
		{"smallint", builtOf(t, prim.Uint8, "255"), "=255"},
		{"integer", builtOf(t, prim.Uint16, "65535"), "=65535"},
		{"bigint", builtOf(t, prim.Uint32, "4294967295"), "=4294967295"},
		{"numeric", builtOf(t, prim.Uint64, "18446744073709551615"), "=18446744073709551615"},
		{"bigint", builtOf(t, prim.Int32, "1", "NULL"), "=1 NULL"},
		{"smallint", builtOf(t, prim.Int64, "7"), "=7"},
		{"smallint", builtOf(t, prim.Int64, "70000"), "22003 COPY t, row 1, column c"},
		{"numeric(5,1)", builtOf(t, prim.Float64, "2.25", "-3"), "=2.3 =-3.0"},
		{"real", builtOf(t, prim.Float64, "1e300"), "22003 COPY t, row 1, column c"},
		{"double precision", builtOf(t, prim.Float32, "0.5"), "=0.5"},
		{"double precision", builtOf(t, prim.Int32, "3"), "=3"},
		{"numeric(9,2)", decimals(&arrow.Decimal128Type{Precision: 20, Scale: 3}, -1005, 12345), "=-1.01 =12.35"},
		{"text", builtOf(t, bin.String, "a", "NULL", "é"), "=a NULL =é"},
		{"text", builtOf(t, bin.LargeString, "a", "NULL", ""), "=a NULL ="},
		{"text", builtOf(t, bin.StringView, "a string of more than twelve bytes", "NULL"), "=a string of more than twelve bytes NULL"},
		{"varchar(3)", builtOf(t, bin.String, "abc", "abcd"), "22001 COPY t, row 2, column c"},
		{"integer", builtOf(t, bin.String, "12", "x"), "22P02 COPY t, row 2, column c"},
		{"timestamptz", builtOf(t, bin.String, "2024-05-06 07:08:09+02"), "=2024-05-06 05:08:09+00"},
		{"jsonb", builtOf(t, bin.LargeString, `{"b": 1, "a": 2}`), `={"a": 2, "b": 1}`},
		{"interval", builtOf(t, bin.String, "1 day 2 hours"), "=1 day 02:00:00"},
		{"integer[]", builtOf(t, bin.String, "{1,2}"), "={1,2}"},
		{"uuid", builtOf(t, bin.String, "A0EEBC999C0B4EF8BB6D6BB9BD380A11"), "=a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
		{"bytea", ofBytes(bin.Binary, "\x00\xff"), `=\x00ff`},
		{"bytea", ofBytes(bin.LargeBinary, "\x00\xff"), `=\x00ff`},
		{"date", ofValues(arrow.FixedWidthTypes.Date32, int32(19000)), "=2022-01-08"},
		{"date", ofValues(arrow.FixedWidthTypes.Date64, int64(19000*86_400_000)), "=2022-01-08"},
		{"date", ofValues(arrow.FixedWidthTypes.Date64, int64(1)), "22008 COPY t, after row 0, column c"},
		{"date", ofValues(arrow.FixedWidthTypes.Date32, int32(math.MaxInt32-1)), "22008 COPY t, after row 0, column c"},
		{"time", ofValues(&arrow.Time32Type{Unit: arrow.Second}, int32(3661)), "=01:01:01"},
		{"time", ofValues(&arrow.Time64Type{Unit: arrow.Nanosecond}, int64(1_000_001_000)), "=00:00:01.000001"},
		{"time", ofValues(&arrow.Time64Type{Unit: arrow.Microsecond}, int64(-1)), "22008 COPY t, after row 0, column c"},
		{"timestamp", ofValues(ts(arrow.Second, ""), int64(86400)), "=1970-01-02 00:00:00"},
		{"timestamp", ofValues(ts(arrow.Millisecond, ""), int64(-1)), "=1969-12-31 23:59:59.999"},
		{"timestamptz", ofValues(ts(arrow.Microsecond, "Europe/Berlin"), int64(1)), "=1970-01-01 00:00:00.000001+00"},
		{"timestamptz", ofValues(ts(arrow.Nanosecond, "UTC"), int64(5000)), "=1970-01-01 00:00:00.000005+00"},
		{"timestamptz", ofValues(ts(arrow.Nanosecond, "UTC"), int64(5001)), "22008 COPY t, after row 0, column c"},
		{"timestamp", ofValues(ts(arrow.Second, ""), int64(math.MaxInt64)), "22008 COPY t, after row 0, column c"},
		{"timestamp", ofValues(ts(arrow.Microsecond, ""), int64(math.MaxInt64-1)), "22008 COPY t, after row 0, column c"},
		{"timestamptz", ofValues(ts(arrow.Millisecond, ""), int64(1000)), "=1970-01-01 00:00:01+00"},
		{"interval", ofValues(&arrow.DurationType{Unit: arrow.Millisecond}, int64(1500)), "=00:00:01.5"},
		{"text", builtOf(t, coded(prim.Int8, bin.String), "x", "NULL", "x", "yy"), "=x NULL =x =yy"},
		{"text", builtOf(t, coded(prim.Uint32, bin.String), "x", "NULL", "x", "yy"), "=x NULL =x =yy"},
		{"text", coarse(t, bin.LargeString), "=x NULL =x =yy"},
		{"integer", builtOf(t, coded(prim.Int16, bin.String), "7", "8", "7"), "=7 =8 =7"},
		{"text", array.NewNull(2), "NULL NULL"},
		{"integer", array.NewNull(1), "NULL"},
		{"text", builtOf(t, prim.Int32, "5"), "=5"},
		{"boolean", builtOf(t, prim.Int32, "5"), "42804 COPY t, after row 0, column c"},
		{"text", ofBytes(bin.String, "a\xff"), "22021 COPY t, after row 0, column c"},
		{"text", ofBytes(bin.String, "a\x00"), "22021 COPY t, after row 0, column c"},
		{"text", ofBytes(bin.String, "\xc3", "\xa9"), "22021 COPY t, after row 0, column c"},
		{"real", float16s(1.5), "0A000 COPY t, after row 0"},
		{"text", builtOf(t, arrow.ListOf(prim.Int32), "[1]"), "0A000 COPY t, after row 0"},
	} {
		name, mods, _ := strings.Cut(strings.TrimSuffix(c.to, ")"), "(")
		schema := fields("c " + name)
		if mods != "" {
			var numbers []int
			for m := range strings.SplitSeq(mods, ",") {
				n, _ := strconv.Atoi(m)
				numbers = append(numbers, n)
			}
			schema[0].Type, _ = types.FromName(name, numbers, 0)
		}
		data := inArrow(t, "c", []arrow.Array{c.from})
		for _, cut := range []int{0, 3, 9, len(data) / 2} {
			rows, err := readAll(Arrow, schema, Options{Relation: "t"}, data, cut)
			got := arrowAnswer(rows, err)
			if got != c.want {
				t.Errorf("%s into %s gives %s, want %s (%v)", c.from.DataType(), c.to, got, c.want, err)
			}
		}
	}
}

// arrowAnswer is the values of the only column, or the code and the place of the error.
func arrowAnswer(rows [][]string, err error) string {
	if e, ok := sqlerr.As(err); ok {
		return string(e.Code) + " " + e.Where
	}
	if err != nil {
		return err.Error()
	}
	var out []string
	for _, r := range rows {
		out = append(out, r[0])
	}
	return strings.Join(out, " ")
}

func batchTypeOf[V batch.Value](vals []V) types.Type {
	switch any(vals).(type) {
	case []int32:
		return types.Int4
	}
	return types.Int8
}

func decimals(dt *arrow.Decimal128Type, vals ...int64) arrow.Array {
	b := array.NewDecimal128Builder(memory.DefaultAllocator, dt)
	for _, v := range vals {
		b.Append(decimal128.FromI64(v))
	}
	return b.NewArray()
}

func float16s(vals ...float32) arrow.Array {
	b := array.NewFloat16Builder(memory.DefaultAllocator)
	for _, v := range vals {
		b.Append(float16.New(v))
	}
	return b.NewArray()
}

// ofBytes makes an array of texts or bytes whatever they are.
func ofBytes(dt arrow.DataType, vals ...string) arrow.Array {
	b := array.NewBinaryBuilder(memory.DefaultAllocator, arrow.BinaryTypes.Binary)
	if dt.ID() == arrow.LARGE_BINARY {
		b = array.NewBinaryBuilder(memory.DefaultAllocator, arrow.BinaryTypes.LargeBinary)
	}
	for _, v := range vals {
		b.AppendString(v)
	}
	d := b.NewArray().Data()
	return array.MakeFromData(array.NewData(dt, d.Len(), d.Buffers(), nil, 0, 0))
}

// coarse is a column of codes whose dictionary has texts of another kind.
func coarse(t *testing.T, texts arrow.DataType) arrow.Array {
	dict := builtOf(t, texts, "x", "yy")
	codes := builtOf(t, arrow.PrimitiveTypes.Int64, "0", "NULL", "0", "1")
	return array.NewDictionaryArray(&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int64, ValueType: texts}, codes, dict)
}

// TestArrowColumnsByName: the stream has its own columns in its own order.
func TestArrowColumnsByName(t *testing.T) {
	data := inArrow(t, "b,other,a",
		[]arrow.Array{builtOf(t, arrow.BinaryTypes.String, "x", "y"), builtOf(t, arrow.PrimitiveTypes.Int32, "1", "2"), builtOf(t, arrow.PrimitiveTypes.Int32, "1", "2")})
	schema := fields("a integer, b text, c bigint")
	got, err := readAll(Arrow, schema, Options{}, data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]string{{"=1", "=x", "NULL"}, {"=2", "=y", "NULL"}}, got); diff != "" {
		t.Error(diff)
	}
	r, err := NewReader(Arrow, schema, nil, Options{}, func(*batch.Batch) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Write(data); err != nil || r.Close() != nil {
		t.Fatal(err)
	}
	if r.Rows() != 2 || r.Delivered() != 2 || r.Unknown() != 2 {
		t.Errorf("%d rows, %d delivered, %d unknown", r.Rows(), r.Delivered(), r.Unknown())
	}
	if _, err := readAll(Arrow, schema, Options{RefuseUnknown: true}, data); sqlerr.CodeOf(err) != sqlerr.UndefinedColumn {
		t.Error(err)
	}
}

// TestArrowLongStream: what a stream holds at a time does not grow with its length, and rows that share a dictionary in it share
// one here.
func TestArrowLongStream(t *testing.T) {
	text := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint32, ValueType: arrow.BinaryTypes.String}
	var records [][]arrow.Array
	for i := range 50 {
		var vals []string
		for k := range 20_000 {
			vals = append(vals, fmt.Sprintf("value %d of %d", k%100, i))
		}
		records = append(records, []arrow.Array{builtOf(t, text, vals...)})
	}
	data := inArrow(t, "c", records...)
	dicts := map[uint64]bool{}
	r, err := NewReader(Arrow, fields("c text"), nil, Options{}, func(b *batch.Batch) error {
		dicts[b.Cols[0].Dict.ID] = true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Write(data); err != nil || r.Close() != nil {
		t.Fatal(err)
	}
	if r.Rows() != 1_000_000 || len(dicts) != 50 {
		t.Errorf("%d rows, %d dictionaries", r.Rows(), len(dicts))
	}
	if live := r.(*arrowReader).live.live; live > 1<<20 {
		t.Errorf("%d bytes are still held", live)
	}
}

func TestArrowRefused(t *testing.T) {
	ints := []arrow.Array{builtOf(t, arrow.PrimitiveTypes.Int32, "1", "2")}
	good := inArrow(t, "a", ints)
	changed := func(at int, b ...byte) []byte {
		out := bytes.Clone(good)
		copy(out[at:], b)
		return out
	}
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"nothing":               {nil, "22P04"},
		"text":                  {[]byte("a,b\n1,2\n"), "22P04"},
		"a file":                {append([]byte("ARROW1\x00\x00"), good...), "0A000"},
		"half":                  {good[:len(good)-20], "22P04"},
		"no end mark":           {good[:len(good)-8], ""},
		"more behind the end":   {append(bytes.Clone(good), 1), "22P04"},
		"giant metadata":        {changed(4, 0xff, 0xff, 0xff, 0x7f), "54000"},
		"metadata of nothing":   {changed(8, make([]byte, 200)...), "22P04"},
		"packed":                {inArrowWith(t, "a", []ipc.Option{ipc.WithZstd()}, ints), "0A000"},
		"two columns of a name": {inArrow(t, "a,a", []arrow.Array{ints[0], ints[0]}), "42701"},
	} {
		_, err := readAll(Arrow, fields("a integer"), Options{}, c.data)
		if got := string(sqlerr.CodeOf(err)); err != nil && got != c.want || err == nil && c.want != "" {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

// TestArrowSchemaBomb: metadata whose tables point to the same bytes over and over are refused before they are followed.
func TestArrowSchemaBomb(t *testing.T) {
	var names []string
	var cols []arrow.Array
	for i := range 500 {
		names = append(names, fmt.Sprintf("column %d", i))
		cols = append(cols, builtOf(t, arrow.PrimitiveTypes.Int32, "1"))
	}
	data := inArrow(t, strings.Join(names, ","), cols)
	// The length of the first name becomes most of the message: so it is said again by no other, and is more than there is.
	at := bytes.Index(data, []byte("column 499"))
	copy(data[at-4:], []byte{0xff, 0xff, 0x00, 0x00})
	if _, err := readAll(Arrow, fields("a integer"), Options{}, data); sqlerr.CodeOf(err) != sqlerr.BadCopyFileFormat {
		t.Error(err)
	}
}

func FuzzArrow(f *testing.F) {
	text := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}
	f.Add(inArrow(f, "a,b,c", []arrow.Array{
		builtOf(f, arrow.PrimitiveTypes.Int32, "1", "NULL"), builtOf(f, text, "x", "y"), builtOf(f, arrow.BinaryTypes.String, "{}", "NULL"),
	}), uint16(3))
	f.Add(inArrow(f, "d,b", []arrow.Array{
		builtOf(f, arrow.FixedWidthTypes.Timestamp_ns, "2024-01-01", "NULL"), builtOf(f, arrow.BinaryTypes.StringView, "x", "a string of more than twelve bytes"),
	}), uint16(100))
	f.Fuzz(func(t *testing.T, data []byte, cut uint16) {
		schema := fields("a integer, b text, c jsonb, d timestamptz, e integer[]")
		whole, err := readAll(Arrow, schema, Options{}, data)
		got, err2 := readAll(Arrow, schema, Options{}, data, int(cut), int(cut)+5)
		if (err == nil) != (err2 == nil) || sqlerr.CodeOf(err) != sqlerr.CodeOf(err2) {
			t.Fatalf("whole: %v\ncut: %v", err, err2)
		}
		if diff := cmp.Diff(whole, got); err == nil && diff != "" {
			t.Fatalf("(-whole +cut): %s", diff)
		}
	})
}

// TestArrowDamaged changes bytes of good streams: whatever they say then is an error, or rows that can be stored.
func TestArrowDamaged(t *testing.T) {
	text := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}
	good := inArrow(t, "a,b,c,d", []arrow.Array{
		builtOf(t, arrow.PrimitiveTypes.Int32, "1", "NULL", "3"), builtOf(t, text, "x", "y", "NULL"),
		builtOf(t, arrow.BinaryTypes.String, "{}", "NULL", "[1]"), builtOf(t, arrow.BinaryTypes.StringView, "2024-05-06 07:08:09.123456", "NULL", "epoch"),
	})
	schema := fields("a integer, b text, c jsonb, d timestamptz")
	r := rand.New(rand.NewPCG(1, 2))
	failed := 0
	for range 20_000 {
		data := bytes.Clone(good)
		for range 1 + r.IntN(3) {
			data[r.IntN(len(data))] ^= 1 << r.IntN(8)
		}
		if _, err := readAll(Arrow, schema, Options{}, data, r.IntN(len(data))); err != nil {
			failed++
			if sqlerr.CodeOf(err) == sqlerr.InternalError {
				t.Fatal(err)
			}
		}
	}
	if failed == 0 {
		t.Error("no change was found")
	}
}
