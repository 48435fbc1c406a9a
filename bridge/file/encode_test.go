package file

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

// columnar is an output of Parquet files with one column.
func columnar(t *testing.T, dir string, of types.Type) *Output {
	t.Helper()
	o := options(dir)
	o.Format, o.Schema = Parquet, batch.Schema{{Name: "v", Type: of}}
	out, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = out.Close() })
	return out
}

// TestWeightsInParquet is a row as often as its weight says, across the limit of a batch.
func TestWeightsInParquet(t *testing.T) {
	dir := t.TempDir()
	o := columnar(t, dir, types.Int8)
	b := epochOf(3)
	b.Diff = []int64{1, batch.MaxRows + 1, 2}
	if err := o.Push(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	advance(t, o, 3)
	store(t, o)
	data, err := os.ReadFile(filepath.Join(dir, "out%2Fput.7-000000000003-000000000003.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	lines := parquetLines(t, data)
	want := slices.Concat([]string{`{"v":30}`}, slices.Repeat([]string{`{"v":31}`}, batch.MaxRows+1), slices.Repeat([]string{`{"v":32}`}, 2))
	if !slices.Equal(lines, want) {
		t.Errorf("%d rows, want %d", len(lines), len(want))
	}
	if s := o.Status(); s.Rows != int64(len(want)) || s.Bytes != int64(len(data)) || s.Waiting != 0 || s.Err != nil {
		t.Errorf("%+v", s)
	}
}

// TestParquetLeavesMemory is an epoch larger than what an output keeps in memory. Its rows hardly pack.
func TestParquetLeavesMemory(t *testing.T) {
	dir := t.TempDir()
	o := columnar(t, dir, types.Bytea)
	var all [][]byte
	seed := uint64(1)
	for range 40 {
		col := batch.NewBuilder(types.Bytea, 1024)
		for range 1024 {
			v := make([]byte, 1023)
			for i := range v {
				seed = seed*6364136223846793005 + 1442695040888963407
				v[i] = byte(seed >> 56)
			}
			all = append(all, v)
			col.Bytes(v)
		}
		if err := o.Push(t.Context(), &batch.Batch{N: 1024, Cols: []batch.Column{col.Finish()}}); err != nil {
			t.Fatal(err)
		}
		if got := o.inMemory(); got > 48<<20 {
			t.Fatalf("%d bytes are in memory", got)
		}
	}
	if o.open.file == nil {
		t.Error("nothing is on disk")
	}
	advance(t, o, 5)
	store(t, o)
	data, err := os.ReadFile(filepath.Join(dir, "out%2Fput.7-000000000005-000000000005.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	_, rows := parquetRows(t, data)
	for b := range rows {
		for i := range b.N {
			if !bytes.Equal(b.Cols[0].At(i), all[at+i]) {
				t.Fatalf("row %d differs", at+i)
			}
		}
		at += b.N
	}
	if at != len(all) {
		t.Errorf("%d rows, want %d", at, len(all))
	}
}

// TestParquetCannotHold is a value that the column's type has and Parquet has not: the output fails and says which column.
func TestParquetCannotHold(t *testing.T) {
	dir := t.TempDir()
	money := types.Type{OID: types.OIDNumeric, Mod: 8<<16 | 2 + 4}
	o := columnar(t, dir, money)
	for no, v := range []string{"1.50", "NaN", "2.00"} {
		col := batch.NewBuilder(money, 1)
		if err := value.ParseText(col, []byte(v), nil); err != nil {
			t.Fatal(err)
		}
		if err := o.Push(t.Context(), &batch.Batch{N: 1, Cols: []batch.Column{col.Finish()}}); err != nil {
			t.Fatal(err)
		}
		advance(t, o, uint64(no)+1)
	}
	store(t, o)
	if s := o.Status(); s.Err == nil || !strings.Contains(s.Err.Error(), "a decimal cannot be NaN") || s.Waiting != 0 || s.Rows != 0 {
		t.Errorf("%+v", s)
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "*")); len(files) > 0 {
		t.Errorf("%v is there", files)
	}
}
