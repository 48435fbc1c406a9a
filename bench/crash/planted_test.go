//go:build planted

package crash

import (
	"testing"

	"github.com/vexfs/vexstream/engine/invariant"
)

// TestPlanted shows that the tests find bugs: of each of those that this build can be asked for, one of them must tell.
func TestPlanted(t *testing.T) {
	for bug, finds := range map[invariant.Bug]func(*testing.T, uint64, int) (int64, error){
		invariant.UnsyncedCommit:  powerLoss,
		invariant.EarlyAnswer:     powerLoss,
		invariant.EarlyCheckpoint: kill,
	} {
		t.Run(string(bug), func(t *testing.T) {
			t.Setenv("VEXSTREAM_PLANTED", string(bug))
			_, err := finds(t, seed(t), 24)
			if err == nil {
				t.Fatal("nobody noticed")
			}
			t.Logf("found: %v", err)
		})
	}
}
