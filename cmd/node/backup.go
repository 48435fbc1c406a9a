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
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/storage/badgerstore"
	"github.com/vexfs/vexstream/storage/segment"
)

// backupFile marks a data folder as a backup, which no node runs on, and says of which epoch it is. halfBackup stands in the
// place of the folder's version while one is being written.
const (
	backupFile = "backup"
	halfBackup = "vexstream backup under way\n"
)

// BackedUp is what a backup has.
type BackedUp struct {
	Epoch batch.Epoch // the newest one in it
	Log   segment.Copied
	Store int64 // bytes of the catalog and of the checkpoint
}

func (b BackedUp) String() string {
	return fmt.Sprintf("epoch %d of %s is saved: %d segments of the log, of which %d bytes were written and %d bytes were there, and %d bytes of catalog and checkpoint",
		b.Epoch.No, noteOf(b.Epoch).at, b.Log.Segments, b.Log.Bytes, b.Log.Kept, b.Store)
}

// Backup makes dir a copy of the data folder, as of one epoch, while the node goes on. An earlier backup of the same node there
// becomes this one, and only what came since is written. If it ends half-way, dir is none until the next one.
func (n *Node) Backup(ctx context.Context, dir string) (BackedUp, error) {
	if n.disk.parts == nil {
		return BackedUp{}, sqlerr.NotSupported("a backup of a node in memory")
	}
	if !n.backing.TryLock() {
		return BackedUp{}, sqlerr.New(sqlerr.ObjectInUse, "another backup is under way").WithHint("Wait for it to end.")
	}
	defer n.backing.Unlock()
	dir, err := n.backupFolder(dir)
	if err != nil {
		return BackedUp{}, err
	}
	if err := n.mayReplace(ctx, dir); err != nil {
		return BackedUp{}, err
	}
	if err := writeText(dir, formatFile, halfBackup); err != nil {
		return BackedUp{}, err
	}
	var b BackedUp
	var held *badgerstore.Held
	err = n.engine.Still(func(last batch.Epoch) (err error) {
		b.Epoch = last
		held, err = n.disk.parts.store.Hold()
		return err
	})
	if err != nil {
		return BackedUp{}, err
	}
	defer held.Release()
	fresh, store := filepath.Join(dir, "store.new"), filepath.Join(dir, "store")
	if err := os.RemoveAll(fresh); err != nil {
		return BackedUp{}, cannotBackUp(dir, err)
	}
	if b.Store, err = held.CopyTo(ctx, fresh); err != nil {
		return BackedUp{}, err
	}
	if err := os.MkdirAll(filepath.Join(dir, "log"), 0o750); err != nil {
		return BackedUp{}, cannotBackUp(dir, err)
	}
	if b.Epoch.No > 0 {
		if b.Log, err = n.disk.parts.log.CopyTo(ctx, filepath.Join(dir, "log"), b.Epoch.No); err != nil {
			return BackedUp{}, err
		}
	}
	if err := errors.Join(os.RemoveAll(store), os.Rename(fresh, store)); err != nil {
		return BackedUp{}, cannotBackUp(dir, err)
	}
	if err := writeText(dir, backupFile, noteOf(b.Epoch).String()); err != nil {
		return BackedUp{}, err
	}
	return b, writeText(dir, formatFile, fmt.Sprintf(formatText, dataFormat))
}

// backup is Backup for the session that asks for it.
func (n *Node) backup(ctx context.Context, dir string) (string, error) {
	b, err := n.Backup(ctx, dir)
	if err != nil {
		return "", err
	}
	return b.String(), nil
}

// backupFolder makes the folder of a backup, and refuses one that has something else.
func (n *Node) backupFolder(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", cannotBackUp(dir, err)
	}
	if rel, err := filepath.Rel(n.disk.dir, dir); err == nil && rel != ".." && !strings.HasPrefix(rel, "../") {
		return "", sqlerr.New(sqlerr.InvalidParameterValue, "the backup %s would lie in the data folder", dir).WithHint("Name a folder elsewhere, on another disk if there is one.")
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return "", cannotBackUp(dir, err)
	}
	there, err := os.ReadDir(dir)
	if err != nil {
		return "", cannotBackUp(dir, err)
	}
	_, marked := os.Stat(filepath.Join(dir, backupFile))
	text, _ := os.ReadFile(filepath.Join(dir, formatFile))
	if len(there) > 0 && marked != nil && string(text) != halfBackup {
		return "", sqlerr.New(sqlerr.InvalidParameterValue, "the folder %s has something that is no backup", dir).WithHint("Name an empty folder, or that of an earlier backup.")
	}
	return dir, nil
}

// Restore makes data, which is not there yet or empty, a data folder with what a backup has: all of it, or the epochs up to
// a time. It gives the newest epoch's number.
func Restore(backup, data string, upTo types.Micros) (uint64, error) {
	if err := checkFormat(backup); err != nil {
		return 0, err
	}
	if _, err := os.Stat(filepath.Join(backup, backupFile)); err != nil {
		return 0, sqlerr.Wrap(sqlerr.InvalidParameterValue, err, "%s is no backup", backup).WithHint("vexstream backup makes one.")
	}
	there, err := os.ReadDir(data)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, cannotRestore(data, err)
	}
	if len(there) > 0 {
		return 0, sqlerr.New(sqlerr.InvalidParameterValue, "the folder %s is not empty", data).WithHint("Name a folder that is not there yet.")
	}
	if err := os.MkdirAll(data, 0o750); err != nil {
		return 0, cannotRestore(data, err)
	}
	no, err := restore(backup, data, upTo)
	if err != nil {
		entries, _ := os.ReadDir(data) // what was copied is of no use
		for _, e := range entries {
			_ = os.RemoveAll(filepath.Join(data, e.Name()))
		}
	}
	return no, err
}

func restore(backup, data string, upTo types.Micros) (uint64, error) {
	if err := writeText(data, formatFile, halfBackup); err != nil {
		return 0, err
	}
	log, store := filepath.Join(data, "log"), filepath.Join(data, "store")
	err := segment.CopyFolder(filepath.Join(backup, "log"), log)
	if err == nil {
		err = badgerstore.CopyFolder(filepath.Join(backup, "store"), store)
	}
	if err != nil {
		return 0, err
	}
	no, err := rewind(backup, log, store, upTo)
	if err != nil {
		return 0, err
	}
	return no, writeText(data, formatFile, fmt.Sprintf(formatText, dataFormat))
}

// writeText writes a small file so that it is there whole, or as it was.
func writeText(dir, name, text string) error {
	path := filepath.Join(dir, name)
	f, err := os.Create(path + ".tmp")
	if err == nil {
		_, err = f.WriteString(text)
		err = errors.Join(err, f.Sync(), f.Close())
	}
	if err == nil {
		err = os.Rename(path+".tmp", path)
	}
	if err != nil {
		return sqlerr.Wrap(sqlerr.IOError, err, "cannot write %s", path)
	}
	return nil
}

func cannotBackUp(dir string, err error) error {
	return sqlerr.Wrap(sqlerr.IOError, err, "cannot make a backup in %s", dir).WithHint("Name a folder that the node's user can make and write to.")
}

func cannotRestore(dir string, err error) error {
	return sqlerr.Wrap(sqlerr.IOError, err, "cannot restore into %s", dir).WithHint("Name a folder that this user can make and write to.")
}
