package badgerstore

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
	"github.com/dgraph-io/badger/v4/table"
	"github.com/dgraph-io/ristretto/v2/z"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// verifyTables reads every table that dir's manifest names and checks its sums. Badger does so as well when it opens
// them, but there a table that is damaged ends the whole process: its goroutine looks at a block that could not be read.
// Other tables are what a crash left half made: Badger removes them. What is wrong with the manifest it says itself.
func verifyTables(dir string, opt badger.Options) error {
	f, err := os.Open(filepath.Join(dir, badger.ManifestFilename))
	if err != nil {
		return nil // a new store, or one that Badger refuses
	}
	defer f.Close()
	manifest, _, err := badger.ReplayManifestFile(f, opt.ExternalMagicVersion, opt)
	if err != nil {
		return nil
	}
	for id := range manifest.Tables {
		path := table.NewFilename(id, dir)
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
