package badgerstore

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/dgraph-io/badger/v4/options"
	"github.com/dgraph-io/badger/v4/table"
	"github.com/dgraph-io/ristretto/v2/z"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// verifyTables reads every table in dir and checks its sums. Badger does so as well when it opens them, but there a table
// that is damaged ends the whole process: its goroutine looks at a block that could not be read.
func verifyTables(dir string) error {
	tables, err := filepath.Glob(filepath.Join(dir, "*.sst"))
	if err != nil {
		return sqlerr.Wrap(sqlerr.IOError, err, "cannot list the folder %s of the store", dir)
	}
	for _, path := range tables {
		if err := verifyTable(path); err != nil {
			return sqlerr.Wrap(sqlerr.DataCorrupted, err, "the store is damaged: %s", path).WithHint("Restore the folder from a copy.")
		}
	}
	return nil
}

func verifyTable(path string) (err error) {
	file, err := z.OpenMmapFile(path, os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	var t *table.Table
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("its blocks cannot be read: %v", p)
		}
		if t != nil { // else it was closed, or left to the end of a process that cannot start
			_ = t.Close(-1) // nothing was written
		}
	}()
	t, err = table.OpenTable(file, table.Options{ReadOnly: true, BlockSize: tableBlockBytes, Compression: options.Snappy, ChkMode: options.OnTableRead})
	return err
}
