package fanotify

import (
	"errors"

	"golang.org/x/sys/unix"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// group is a fanotify group with one mark, an eventfd that ends waiting on it, and one that interrupts it.
type group struct {
	fd, wake int
	nudged   int
	mask     uint64
	noPIDFD  bool
	root     identity
}

// identity tells one directory from another that took its place.
type identity struct{ dev, ino uint64 }

func identify(path string) (identity, error) {
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		return identity{}, err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR {
		return identity{}, unix.ENOTDIR
	}
	return identity{uint64(st.Dev), st.Ino}, nil
}

func newGroup(reads bool) (*group, error) {
	g := &group{mask: maskChanges | maskDir}
	if reads {
		g.mask |= maskReads
	}
	// A pidfd tells a process from another that got its number; with FAN_REPORT_TID, which names the thread instead, the
	// kernel gives none.
	flags := uint(unix.FAN_CLASS_NOTIF | unix.FAN_REPORT_DFID_NAME_TARGET | unix.FAN_CLOEXEC | unix.FAN_NONBLOCK)
	fd, err := unix.FanotifyInit(flags|unix.FAN_REPORT_PIDFD, unix.O_RDONLY|unix.O_CLOEXEC)
	if errors.Is(err, unix.EINVAL) {
		g.noPIDFD = true
		fd, err = unix.FanotifyInit(flags, unix.O_RDONLY|unix.O_CLOEXEC)
	}
	if err != nil {
		return nil, explain(err, "a fanotify group")
	}
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		_ = unix.Close(fd)
		return nil, sqlerr.Wrap(sqlerr.SystemError, err, "no eventfd for the fanotify source")
	}
	g.fd, g.wake = fd, wake
	if g.nudged, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		_ = unix.Close(fd)
		_ = unix.Close(wake)
		return nil, sqlerr.Wrap(sqlerr.SystemError, err, "no eventfd for the fanotify source")
	}
	return g, nil
}

// mark watches the file system that root is on, after it has made sure that its file handles lead back to paths.
func (g *group) mark(root string) error {
	id, err := identify(root)
	if err != nil {
		return sqlerr.Wrap(sqlerr.IOError, err, "folder %q cannot be watched", root).
			WithHint("Name a folder that exists and can be read.")
	}
	if err := decodes(root); err != nil {
		return explain(err, "file handles of the file system of "+root)
	}
	if err := unix.FanotifyMark(g.fd, unix.FAN_MARK_ADD|unix.FAN_MARK_FILESYSTEM, g.mask, unix.AT_FDCWD, root); err != nil {
		return explain(err, "a mark on the file system of "+root)
	}
	g.root = id
	return nil
}

// decodes tries the way from a directory's handle back to the directory: without it an event has no path.
func decodes(root string) error {
	h, _, err := unix.NameToHandleAt(unix.AT_FDCWD, root, 0)
	if err != nil {
		return err
	}
	mount, err := unix.Open(root, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(mount)
	fd, err := unix.OpenByHandleAt(mount, h, unix.O_PATH|unix.O_CLOEXEC)
	if err != nil {
		return err
	}
	return unix.Close(fd)
}

// explain says what an errno of these calls means, and what mends it.
func explain(err error, what string) error {
	switch {
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		return sqlerr.Wrap(sqlerr.InsufficientPrivilege, err, "the kernel refuses %s", what).
			WithHint("Run as root, or give the program CAP_SYS_ADMIN and CAP_DAC_READ_SEARCH.")
	case errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EINVAL):
		return sqlerr.Wrap(sqlerr.FeatureNotSupported, err, "this kernel does not know %s", what).
			WithHint("fanotify with names and renames needs Linux 5.17 with CONFIG_FANOTIFY.")
	case errors.Is(err, unix.EMFILE):
		return sqlerr.Wrap(sqlerr.ConfigurationLimit, err, "too many fanotify groups for %s", what).
			WithHint("Raise fs.fanotify.max_user_groups with sysctl.")
	case errors.Is(err, unix.ENOSPC):
		return sqlerr.Wrap(sqlerr.ConfigurationLimit, err, "too many fanotify marks for %s", what).
			WithHint("Raise fs.fanotify.max_user_marks with sysctl.")
	case errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.ESTALE), errors.Is(err, unix.EXDEV), errors.Is(err, unix.ENODEV):
		return sqlerr.Wrap(sqlerr.FeatureNotSupported, err, "this file system does not offer %s", what).
			WithHint("A container's overlay file system does not; watch a volume (ext4, xfs, btrfs, tmpfs), mount the overlay with index=on,nfs_export=on, or use the inotify source.")
	}
	return sqlerr.Wrap(sqlerr.SystemError, err, "the kernel refuses %s", what)
}

// wait blocks until the group has records (true), ms have passed or it is nudged, and says whether it was woken to end.
func (g *group) wait(ms int) (ready, end bool) {
	p := [3]unix.PollFd{{Fd: int32(g.fd), Events: unix.POLLIN}, {Fd: int32(g.wake), Events: unix.POLLIN}, {Fd: int32(g.nudged), Events: unix.POLLIN}}
	_, _ = unix.Poll(p[:], ms) // a signal that interrupts it looks like no event, which is right
	if p[2].Revents != 0 {
		var b [8]byte
		_, _ = unix.Read(g.nudged, b[:])
	}
	return p[0].Revents != 0, p[1].Revents != 0
}

// linger waits for ms, or until it is woken to end.
func (g *group) linger(ms int) (end bool) {
	p := [1]unix.PollFd{{Fd: int32(g.wake), Events: unix.POLLIN}}
	_, _ = unix.Poll(p[:], ms)
	return p[0].Revents != 0
}

// stop wakes wait and linger for good: nobody reads the eventfd back.
func (g *group) stop() { _, _ = unix.Write(g.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0}) }

// nudge interrupts one wait.
func (g *group) nudge() { _, _ = unix.Write(g.nudged, []byte{1, 0, 0, 0, 0, 0, 0, 0}) }

func (g *group) close() {
	_ = unix.Close(g.nudged)
	_ = unix.Close(g.fd)
	_ = unix.Close(g.wake)
}
