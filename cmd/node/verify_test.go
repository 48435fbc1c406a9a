package node_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/vexfs/vexstream/cmd/node"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
)

// TestVerify verifies a folder as a killed node left it, and then with damage of each kind.
func TestVerify(t *testing.T) {
	edit := func(t *testing.T, path string, change func([]byte) []byte) {
		t.Helper()
		data, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(path, change(data), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	const segment = "log/0000000000000001.seg"
	for name, c := range map[string]struct {
		damage func(t *testing.T, dir string)
		says   []string // patterns
		whole  bool
	}{
		"as it was": {
			damage: func(*testing.T, string) {},
			says:   []string{`store: version \d+ of the catalog with 1[0-9] relations; checkpoint 1 of \d+ views and tables, \d+ pages`, `log: epochs 1 to \d+ in 1 segments, \d+ blocks, \d+ rows, \d+ bytes; it was not closed`, `everything is as it was written`},
			whole:  true,
		},
		"a block": {
			damage: func(t *testing.T, dir string) {
				edit(t, filepath.Join(dir, segment), func(data []byte) []byte {
					at := bytes.Index(data, []byte("UserAction"))
					data[at] = 'u'
					return data
				})
			},
			says: []string{`DAMAGED: byte \d+ of .*0001.seg: the checksum of a block of epoch \d+ is wrong, 1 rows of events from _offset 0\n`},
		},
		"the log's end": {
			damage: func(t *testing.T, dir string) {
				edit(t, filepath.Join(dir, segment), func(data []byte) []byte { return data[:2000] })
			},
			says: []string{`DAMAGED: the log knows|DAMAGED: the checkpoint has \w+ at epoch \d+, and the log ends with \d+: a part of the log is lost`},
		},
		"the checkpoint": {
			damage: func(t *testing.T, dir string) {
				changeCheckpoint(t, dir, func(w state.Writer, _ []byte) error {
					var page []byte
					err := w.Scan([]byte("p/"), func(key, _ []byte) error {
						page = append([]byte(nil), key...)
						return nil
					})
					if err != nil {
						return err
					}
					return w.Delete(page)
				})
			},
			says: []string{`DAMAGED: the checkpoint: page .* of relation \d+: a checkpoint is damaged`},
		},
		"the catalog": {
			damage: func(t *testing.T, dir string) {
				if err := os.RemoveAll(filepath.Join(dir, "store")); err != nil {
					t.Fatal(err)
				}
				if err := os.Mkdir(filepath.Join(dir, "store"), 0o700); err != nil {
					t.Fatal(err)
				}
			},
			says: []string{`DAMAGED: the log knows version \d+ of the catalog, and the store only 0`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			unpack(t, "testdata/format/1.tar.gz", dir)
			c.damage(t, dir)
			var out strings.Builder
			err := node.Verify(dir, &out)
			if c.whole != (err == nil) || err != nil && sqlerr.CodeOf(err) != sqlerr.DataCorrupted {
				t.Errorf("Verify gives %v", err)
			}
			for _, p := range c.says {
				if !regexp.MustCompile(p).MatchString(out.String()) {
					t.Errorf("no %q in\n%s", p, &out)
				}
			}
			if left, err := filepath.Glob(dir + "/verify-*"); len(left) > 0 || err != nil {
				t.Errorf("%v is left, %v", left, err)
			}
		})
	}
}

func TestVerifyRefuses(t *testing.T) {
	dir := t.TempDir()
	if err := node.Verify(dir, nil); sqlerr.CodeOf(err) != sqlerr.InvalidParameterValue {
		t.Errorf("a folder that is none gives %v", err)
	}
	open(t, node.Settings{Data: dir})
	if err := node.Verify(dir, nil); sqlerr.CodeOf(err) != sqlerr.ObjectInUse {
		t.Errorf("a folder in use gives %v", err)
	}
}
