package expr

import (
	"fmt"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

var benchSchema = batch.Schema{
	{Name: "s", Type: types.Text},
	{Name: "b", Type: types.Int8},
	{Name: "a", Type: types.Int4},
	{Name: "f", Type: types.Float8},
	{Name: "u", Type: types.Bool},
	{Name: "ts", Type: types.Timestamp},
}

// benchBatch is n rows of which half begin with /data/ and half have b > 500, in no order that a branch predictor
// could learn.
func benchBatch(n int) (*batch.Batch, int) {
	s, u := batch.NewBuilder(types.Text, n), batch.NewBuilder(types.Bool, n)
	b, a := batch.MakeValues[int64](n), batch.MakeValues[int32](n)
	f, ts := batch.MakeValues[float64](n), batch.MakeValues[int64](n)
	x, pass := uint64(88172645463325252), 0
	for i := range n {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		dir := "/data"
		if x>>40&1 == 0 {
			dir = "/home"
		}
		s.String(fmt.Sprintf("%s/%d", dir, x%1000))
		b[i], a[i], f[i] = int64(x>>20%1000), int32(x>>30%1000), float64(x%1000)
		ts[i] = 1_700_000_000_000_000 + int64(i)*1000
		u.Bool(x>>50&1 == 0)
		if dir == "/data" && b[i] > 500 {
			pass++
		}
	}
	return &batch.Batch{N: n, Cols: []batch.Column{
		s.Finish(), batch.FixedOf(types.Int8, b, nil), batch.FixedOf(types.Int4, a, nil), batch.FixedOf(types.Float8, f, nil),
		u.Finish(), batch.FixedOf(types.Timestamp, ts, nil),
	}}, pass
}

// BenchmarkSelect picks rows of batches of 8,192; ns/row is per row looked at.
func BenchmarkSelect(bm *testing.B) {
	plain, _ := benchBatch(batch.MaxRows)
	for _, in := range []struct {
		name string
		b    *batch.Batch
	}{{"strings", plain}, {"codes", coded(plain)}} {
		for _, text := range []string{
			"s like '/data/%' and b > 500", "s like '/data/%'", "b > 500", "s = '/data/17'", "s in ('/data/17', '/home/3', 'x')",
			"s like '%a/1%'", "s ~ '^/data/1'", "b > 500 and a < 300 and u", "b % 7 = 3", "f > 1.5",
		} {
			e, err := parseSQL(text, benchSchema)
			if err != nil {
				bm.Fatal(err)
			}
			bm.Run(in.name+"/"+text, func(bm *testing.B) {
				p, c := NewPredicate(e), &Ctx{}
				var dst []uint32
				for bm.Loop() {
					c.Reset()
					dst = p.Select(c, in.b, dst)
				}
				bm.ReportMetric(float64(bm.Elapsed().Nanoseconds())/float64(bm.N)/float64(in.b.N), "ns/row")
			})
		}
	}
}

// BenchmarkEval computes a column from batches of 8,192.
func BenchmarkEval(bm *testing.B) {
	b, _ := benchBatch(batch.MaxRows)
	for _, text := range []string{
		"b + 1", "b + a", "b * 2", "f * 2", "b::float8", "b::numeric * 1.5", "a / 7", "lower(s)", "s || '!'", "date_trunc('minute', ts)",
		"extract(hour from ts)", "date_part('hour', ts)", "case when b > 500 then a else 0 end", "coalesce(s, 'x')", "length(s)", "b::text", "split_part(s, '/', 2)",
	} {
		e, err := parseSQL(text, benchSchema)
		if err != nil {
			bm.Fatal(err)
		}
		bm.Run(text, func(bm *testing.B) {
			c := &Ctx{}
			for bm.Loop() {
				c.Reset()
				e.Eval(c, b, nil)
			}
			bm.ReportMetric(float64(bm.Elapsed().Nanoseconds())/float64(bm.N)/float64(b.N), "ns/row")
		})
	}
}
