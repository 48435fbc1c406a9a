package fanotify

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// golden are records as a kernel (6.18, tmpfs) gave them, with the same content on any system.
const golden = "testdata/records.hex"

func records(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash(golden))
	if err != nil {
		t.Fatal(err)
	}
	b, err := hex.DecodeString(strings.Join(strings.Fields(string(text)), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestParseRecorded(t *testing.T) {
	type want struct {
		mask              uint64
		dir, old, renamed string
		target            bool
	}
	wants := []want{
		{mask: maskCreate, dir: "a.txt", target: true},
		{mask: maskModify, dir: "a.txt", target: true},
		{mask: maskCloseWrite, dir: "a.txt", target: true},
		{mask: maskRename, old: "a.txt", renamed: "b.txt", target: true},
		{mask: maskDelete, dir: "b.txt", target: true},
		{mask: maskCreate | maskDir, dir: "sub", target: true},
	}
	b := records(t)
	var key string
	for i, w := range wants {
		var r record
		rest, err := parse(b, &r)
		if err != nil {
			t.Fatalf("record %d: %v", i, err)
		}
		b = rest
		if r.mask&w.mask != w.mask || string(r.dir.name) != w.dir || string(r.old.name) != w.old || string(r.new.name) != w.renamed || r.target.set() != w.target {
			t.Errorf("record %d: mask %x, %q, %q to %q", i, r.mask, r.dir.name, r.old.name, r.new.name)
		}
		if r.pid <= 0 || r.pidfd < 0 {
			t.Errorf("record %d: pid %d, pidfd %d", i, r.pid, r.pidfd)
		}
		at := r.dir.key
		if w.old != "" {
			at = r.old.key
		}
		if key == "" {
			key = string(at)
		}
		if string(at) != key || len(at) < handleAt-infoHeaderLen {
			t.Errorf("record %d: the directory's key differs: %x", i, at)
		}
	}
	if len(b) != 0 {
		t.Errorf("%d bytes are left", len(b))
	}
}

func TestParseRefuses(t *testing.T) {
	good := records(t)
	size := int(binary.LittleEndian.Uint32(good))
	for name, c := range map[string]struct {
		change func([]byte) []byte
		want   error
	}{
		"nothing":              {func(b []byte) []byte { return nil }, errShort},
		"half a head":          {func(b []byte) []byte { return b[:20] }, errShort},
		"half a record":        {func(b []byte) []byte { return b[:size-1] }, errShort},
		"a length of zero":     {func(b []byte) []byte { b[0], b[1] = 0, 0; return b }, errShort},
		"another version":      {func(b []byte) []byte { b[4] = 9; return b }, errVersion},
		"an endless handle":    {func(b []byte) []byte { b[metadataLen+12] = 0xff; return b }, errHandle},
		"an empty information": {func(b []byte) []byte { b[metadataLen+2], b[metadataLen+3] = 0, 0; return b }, errShort},
	} {
		var r record
		if _, err := parse(c.change([]byte(string(good))), &r); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	b := records(f)
	f.Add(b)
	f.Add(b[:30])
	f.Fuzz(func(t *testing.T, b []byte) {
		for left := len(b); left > 0; {
			var r record
			rest, err := parse(b, &r)
			if err != nil {
				return
			}
			if len(rest) >= left {
				t.Fatalf("no progress: %d bytes left of %d", len(rest), left)
			}
			for _, f := range []*ref{&r.dir, &r.old, &r.new, &r.target} {
				if f.set() && (len(f.handle) > maxHandle || strings.IndexByte(string(f.name), 0) >= 0) {
					t.Fatalf("handle of %d bytes, name %q", len(f.handle), f.name)
				}
			}
			b, left = rest, len(rest)
		}
	})
}
