// Package probe finds out what this machine allows the bridge, by trying: each mechanism is opened for real on the
// folder and let go again. It compares no versions and reads no configuration where a try is possible.
//
// It starts no source; Best opens the one it picks and gives it to the caller.
package probe

import (
	"errors"
	"runtime"
	"strings"

	"github.com/vexfs/vexstream/bridge"
	"github.com/vexfs/vexstream/bridge/fanotify"
	"github.com/vexfs/vexstream/bridge/inotify"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

// Finding is what a try of one mechanism gave.
type Finding struct {
	Source  string
	Works   bool     // a source of this version can use it here
	Why     string   // what was tried, or what was refused, in a sentence
	Missing string   // what stands in the way: a capability, a mount, a kernel option; empty if it works
	Mend    string   // what to do about it; empty if nothing is needed or nothing helps
	Null    []string // columns of events that the source cannot fill, if it works
}

// watchers are the mechanisms that this version has a source for, the best first.
var watchers = []struct {
	name string
	open func(bridge.Options) (bridge.Source, error)
	why  string
}{
	{fanotify.Name, fanotify.Open, "it sees the whole folder with one mark, and who did what"},
	{inotify.Name, inotify.Open, "it needs no privilege"},
}

// Probe tries every mechanism on dir.
func Probe(dir string) []Finding {
	o := bridge.Options{Root: dir}
	out := make([]Finding, 0, len(watchers)+4)
	for _, w := range watchers {
		s, f := try(w.name, w.open, o)
		if s != nil {
			_ = s.Close()
		}
		out = append(out, f)
	}
	return append(out, offers()...)
}

func try(name string, open func(bridge.Options) (bridge.Source, error), o bridge.Options) (bridge.Source, Finding) {
	s, err := open(o)
	if err != nil {
		return nil, refused(name, err)
	}
	return s, Finding{Source: name, Works: true, Why: "opened on " + bridge.RealPath(o.Root), Null: s.Caps().Null()}
}

func refused(name string, err error) Finding {
	f := Finding{Source: name, Why: err.Error()}
	e, ok := sqlerr.As(err)
	if !ok {
		f.Missing = err.Error()
		return f
	}
	f.Why, f.Mend = e.Message, e.Hint
	if cause := errors.Unwrap(e); cause != nil {
		f.Why += " (" + cause.Error() + ")"
	}
	switch e.Code {
	case sqlerr.InsufficientPrivilege:
		f.Missing = "a capability"
	case sqlerr.FeatureNotSupported:
		f.Missing = "support of the kernel or the file system"
		if runtime.GOOS != "linux" {
			f.Missing = "Linux"
		}
	case sqlerr.ConfigurationLimit:
		f.Missing = "room under a limit of the kernel"
	case sqlerr.IOError:
		f.Missing = "the folder"
	default:
		f.Missing = "see why"
	}
	return f
}

// Best opens the best source that works for o.Root: fanotify, else inotify. reason is a sentence that says which one
// and why; tried is the findings up to and including it. The error, if nothing works, names all that was tried.
func Best(o bridge.Options) (s bridge.Source, reason string, tried []Finding, err error) {
	for _, w := range watchers {
		s, f := try(w.name, w.open, o)
		tried = append(tried, f)
		if s != nil {
			return s, because(w.name, w.why, tried), tried, nil
		}
	}
	e := sqlerr.New(sqlerr.FeatureNotSupported, "no source can watch folder %q", o.Root)
	var detail []string
	for _, f := range tried {
		detail = append(detail, f.Source+": "+f.Why)
		if e.Hint == "" || f.Missing == "the folder" {
			e.Hint = f.Mend
		}
	}
	return nil, "", tried, e.WithDetail("%s", strings.Join(detail, "; "))
}

func because(name, why string, tried []Finding) string {
	if len(tried) == 1 {
		return name + ": " + why
	}
	last := tried[len(tried)-2]
	return name + ": " + why + "; not " + last.Source + ", because " + last.Why
}
