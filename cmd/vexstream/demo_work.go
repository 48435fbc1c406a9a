package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

// The demo's file work: at most demoFiles files in each folder, so that the scratch folder stays small.
const (
	demoFiles = 12
	demoTick  = 20 * time.Millisecond // between two operations
	demoBytes = 4096                  // at most, of one write
)

var demoFolders = []string{"inbox", "photos", "reports", "build"}

// work does real file work below root until ctx is done: it creates, writes, renames and deletes, more in the first
// folders and files than in the last.
type work struct {
	root string
	rnd  *rand.Rand
	zipf *rand.Zipf
	data []byte
}

func newWork(root string) (*work, error) {
	rnd := rand.New(rand.NewPCG(1, 2)) // the same work each time
	w := &work{root: root, rnd: rnd, zipf: rand.NewZipf(rnd, 1.3, 2, demoFiles-1), data: make([]byte, demoBytes)}
	for _, f := range demoFolders {
		if err := os.MkdirAll(filepath.Join(root, f), 0o750); err != nil {
			return nil, err
		}
	}
	return w, nil
}

func (w *work) path() string {
	folder := min(w.rnd.IntN(len(demoFolders)), w.rnd.IntN(len(demoFolders)))
	return filepath.Join(w.root, demoFolders[folder], fmt.Sprintf("file-%02d", w.zipf.Uint64()))
}

func (w *work) run(ctx context.Context) error {
	t := time.NewTicker(demoTick)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
			if err := w.step(); err != nil {
				return err
			}
		}
	}
}

// step does one operation. A file that is not there is no error: it is created the next time.
func (w *work) step() error {
	path := w.path()
	var err error
	switch k := w.rnd.IntN(10); {
	case k < 7:
		err = w.write(path)
	case k < 8:
		err = os.Rename(path, path+".done")
	case k < 9:
		err = os.Remove(path + ".done")
	default:
		err = os.Remove(path)
	}
	if os.IsNotExist(err) {
		return nil
	}
	return err
}

func (w *work) write(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.Write(w.data[:1+w.rnd.IntN(demoBytes)]); err != nil {
		_ = f.Close() // the error of writing says more
		return err
	}
	return f.Close()
}
