package bridge

import (
	"strings"
	"syscall"
	"time"
)

// Access is an operation on a file that the kernel asks about before it is done. Its strings are views, borrowed for one question.
type Access struct {
	Op   string // OpOpen or OpRead
	Path string
	PID  int32
	// Who fills in what follows, which takes as long as reading /proc, and gives false if nobody knows.
	Who func(*Access) bool

	UID, GID, PPID             int32
	UserID, Process, Container string
}

// Verdict is what becomes of an Access.
type Verdict struct {
	Deny  bool
	Errno syscall.Errno // what the process is told; 0: EPERM
	Rule  string        // why, for the row that tells of it
	// Always says that nobody is refused the operations that are asked about on this file, as long as the Judge's rules are what they are.
	Always bool
}

// Judge decides about accesses. It is asked by one goroutine at a time, which a process waits for: it must not block, open
// files, or log.
type Judge interface{ Judge(*Access) Verdict }

// GuardOptions say how accesses are judged.
type GuardOptions struct {
	Judge Judge
	Ops   []string // which are asked about: OpOpen, OpRead
	// Deadline is how long a process waits at most, whatever becomes of this one; 0: DefaultDeadline. LateDeny says that it is refused then.
	Deadline time.Duration
	LateDeny bool
	// Watchdog is the command of a program that runs fanotify.Watchdog with the arguments behind it. It answers when this process is
	// stopped, or too slow.
	Watchdog []string
}

// DefaultDeadline is how long a process waits for a verdict at most.
const DefaultDeadline = 100 * time.Millisecond

// Guard has the kernel ask about accesses below a folder, and refuse some.
type Guard interface {
	// Forget has the kernel ask again about files that nobody is refused: the Judge's rules have changed.
	Forget()
	// Err says why it does not ask any more; nil: it does.
	Err() error
	// Counts are what it has done.
	Counts() GuardCounts
	// Close lets everything pass from now on. It may come twice.
	Close() error
}

// GuardCounts are what a Guard has done.
type GuardCounts struct {
	Asked   int64 // accesses by others than this process
	Denied  int64
	Ignored int64 // files that the kernel does not ask about any more, as nobody is refused
	Late    int64 // answered by the watchdog, after the deadline
	Untold  int64 // denied, and without a row that tells of it: too many came at once
}

// Denied is the row of an access that is refused, but for its result.
func Denied(a *Access, v *Verdict) Event {
	e := Event{
		Type: TypeDenied, Op: a.Op, Path: strings.Clone(a.Path), PID: a.PID, Has: HasPID,
		Content: jsonObject("trigger", v.Rule),
	}
	if a.Who(a) {
		e.UID, e.GID, e.PPID, e.Has = a.UID, a.GID, a.PPID, e.Has|HasUID|HasGID|HasPPID
		e.UserID, e.Process, e.Container = a.UserID, a.Process, a.Container
	} else {
		e.Flags |= FlagNoUID
	}
	return e
}
