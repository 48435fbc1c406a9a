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
	killed := func(t *testing.T, seed uint64) error {
		_, _, err := kill(t, seed, 24)
		return err
	}
	points := func(t *testing.T, seed uint64) error {
		_, _, err := crashPoints(t, seed, 40)
		return err
	}
	once := func(t *testing.T, seed uint64) error {
		_, err := onceEach(t, seed, 60)
		return err
	}
	for _, c := range []struct {
		bug   invariant.Bug
		by    string
		finds func(*testing.T, uint64) error
	}{
		{invariant.UnsyncedCommit, "power loss", power()},
		// A sync that takes 20 ms makes the time long in which an answer is out and its epoch is not on the disk.
		{invariant.EarlyAnswer, "power loss", power(tampered("fdatasync", "delay_enter=20000")...)},
		{invariant.EarlyCheckpoint, "kills", killed},
		{invariant.EarlyCheckpoint, "kills at a call", points},
		{invariant.EarlyCheckpoint, "once each", once},
		{invariant.LostProducers, "once each", once},
	} {
		t.Run(string(c.bug)+" by "+c.by, func(t *testing.T) {
			if c.bug == invariant.EarlyAnswer || c.by == "kills at a call" {
				needStrace(t)
			}
			t.Setenv("VEXSTREAM_PLANTED", string(c.bug))
			if c.bug == invariant.EarlyCheckpoint {
				t.Setenv(childCheckpoints, "5ms") // so that each life of a node has some, however fast the machine is
			}
			err := c.finds(t, seed(t))
			if err == nil {
				t.Fatal("nobody noticed")
			}
			t.Logf("found: %v", err)
		})
	}
}
