package format

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

var roomSchema = batch.Schema{
	{Name: "t", Type: types.Text},
	{Name: "i", Type: types.Int4},
	{Name: "b", Type: types.Int8},
	{Name: "f", Type: types.Float8},
	{Name: "ts", Type: types.Timestamptz},
	{Name: "n", Type: types.Numeric},
}

// roomRow is row i as CSV; each seventh has nulls.
func roomRow(i int) string {
	if i%7 == 3 {
		return fmt.Sprintf(",%d,,,,\n", i)
	}
	return fmt.Sprintf("%s%d,%d,%d,%d.5,2026-01-01 00:00:00.%06d+00,%d.25\n", strings.Repeat("x", i%40), i, i, -i, i, i, i)
}

// inAndOut reads CSV, and gives what it was, and the sizes of the batches.
func inAndOut(t *testing.T, body string) (out string, sizes []int) {
	t.Helper()
	w, err := NewWriter(CSV, roomSchema, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []byte
	r, err := NewReader(CSV, roomSchema, []int{0, 1, 2, 3, 4, 5}, Options{}, func(b *batch.Batch) error {
		sizes, got = append(sizes, b.N), w.AppendBatch(got, b)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Write([]byte(body)); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return string(got), sizes
}

// TestRoom reads so many rows that there is room for from the start, one more, a batch of them, and more than one: they are what they are
// when a few at a time are read.
func TestRoom(t *testing.T) {
	for _, n := range []int{1, fewRows - 1, fewRows, fewRows + 1, batch.MaxRows, batch.MaxRows + 1, 2*batch.MaxRows + fewRows + 1} {
		var body, want strings.Builder
		for from := 0; from < n; from += 97 {
			var few strings.Builder
			for i := from; i < min(n, from+97); i++ {
				few.WriteString(roomRow(i))
			}
			out, _ := inAndOut(t, few.String())
			body.WriteString(few.String())
			want.WriteString(out)
		}
		got, sizes := inAndOut(t, body.String())
		if got != want.String() || strings.Count(got, "\n") != n {
			t.Errorf("%d rows are not what they were", n)
		}
		for _, size := range sizes[:len(sizes)-1] {
			if size != batch.MaxRows {
				t.Errorf("%d rows come in batches of %v", n, sizes)
			}
		}
	}
}

// TestFewRowsTakeLittle reads ten rows, for which no room for a whole batch is made.
func TestFewRowsTakeLittle(t *testing.T) {
	body := []byte(strings.Repeat(roomRow(1), 10))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	const times = 20
	for range times {
		r, err := NewReader(CSV, roomSchema, []int{0, 1, 2, 3, 4, 5}, Options{}, func(*batch.Batch) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Write(body); err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / times; each > 128<<10 {
		t.Errorf("a reader of ten rows allocates %d bytes", each)
	}
}

// BenchmarkFewRows reads statements of ten and of a thousand rows, each by a reader of its own.
func BenchmarkFewRows(b *testing.B) {
	for _, n := range []int{10, 1000} {
		b.Run(fmt.Sprintf("rows=%d", n), func(b *testing.B) {
			body := []byte(strings.Repeat(roomRow(1), n))
			b.ReportAllocs()
			for b.Loop() {
				r, err := NewReader(CSV, roomSchema, []int{0, 1, 2, 3, 4, 5}, Options{}, func(*batch.Batch) error { return nil })
				if err == nil {
					err = r.Write(body)
				}
				if err == nil {
					err = r.Close()
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
