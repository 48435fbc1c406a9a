package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/live"
	"github.com/vexfs/vexstream/sql/session"
	"github.com/vexfs/vexstream/storage/badgerstore"
)

// note is what a backup says of itself: which epoch is its newest, and of when. The time is text, as it is compared.
type note struct {
	no uint64
	at string
}

func noteOf(e batch.Epoch) note {
	return note{e.No, string(types.AppendTimestamptz(nil, e.Time, nil))}
}

func (b note) String() string { return fmt.Sprintf("epoch %d\ntime %s\n", b.no, b.at) }

// readNote reads what the backup in dir says of itself; fs.ErrNotExist: it has said nothing yet.
func readNote(dir string) (b note, err error) {
	text, err := os.ReadFile(filepath.Join(dir, backupFile))
	if err != nil {
		return b, err
	}
	first, second, _ := strings.Cut(string(text), "\n")
	if n, err := fmt.Sscanf(first, "epoch %d", &b.no); n != 1 || err != nil || !strings.HasPrefix(second, "time ") {
		return b, sqlerr.New(sqlerr.DataCorrupted, "the file %s of the backup %s is damaged", backupFile, dir).
			WithHint("It should read \"epoch\" and \"time\" of the newest epoch, a line each.")
	}
	b.at = strings.TrimSpace(strings.TrimPrefix(second, "time "))
	return b, nil
}

// mayReplace refuses a backup in dir that is not of this node, or of what it was before it was restored to an earlier time: it would be
// lost. What cannot be told, as the log has forgotten that epoch, is taken for its own.
func (n *Node) mayReplace(ctx context.Context, dir string) error {
	b, err := readNote(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && b.no == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	log := n.engine.Committer.Log()
	first, last := log.Bounds()
	if b.no < first {
		return nil
	}
	same := false
	if b.no <= last {
		none := func(*epoch.Block) bool { return false }
		if err := log.Read(ctx, b.no, b.no, none, func(e *epoch.Entry) error {
			same = noteOf(e.Epoch) == b
			return nil
		}); err != nil {
			return err
		}
	}
	if same {
		return nil
	}
	return sqlerr.New(sqlerr.InvalidParameterValue, "%s has a backup of epoch %d of %s, which is not of this node", dir, b.no, b.at).
		WithHint("Name another folder, or remove that one if nobody needs it.")
}

// wholeBackup refuses what was copied of a backup if its log ends before what that says of itself, or its store cannot be read.
func wholeBackup(backup, store string, last uint64) error {
	b, err := readNote(backup)
	if err != nil {
		return err
	}
	if last < b.no {
		return sqlerr.New(sqlerr.DataCorrupted, "the backup is of epoch %d, and its log ends with %d: a part of it is lost", b.no, last).
			WithHint("vexstream verify %s says more. Restore another backup.", backup)
	}
	db, err := badgerstore.Open(store, badgerstore.Options{MinFree: -1})
	if err != nil {
		return err
	}
	_, err = session.ReadCatalog(db.Scope(badgerstore.Catalog))
	if err == nil {
		_, err = live.VerifyCheckpoint(db.Scope(badgerstore.Checkpoint))
	}
	return errors.Join(err, db.Close())
}

// IsDataFolder says whether a node has run on dir.
func IsDataFolder(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, formatFile))
	return err == nil
}
