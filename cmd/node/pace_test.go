package node_test

import (
	"strings"
	"testing"

	"github.com/vexfs/vexstream/cmd/node"
)

// TestBatchMode opens a node at each pace, and at none that there is.
func TestBatchMode(t *testing.T) {
	for _, mode := range []string{"", "latency", "balanced", "throughput"} {
		n, err := node.Open(t.Context(), node.Settings{BatchMode: mode})
		if err != nil {
			t.Fatalf("%q: %v", mode, err)
		}
		if _, err := n.Query(t.Context(), "CREATE TABLE t (a int)"); err != nil {
			t.Errorf("%q: %v", mode, err)
		}
		if _, err := n.Query(t.Context(), "INSERT INTO t VALUES (1)"); err != nil {
			t.Errorf("%q: %v", mode, err)
		}
		n.Close()
	}
	if _, err := node.Open(t.Context(), node.Settings{BatchMode: "fast"}); err == nil || !strings.Contains(err.Error(), `batch_mode is "fast"`) {
		t.Errorf("fast: %v", err)
	}
}
