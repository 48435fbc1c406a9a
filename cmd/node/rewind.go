package node

import (
	"context"
	"errors"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/live"
	"github.com/vexfs/vexstream/sql/session"
	"github.com/vexfs/vexstream/storage/badgerstore"
	"github.com/vexfs/vexstream/storage/segment"
)

// rewind cuts the log and the store of a folder that nobody uses, as they were copied of a backup, back to the newest epoch that is not after a time, and gives
// its number. The catalog is as it was at the end, so it must not have changed since; a checkpoint that is newer is
// forgotten, which needs a log from the beginning.
func rewind(backup, log, store string, upTo types.Micros) (uint64, error) {
	var times []types.Micros // of the epochs from first on
	first, last, err := read(log, func(e *epoch.Entry) { times = append(times, e.Epoch.Time) })
	if err != nil {
		return 0, err
	}
	if err := wholeBackup(backup, store, last); err != nil {
		return 0, err
	}
	at := func(no uint64) string {
		if no < first || no > last {
			return "its beginning"
		}
		return string(types.AppendTimestamptz(nil, times[no-first], nil))
	}
	n := 0
	for n < len(times) && times[n] <= upTo {
		n++
	}
	to := first + uint64(n) - 1
	if n == len(times) {
		return to, nil
	}
	if n == 0 {
		return 0, sqlerr.New(sqlerr.InvalidParameterValue, "the backup has nothing from before %s", types.AppendTimestamptz(nil, upTo, nil)).
			WithHint("Its oldest epoch is of %s.", at(first))
	}
	db, err := badgerstore.Open(store, badgerstore.Options{MinFree: -1})
	if err != nil {
		return 0, err
	}
	err = rewindStore(db, first, to, at)
	if err = errors.Join(err, db.Close()); err != nil {
		return 0, err
	}
	return to, segment.CutAfter(log, to)
}

func rewindStore(db *badgerstore.DB, first, to uint64, at func(uint64) string) error {
	snap, err := session.ReadCatalog(db.Scope(badgerstore.Catalog))
	if err != nil {
		return err
	}
	if snap.Version > to {
		return sqlerr.NotSupported("going back to before %s, when the catalog last changed,", at(snap.Version)).
			WithHint("Restore a backup from before that time.")
	}
	pages := db.Scope(badgerstore.Checkpoint)
	checked, err := live.VerifyCheckpoint(pages)
	if err != nil {
		return err
	}
	newest := uint64(0)
	for _, s := range checked.Stands {
		newest = max(newest, s.Epoch)
	}
	if newest <= to {
		return nil
	}
	if first > 1 {
		return sqlerr.NotSupported("going back to before %s, when the views were last stored,", at(newest)).
			WithHint("The log has forgotten its oldest rows, of which the views are made. Restore a backup from before that time.")
	}
	return pages.Update(func(w state.Writer) error { return live.ForgetCheckpoint(w) })
}

// read visits the epochs of a log that nobody uses, without their rows.
func read(dir string, visit func(*epoch.Entry)) (first, last uint64, err error) {
	l, err := segment.Open(dir, segment.Options{MinFree: -1})
	if err != nil {
		return 0, 0, err
	}
	first, last = l.Bounds()
	none := func(*epoch.Block) bool { return false }
	err = l.Read(context.Background(), first, 0, none, func(e *epoch.Entry) error {
		visit(e)
		return nil
	})
	return first, last, errors.Join(err, l.Close())
}
