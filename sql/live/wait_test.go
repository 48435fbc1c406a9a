package live

import (
	"errors"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// TestEndedGroupSaysWhy: whoever waits for a group and finds its goroutine ended gets what the group last said, and only
// then that it never goes on. Both channels that a waiter listens to may be closed by then, in either order.
func TestEndedGroupSaysWhy(t *testing.T) {
	ended := make(chan struct{})
	close(ended)
	failed := errors.New("failed")
	for name, c := range map[string]struct {
		g    *Group
		want sqlerr.Code
	}{
		"failed":      {g: &Group{err: failed}},
		"reached":     {g: &Group{visible: batch.Epoch{No: 7}}},
		"taken over":  {g: &Group{heir: &Group{}}},
		"not reached": {g: &Group{visible: batch.Epoch{No: 6}}, want: sqlerr.AdminShutdown},
	} {
		c.g.ended, c.g.moved = ended, make(chan struct{})
		err := c.g.halted(t.Context(), ended, 7)
		var e *sqlerr.Error
		if errors.As(err, &e) != (c.want != "") || e != nil && e.Code != c.want {
			t.Errorf("%s: %v, want SQLSTATE %q", name, err, c.want)
		}
	}
}
