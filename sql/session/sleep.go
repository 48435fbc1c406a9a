package session

import (
	"time"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/live"
)

// Sleep waits for d, or fails when the statement is cancelled, is out of time, or has lost its client.
func (a asked) Sleep(d time.Duration) error {
	if a.ctx == nil {
		return sqlerr.NotSupported("pg_sleep here").WithHint("A query can wait, and INSERT, UPDATE and DELETE that read one.")
	}
	return live.Wait(a.ctx, d)
}

// Clock is the time now.
func (a asked) Clock() types.Micros { return a.s.e.clock() }
