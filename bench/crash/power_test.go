package crash

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// image is an ext4 file system in a file of its own.
type image struct{ file, dir string }

// newImage makes an ext4 file system of so many MiB and mounts it, or skips the test.
func newImage(t *testing.T, mib int) *image {
	t.Helper()
	im := &image{file: filepath.Join(t.TempDir(), "image"), dir: t.TempDir()}
	if os.Geteuid() != 0 {
		skipOrFail(t, "mounting a file system needs root")
	}
	for _, args := range [][]string{
		{"truncate", "-s", fmt.Sprintf("%dM", mib), im.file},
		{"mkfs.ext4", "-q", "-F", im.file},
		{"mount", "-o", "loop", im.file, im.dir},
	} {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			skipOrFail(t, fmt.Sprintf("no file system of its own: %v: %v: %s", args, err, out))
		}
	}
	t.Cleanup(func() { im.unmount(t) })
	return im
}

// cut takes the power off: what the file system has not been made to write by then is gone.
func (im *image) cut(t *testing.T) {
	t.Helper()
	const shutdown, noLogFlush = 0x8004587d, 2 // EXT4_IOC_SHUTDOWN
	d, err := os.Open(im.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := unix.IoctlSetPointerInt(int(d.Fd()), shutdown, noLogFlush); err != nil {
		skipOrFail(t, "this kernel does not let a file system be shut down: "+err.Error())
	}
}

// unmount lets go of the file system. A process that has just died may still hold it for a moment.
func (im *image) unmount(t *testing.T) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var out []byte
	var err error
	for range 100 {
		if out, err = exec.Command("umount", im.dir).CombinedOutput(); err == nil {
			return
		}
		<-tick.C
	}
	t.Errorf("umount: %v: %s", err, out)
}

// again gives the file system back as it is on its disk.
func (im *image) again(t *testing.T) {
	t.Helper()
	im.unmount(t)
	if out, err := exec.Command("mount", "-o", "loop", im.file, im.dir).CombinedOutput(); err != nil {
		t.Fatalf("mount: %v: %s", err, out)
	}
}

// TestPowerLoss takes the power off the disk under a node at work.
func TestPowerLoss(t *testing.T) {
	long(t)
	began, cycles := time.Now(), scale(t, 2, 10, 200)
	rows, err := powerLoss(t, seed(t), cycles, nil)
	if err != nil {
		t.Fatal(err)
	}
	line(t, began, cycles, rows, "")
}

// powerLoss runs nodes behind the command line in front, if any.
func powerLoss(t *testing.T, seed uint64, cycles int, front []string) (rows int64, err error) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 3))
	for done := 0; done < cycles; done += cyclesOfFolder {
		im := newImage(t, 2048)
		data := filepath.Join(im.dir, "data")
		w := newWorld(r.Uint64(), data)
		p, said := launch(t, data, front, childMinFree+"=-1")
		if p == nil {
			return rows, fmt.Errorf("the node does not start: %s", said)
		}
		w.found(t, p)
		for range min(cyclesOfFolder, cycles-done) {
			w.cutOff(t, p, im, int64(1+r.IntN(200)))
			if p, said = launch(t, data, front, childMinFree+"=-1"); p == nil {
				return rows, fmt.Errorf("cycle %d: the node does not start: %s", w.cycle, said)
			}
			if err := w.check(p); err != nil {
				return rows, fmt.Errorf("cycle %d: %w\n%s", w.cycle, err, p.said)
			}
		}
		p.kill()
		rows += w.acked.Load()
	}
	return rows, nil
}

// cutOff lets clients work on a node and takes the power off its disk when they have done so many steps.
func (w *world) cutOff(t *testing.T, p *process, im *image, end int64) {
	t.Helper()
	w.refusals = true // a disk that is gone gives errors
	cut := false
	_ = w.work(p, func(steps int64) bool {
		if steps == end {
			w.gate.Lock()
			cut = true
			im.cut(t)
		}
		return steps >= end
	})
	if w.refusals = false; cut {
		w.gate.Unlock()
	}
	p.kill()
	im.again(t)
}
