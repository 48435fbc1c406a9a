package node

import (
	"testing"
	"time"

	"github.com/vexfs/vexstream/engine/types"
)

// A checkpoint comes after its time; sooner, where a restart would fold for long, but never so often that they take more than a
// third of the time; a clock that goes back starts the time anew.
func TestCheckpointsAreDue(t *testing.T) {
	const s = types.Second
	for _, tc := range []struct {
		name   string
		c      checkpoints
		now    types.Micros
		replay time.Duration
		due    bool
		ended  types.Micros
	}{
		{name: "too early", c: checkpoints{ended: 100 * s}, now: 109 * s, replay: time.Second / 2, ended: 100 * s},
		{name: "its time", c: checkpoints{ended: 100 * s}, now: 110 * s, due: true, ended: 100 * s},
		{name: "a long replay", c: checkpoints{ended: 100 * s}, now: 101 * s, replay: time.Second, due: true, ended: 100 * s},
		{name: "a long replay after a dear one", c: checkpoints{ended: 100 * s, took: 3 * s}, now: 105 * s, replay: time.Minute, ended: 100 * s},
		{name: "and a while later", c: checkpoints{ended: 100 * s, took: 3 * s}, now: 106 * s, replay: time.Minute, due: true, ended: 100 * s},
		{name: "replay does not count", c: checkpoints{ended: 100 * s, replay: -1}, now: 105 * s, replay: time.Minute, ended: 100 * s},
		{name: "a long replay after one that failed", c: checkpoints{ended: 100 * s, failed: true}, now: 105 * s, replay: time.Minute, ended: 100 * s},
		{name: "its time after one that failed", c: checkpoints{ended: 100 * s, failed: true}, now: 110 * s, due: true, ended: 100 * s},
		{name: "the clock went back", c: checkpoints{ended: 100 * s}, now: 50 * s, replay: time.Minute, ended: 50 * s},
	} {
		c := tc.c
		if c.every = 10 * time.Second; c.replay == 0 {
			c.replay = time.Second
		}
		if due := c.due(tc.now, tc.replay); due != tc.due || c.ended != tc.ended {
			t.Errorf("%s: due %v, counted from %d", tc.name, due, c.ended)
		}
	}
	var c checkpoints
	if c.done(5*s, 7*s, true); c.failed || c.ended != 7*s || c.took != 2*s {
		t.Errorf("done: %+v", c)
	}
	if c.done(5*s, 4*s, false); !c.failed || c.took != 0 {
		t.Errorf("the clock went back meanwhile: %+v", c)
	}
}

// CHECKPOINT stores what views and tables hold by then.
func TestCheckpointStatement(t *testing.T) {
	n, err := Open(t.Context(), Settings{Data: t.TempDir(), Checkpoint: time.Hour, Replay: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	const setup = "CREATE STREAM s (k bigint); CREATE MATERIALIZED VIEW counted AS SELECT k, count(*) FROM s GROUP BY k; INSERT INTO s VALUES (1), (2); CHECKPOINT"
	if _, err := n.Query(t.Context(), setup); err != nil {
		t.Fatal(err)
	}
	last := n.Engine().Committer.Last().No
	stands := n.Engine().Live.Stands()
	if len(stands) != 1 {
		t.Fatalf("%d views have a checkpoint", len(stands))
	}
	for id, at := range stands {
		if at.Epoch != last {
			t.Errorf("view %d is stored as of epoch %d, the newest is %d", id, at.Epoch, last)
		}
	}
}
