package segment

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/logtest"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

var small = Options{SegmentBytes: 16 << 10, MinFree: -1}

func mustOpen(t testing.TB, dir string, opt Options) *Log {
	t.Helper()
	l, err := Open(dir, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fill appends epochs 1..n, each with an inline and a staged block, and gives what Read should give.
func fill(t testing.TB, l *Log, n uint64) (want []epoch.Entry) {
	t.Helper()
	for no := uint64(1); no <= n; no++ {
		e, s := logtest.Entry(no, 40, 3), logtest.Entry(no+100, 25).Blocks[0]
		w := logtest.Clone(e)
		w.Blocks = append(w.Blocks, s)
		want = append(want, w)
		ref, err := l.Stage(&s)
		check(t, err)
		s.Data = nil
		e.Staged = []epoch.Staged{{Header: s, Ref: ref}}
		check(t, l.Append(0, e))
	}
	return want
}

// crash ends a log as a kill would: nothing is sealed.
func crash(l *Log) {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.ahead.close()
	l.file.Close()
	_ = l.lock.Release()
}

// one copies the only segment of a log of three epochs, closed or crashed, without its preallocated zeros.
func one(t *testing.T, end func(*Log)) (data []byte, want []epoch.Entry, ends []int64) {
	t.Helper()
	dir := t.TempDir()
	l := mustOpen(t, dir, small)
	for no := range uint64(3) {
		if no == 0 {
			want = fill(t, l, 1)
		} else {
			e := logtest.Entry(no+1, 30)
			want = append(want, logtest.Clone(e))
			check(t, l.Append(0, e))
		}
		ends = append(ends, l.segments[0].size)
	}
	end(l)
	data, err := os.ReadFile(segmentPath(dir, 1))
	check(t, err)
	return data[:l.segments[0].size], want, ends
}

func with(t *testing.T, data []byte) (string, *Log, error) {
	t.Helper()
	dir, err := os.MkdirTemp(t.TempDir(), "")
	check(t, err)
	check(t, os.WriteFile(segmentPath(dir, 1), data, 0o600))
	l, err := Open(dir, small)
	return dir, l, err
}

// TestTornTail cuts the segment at every byte behind its head, with nothing or with zeros behind the cut: what is
// there afterwards is the epochs that lay whole before it, and the log goes on.
func TestTornTail(t *testing.T) {
	data, want, ends := one(t, crash)
	for cut := fileHeadLen; cut <= len(data); cut++ {
		for _, zeros := range []int{0, 4096} {
			_, l, err := with(t, append(append([]byte{}, data[:cut]...), make([]byte, zeros)...))
			if err != nil {
				t.Fatalf("cut at %d: %v", cut, err)
			}
			n := 0
			for n < len(ends) && ends[n] <= int64(cut) {
				n++
			}
			got, err := logtest.Collect(l, 1, 0, nil)
			if err != nil || len(got) != n || n > 0 && !reflect.DeepEqual(got, want[:n]) {
				t.Fatalf("cut at %d: %d epochs, want %d: %v", cut, len(got), n, err)
			}
			check(t, l.Append(0, logtest.Entry(uint64(n)+1, 10)))
			check(t, l.Close())
		}
	}
}

// TestTornSectors drops the middle of the last write: a disk may keep a write's end without its middle.
func TestTornSectors(t *testing.T) {
	data, want, ends := one(t, crash)
	for at := ends[1]; at < ends[2]-4; at++ {
		torn := append([]byte{}, data...)
		clear(torn[at : at+4])
		_, l, err := with(t, torn)
		check(t, err)
		got, err := logtest.Collect(l, 1, 0, nil)
		if err != nil || len(got) < 2 || !reflect.DeepEqual(got, want[:len(got)]) {
			t.Fatalf("torn at %d: %d epochs, %v", at, len(got), err)
		}
		check(t, l.Close())
	}
}

// TestBitFlips flips one bit of every byte of a log that was closed: it is the same data or an error, at Open or at
// Read, never other data and never fewer epochs.
func TestBitFlips(t *testing.T) {
	data, want, _ := one(t, func(l *Log) { check(t, l.Close()) })
	for at := range data {
		flipped := append([]byte{}, data...)
		flipped[at] ^= 1 << (at % 8)
		_, l, err := with(t, flipped)
		var got []epoch.Entry
		if err == nil {
			got, err = logtest.Collect(l, 1, 0, nil)
			check(t, l.Close())
		}
		switch code := sqlerr.CodeOf(err); {
		case err == nil && !reflect.DeepEqual(got, want):
			t.Fatalf("a flip at %d gives %d epochs that differ", at, len(got))
		case err != nil && code != sqlerr.DataCorrupted:
			t.Fatalf("a flip at %d gives %v", at, err)
		}
	}
}

// TestBitFlipsInSealed is the same for a segment that is not the last.
func TestBitFlipsInSealed(t *testing.T) {
	dir := t.TempDir()
	opt := Options{SegmentBytes: 2 << 10, MinFree: -1}
	l := mustOpen(t, dir, opt)
	want := fill(t, l, 6)
	check(t, l.Close())
	path := segmentPath(dir, 1)
	data, err := os.ReadFile(path)
	check(t, err)
	if l.Stats().Segments < 2 {
		t.Fatal("one segment only")
	}
	for at := range data {
		flipped := append([]byte{}, data...)
		flipped[at] ^= 1 << (at % 8)
		check(t, os.WriteFile(path, flipped, 0o600))
		l, err := Open(dir, opt)
		var got []epoch.Entry
		if err == nil {
			got, err = logtest.Collect(l, 1, 0, nil)
			check(t, l.Close())
		}
		if err == nil && !reflect.DeepEqual(got, want) || err != nil && sqlerr.CodeOf(err) != sqlerr.DataCorrupted {
			t.Fatalf("a flip at %d gives %d epochs, %v", at, len(got), err)
		}
	}
}

func TestMissingSegment(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, dir, Options{SegmentBytes: 1 << 10, MinFree: -1})
	fill(t, l, 6)
	check(t, l.Close())
	check(t, os.Remove(segmentPath(dir, 2)))
	if _, err := Open(dir, small); sqlerr.CodeOf(err) != sqlerr.DataCorrupted {
		t.Fatalf("a missing segment gives %v", err)
	}
}

func TestNewerFormat(t *testing.T) {
	data, _, _ := one(t, crash)
	h := append([]byte{}, data...)
	h[8] = Version + 1
	binary.LittleEndian.PutUint32(h[60:], crc32.Checksum(h[:60], castagnoli))
	if _, _, err := with(t, h); sqlerr.CodeOf(err) != sqlerr.FeatureNotSupported {
		t.Fatalf("a newer format gives %v", err)
	}
}

func TestLocked(t *testing.T) {
	dir := t.TempDir()
	mustOpen(t, dir, small)
	_, err := Open(dir, small)
	e, ok := sqlerr.As(err)
	if !ok || e.Code != sqlerr.ObjectInUse || e.Hint == "" {
		t.Fatalf("a second Open gives %v", err)
	}
}

// TestTruncateKeepsStaged: a segment stays while an epoch that is kept has a staged block there.
func TestTruncateKeepsStaged(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, dir, Options{SegmentBytes: 2 << 10, MinFree: -1})
	b := logtest.Entry(50, 100).Blocks[0]
	ref, err := l.Stage(&b)
	check(t, err)
	for no := uint64(1); no <= 10; no++ {
		check(t, l.Append(0, logtest.Entry(no, 500)))
	}
	e := logtest.Entry(11)
	e.Staged = []epoch.Staged{{Ref: ref}}
	check(t, l.Append(0, e))
	check(t, l.Truncate(11))
	if got, err := logtest.Collect(l, 11, 11, nil); err != nil || string(got[0].Blocks[0].Data) != string(b.Data) {
		t.Fatalf("the staged block is lost: %v", err)
	}
	for no := uint64(12); no <= 20; no++ {
		check(t, l.Append(0, logtest.Entry(no, 500)))
	}
	check(t, l.Truncate(20))
	if first, _ := l.Bounds(); first < 12 {
		t.Fatalf("epoch %d is still there", first)
	}
}

