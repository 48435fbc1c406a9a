package bare

import (
	"slices"
	"testing"
	"time"
)

// rounds is how often both take their turn.
const rounds = 9

// against reports how many times as long as bare the machinery takes: the middle of the rounds' ratios.
func against(b *testing.B, machinery, bare func()) {
	b.Helper()
	machinery() // what is made at the first call is not what is measured
	bare()
	var ratios []float64
	for range b.N {
		for range rounds {
			began := time.Now()
			machinery()
			middle := time.Now()
			bare()
			ratios = append(ratios, float64(middle.Sub(began))/float64(max(time.Since(middle), 1)))
		}
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "x-bare")
}
