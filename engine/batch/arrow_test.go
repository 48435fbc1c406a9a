package batch

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"pgregory.net/rapid"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

func cells(c *Column) (out []any) {
	w := c.Type.Layout().Width()
	for i := range c.N {
		switch {
		case c.Null(i):
			out = append(out, nil)
		case c.Type.Layout() == types.LayoutBool:
			out = append(out, c.Bits.Get(i))
		case w > 0:
			out = append(out, string(c.Fixed[i*w:(i+1)*w]))
		default:
			out = append(out, string(c.At(i)))
		}
	}
	return out
}

func TestArrowRoundTrip(t *testing.T) {
	kinds := []types.Type{
		types.Bool, types.Int2, types.Int4, types.Int8, types.Float4, types.Float8, types.Date, types.Time,
		types.Timestamp, types.Timestamptz, types.Interval, types.UUID, types.Numeric, types.JSONB, types.Text, types.TextArray,
		types.Bytea,
		{OID: types.OIDVarchar, Mod: 24},
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 200).Draw(t, "rows")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		b, schema := &Batch{N: n}, Schema{}
		for range rapid.IntRange(1, 5).Draw(t, "columns") {
			kind := rapid.SampledFrom(kinds).Draw(t, "type")
			nulls, coded := rapid.Bool().Draw(t, "nulls"), rapid.Bool().Draw(t, "coded")
			c := randomColumn(r, kind, n, nulls)
			if coded && kind.Layout() == types.LayoutBytes {
				codes := MakeValues[uint32](n)
				for i := range codes {
					codes[i] = uint32(i)
				}
				c = CodedOf(kind, codes, &Dict{ID: NewDictID(), Offsets: c.Offsets, Data: c.Data}, c.Valid)
			}
			b.Cols = append(b.Cols, c)
			schema = append(schema, Field{Name: "c", Type: kind, NotNull: !nulls})
		}
		rec, err := ToRecord(schema, b)
		if err != nil {
			t.Fatal(err)
		}
		lo := rapid.IntRange(0, n).Draw(t, "lo")
		hi := rapid.IntRange(lo, n).Draw(t, "hi")
		back, got, err := FromRecord(rec.NewSlice(int64(lo), int64(hi)))
		if err != nil {
			t.Fatal(err)
		}
		got.Check()
		if !reflect.DeepEqual(back, schema) {
			t.Fatalf("the schema is %v, want %v", back, schema)
		}
		want := b.Slice(lo, hi)
		for i := range want.Cols {
			if !reflect.DeepEqual(cells(&got.Cols[i]), cells(&want.Cols[i])) {
				t.Fatalf("column %d of type %v differs", i, schema[i].Type)
			}
			if (got.Cols[i].Dict == nil) != (want.Cols[i].Dict == nil) {
				t.Fatalf("column %d has lost its dictionary", i)
			}
		}
	})
}

func randomColumn(r *rand.Rand, t types.Type, n int, nulls bool) Column {
	b := NewBuilder(t, n)
	for range n {
		switch w := t.Layout().Width(); {
		case nulls && r.IntN(3) == 0:
			b.Null()
		case t.Layout() == types.LayoutBool:
			b.Bool(r.IntN(2) == 0)
		case w == 2:
			Put(b, int16(r.Uint32()))
		case w == 4:
			Put(b, r.Uint32())
		case w == 8:
			Put(b, r.Uint64())
		case w == 16:
			Put(b, [16]byte{byte(r.Uint32()), 15: 1})
		default:
			b.String(strings.Repeat("x", r.IntN(20)))
		}
	}
	return b.Finish()
}

func TestArrowShares(t *testing.T) {
	b := &Batch{N: 8, Cols: []Column{FixedOf(types.Int8, MakeValues[int64](8), nil)}}
	rec, err := ToRecord(Schema{{Name: "a", Type: types.Int8}}, b)
	if err != nil {
		t.Fatal(err)
	}
	_, got, err := FromRecord(rec)
	if err != nil {
		t.Fatal(err)
	}
	b.Cols[0].Fixed[0] = 77
	if got.Cols[0].Fixed[0] != 77 {
		t.Fatal("a padded, aligned buffer was copied")
	}
}

func TestArrowForeign(t *testing.T) {
	one := func(dt arrow.DataType, bufs ...*memory.Buffer) arrow.Record {
		data := array.NewData(dt, 2, bufs, nil, 0, 0)
		return array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "a", Type: dt}}, nil), []arrow.Array{rawArray{Array: array.NewNull(2), data: data}}, 2)
	}
	offsets := func(o ...int32) *memory.Buffer { return buffer(rawOf(o)) }
	for name, c := range map[string]struct {
		rec  arrow.Record
		code sqlerr.Code
	}{
		"good":            {one(arrow.BinaryTypes.String, nil, offsets(0, 1, 2), buffer([]byte("ab"))), sqlerr.Success},
		"falling offsets": {one(arrow.BinaryTypes.String, nil, offsets(0, 2, 1), buffer([]byte("ab"))), sqlerr.InvalidBinary},
		"below zero":      {one(arrow.BinaryTypes.String, nil, offsets(-1, 0, 1), buffer([]byte("ab"))), sqlerr.InvalidBinary},
		"behind the end":  {one(arrow.BinaryTypes.String, nil, offsets(0, 1, 9), buffer([]byte("ab"))), sqlerr.InvalidBinary},
		"short":           {one(arrow.PrimitiveTypes.Int64, nil, buffer(make([]byte, 8))), sqlerr.InvalidBinary},
		"no counterpart":  {one(arrow.PrimitiveTypes.Uint64, nil, buffer(make([]byte, 16))), sqlerr.FeatureNotSupported},
		"other unit":      {one(arrow.FixedWidthTypes.Timestamp_ns, nil, buffer(make([]byte, 16))), sqlerr.FeatureNotSupported},
	} {
		if _, _, err := FromRecord(c.rec); sqlerr.CodeOf(err) != c.code {
			t.Errorf("%s gives %v, want %s", name, err, c.code)
		}
	}
}

// rawArray carries data that Arrow's own constructors would refuse with a panic.
type rawArray struct {
	arrow.Array
	data arrow.ArrayData
}

func (a rawArray) Data() arrow.ArrayData    { return a.data }
func (a rawArray) DataType() arrow.DataType { return a.data.DataType() }