func TestSyncFails(t *testing.T) {
	l := mustOpen(t, t.TempDir(), small)
	want := fill(t, l, 2)
	l.sync = func(*os.File) error { return unix.EIO }
	e := logtest.Entry(3, 1)
	if err := l.Append(0, e); sqlerr.CodeOf(err) != sqlerr.IOError {
		t.Fatalf("a failed sync gives %v", err)
	}
	l.sync = fdatasync
	if l.Append(0, e) == nil {
		t.Fatal("the log goes on after a failed sync")
	}
	if got, err := logtest.Collect(l, 1, 0, nil); err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("reading after a failed sync: %d epochs, %v", len(got), err)
	}
}

// TestDiskFullOnce writes half of what it is given and fails: the log takes it back and goes on.
func TestDiskFullOnce(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, dir, small)
	want := fill(t, l, 2)
	write := l.write
	l.write = func(f *os.File, p []byte, off int64) (int, error) {
		n, _ := f.WriteAt(p[:len(p)/2], off)
		return n, &os.PathError{Op: "write", Path: f.Name(), Err: unix.ENOSPC}
	}
	e := logtest.Entry(3, 60)
	if err := l.Append(0, e); sqlerr.CodeOf(err) != sqlerr.DiskFull {
		t.Fatalf("a full disk gives %v", err)
	}
	if _, err := l.Stage(&e.Blocks[0]); sqlerr.CodeOf(err) != sqlerr.DiskFull {
		t.Fatalf("a full disk gives %v", err)
	}
	l.write = write
	check(t, l.Append(0, e))
	crash(l)
	got, err := logtest.Collect(mustOpen(t, dir, small), 1, 0, nil)
	if want = append(want, logtest.Clone(e)); err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%d epochs after a full disk, %v", len(got), err)
	}
}

