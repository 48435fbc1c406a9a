package node

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/vexfs/vexstream/engine/codec"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/storage/badgerstore"
	"github.com/vexfs/vexstream/storage/memstore"
	"github.com/vexfs/vexstream/storage/scratch"
	"github.com/vexfs/vexstream/storage/segment"
)

// disk is everything that a node keeps.
type disk struct {
	dir     string      // empty: memory
	made    fs.FileInfo // of the log's folder, as it was opened
	log     epoch.Log
	catalog state.Store
	pages   state.Store
	outbox  state.Store
	scratch state.Scratch         // nil in memory
	size    func() int64          // of the store
	parts   *parts                // nil in memory
	store   func() error          // why the store takes no writes any more, if so; nil in memory
	failed  atomic.Pointer[error] // the first write that failed for good
	close   []func() error        // in the order of opening
}

// parts are what a disk is made of, for who copies them.
type parts struct {
	log   *segment.Log
	store *badgerstore.DB
}

// openDisk opens the data folder, or memory. A folder in use is 55006.
func openDisk(set Settings) (*disk, error) {
	dir, minFree, journal := set.Data, set.MinFree, set.Journal
	if dir == "" {
		l := memstore.NewLog()
		return &disk{log: l, catalog: memstore.NewStore(), pages: memstore.NewStore(), outbox: memstore.NewStore(), close: []func() error{l.Close}}, nil
	}
	dir, err := filepath.Abs(dir)
	if err == nil {
		err = os.MkdirAll(dir, 0o750)
	}
	if err != nil {
		hint := "Name a folder that this user can make and write to, with --data."
		if errors.Is(err, fs.ErrPermission) {
			hint = "This user may not write there. Change the folder's owner, or name another one with --data."
		}
		return nil, sqlerr.Wrap(sqlerr.IOError, err, "cannot use the data folder %s", dir).WithHint("%s", hint)
	}
	if err := checkFormat(dir); err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(dir, backupFile)); err == nil {
		return nil, sqlerr.New(sqlerr.ObjectNotInState, "%s is a backup", dir).
			WithHint("Restore it into a folder of its own: vexstream restore %s --data DIR.", dir)
	}
	d := &disk{dir: dir}
	l, err := segment.Open(filepath.Join(dir, "log"), segment.Options{
		SegmentBytes: set.SegmentBytes, MinFree: minFree, Logger: journal, Recode: codec.Recode,
	})
	if err != nil {
		return nil, inUse(dir, err)
	}
	d.log, d.close = guarded{l, d}, append(d.close, l.Close)
	if d.made, err = os.Stat(filepath.Join(dir, "log")); err != nil {
		_ = d.Close() // the error of looking says more
		return nil, sqlerr.Wrap(sqlerr.IOError, err, "cannot use the data folder %s", dir).WithHint("Something removed it just now.")
	}
	if err := writeFormat(dir); err != nil {
		_ = d.Close() // the error of writing says more
		return nil, err
	}
	db, err := badgerstore.Open(filepath.Join(dir, "store"), badgerstore.Options{MinFree: minFree, Logger: journal})
	if err != nil {
		_ = d.Close() // the error of opening says more
		return nil, inUse(dir, err)
	}
	d.parts = &parts{log: l, store: db}
	d.close, d.store, d.size = append(d.close, db.Close), db.Failed, db.Size
	s, err := scratch.Open(filepath.Join(dir, "scratch"), 0, minFree)
	if err != nil {
		_ = d.Close() // the error of opening says more
		return nil, err
	}
	d.scratch, d.close = s, append(d.close, s.Close)
	d.catalog, d.pages, d.outbox = db.Scope(badgerstore.Catalog), db.Scope(badgerstore.Checkpoint), db.Scope(badgerstore.Outbox)
	return d, nil
}

// inUse names the folder as the user gave it when another process holds a part of it.
func inUse(dir string, err error) error {
	if e, ok := sqlerr.As(err); ok && e.Code == sqlerr.ObjectInUse {
		_, holder, _ := strings.Cut(e.Message, " is in use by ")
		return sqlerr.New(sqlerr.ObjectInUse, "the data folder %s is in use by %s", dir, holder).
			WithHint("Stop that process, or give this one a folder of its own with --data.")
	}
	return err
}

// gone says whether the folder was removed or replaced under the node: what is written then is kept nowhere.
func (d *disk) gone() error {
	if d.made == nil {
		return nil
	}
	now, err := os.Stat(filepath.Join(d.dir, "log"))
	if err == nil && !os.SameFile(now, d.made) {
		err = errors.New("another folder has its name")
	}
	if err == nil {
		return nil
	}
	return sqlerr.Wrap(sqlerr.IOError, err, "the data folder %s is gone; nothing can be stored", d.dir).
		WithHint("Stop the node, put the folder back as it was, or a copy of it, and start again.")
}

// guarded refuses to write to a folder that is gone: the files are still open, and would take rows that nobody finds.
type guarded struct {
	epoch.Log
	d *disk
}

// Append looks for the folder, which costs a thousandth of a write, and writes.
func (g guarded) Append(fence uint64, e *epoch.Entry) error {
	err := g.d.gone()
	if err == nil {
		err = g.Log.Append(fence, e)
	}
	switch sqlerr.CodeOf(err) {
	case sqlerr.DiskFull, sqlerr.ConfigurationLimit, sqlerr.ProgramLimitExceeded: // those pass, or are about this write only
	default:
		if err != nil {
			g.d.failed.CompareAndSwap(nil, &err)
		}
	}
	return err
}

// broken says why nothing can be stored any more, if so. A folder that is gone may come back: whoever starts again without
// it begins with an empty one, so that this node goes on telling why. After anything else a new start is the mend: final.
func (d *disk) broken() (why error, final bool) {
	if err := d.gone(); err != nil {
		return err, false
	}
	if err := d.failed.Load(); err != nil {
		return *err, true
	}
	if d.store != nil {
		if err := d.store(); err != nil {
			return err, true
		}
	}
	return nil, false
}

// Close closes the parts in the reverse of their order.
func (d *disk) Close() error {
	var errs []error
	for i := len(d.close) - 1; i >= 0; i-- {
		errs = append(errs, d.close[i]())
	}
	d.close = nil
	return errors.Join(errs...)
}
