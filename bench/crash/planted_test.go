//go:build planted

package crash

import (
	"testing"

	"github.com/vexfs/vexstream/engine/invariant"
)

// TestPlanted shows that the tests find bugs: of each of those that this build can be asked for, one of them must tell.
func TestPlanted(t *testing.T) {
	power := func(front ...string) func(*testing.T, uint64) error {
		return func(t *testing.T, seed uint64) error {
			_, err := powerLoss(t, seed, 24, front)
			return err
		}
	}
	for bug, finds := range map[invariant.Bug]func(*testing.T, uint64) error{
		invariant.UnsyncedCommit: power(),
		// A sync that takes 20 ms makes the time long in which an answer is out and its epoch is not on the disk.
		invariant.EarlyAnswer: power(tampered("fdatasync", "delay_enter=20000")...),
		invariant.EarlyCheckpoint: func(t *testing.T, seed uint64) error {
			_, _, err := kill(t, seed, 24)
			return err
		},
		invariant.LostProducers: func(t *testing.T, seed uint64) error {
			_, err := onceEach(t, seed, 8)
			return err
		},
	} {
		t.Run(string(bug), func(t *testing.T) {
			if bug == invariant.EarlyAnswer {
				needStrace(t)
			}
			t.Setenv("VEXSTREAM_PLANTED", string(bug))
			err := finds(t, seed(t))
			if err == nil {
				t.Fatal("nobody noticed")
			}
			t.Logf("found: %v", err)
		})
	}
}