func TestMinFree(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, dir, small)
	fill(t, l, 2)
	check(t, l.Close())
	l = mustOpen(t, dir, Options{SegmentBytes: small.SegmentBytes, MinFree: 1 << 60})
	e := logtest.Entry(3, 10)
	if err := l.Append(0, e); sqlerr.CodeOf(err) != sqlerr.DiskFull {
		t.Fatalf("a write without free space gives %v", err)
	}
	if got, err := logtest.Collect(l, 1, 0, nil); err != nil || len(got) != 2 {
		t.Fatalf("reading without free space: %d epochs, %v", len(got), err)
	}
}

// TestDiskFull fills a small file system: writes are refused, nothing acknowledged is lost, and truncating resumes.
func TestDiskFull(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		if os.Getenv("VEXSTREAM_TEST_REQUIRE") == "all" {
			t.Fatalf("cannot mount a tmpfs: %v", err)
		}
		t.Skipf("needs root to mount a tmpfs: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	opt := Options{SegmentBytes: 128 << 10, MinFree: -1}
	l := mustOpen(t, dir, opt)
	var last uint64
	var err error
	for err == nil && last < 1000 {
		if err = l.Append(0, logtest.Entry(last+1, 10_000)); err == nil {
			last++
		}
	}
	if sqlerr.CodeOf(err) != sqlerr.DiskFull {
		t.Fatalf("a full disk gives %v after %d epochs", err, last)
	}
	crash(l)
	l = mustOpen(t, dir, opt)
	if _, n := l.Bounds(); n != last {
		t.Fatalf("%d epochs after a restart on a full disk, want %d", n, last)
	}
	check(t, l.Truncate(last))
	check(t, l.Append(0, logtest.Entry(last+1, 10_000)))
}

const childEnv = "VEXSTREAM_SEGMENT_CHILD"

// TestKill kills a process that appends, at whatever place it has come to: what it acknowledged is there.
func TestKill(t *testing.T) {
	if dir := os.Getenv(childEnv); dir != "" {
		child(t, dir)
		return
	}
	dir := filepath.Join(t.TempDir(), "log")
	for cycle := range 12 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKill$", "-test.v=false")
		cmd.Env = append(os.Environ(), childEnv+"="+dir)
		out, err := cmd.StdoutPipe()
		check(t, err)
		check(t, cmd.Start())
		acked, lines := uint64(0), bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			if _, err := fmt.Sscanf(lines.Text(), "acked %d", &acked); err != nil {
				t.Fatalf("the child says %q", lines.Text())
			}
			if n == 5+3*cycle {
				check(t, cmd.Process.Kill())
			}
		}
		_ = cmd.Wait()
		l := mustOpen(t, dir, small)
		got, err := logtest.Collect(l, 1, 0, nil)
		check(t, err)
		if uint64(len(got)) < acked {
			t.Fatalf("%d epochs, but %d were acknowledged", len(got), acked)
		}
		for i := range got {
			if e := logtest.Entry(uint64(i)+1, 700); !reflect.DeepEqual(got[i], *e) {
				t.Fatalf("epoch %d differs", i+1)
			}
		}
		check(t, l.Close())
	}
}

func child(t *testing.T, dir string) {
	l := mustOpen(t, dir, small)
	_, last := l.Bounds()
	for range 100_000 {
		last++
		check(t, l.Append(0, logtest.Entry(last, 700)))
		if _, err := fmt.Printf("acked %d\n", last); err != nil {
			return
		}
	}
	t.Fatal(errors.New("nobody killed the child"))
}
