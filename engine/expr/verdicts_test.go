package expr

import (
	"fmt"
	"math/rand"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// grown is a dictionary of n entries that is a prefix of every longer one with this id.
func grown(id uint64, n int) *batch.Dict {
	d := &batch.Dict{ID: id, Offsets: make([]int32, 1, n+1)}
	for i := range n {
		d.Data = append(d.Data, fmt.Sprintf("/%s/%d", []string{"data", "home", "Data"}[i%7%3], i)...)
		d.Offsets = append(d.Offsets, int32(len(d.Data)))
	}
	return d
}

// TestVerdicts compares LIKE over dictionaries that grow and come back with LIKE over the same rows as plain strings.
func TestVerdicts(t *testing.T) {
	schema := batch.Schema{{Name: "s", Type: types.Text}}
	for _, text := range []string{
		"s like '/data/%'", "s like '%7'", "s not like '%a/1%'", "s like '/data/3'", "s ilike '/DATA/_1'", "s similar to '/(data|home)/[0-9]'",
	} {
		e, err := parseSQL(text, schema)
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewSource(1))
		coded, plain := &Ctx{}, &Ctx{}
		ids := []uint64{batch.NewDictID(), batch.NewDictID()}
		for round, size := range []int{5, 70, 70, 1000, 1001, 64, 4000, 3000, 100_000, 100_000, 100_010} {
			d := grown(ids[round%2], size)
			codes, b := make([]uint32, 200), batch.NewBuilder(types.Text, 200)
			for i := range codes {
				codes[i] = uint32(r.Intn(size))
				b.Bytes(d.At(codes[i]))
			}
			coded.Reset()
			plain.Reset()
			got := e.Eval(coded, &batch.Batch{N: 200, Cols: []batch.Column{batch.CodedOf(types.Text, codes, d, nil)}}, nil)
			want := e.Eval(plain, &batch.Batch{N: 200, Cols: []batch.Column{b.Finish()}}, nil)
			for i := range codes {
				if got.Bits.Get(i) != want.Bits.Get(i) {
					t.Fatalf("%s: %q among %d entries: %v", text, d.At(codes[i]), size, got.Bits.Get(i))
				}
			}
		}
	}
}

// TestVerdictsAreKept counts how often entries are matched: once each, and never many more than there were rows.
func TestVerdictsAreKept(t *testing.T) {
	d := grown(batch.NewDictID(), 10_000)
	x := batch.CodedOf(types.Text, make([]uint32, 500), d, nil)
	var v verdicts
	matched, known := 0, 0
	for range 20 {
		if v.lookup(batch.NewBitmap(x.N), &x, func(hits batch.Bitmap, from int) { matched += d.Len() - from }) {
			known++
		}
	}
	if matched != d.Len() || known != 16 {
		t.Errorf("%d entries matched, %d of 20 batches looked up", matched, known)
	}
	x.Dict = grown(d.ID, 10_100)
	v.lookup(batch.NewBitmap(x.N), &x, func(_ batch.Bitmap, from int) { matched += x.Dict.Len() - from })
	if matched < 10_100 || matched > 10_100+63 {
		t.Errorf("%d entries matched after the dictionary grew by 100", matched)
	}
}
