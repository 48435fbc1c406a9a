package fanotify

import (
	"bytes"
	"os"
	"os/user"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/vexfs/vexstream/bridge"
)

// maxProcesses is how many processes, and as many users, the cache holds. When it is full it begins anew.
const maxProcesses = 1 << 14

// process is what is known of a process, read once while it lived.
type process struct {
	id              uint64 // differs between two processes that had the same pid
	cycle           uint64 // when id was last compared
	uid, gid, ppid  int32
	user, name, box string
}

// processes remembers processes by pid. A pid can be given anew, so the first event of a pid in each reading cycle
// compares the identity: the pidfd's inode where the kernel gives each process one, else the start time.
type processes struct {
	cache  map[int32]*process
	users  map[int32]string
	unique bool
	cycle  uint64
	buf    []byte
}

func newProcesses() *processes {
	p := &processes{cache: make(map[int32]*process), users: make(map[int32]string), buf: make([]byte, 4096)}
	self, parent := pidfdInode(os.Getpid()), pidfdInode(os.Getppid())
	p.unique = self != 0 && parent != 0 && self != parent
	return p
}

func pidfdInode(pid int) uint64 {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return 0
	}
	defer unix.Close(fd)
	return inode(fd)
}

func inode(fd int) uint64 {
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil {
		return 0
	}
	return st.Ino
}

// find gives the process of a record; nil if it had ended before anybody asked. pidfd is below 0 when it had.
func (p *processes) find(pid, pidfd int32) *process {
	known := p.cache[pid]
	if known != nil && (known.cycle == p.cycle || pidfd < 0) {
		return known // a process that has ended since is still the one that was seen under this pid
	}
	if pidfd < 0 {
		return nil
	}
	id := p.identity(pid, int(pidfd))
	if known != nil && id != 0 && known.id == id {
		known.cycle = p.cycle
		return known
	}
	found := p.read(pid, int(pidfd))
	if found == nil {
		return nil
	}
	found.id, found.cycle, found.user = id, p.cycle, p.userName(found.uid)
	if len(p.cache) >= maxProcesses {
		clear(p.cache)
	}
	p.cache[pid] = found
	return found
}

func (p *processes) identity(pid int32, pidfd int) uint64 {
	if p.unique {
		return inode(pidfd)
	}
	stat := p.file(pid, "stat")
	i := bytes.LastIndexByte(stat, ')') // the name before it may hold anything
	if i < 0 {
		return 0
	}
	const startTime = 20 // the 22nd field, counted from the one after the name
	fields := bytes.Fields(stat[i+1:])
	if len(fields) < startTime {
		return 0
	}
	id, _ := strconv.ParseUint(string(fields[startTime-1]), 10, 64)
	return id
}

// file reads a file of /proc, as much of it as the buffer holds.
func (p *processes) file(pid int32, name string) []byte {
	fd, err := unix.Open("/proc/"+strconv.Itoa(int(pid))+"/"+name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	n, err := unix.Read(fd, p.buf)
	if err != nil {
		return nil
	}
	return p.buf[:n]
}

// read asks /proc, and opens nothing else.
func (p *processes) read(pid int32, pidfd int) *process {
	q := &process{uid: -1}
	for line := range bytes.Lines(p.file(pid, "status")) {
		key, rest, _ := bytes.Cut(line, []byte(":"))
		rest = bytes.TrimSpace(rest)
		switch string(key) {
		case "Name":
			q.name = string(bytes.ToValidUTF8(rest, []byte("\uFFFD")))
		case "PPid":
			q.ppid = lastNumber(rest)
		case "Uid": // real, effective, saved, and the one files are judged by
			q.uid = lastNumber(rest)
		case "Gid":
			q.gid = lastNumber(rest)
		}
	}
	q.box = container(p.file(pid, "cgroup"))
	if q.uid == -1 || unix.PidfdSendSignal(pidfd, 0, nil, 0) == unix.ESRCH {
		return nil // it ended meanwhile: what was read may belong to another
	}
	return q
}

func lastNumber(b []byte) int32 {
	f := bytes.Fields(b)
	if len(f) == 0 {
		return -1
	}
	n, err := strconv.ParseUint(string(f[len(f)-1]), 10, 32)
	if err != nil {
		return -1
	}
	return int32(n)
}

func (p *processes) userName(uid int32) string {
	if name, ok := p.users[uid]; ok {
		return name
	}
	name := strconv.FormatUint(uint64(uint32(uid)), 10)
	if u, err := user.LookupId(name); err == nil {
		name = u.Username
	}
	if len(p.users) >= maxProcesses {
		clear(p.users)
	}
	p.users[uid] = name
	return name
}

// container finds the 64 hexadecimal digits by which container engines name a container in its control group.
func container(cgroup []byte) string {
	run := 0
	for i, c := range cgroup {
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'f' {
			run++
			continue
		}
		if run == 64 {
			return string(cgroup[i-64 : i])
		}
		run = 0
	}
	return ""
}

// fill writes what is known of the record's process into e.
func (p *processes) fill(e *bridge.Event, r *record) {
	if r.pid <= 0 {
		return
	}
	e.PID = r.pid
	e.Has |= bridge.HasPID
	q := p.find(r.pid, r.pidfd)
	if q == nil {
		e.Flags |= bridge.FlagNoUID
		return
	}
	e.UID, e.GID, e.PPID = q.uid, q.gid, q.ppid
	e.UserID, e.Process, e.Container = q.user, q.name, q.box
	e.Has |= bridge.HasUID | bridge.HasGID | bridge.HasPPID
}
