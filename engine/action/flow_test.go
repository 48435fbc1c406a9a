package action

import "testing"

func TestFlowWithin(t *testing.T) {
	f := &Flow{}
	if f.Within(0.5) != 0 {
		t.Error("a time of nothing")
	}
	f.note(90, 0, nil, true, 9)    // 100 ns a row
	f.note(10, 10, nil, false, 80) // 8,000 ns
	if p50, p99 := f.Within(0.5), f.Within(0.99); p50 < 100 || p50 > 125 || p99 < 8000 || p99 > 10000 {
		t.Errorf("p50 %d, p99 %d", p50, p99)
	}
	if f.Events.Load() != 90 || f.Duplicates.Load() != 10 || f.Kept.Load() != 90 || f.Nanos.Load() != 89_000 {
		t.Errorf("%d events, %d duplicates, %d kept, %d ns", f.Events.Load(), f.Duplicates.Load(), f.Kept.Load(), f.Nanos.Load())
	}
}
