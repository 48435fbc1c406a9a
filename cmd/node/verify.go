package node

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/vexfs/vexstream/engine/codec"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/live"
	"github.com/vexfs/vexstream/sql/session"
	"github.com/vexfs/vexstream/storage/badgerstore"
	"github.com/vexfs/vexstream/storage/segment"
)

// maxDamages is how many damaged places Verify tells one by one.
const maxDamages = 1000

// Verify reads everything that a data folder holds, which no node may be using, checks every sum, changes nothing, and
// writes to out what it found. The error is XX001 if something is damaged.
func Verify(dir string, out io.Writer) error {
	if _, err := os.Stat(filepath.Join(dir, "log")); err != nil {
		return sqlerr.Wrap(sqlerr.InvalidParameterValue, err, "%s is no data folder", dir).WithHint("Name the folder that serve --data names.")
	}
	if err := checkFormat(dir); err != nil {
		return err
	}
	v := &verification{out: out}
	version, checked, err := v.store(filepath.Join(dir, "store"))
	if err != nil {
		return err
	}
	l, err := v.log(filepath.Join(dir, "log"))
	if err != nil {
		return err
	}
	if v.names != nil {
		v.together(l, version, checked)
	}
	switch b, err := readNote(dir); {
	case errors.Is(err, fs.ErrNotExist): // it is no backup
	case err != nil:
		v.damage("%s", oneLine(err))
	case b.no > l.Last:
		v.damage("the backup is of epoch %d, and the log ends with %d: a part of the log is lost", b.no, l.Last)
	}
	if v.damages == 0 {
		_, err := fmt.Fprintln(out, "everything is as it was written")
		return err
	}
	return sqlerr.New(sqlerr.DataCorrupted, "%d places of %s are damaged", v.damages, dir).
		WithHint("Restore the folder from a copy. A node opens it as far as what it needs is whole, and refuses to read the rest.")
}

// verification is one Verify.
type verification struct {
	out     io.Writer
	damages int
	names   map[uint32]string // nil: the catalog cannot be read
}

// damage tells of one place. What cannot be written does not matter: the count is the answer.
func (v *verification) damage(format string, args ...any) {
	if v.damages++; v.damages <= maxDamages {
		_, _ = fmt.Fprintf(v.out, "DAMAGED: "+format+"\n", args...)
	}
}

// store reads the catalog and the checkpoint. Its error is about what could not be looked at at all.
func (v *verification) store(dir string) (version uint64, checked live.Checked, err error) {
	err = badgerstore.Verify(dir, func(scope func(badgerstore.Prefix) state.Store) error {
		snap, err := session.ReadCatalog(scope(badgerstore.Catalog))
		if err != nil {
			v.damage("the catalog: %s", oneLine(err))
			return nil
		}
		version, v.names = snap.Version, map[uint32]string{catalog.EventsID: "events"}
		for _, r := range snap.Relations() {
			v.names[r.ID] = r.QualifiedName()
		}
		if checked, err = live.VerifyCheckpoint(scope(badgerstore.Checkpoint)); err != nil {
			v.damage("the checkpoint: %s", oneLine(err))
		}
		_, err = fmt.Fprintf(v.out, "store: version %d of the catalog with %d relations; checkpoint %d of %d views and tables, %d pages of %d bytes\n",
			version, len(v.names)-1, checked.Generation, len(checked.Stands), checked.Pages, checked.Bytes)
		return err
	})
	if sqlerr.CodeOf(err) == sqlerr.DataCorrupted {
		v.damage("%s", oneLine(err))
		err = nil
	}
	return version, checked, err
}

func (v *verification) log(dir string) (*segment.Verified, error) {
	var d codec.Decoder
	check := func(b *epoch.Block) error {
		rows, err := d.Decode(b.Data, nil)
		if err == nil && b.Rows > 0 && rows.N != int(b.Rows) {
			err = sqlerr.New(sqlerr.DataCorrupted, "it has %d rows in place of %d", rows.N, b.Rows)
		}
		return err
	}
	l, err := segment.Verify(dir, check, func(d segment.Damage) {
		lost := ""
		if b := d.Block; b != nil {
			lost = fmt.Sprintf(", %d rows of %s from _offset %d", b.Rows, v.name(b.Relation), b.Offset0)
		}
		v.damage("%s%s", d, lost)
	})
	if err != nil {
		return nil, err
	}
	end := ""
	switch {
	case l.Torn > 0:
		end = fmt.Sprintf("; a crash left %d bytes behind them, which were never acknowledged", l.Torn)
	case !l.Closed:
		end = "; it was not closed"
	}
	_, err = fmt.Fprintf(v.out, "log: epochs %d to %d in %d segments, %d blocks, %d rows, %d bytes%s\n", l.First, l.Last, l.Segments, l.Blocks, l.Rows, l.Bytes, end)
	return l, err
}

func (v *verification) name(id uint32) string {
	if name := v.names[id]; name != "" {
		return name
	}
	return "relation " + strconv.FormatUint(uint64(id), 10)
}

// together looks whether the store and the log belong to each other.
func (v *verification) together(l *segment.Verified, version uint64, checked live.Checked) {
	if l.Catalog > version {
		v.damage("the log knows version %d of the catalog, and the store only %d: a part of the store is lost", l.Catalog, version)
	}
	for id, at := range checked.Stands {
		switch {
		case at.Epoch > l.Last:
			v.damage("the checkpoint has %s at epoch %d, and the log ends with %d: a part of the log is lost", v.name(id), at.Epoch, l.Last)
		case at.Epoch+1 < l.First:
			v.damage("the checkpoint has %s at epoch %d, and the log begins with %d", v.name(id), at.Epoch, l.First)
		}
	}
}
