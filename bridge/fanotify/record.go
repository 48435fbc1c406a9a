package fanotify

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// The bits of a record's mask, as in linux/fanotify.h. They stand here so that recorded bytes decode on any system.
const (
	maskAccess       = 0x1
	maskModify       = 0x2
	maskAttrib       = 0x4
	maskCloseWrite   = 0x8
	maskCloseNoWrite = 0x10
	maskOpen         = 0x20
	maskCreate       = 0x100
	maskDelete       = 0x200
	maskOverflow     = 0x4000
	maskRename       = 0x1000_0000
	maskDir          = 0x4000_0000
)

// The kinds of information records that follow the metadata.
const (
	infoFID       = 1
	infoDFIDName  = 2
	infoDFID      = 3
	infoPIDFD     = 4
	infoOldDFID   = 10
	infoNewDFID   = 12
	metadataLen   = 24
	infoHeaderLen = 4
	handleAt      = 20 // header 4, fsid 8, handle_bytes 4, handle_type 4
	maxHandle     = 128
	version       = 3
)

// ref names a file as the kernel does: a handle, which Key holds together with the file system's id, and for a
// directory entry the name in that directory. All slices are views of the buffer that was read.
type ref struct {
	key    []byte // fsid, handle_bytes, handle_type, handle: what tells one directory from another
	handle []byte
	kind   int32
	name   []byte
}

func (r *ref) set() bool { return r.key != nil }

// record is one fanotify event: possibly several operations on one directory entry, merged by the kernel.
type record struct {
	mask     uint64
	pid      int32
	pidfd    int32 // -1: none; -2 and below: the process was gone
	dir      ref   // the entry that most events are about
	old, new ref   // a rename's entries; either may be missing
	target   ref   // the file itself
}

var (
	errShort   = errors.New("record is shorter than it says")
	errVersion = errors.New("record has an unknown version")
	errHandle  = errors.New("record has a malformed file handle")
)

// parse reads the record at the front of buf into r and gives what follows it. After an error the rest of the buffer
// cannot be trusted and is not given. The pidfd, if there is one, belongs to the caller, also after an error.
func parse(buf []byte, r *record) ([]byte, error) {
	*r = record{pidfd: -1}
	le := binary.LittleEndian
	if len(buf) < metadataLen {
		return nil, errShort
	}
	size, head := int(le.Uint32(buf)), int(le.Uint16(buf[6:]))
	if buf[4] != version {
		return nil, errVersion
	}
	if size < metadataLen || size > len(buf) || head < metadataLen || head > size {
		return nil, errShort
	}
	r.mask, r.pid = le.Uint64(buf[8:]), int32(le.Uint32(buf[20:]))
	for info := buf[head:size]; len(info) > 0; {
		if len(info) < infoHeaderLen {
			return nil, errShort
		}
		n := int(le.Uint16(info[2:]))
		if n < infoHeaderLen || n > len(info) {
			return nil, errShort
		}
		if err := r.info(info[:n]); err != nil {
			return nil, err
		}
		info = info[n:]
	}
	return buf[size:], nil
}

func (r *record) info(b []byte) error {
	switch b[0] {
	case infoPIDFD:
		if len(b) < 8 {
			return errShort
		}
		r.pidfd = int32(binary.LittleEndian.Uint32(b[4:]))
		return nil
	case infoFID:
		return r.target.parse(b, false)
	case infoDFID:
		return r.dir.parse(b, false)
	case infoDFIDName:
		return r.dir.parse(b, true)
	case infoOldDFID:
		return r.old.parse(b, true)
	case infoNewDFID:
		return r.new.parse(b, true)
	}
	return nil // a kind that a newer kernel added
}

func (f *ref) parse(b []byte, named bool) error {
	if len(b) < handleAt {
		return errHandle
	}
	n := binary.LittleEndian.Uint32(b[12:])
	if n > maxHandle || handleAt+int(n) > len(b) {
		return errHandle
	}
	f.kind = int32(binary.LittleEndian.Uint32(b[16:]))
	end := handleAt + int(n)
	f.key, f.handle = b[infoHeaderLen:end], b[handleAt:end]
	if named {
		f.name = b[end:]
		if i := bytes.IndexByte(f.name, 0); i >= 0 {
			f.name = f.name[:i]
		}
	}
	return nil
}
