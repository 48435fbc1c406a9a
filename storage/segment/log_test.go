package segment_test

import (
	"context"
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

// merging is a log that merges after each epoch whatever can be merged.
type merging struct{ *segment.Log }

func (m merging) Append(fence uint64, e *epoch.Entry) error {
	err := m.Log.Append(fence, e)
	for err == nil {
		var done segment.Merged
		if done, err = m.Merge(context.Background(), 1, func(context.Context, int64) error { return nil }); done.Segment == 0 {
			break
		}
	}
	return err
}

func TestMergedLog(t *testing.T) {
	logtest.Run(t, func(t *testing.T) func() (epoch.Log, error) {
		dir := t.TempDir()
		return func() (epoch.Log, error) {
			l, err := segment.Open(dir, segment.Options{SegmentBytes: 8 << 10})
			if err != nil {
				return nil, err
			}
			return merging{l}, nil
		}
	})
}
