package badgerstore

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/dgraph-io/badger/v4"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/storage/internal/disk"
)

// Verify reads a database that nobody uses, every table and every key, checks every sum, and changes nothing in it. read
// is then given its users' stores, which are not to be written to. What is damaged is XX001, and ends it.
func Verify(dir string, read func(scope func(Prefix) state.Store) error) error {
	if _, err := os.Stat(dir); err != nil {
		return sqlerr.Wrap(sqlerr.IOError, err, "there is no store in %s", dir)
	}
	lock, err := disk.Acquire(dir)
	if err != nil {
		return err
	}
	return errors.Join(verify(dir, read), lock.Release())
}

func verify(dir string, read func(scope func(Prefix) state.Store) error) error {
	set := settings(dir, Options{Logger: slog.New(slog.DiscardHandler)})
	if err := verifyTables(dir, set); err != nil {
		return err
	}
	// Badger opens no database that a kill left without changing it, so it is given one of its own.
	other, err := os.MkdirTemp(filepath.Dir(dir), "verify-*")
	if err != nil {
		return sqlerr.Wrap(sqlerr.IOError, err, "cannot make a folder beside %s", dir).WithHint("Verify a copy of the folder, in a place where this user may write.")
	}
	err = link(dir, other)
	if err == nil {
		err = verifyCopy(other, set.WithDir(other).WithValueDir(other), read)
	}
	return errors.Join(err, os.RemoveAll(other))
}

func verifyCopy(dir string, set badger.Options, read func(scope func(Prefix) state.Store) error) error {
	if err := removeEmpty(dir); err != nil {
		return err
	}
	b, err := badger.Open(set)
	if err != nil {
		return sqlerr.Wrap(sqlerr.DataCorrupted, err, "the store cannot be read").WithHint("Restore the folder from a copy.")
	}
	db := &DB{dir: dir, badger: b}
	return errors.Join(read(db.Scope), b.Close())
}

// link makes to a copy of the files in from: tables, which never change, are the same files.
func link(from, to string) error {
	return files(from, func(name string) error {
		a, b := filepath.Join(from, name), filepath.Join(to, name)
		if filepath.Ext(name) == ".sst" && os.Link(a, b) == nil {
			return nil
		}
		return disk.Copy(a, b)
	})
}

// files visits the names of a database's files, but for those of locks.
func files(dir string, visit func(name string) error) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return sqlerr.Wrap(sqlerr.IOError, err, "cannot list the folder %s of the store", dir)
	}
	for _, f := range entries {
		if !f.Type().IsRegular() || filepath.Ext(f.Name()) == ".vexstream" || f.Name() == "LOCK" {
			continue
		}
		if err := visit(f.Name()); err != nil {
			return sqlerr.Wrap(sqlerr.IOError, err, "cannot copy the file %s of the store in %s", f.Name(), dir)
		}
	}
	return nil
}
