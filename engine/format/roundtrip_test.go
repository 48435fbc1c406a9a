package format

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

var everyType = fields("a boolean, b smallint, c integer, d bigint, e real, f double precision, g date, h time, i timestamp, " +
	"j timestamptz, k interval, l numeric, m text, n varchar, o bytea, p uuid, q json, r jsonb, s integer[], t text[]")

// drawText gives text with what the formats treat specially.
func drawText(t *rapid.T) string {
	return rapid.StringOf(rapid.SampledFrom([]rune("ab0,;\"'\\\n\r\t.|N é\b\v{}:"))).Draw(t, "text")
}

func drawValue(t *rapid.T, b *batch.Builder) {
	var text string
	switch b.Type().OID {
	case types.OIDBool:
		b.Bool(rapid.Bool().Draw(t, "bool"))
		return
	case types.OIDInt2:
		batch.Put(b, rapid.Int16().Draw(t, "int2"))
		return
	case types.OIDInt4:
		batch.Put(b, rapid.Int32().Draw(t, "int4"))
		return
	case types.OIDInt8:
		batch.Put(b, rapid.Int64().Draw(t, "int8"))
		return
	case types.OIDFloat4:
		batch.Put(b, rapid.Float32().Draw(t, "float4"))
		return
	case types.OIDFloat8:
		batch.Put(b, rapid.OneOf(rapid.Float64(), rapid.Just(math.NaN()), rapid.Just(math.Inf(-1))).Draw(t, "float8"))
		return
	case types.OIDDate:
		batch.Put(b, rapid.OneOf(rapid.Int32Range(-700_000, 2_000_000), rapid.Just(types.MaxDate)).Draw(t, "date"))
		return
	case types.OIDTime:
		batch.Put(b, rapid.Int64Range(0, int64(types.Day)).Draw(t, "time"))
		return
	case types.OIDTimestamp, types.OIDTimestamptz:
		batch.Put(b, rapid.OneOf(rapid.Int64Range(-210_866_803_200_000_000, 9_223_371_244_799_999_999), rapid.Just(int64(math.MinInt64))).Draw(t, "ts"))
		return
	case types.OIDInterval:
		s := types.Span{Micros: rapid.Int64().Draw(t, "us"), Days: rapid.Int32().Draw(t, "days"), Months: rapid.Int32().Draw(t, "months")}
		batch.Put(b, s.Fixed16())
		return
	case types.OIDUUID:
		batch.Put(b, [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "uuid")))
		return
	case types.OIDNumeric:
		text = fmt.Sprintf("%d.%0*d", rapid.Int64().Draw(t, "whole"), rapid.IntRange(1, 9).Draw(t, "scale"), rapid.IntRange(0, 9).Draw(t, "part"))
	case types.OIDBytea:
		b.Bytes(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
		return
	case types.OIDText, types.OIDVarchar:
		b.String(drawText(t))
		return
	case types.OIDJSON, types.OIDJSONB:
		s := types.AppendJSONString(nil, drawText(t))
		text = rapid.SampledFrom([]string{`{"b": 1, "a": ` + string(s) + `}`, `[1, ` + string(s) + `, {}]`, "1.50", string(s)}).Draw(t, "json")
	case types.OIDInt4Array:
		text = rapid.SampledFrom([]string{"{}", "{1,NULL,3}", "{{1,2},{3,4}}"}).Draw(t, "array")
	case types.OIDTextArray:
		s := drawText(t)
		text = `{"` + strings.NewReplacer(`"`, `\"`, `\`, `\\`).Replace(s) + `",NULL}`
	}
	if err := value.ParseText(b, []byte(text), nil); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

func drawBatch(t *rapid.T, schema batch.Schema, wantNulls bool) *batch.Batch {
	n := rapid.IntRange(1, 5).Draw(t, "rows")
	b := &batch.Batch{N: n}
	for _, f := range schema {
		bl := batch.NewBuilder(f.Type, n)
		for range n {
			if wantNulls && rapid.IntRange(0, 4).Draw(t, "null") == 0 {
				bl.Null()
			} else {
				drawValue(t, bl)
			}
		}
		b.Cols = append(b.Cols, bl.Finish())
	}
	return b
}

// texts gives every value of b as text.
func texts(b *batch.Batch) [][]string {
	var out [][]string
	for i := range b.N {
		var row []string
		for k := range b.Cols {
			if b.Cols[k].Null(i) {
				row = append(row, "NULL")
			} else {
				row = append(row, "="+string(value.AppendText(nil, &b.Cols[k], i, nil)))
			}
		}
		out = append(out, row)
	}
	return out
}

// readAll reads data cut at the given places and gives the rows and the error.
func readAll(kind Kind, schema batch.Schema, o Options, data []byte, cuts ...int) ([][]string, error) {
	var rows [][]string
	r, err := NewReader(kind, schema, nil, o, func(b *batch.Batch) error {
		b.Check()
		rows = append(rows, texts(b)...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	at := 0
	for _, c := range append(cuts, len(data)) {
		c = max(at, min(c, len(data)))
		chunk := bytes.Clone(data[at:c])
		if err := r.Write(chunk); err != nil {
			return nil, err
		}
		clear(chunk) // the reader must have kept nothing of it
		at = c
	}
	return rows, r.Close()
}

func TestRoundTrip(t *testing.T) {
	options := map[Kind][]Options{
		CSV: {
			{},
			{Header: MatchHeader},
			{Delimiter: ';', Quote: '\'', Escape: '\\', Null: str("nil")},
			{ForceQuote: []string{"*"}},
			{Delimiter: 'a', Null: str("b")},
		},
		Text:   {{}, {Delimiter: '|', Null: str("nil")}, {Header: MatchHeader}},
		Binary: {{}},
		NDJSON: {{}},
		Arrow:  {{}},
	}
	for kind, all := range options {
		for i, o := range all {
			t.Run(fmt.Sprint(kind, i), func(t *testing.T) {
				rapid.Check(t, func(t *rapid.T) {
					// JSON has no line that is all nulls different from one without keys, which is fine.
					b := drawBatch(t, everyType, true)
					w, err := NewWriter(kind, everyType, o)
					if err != nil {
						t.Fatal(err)
					}
					data := w.AppendEnd(w.AppendBatch(w.AppendStart(nil), b))
					cut := rapid.IntRange(0, len(data)).Draw(t, "cut")
					got, err := readAll(kind, everyType, o, data, cut, cut+rapid.IntRange(0, 20).Draw(t, "more"))
					if err != nil {
						t.Fatalf("%v\n%q", err, data)
					}
					if diff := cmp.Diff(texts(b), got); diff != "" {
						t.Fatalf("(-written +read) %s\n%q", diff, data)
					}
				})
			})
		}
	}
}

// A cut anywhere gives the same rows or the same error.
func fuzzCuts(f *testing.F, kind Kind, o Options, seeds ...string) {
	schema := fields("a integer, b text, c jsonb, d timestamptz, e integer[]")
	o.MaxRow = 1 << 16
	for _, s := range seeds {
		f.Add([]byte(s), uint16(3))
	}
	f.Fuzz(func(t *testing.T, data []byte, cut uint16) {
		whole, err := readAll(kind, schema, o, data)
		n := int(cut)
		got, err2 := readAll(kind, schema, o, data, n, n+1, n+2, n+5)
		if diff := cmp.Diff(message(err), message(err2)); diff != "" {
			t.Fatalf("errors (-whole +cut): %s", diff)
		}
		if diff := cmp.Diff(whole, got); err == nil && diff != "" {
			t.Fatalf("(-whole +cut): %s", diff)
		}
	})
}

func message(err error) string {
	e, ok := sqlerr.As(err)
	if !ok {
		return fmt.Sprint(err)
	}
	return fmt.Sprintf("%s|%s|%s|%s", e.Code, e.Message, e.Detail, e.Where)
}

func FuzzCSV(f *testing.F) {
	fuzzCuts(f, CSV, Options{}, "1,x,{},2020-01-01,{1}\n", "1,\"a\"\"b\nc\",1,2020-01-01 00:00:00Z,\n\\.\n", "1,x\r\n", "\"", "a\rb\n")
}

func FuzzCSVEscape(f *testing.F) {
	fuzzCuts(f, CSV, Options{Escape: '\\', Header: MatchHeader}, "a,b,c,d,e\n1,\"a\\\"b\nc\",1,,\n", "\"\\")
}

func FuzzText(f *testing.F) {
	fuzzCuts(f, Text, Options{}, "1\tx\t{}\t2020-01-01\t{1}\n", "1\ta\\\nb\t\\N\t\\N\t\\N\n\\.\n", "1\t\\", "1\t\\x4")
}

func FuzzBinary(f *testing.F) {
	w, err := NewWriter(Binary, batch.Schema{{Name: "a", Type: types.Int4}}, Options{})
	if err != nil {
		f.Fatal(err)
	}
	head := w.AppendStart(nil)
	fuzzCuts(f, Binary, Options{}, string(w.AppendEnd(head)),
		string(head)+"\x00\x05\x00\x00\x00\x04\x00\x00\x00\x01\x00\x00\x00\x01x\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
		string(head)+"\x00\x05\x00\x00\x00\x04\x00\x00\x00\x01\x00\x00\x00\x01x\x00\x00\x00\x03\x01{}\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00"+
			"\x00\x00\x00\x0c\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x17")
}

func FuzzNDJSON(f *testing.F) {
	fuzzCuts(f, NDJSON, Options{}, `{"a":1,"b":"x","c":{"y":[1]},"d":"2020-01-01","e":[1,null]}`+"\n", `{"b":"\u00e9\n","zz":[{}]}`, "{}", `{"a":1,"a":2}`,
		`{"b":{"x":1},"e":"{1}"}`)
}

func TestNDJSON(t *testing.T) {
	schema := fields("a integer, b text, c jsonb, d timestamptz, e integer[], f boolean, g double precision, h text[]")
	read := func(in string, o Options) string {
		o.Relation = "t"
		var s strings.Builder
		r, err := NewReader(NDJSON, schema, nil, o, func(b *batch.Batch) error {
			for _, row := range texts(b) {
				s.WriteString(strings.Join(row, " ") + "\n")
			}
			return nil
		})
		if err == nil {
			err = r.Write([]byte(in))
		}
		if err == nil {
			err = r.Close()
		}
		if err != nil {
			s.WriteString(message(err))
		}
		if r.Unknown() > 0 {
			fmt.Fprintf(&s, "unknown %d", r.Unknown())
		}
		return s.String()
	}
	const null = " NULL NULL NULL NULL"
	cases := []struct{ in, want string }{
		{`{"a":1,"b":"x"}`, "=1 =x NULL NULL" + null + "\n"},
		{`{ "b" : "x" , "a" : "7" } ` + "\r\n\n{}\n", "=7 =x NULL NULL" + null + "\nNULL NULL NULL NULL" + null + "\n"},
		{`{"a":1,"a":2,"b":"x","b":null}`, "=2 NULL NULL NULL" + null + "\n"},
		{`{"c":{"b":1,"a":[1.50]}}`, `NULL NULL ={"a": [1.50], "b": 1} NULL` + null + "\n"},
		{`{"b":{"z": 1}}`, `NULL ={"z": 1} NULL NULL` + null + "\n"},
		{`{"b":12.50}`, `NULL =12.50 NULL NULL` + null + "\n"},
		{`{"b":true,"f":true,"g":1e3}`, `NULL =true NULL NULL NULL =t =1000 NULL` + "\n"},
		{`{"b":"\u00e9\ud83d\ude00\"\\\n"}`, "NULL =é😀\"\\\n NULL NULL" + null + "\n"},
		{`{"\u0061":5}`, "=5 NULL NULL NULL" + null + "\n"},
		{`{"e":[1,null,3],"h":["a b",null,"c\"d"]}`, `NULL NULL NULL NULL ={1,NULL,3} NULL NULL ={"a b",NULL,"c\"d"}` + "\n"},
		{`{"d":"2026-01-01T00:00:00Z"}`, "NULL NULL NULL =2026-01-01 00:00:00+00" + null + "\n"},
		{
			`{"d":"2026-01-01T00:00:00.5Z"}` + "\n" + `{"d":"2026-01-01T00:00:00.000007Z","a":-1}` + "\n" + `{"a":0,"d":"2026-01-01T00:00:01Z"}`,
			"NULL NULL NULL =2026-01-01 00:00:00.5+00" + null + "\n=-1 NULL NULL =2026-01-01 00:00:00.000007+00" + null + "\n=0 NULL NULL =2026-01-01 00:00:01+00" + null + "\n",
		},
		{
			`{"d":"2026-01-01T00:00:00Z","a":999999999}` + "\n" + `{"d":"2026-01-01T00:00:00Zx","a":1234567890}`,
			`22007|invalid input syntax for type timestamp with time zone: "2026-01-01T00:00:00Zx"||COPY t, line 2, column d: ""2026-01-01T00:00:00Zx""`,
		},
		{`{"a":1234567890}` + "\n" + `{"a":9 }`, "=1234567890 NULL NULL NULL" + null + "\n=9 NULL NULL NULL" + null + "\n"},
		{`{"a":9999999999}`, `22003|value "9999999999" is out of range for type integer||COPY t, line 1, column a: "9999999999"`},
		{`{"x":1,"y":{"z":[1,"}"]},"a":1}`, "=1 NULL NULL NULL" + null + "\nunknown 2"},
		{`{"a":"x"}`, `22P02|invalid input syntax for type integer: "x"||COPY t, line 1, column a: ""x""`},
		{`{"a":1.5}`, `22P02|invalid input syntax for type integer: "1.5"||COPY t, line 1, column a: "1.5"`},
		{"{\"a\":1}\n{\"a\":}", `22P02|invalid input syntax for type json|Expected JSON value, but found "}".|COPY t, line 2: "{"a":}"`},
		{`{"a":1`, `22P02|invalid input syntax for type json|The input string ended unexpectedly.|COPY t, line 1: "{"a":1"`},
		{`[1]`, `22P02|invalid input syntax for type json|Expected an object on each line.|COPY t, line 1: "[1]"`},
		{`{"a":1}{"a":2}`, `22P02|invalid input syntax for type json|Expected end of input, but found "{".|COPY t, line 1: "{"a":1}{"a":2}"`},
		{`{"a":01}`, `22P02|invalid input syntax for type json|Token "01" is invalid.|COPY t, line 1: "{"a":01}"`},
		{`{"b":"\u0000"}`, `22P05|unsupported Unicode escape sequence|\u0000 cannot be converted to text.|COPY t, line 1, column b: ""\u0000""`},
		{"{\"b\":\"a\tb\"}", "22P02|invalid input syntax for type json|Character with value 0x09 must be escaped.|COPY t, line 1: \"{\"b\":\"a\tb\"}\""},
	}
	for _, c := range cases {
		if diff := cmp.Diff(c.want, read(c.in, Options{})); diff != "" {
			t.Errorf("%s (-want +got): %s", c.in, diff)
		}
	}
	want := "42703|a key of the object is no column of t||COPY t, line 1: \"{\"x\":1}\"unknown 1"
	if got := read(`{"x":1}`, Options{RefuseUnknown: true}); got != want {
		t.Errorf("unknown key refused: %s", got)
	}
}

// A key that needs escapes is not found where it stands without them.
func TestNDJSONEscapedKey(t *testing.T) {
	schema := batch.Schema{{Name: `a"b`, Type: types.Int4}}
	for in, good := range map[string]bool{`{"a\"b":1}` + "\n" + `{"a\"b":2}`: true, `{"a"b":1}`: false, `{"a\"b":1}` + "\n" + `{"a"b":1}`: false} {
		r, err := NewReader(NDJSON, schema, nil, Options{}, func(*batch.Batch) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(r.Write([]byte(in)), r.Close()); (err == nil) != good {
			t.Errorf("%s: %v", in, err)
		}
	}
}

// Batches end at MaxRows, values keep their rows, and an error of the callback is the Reader's.
func TestManyRows(t *testing.T) {
	schema := fields("a bigint, b text, c numeric")
	var data []byte
	const n = 2*batch.MaxRows + 17
	for i := range n {
		if i%7 == 0 {
			data = fmt.Appendf(data, "%d,,\n", i)
		} else {
			data = fmt.Appendf(data, "%d,v%d,%d.50\n", i, i, i)
		}
	}
	next, sizes := 0, []int{}
	r, err := NewReader(CSV, schema, nil, Options{}, func(b *batch.Batch) error {
		b.Check()
		sizes = append(sizes, b.N)
		for i := range b.N {
			if got := batch.Values[int64](&b.Cols[0])[i]; got != int64(next) {
				t.Fatalf("row %d has %d", next, got)
			}
			if null := next%7 == 0; b.Cols[1].Null(i) != null || b.Cols[2].Null(i) != null {
				t.Fatalf("row %d: nulls are wrong", next)
			} else if want := fmt.Sprint("v", next); !null && b.Cols[1].Str(i) != want {
				t.Fatalf("row %d has %s", next, b.Cols[1].Str(i))
			}
			next++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for p := data; len(p) > 0; p = p[min(1000, len(p)):] {
		if err := r.Write(p[:min(1000, len(p))]); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{batch.MaxRows, batch.MaxRows, 17}, sizes); diff != "" || next != n {
		t.Errorf("%d rows in batches of %v", next, sizes)
	}
	boom := errors.New("boom")
	r, err = NewReader(CSV, schema, nil, Options{}, func(*batch.Batch) error { return boom })
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Write(data); !errors.Is(err, boom) || r.Delivered() != 0 {
		t.Errorf("the callback failed, and Write said %v with %d delivered", err, r.Delivered())
	}
}

func TestColumnListAndGoodRows(t *testing.T) {
	schema := fields("a integer, b text, c integer")
	var got [][]string
	r, err := NewReader(CSV, schema, []int{2, 0}, Options{Relation: "t"}, func(b *batch.Batch) error {
		got = append(got, texts(b)...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Write([]byte("3,1\n4,2\n")); err != nil {
		t.Fatal(err)
	}
	err = r.Write([]byte("5,x\n"))
	if want := `22P02|invalid input syntax for type integer: "x"||COPY t, line 3, column a: "x"`; message(err) != want {
		t.Errorf("got %s", message(err))
	}
	if r.Rows() != 2 || r.Delivered() != 0 || got != nil {
		t.Errorf("%d good rows, %d delivered", r.Rows(), r.Delivered())
	}
}

func TestOptionsAreChecked(t *testing.T) {
	schema := fields("a integer")
	cases := []struct {
		kind Kind
		o    Options
		want string
	}{
		{Text, Options{Quote: '"'}, "0A000|COPY quote available only in CSV mode||"},
		{Binary, Options{Delimiter: ','}, "42601|cannot specify DELIMITER in BINARY mode||"},
		{CSV, Options{Delimiter: '\n'}, "22023|COPY delimiter cannot be newline or carriage return||"},
		{CSV, Options{Delimiter: '"'}, "22023|COPY delimiter and quote must be different||"},
		{Text, Options{Delimiter: 'a'}, `22023|COPY delimiter cannot be "a"||`},
		{CSV, Options{Null: str("a,b")}, "0A000|COPY delimiter must not appear in the NULL specification||"},
		{CSV, Options{ForceNull: []string{"z"}}, `42703|column "z" does not exist||`},
	}
	for _, c := range cases {
		if _, err := NewReader(c.kind, schema, nil, c.o, nil); message(err) != c.want {
			t.Errorf("%s %+v: %s, want %s", c.kind, c.o, message(err), c.want)
		}
	}
	if _, err := KindOf("parquet"); sqlerr.CodeOf(err) != sqlerr.InvalidParameterValue {
		t.Errorf("parquet: %v", err)
	}
}

func TestLongRowIsRefused(t *testing.T) {
	for _, kind := range []Kind{CSV, Text, NDJSON, Binary} {
		data := []byte(strings.Repeat("\"x", 200))
		if kind == Binary {
			data = append([]byte(signature+"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\xff\xff"), data...)
		}
		_, err := readAll(kind, fields("a text"), Options{MaxRow: 100}, data, 150, 160)
		if sqlerr.CodeOf(err) != sqlerr.ProgramLimitExceeded {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func TestNoAllocationPerRow(t *testing.T) {
	csv, json := fileopsRows(2000)
	for kind, data := range map[Kind][]byte{CSV: csv, NDJSON: json, Text: convert(t, Text, Options{})} {
		r, err := NewReader(kind, fileops, nil, Options{}, func(*batch.Batch) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		for range 10 { // warm up
			if err := r.Write(data); err != nil {
				t.Fatal(err)
			}
		}
		allocs := testing.AllocsPerRun(5, func() {
			if err := r.Write(data); err != nil {
				t.Fatal(err)
			}
		})
		if allocs > 20 {
			t.Errorf("%s: %v allocations for thousands of rows", kind, allocs)
		}
	}
}
