package probe

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// mapAttr is the head of the kernel's union bpf_attr for BPF_MAP_CREATE.
type mapAttr struct{ kind, keySize, valueSize, entries, flags uint32 }

// tryBPF makes an array map of one entry and lets it go.
func tryBPF() error {
	a := mapAttr{kind: unix.BPF_MAP_TYPE_ARRAY, keySize: 4, valueSize: 8, entries: 1}
	fd, _, errno := unix.Syscall(unix.SYS_BPF, unix.BPF_MAP_CREATE, uintptr(unsafe.Pointer(&a)), unsafe.Sizeof(a))
	if errno != 0 {
		return errno
	}
	return unix.Close(int(fd))
}
