package live

import (
	"fmt"

	"github.com/vexfs/vexstream/engine/state"
)

// Checked is what VerifyCheckpoint has read.
type Checked struct {
	Generation uint64 // 0: there is no checkpoint
	Stands     map[uint32]Stand
	Pages      int
	Bytes      int64
}

// ForgetCheckpoint makes a store that no node uses one without a checkpoint: the next start makes the views of the log, and
// removes the pages.
func ForgetCheckpoint(w state.Writer) error { return w.Delete(currentKey) }

// VerifyCheckpoint reads the newest checkpoint of a store that no node uses, with all its pages.
func VerifyCheckpoint(store state.Store) (Checked, error) {
	l := &Live{store: store}
	saved, err := l.readCurrent()
	if err != nil {
		return Checked{}, err
	}
	c := Checked{Generation: l.gen, Stands: l.Stands()}
	err = store.View(func(r state.Reader) error {
		for _, s := range saved {
			for keeper, pages := range s.pages {
				for _, p := range pages {
					data, err := readPage(r, s.view, keeper, p)
					if err != nil {
						return fmt.Errorf("page %x of relation %d: %w", p.key, s.view, err)
					}
					c.Pages++
					c.Bytes += int64(len(data))
				}
			}
		}
		return nil
	})
	return c, err
}
