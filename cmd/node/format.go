package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// dataFormat is the version of the data folder as a whole, which docs/storage-format.md writes down. The log, its blocks,
// the store and checkpoints have versions of their own; this one changes when an older program must not touch the folder.
const dataFormat = 1

// formatFile names the file of a data folder that says its version, formatText what it says.
const (
	formatFile = "format"
	formatText = "vexstream data format %d\n"
)

// checkFormat refuses a data folder of a version that this program does not know, before anything in it is touched. A
// folder without a version is new.
func checkFormat(dir string) error {
	text, err := os.ReadFile(filepath.Join(dir, formatFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if string(text) == halfBackup {
		return sqlerr.New(sqlerr.ObjectNotInState, "%s is a backup that did not come to its end", dir).
			WithHint("Make the backup again: it goes on where it was.")
	}
	if err != nil {
		return sqlerr.Wrap(sqlerr.IOError, err, "cannot read the version of the data folder %s", dir)
	}
	var version int
	if n, err := fmt.Sscanf(string(text), formatText, &version); n != 1 || err != nil {
		return sqlerr.New(sqlerr.DataCorrupted, "the file %s of the data folder %s is damaged", formatFile, dir).
			WithHint("It should read \"vexstream data format %d\".", dataFormat)
	}
	if version != dataFormat {
		return sqlerr.NotSupported("the format %d of the data folder %s", version, dir).
			WithHint("This program knows format %d: use the vexstream that wrote the folder, or a newer one.", dataFormat)
	}
	return nil
}

// writeFormat writes the version into a folder that has none.
func writeFormat(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, formatFile)); err == nil {
		return nil
	}
	return writeText(dir, formatFile, fmt.Sprintf(formatText, dataFormat))
}
