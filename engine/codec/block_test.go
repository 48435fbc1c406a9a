package codec

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

var kinds = []types.Type{
	types.Bool, types.Int2, types.Int4, types.Int8, types.Float4, types.Float8, types.Date,
	types.Timestamptz, types.Interval, types.UUID, types.Text, types.JSONB, types.Numeric, types.TextArray, types.Varchar,
}

// column makes n random values; some strings are dictionary-coded.
func column(r *rand.Rand, t types.Type, n int, nulls, coded bool) batch.Column {
	b := batch.NewBuilder(t, n)
	words := 1 + r.IntN(1+n/2)
	for range n {
		switch w := t.Layout().Width(); {
		case nulls && r.IntN(3) == 0:
			b.Null()
		case t.Layout() == types.LayoutBool:
			b.Bool(r.IntN(2) == 0)
		case w == 2:
			batch.Put(b, int16(r.Uint32()))
		case w == 4:
			batch.Put(b, int32(r.Uint32()))
		case w == 8:
			batch.Put(b, int64(r.IntN(1000)))
		case w == 16:
			batch.Put(b, [16]byte{byte(r.Uint32()), 15: byte(r.Uint32())})
		default:
			k := r.IntN(words)
			b.String(fmt.Sprintf("%0*d", k%300, k))
		}
	}
	c := b.Finish()
	if t.Layout() != types.LayoutBytes || !coded {
		return c
	}
	// Entry 0 is never used, so that the block's dictionary is not the batch's.
	d := &batch.Dict{ID: batch.NewDictID(), Offsets: []int32{0, 6}, Data: []byte("unused")}
	seen, codes := map[string]uint32{}, batch.MakeValues[uint32](n)
	for i := range codes {
		s := string(c.At(i))
		code, ok := seen[s]
		if !ok {
			code = uint32(d.Len())
			d.Data = append(d.Data, s...)
			d.Offsets = append(d.Offsets, int32(len(d.Data)))
			seen[s] = code
		}
		codes[i] = code
	}
	return batch.CodedOf(t, codes, d, c.Valid)
}

// rows gives what a batch says, whatever the form of its columns.
func rows(b *batch.Batch) (out [][]any) {
	for i := range b.N {
		row := []any{b.Weight(i)}
		for k := range b.Cols {
			switch c := &b.Cols[k]; {
			case c.Null(i):
				row = append(row, nil)
			case c.Type.Layout() == types.LayoutBool:
				row = append(row, c.Bits.Get(i))
			case c.Type.Layout().Width() > 0:
				w := c.Type.Layout().Width()
				row = append(row, string(c.Fixed[i*w:(i+1)*w]))
			default:
				row = append(row, string(c.At(i)))
			}
		}
		out = append(out, row)
	}
	return out
}

func TestRoundTrip(t *testing.T) {
	var enc Encoder
	var dec Decoder
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.OneOf(rapid.IntRange(0, 130), rapid.Just(batch.MaxRows)).Draw(t, "rows")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		b := &batch.Batch{N: n}
		for range rapid.IntRange(0, 5).Draw(t, "columns") {
			kind := rapid.SampledFrom(kinds).Draw(t, "type")
			b.Cols = append(b.Cols, column(r, kind, n, rapid.Bool().Draw(t, "nulls"), rapid.Bool().Draw(t, "coded")))
		}
		if rapid.Bool().Draw(t, "diff") {
			b.Diff = make([]int64, n)
			for i := range b.Diff {
				b.Diff[i] = 1 - 2*int64(r.IntN(2))
			}
		}
		if n > 3 && rapid.Bool().Draw(t, "slice") {
			b = b.Slice(1, n-1)
		}
		data, err := enc.Encode([]byte("before"), b)
		if err != nil {
			t.Fatal(err)
		}
		got, err := dec.Decode(data[6:], nil)
		if err != nil {
			t.Fatal(err)
		}
		got.Check()
		if !reflect.DeepEqual(rows(got), rows(b)) {
			t.Fatalf("the rows differ")
		}
		for k := range got.Cols {
			if got.Cols[k].Type != b.Cols[k].Type {
				t.Fatalf("column %d has type %v", k, got.Cols[k].Type)
			}
			if f := got.Cols[k].Fixed; f != nil && cap(f) < len(f)+batch.Padding {
				t.Fatalf("column %d is not padded", k)
			}
		}
		for _, to := range []Compression{Zstd, None, Zstd} {
			data, err = Recode([]byte("before"), data[6:], to)
			if err != nil {
				t.Fatal(err)
			}
			if got, err = dec.Decode(data[6:], nil); err != nil || !reflect.DeepEqual(rows(got), rows(b)) {
				t.Fatalf("the rows differ when recoded: %v", err)
			}
		}
		if len(b.Cols) == 0 {
			return
		}
		pick := []int{len(b.Cols) - 1, 0}
		some, err := DecodeBlock(data[6:], pick)
		if err != nil {
			t.Fatal(err)
		}
		picked := *b
		picked.Cols = []batch.Column{b.Cols[pick[0]], b.Cols[pick[1]]}
		if !reflect.DeepEqual(rows(some), rows(&picked)) {
			t.Fatalf("the picked columns differ")
		}
	})
}

// TestDictionaryOutlivesTheLoan: a Clone shares the dictionary, so the next Decode must not write to it.
func TestDictionaryOutlivesTheLoan(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var dec Decoder
	var kept *batch.Batch
	var want [][]any
	for i := range 3 {
		b := &batch.Batch{N: 500, Cols: []batch.Column{column(r, types.Text, 500, false, true)}}
		data, err := EncodeBlock(nil, b)
		if err != nil {
			t.Fatal(err)
		}
		got, err := dec.Decode(data, nil)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			kept, want = got.Clone(), rows(b)
		}
	}
	if !reflect.DeepEqual(rows(kept), want) {
		t.Fatal("the clone has changed")
	}
}

