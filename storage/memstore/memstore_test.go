package memstore_test

import (
	"testing"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/logtest"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/storage/memstore"
	"github.com/vexfs/vexstream/storage/storetest"
)

func TestLog(t *testing.T) {
	logtest.Run(t, func(*testing.T) func() (epoch.Log, error) {
		var l *memstore.Log
		return func() (epoch.Log, error) {
			if l == nil {
				l = memstore.NewLog()
			} else {
				l = l.Reopen()
			}
			return l, nil
		}
	})
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) state.Store { return memstore.NewStore() })
}
