package probe

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

const noSource = "a source for it: this version has none"

// offers says what the kernel has for mechanisms that this version has no source for.
func offers() []Finding {
	return []Finding{ebpf(), fuse(), proc()}
}

// ebpf asks for a map, which a kernel that lets this process use BPF gives, and looks for the kernel's own types,
// which tp_btf programs need.
func ebpf() Finding {
	f := Finding{Source: "ebpf", Missing: noSource}
	if _, err := os.Stat("/sys/kernel/btf/vmlinux"); err != nil {
		f.Why = "the kernel has no BTF (/sys/kernel/btf/vmlinux), which tp_btf programs need"
		f.Mend = "A kernel with CONFIG_DEBUG_INFO_BTF."
		return f
	}
	if err := tryBPF(); err != nil {
		f.Why = "the kernel has BTF but refuses BPF maps here: " + err.Error()
		f.Mend = "Root, or CAP_BPF and CAP_PERFMON."
		return f
	}
	f.Why = "the kernel has BTF and gives this process BPF maps, so tp_btf programs should load"
	return f
}

func fuse() Finding {
	f := Finding{Source: "fuse", Missing: noSource}
	fd, err := unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		f.Why = "/dev/fuse cannot be opened: " + err.Error()
		f.Mend = "modprobe fuse, and in a container --device /dev/fuse."
		if errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM) {
			f.Mend = "Run as root, or as a user that may open /dev/fuse."
		}
		return f
	}
	_ = unix.Close(fd)
	f.Why = "/dev/fuse opens, so a mount is possible"
	return f
}

// proc binds a netlink socket to the process connector.
func proc() Finding {
	f := Finding{Source: "proc", Missing: noSource}
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.NETLINK_CONNECTOR)
	if err == nil {
		const processEvents = 1
		err = unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: processEvents})
		_ = unix.Close(fd)
	}
	if err != nil {
		f.Why = "the process connector refuses: " + err.Error()
		f.Mend = "A kernel with CONFIG_PROC_EVENTS."
		return f
	}
	f.Why = "the process connector can be joined"
	return f
}
