package scratch_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/vexfs/vexstream/engine/enginetest"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/storage/scratch"
)

// What was put comes back until it is freed, freed room is used again, and the file is gone with who made it.
func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "scratch")
	if err := os.WriteFile(path, []byte("left by a crash"), 0o600); err != nil {
		t.Fatal(err)
	}
	const most = 1 << 16
	f, err := scratch.Open(path, most, -1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("what was left is still there: %v", err)
	}
	type piece struct {
		at   int64
		data []byte
	}
	rnd := rand.New(rand.NewPCG(enginetest.Seed(), 1))
	var have []piece
	held, full := 0, 0
	for range 20_000 {
		if len(have) > 0 && rnd.IntN(2) == 0 {
			i := rnd.IntN(len(have))
			got := make([]byte, len(have[i].data))
			if err := f.Get(got, have[i].at); err != nil || !bytes.Equal(got, have[i].data) {
				t.Fatalf("at %d: %v, or other bytes", have[i].at, err)
			}
			f.Free(have[i].at, len(got))
			held -= len(got)
			have[i] = have[len(have)-1]
			have = have[:len(have)-1]
			continue
		}
		data := bytes.Repeat([]byte{byte(rnd.Uint32())}, 1+rnd.IntN(2000))
		at, err := f.Put(data)
		if sqlerr.CodeOf(err) == sqlerr.DiskFull && held > most/4 {
			full++
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		held += len(data)
		have = append(have, piece{at, data})
		if f.Bytes() > most {
			t.Fatalf("it has %d bytes", f.Bytes())
		}
	}
	for _, p := range have {
		f.Free(p.at, len(p.data))
	}
	if f.Bytes() != 0 || full == 0 {
		t.Errorf("%d bytes are left of nothing; it was full %d times", f.Bytes(), full)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the file is still there: %v", err)
	}
	if _, err := f.Put([]byte("x")); err == nil {
		t.Error("it takes something after it is closed")
	}
	if f, err = scratch.Open(path, most, 1<<60); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Put([]byte("x")); sqlerr.CodeOf(err) != sqlerr.DiskFull {
		t.Errorf("it takes the room that is to be left free: %v", err)
	}
}
