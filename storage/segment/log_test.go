package segment_test

import (
	"testing"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/logtest"
	"github.com/vexfs/vexstream/storage/segment"
)

func TestLog(t *testing.T) {
	for name, size := range map[string]int64{"one segment": 8 << 20, "many segments": 8 << 10} {
		t.Run(name, func(t *testing.T) {
			logtest.Run(t, func(t *testing.T) func() (epoch.Log, error) {
				dir := t.TempDir()
				return func() (epoch.Log, error) { return segment.Open(dir, segment.Options{SegmentBytes: size}) }
			})
		})
	}
}
