package format

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

var asideSchema = batch.Schema{{Name: "a", Type: types.Int4}, {Name: "b", Type: types.Text}}

// TestAside cuts inputs with malformed rows everywhere: the good rows come, and the others are put aside with their lines.
func TestAside(t *testing.T) {
	for _, c := range []struct {
		kind   Kind
		header Header
		in     string
		bad    []string
	}{
		{CSV, MatchHeader, "a,b\n1,x\ntwo,y\n3\n4,z,zz\n\"5\",\"q\nr\"\nsix,\"u\nv\"\n7,w\n", []string{"3 22P02 two,y", "4 22P04 3", "5 22P04 4,z,zz", "9 22P02 six,\"u\nv\""}},
		{CSV, NoHeader, "1,x\n5,\"q\nr\"\n7,w\nx,", []string{"5 22P02 x,"}},
		{Text, SkipHeader, "a\tb\n1\tx\ntwo\ty\n5\tq\\nr\n3\n7\tw\n", []string{"3 22P02 two\ty", "5 22P04 3"}},
		{NDJSON, NoHeader, "{\"a\":1,\"b\":\"x\"}\n{\"a\":}\n{\"b\":\"q\\nr\",\"a\":5}\n{\"b\":\"lost\",\"a\":\"x\"}\n[]\n\n{\"a\":7,\"b\":\"w\"}\n{", []string{`2 22P02 {"a":}`, `4 22P02 {"b":"lost","a":"x"}`, "5 22P02 []", "8 22P02 {"}},
	} {
		for cut := range len(c.in) + 1 {
			var bad, good []string
			o := Options{Header: c.header, Aside: func(line int64, row []byte, err error) error {
				bad = append(bad, fmt.Sprintf("%d %s %s", line, sqlerr.CodeOf(err), row))
				return nil
			}}
			r, err := NewReader(c.kind, asideSchema, nil, o, func(b *batch.Batch) error {
				for i := range b.N {
					good = append(good, fmt.Sprintf("%d %s", batch.Values[int32](&b.Cols[0])[i], b.Cols[1].At(i)))
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(r.Write([]byte(c.in[:cut])), r.Write([]byte(c.in[cut:])), r.Close()); err != nil {
				t.Fatalf("%s cut at %d: %v", c.kind, cut, err)
			}
			if want := []string{"1 x", "5 q\nr", "7 w"}; !slices.Equal(good, want) || !slices.Equal(bad, c.bad) {
				t.Fatalf("%s cut at %d: rows %q, aside %q, want %q", c.kind, cut, good, bad, c.bad)
			}
			if r.Rows() != 3 {
				t.Errorf("%s: %d rows", c.kind, r.Rows())
			}
		}
	}
}

// TestAsideEnds is what is no malformed row and ends the reading all the same.
func TestAsideEnds(t *testing.T) {
	aside := func(int64, []byte, error) error { return errors.New("full") }
	fine := func(*batch.Batch) error { return nil }
	for _, kind := range []Kind{Binary, Arrow} {
		if _, err := NewReader(kind, asideSchema, nil, Options{Aside: aside}, fine); sqlerr.CodeOf(err) != sqlerr.FeatureNotSupported {
			t.Errorf("%s: %v", kind, err)
		}
	}
	for name, c := range map[string]struct {
		o    Options
		in   string
		emit func(*batch.Batch) error
		want string
	}{
		"who takes what is aside fails": {Options{Aside: aside}, "x,y\n", fine, "full"},
		"who takes the rows fails": {Options{Aside: func(_ int64, row []byte, _ error) error {
			t.Errorf("%q is put aside", row)
			return nil
		}}, "1,x\n", func(*batch.Batch) error { return errors.New("disk") }, "disk"},
		"the names are others": {Options{Header: MatchHeader, Aside: aside}, "b,a\n", fine, `column name mismatch in header line field 1: got "b", expected "a" (SQLSTATE 22P04)`},
	} {
		r, err := NewReader(CSV, asideSchema, nil, c.o, c.emit)
		if err != nil {
			t.Fatal(err)
		}
		err = r.Write([]byte(c.in))
		if err == nil {
			err = r.Close()
		}
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

// TestByteOfRecord has records that are no rows behind others, in pieces of every size: each is named by the byte at which it begins,
// whatever ends lines, and wherever in the record the error is.
func TestByteOfRecord(t *testing.T) {
	schema := fields("a integer, b text")
	for _, c := range []struct {
		kind   Kind
		o      Options
		before string // good records
		bad    string
	}{
		{CSV, Options{}, "1,x\n2,\"y\nz\"\n3,\n", "x,y\n4,z\n"},
		{CSV, Options{Header: SkipHeader}, "a,b\r\n1,x\r\n", "2,y,z\r\n"},
		{CSV, Options{}, "1,x\n", "2,\"open\n"},
		{CSV, Options{}, "", "2"},
		{Text, Options{}, "1\tx\n2\ty\\nz\n", "3\ty\tz\n"},
		{Text, Options{}, "1\tx\r\n", "y\tz\r\n"},
		{Text, Options{}, "1\tx\\\ny\n", "y\tz"},
		{NDJSON, Options{}, "{\"a\":1}\n\n  {\"b\":\"x\"}\n", "{\"a\":\"x\"}\n{\"a\":2}\n"},
		{NDJSON, Options{}, "{\"a\":1}\n", "[]"},
		{NDJSON, Options{MaxRow: 20}, "{\"a\":1}\n", "{\"b\":\"much longer than that\"}\n"},
		{CSV, Options{MaxRow: 20}, "1,x\n", "2,much longer than twenty bytes"},
		{Text, Options{MaxRow: 20}, "1\tx\n", "2\tmuch longer than twenty bytes"},
	} {
		c.o.Relation = "t"
		all := c.before + c.bad
		for cut := 1; cut <= len(all); cut++ {
			r, err := NewReader(c.kind, schema, nil, c.o, func(*batch.Batch) error { return nil })
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i < len(all) && err == nil; i += cut {
				err = r.Write([]byte(all[i:min(i+cut, len(all))]))
			}
			if err == nil {
				err = r.Close()
			}
			e, ok := sqlerr.As(err)
			if !ok || e.Byte != int64(len(c.before))+1 {
				t.Fatalf("%v %q in pieces of %d: %+v, want byte %d", c.kind, all, cut, e, len(c.before)+1)
			}
		}
	}
}

// TestByteOfBinaryRow is the same for COPY binary.
func TestByteOfBinaryRow(t *testing.T) {
	schema := fields("a integer, b text")
	w, err := NewWriter(Binary, schema, Options{})
	if err != nil {
		t.Fatal(err)
	}
	a, b := batch.NewBuilder(types.Int4, 2), batch.NewBuilder(types.Text, 2)
	batch.Put(a, int32(1))
	b.String("x")
	a.Null()
	b.String("longer")
	good := w.AppendBatch(w.AppendStart(nil), &batch.Batch{N: 2, Cols: []batch.Column{a.Finish(), b.Finish()}})
	good = append(append([]byte(signature), 0, 0, 0, 0, 0, 0, 0, 3, 'e', 'x', 't'), good[headerLen:]...) // with an extension of the header
	for _, c := range []struct {
		bad string
		at  int // of the row that is to blame, behind the good ones
	}{
		{"\x00\x03", 0},
		{"\x00\x02\x00\x00\x00\x03abc\x00\x00\x00\x01y", 0},
		{"\x00\x02\xff\xff\xff\xfe", 0},
		{"\x00\x02\x00\x00", 0},
		{"\xff\xffmore", 2},
	} {
		all := append(slices.Clone(good), c.bad...)
		for cut := 1; cut <= len(all); cut++ {
			r, err := NewReader(Binary, schema, nil, Options{Relation: "t"}, func(*batch.Batch) error { return nil })
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i < len(all) && err == nil; i += cut {
				err = r.Write(all[i:min(i+cut, len(all))])
			}
			if err == nil {
				err = r.Close()
			}
			e, ok := sqlerr.As(err)
			if want := int64(len(good) + c.at + 1); !ok || e.Byte != want {
				t.Fatalf("%q in pieces of %d: %+v, want byte %d", c.bad, cut, e, want)
			}
		}
	}
}
