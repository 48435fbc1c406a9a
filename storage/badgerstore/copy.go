package badgerstore

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/dgraph-io/badger/v4"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/storage/internal/disk"
)

// Held is the database as it was at one moment.
type Held struct {
	db  *DB
	txn *badger.Txn
}

// Hold holds the database still for a reader while it goes on, until Release.
func (db *DB) Hold() (*Held, error) {
	if err := db.enter(); err != nil {
		return nil, err
	}
	return &Held{db, db.badger.NewTransaction(false)}, nil
}

// Release ends the hold.
func (h *Held) Release() {
	h.txn.Discard()
	h.db.using.Done()
}

// CopyTo makes dir, which is not there yet or empty, a database with what is held, and gives how many bytes that are.
func (h *Held) CopyTo(ctx context.Context, dir string) (bytes int64, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return 0, sqlerr.Wrap(sqlerr.IOError, err, "cannot make the folder %s", dir)
	}
	tables, _ := h.db.badger.Size()
	if err := disk.NewGuard(dir, openFree).Check(tables); err != nil {
		return 0, err
	}
	// It counts once Close has made it durable: until then there is nothing to be lost.
	to, err := badger.Open(settings(dir, Options{Logger: slog.New(slog.DiscardHandler)}).WithSyncWrites(false))
	if err != nil {
		return 0, sqlerr.Wrap(sqlerr.IOError, err, "cannot make a store in %s", dir)
	}
	bytes, err = h.write(ctx, to)
	if err = errors.Join(err, to.Close()); err != nil {
		return 0, sqlerr.Wrap(sqlerr.IOError, err, "cannot copy the store to %s", dir)
	}
	return bytes, disk.SyncDir(dir)
}

func (h *Held) write(ctx context.Context, to *badger.DB) (bytes int64, err error) {
	w := to.NewWriteBatch()
	defer w.Cancel()
	it := h.txn.NewIterator(badger.DefaultIteratorOptions)
	defer it.Close()
	for it.Rewind(); it.Valid(); it.Next() {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		v, err := it.Item().ValueCopy(nil)
		if err == nil {
			err = w.Set(it.Item().KeyCopy(nil), v)
		}
		if err != nil {
			return 0, err
		}
		bytes += it.Item().EstimatedSize()
	}
	return bytes, w.Flush()
}

// CopyFolder copies the files of a database that was closed and that nobody uses.
func CopyFolder(from, to string) error {
	if err := os.MkdirAll(to, 0o700); err != nil {
		return sqlerr.Wrap(sqlerr.IOError, err, "cannot make the folder %s", to)
	}
	err := files(from, func(name string) error { return disk.Copy(filepath.Join(from, name), filepath.Join(to, name)) })
	return errors.Join(err, disk.SyncDir(to))
}