func sample() []byte {
	r := rand.New(rand.NewPCG(3, 4))
	b := &batch.Batch{N: 90, Diff: make([]int64, 90)}
	for i := range b.Diff {
		b.Diff[i] = 1
	}
	for i, k := range kinds {
		b.Cols = append(b.Cols, column(r, k, 90, i%2 == 0, i%3 == 0))
	}
	data, err := EncodeBlock(nil, b)
	if err != nil {
		panic(err)
	}
	return data
}

// TestDamage flips every bit, and cuts at every byte: each is refused.
func TestDamage(t *testing.T) {
	data, err := Recode(nil, sample(), Zstd)
	if err != nil || data[3] != Version {
		t.Fatalf("nothing is packed: %v", err)
	}
	damage(t, data)
	damage(t, sample())
}

func damage(t *testing.T, data []byte) {
	t.Helper()
	for i := range data {
		if _, err := DecodeBlock(data[:i], nil); sqlerr.CodeOf(err) != sqlerr.DataCorrupted {
			t.Fatalf("a block cut at %d gives %v", i, err)
		}
		for bit := range 8 {
			data[i] ^= 1 << bit
			_, err := DecodeBlock(data, nil)
			data[i] ^= 1 << bit
			if c := sqlerr.CodeOf(err); c != sqlerr.DataCorrupted && (i != 3 || c != sqlerr.FeatureNotSupported) {
				t.Fatalf("bit %d of byte %d flipped gives %v", bit, i, err)
			}
		}
	}
}

// FuzzDecodeBlock gives the decoder anything, with checksums made true so that it looks at what lies behind them.
func FuzzDecodeBlock(f *testing.F) {
	f.Add(sample(), true)
	f.Add([]byte("VXB"), false)
	f.Fuzz(func(t *testing.T, data []byte, mend bool) {
		if mend {
			data = mended(data)
		}
		b, err := DecodeBlock(data, nil)
		if err != nil {
			if c := sqlerr.CodeOf(err); c != sqlerr.DataCorrupted && c != sqlerr.FeatureNotSupported {
				t.Fatalf("damage gives %v", err)
			}
			return
		}
		_ = rows(b)
		if _, err := EncodeBlock(nil, b); err != nil {
			t.Fatalf("what was decoded cannot be encoded: %v", err)
		}
	})
}

// mended gives the head and every column that the directory describes a true checksum.
func mended(data []byte) []byte {
	if len(data) < headLen {
		return data
	}
	d := append([]byte{}, data...)
	dirs := int(binary.LittleEndian.Uint16(d[8:])) + int(d[10]&flagDiff)
	if dirs > MaxColumns || len(d) < headLen+dirs*entryLen {
		return data
	}
	at := headLen + dirs*entryLen
	for i := range dirs {
		p := d[headLen+i*entryLen:]
		e := getEntry(p)
		if int(e.stored) > len(d)-at {
			break
		}
		e.crc = crc32.Checksum(d[at:at+int(e.stored)], castagnoli)
		e.put(p)
		at += int(e.stored)
	}
	binary.LittleEndian.PutUint32(d[12:], headCRC(d, dirs))
	return d
}

// files is FILEOPS: 8,192 rows of about 100 bytes.
func files() *batch.Batch {
	r := rand.New(rand.NewPCG(9, 9))
	n := batch.MaxRows
	ts, dur := batch.MakeValues[int64](n), batch.MakeValues[int64](n)
	kind, path, user := batch.NewBuilder(types.Text, n), batch.NewBuilder(types.Text, n), batch.NewBuilder(types.Text, n)
	for i := range n {
		ts[i], dur[i] = 1_700_000_000_000_000+int64(i)*37, int64(r.ExpFloat64()*1000)
		kind.String([]string{"open", "read", "write", "close", "rename", "unlink", "stat", "fsync"}[r.IntN(8)])
		path.String(fmt.Sprintf("/data/project-%02d/dir%03d/file-%06d.dat", r.IntN(40), r.IntN(500), r.IntN(100_000)))
		user.String(fmt.Sprintf("user%04d", r.IntN(1000)))
	}
	return &batch.Batch{N: n, Cols: []batch.Column{
		batch.FixedOf(types.Timestamptz, ts, nil), kind.Finish(), path.Finish(), user.Finish(), batch.FixedOf(types.Int8, dur, nil),
	}}
}

func BenchmarkEncode(b *testing.B) {
	in := files()
	var e Encoder
	var dst []byte
	for b.Loop() {
		var err error
		if dst, err = e.Encode(dst[:0], in); err != nil {
			b.Fatal(err)
		}
	}
	report(b, in, len(dst))
}

func BenchmarkDecode(b *testing.B) {
	in := files()
	data, err := EncodeBlock(nil, in)
	if err != nil {
		b.Fatal(err)
	}
	var d Decoder
	for b.Loop() {
		if _, err := d.Decode(data, nil); err != nil {
			b.Fatal(err)
		}
	}
	report(b, in, len(data))
}

func report(b *testing.B, in *batch.Batch, stored int) {
	b.ReportMetric(float64(in.N)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
	b.ReportMetric(float64(in.Bytes())/float64(in.N), "raw_B/row")
	b.ReportMetric(float64(stored)/float64(in.N), "B/row")
}
