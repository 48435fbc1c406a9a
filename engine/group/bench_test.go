package group

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// BenchmarkColumn gives strings their codes: keys of a few bytes, and paths of which there are many.
func BenchmarkColumn(b *testing.B) {
	for _, c := range []struct {
		name, form string
		n          int
	}{{"keys", "user_%04d", 1000}, {"paths", "/data/project/%06d/some/where/file.txt", 100_000}} {
		b.Run(c.name, func(b *testing.B) {
			rnd := rand.New(rand.NewPCG(1, 2))
			var cols []batch.Column
			for range 64 {
				to := batch.NewBuilder(types.Text, batch.MaxRows)
				for range batch.MaxRows {
					to.String(fmt.Sprintf(c.form, rnd.IntN(c.n)))
				}
				col := to.Finish()
				cols = append(cols, col.Clone())
			}
			s := NewStrings()
			var words []uint64
			for i := range cols {
				words = s.Column(&cols[i], words[:0])
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				words = s.Column(&cols[i%len(cols)], words[:0])
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*batch.MaxRows), "ns/row")
		})
	}
}
