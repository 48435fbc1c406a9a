package bridge

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// Caps is what a source can tell about an event, so that a view over a column that nobody fills can be warned about.
type Caps struct {
	Path       bool // file_path is a whole path
	Target     bool // a rename carries both names
	Pid        bool
	Tid        bool
	UID        bool
	Bytes      bool // size_bytes is the count the operation moved
	FileSize   bool
	Reads      bool // open, read and close without a write are reported too
	KernelTime bool // ts is the kernel's, not the time of reading
	ExactCount bool // one row per operation: nothing is merged
	ExactLoss  bool // a loss is always counted exactly
	SeesIOUring,
	SeesMmap bool
	Recursive bool // new directories are seen without a race
	CanBlock  bool
}

// Fills says whether a source with these Caps can ever fill the column of Schema called name.
func (c Caps) Fills(name string) bool {
	switch name {
	case "file_path":
		return c.Path
	case "target_path":
		return c.Target
	case "size_bytes":
		return c.Bytes
	case "file_size", "device", "inode":
		return c.FileSize
	case "process_id":
		return c.Pid
	case "thread_id":
		return c.Tid
	case "uid", "gid", "user_id", "process_name", "parent_process_id", "container_id":
		return c.UID
	case "result", "latency_ns", "parent_event_id", "priority", "metadata":
		return false
	}
	return Schema.Index(name) >= 0
}

// Null lists the columns of Schema that a source with these Caps never fills.
func (c Caps) Null() []string {
	var out []string
	for _, f := range Schema {
		if !c.Fills(f.Name) {
			out = append(out, f.Name)
		}
	}
	return out
}

// Source is a stream.Source of events rows that knows its limits. Run may be called once.
type Source interface {
	stream.Source
	// Name is the source column of its rows: fanotify, inotify, synth, replay.
	Name() string
	// Caps is what it can tell.
	Caps() Caps
	// Blind is what it cannot see, in plain sentences for the person who starts the node.
	Blind() []string
	// Stats is what it counted so far. Any goroutine may ask.
	Stats() []Stat
	// Err says why it sees nothing at the moment, such as a folder that is away; nil: it does. Any goroutine may ask.
	Err() error
	// Close ends Run, if it is running, and releases what the kernel holds for the source. It may come twice.
	Close() error
}

// Exclude is what must never become an event, so that a node does not feed on its own writes.
type Exclude struct {
	Dirs []string // these folders and all below them; absolute
	Pids []int    // these processes, where the source knows the process
}

// Options is what all sources take.
type Options struct {
	Root    string // the folder to watch; absolute after Normalize
	Exclude Exclude
	Host    string              // the host column; empty: the machine's name
	Node    uint32              // the origin number of this node, part of event_id
	Reads   bool                // also report opens, reads and closes without a write
	Now     func() types.Micros // nil: the machine's clock
	Log     *slog.Logger        // nil: nothing is logged
}

// Normalize fills in what is left out and makes the paths absolute and free of symbolic links, as the kernel spells
// them.
func (o Options) Normalize() Options {
	if o.Host == "" {
		o.Host, _ = os.Hostname()
	}
	if o.Now == nil {
		o.Now = Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Root != "" {
		o.Root = RealPath(o.Root)
	}
	o.Exclude.Dirs = slices.Clone(o.Exclude.Dirs)
	for i, d := range o.Exclude.Dirs {
		o.Exclude.Dirs[i] = RealPath(d)
	}
	return o
}

// Now is the machine's clock in µs.
func Now() types.Micros { return types.Micros(time.Now().UnixMicro()) }

// RealPath is p absolute, with its symbolic links resolved as far as it exists.
func RealPath(p string) string {
	abs, err := filepath.Abs(p)
	if err != nil {
		return filepath.Clean(p)
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		return real
	}
	if dir := filepath.Dir(abs); dir != abs {
		return filepath.Join(RealPath(dir), filepath.Base(abs))
	}
	return abs
}

// Within says whether path is dir or lies below it. Both are clean and absolute.
func Within(path, dir string) bool {
	if !strings.HasPrefix(path, dir) {
		return false
	}
	return len(path) == len(dir) || os.IsPathSeparator(path[len(dir)]) || os.IsPathSeparator(dir[len(dir)-1])
}

// Wants says whether a path is inside the root and outside every excluded folder.
func (o *Options) Wants(path string) bool {
	return Within(path, o.Root) && !o.Excluded(path)
}

// Excluded says whether a path lies in an excluded folder.
func (o *Options) Excluded(path string) bool {
	for _, d := range o.Exclude.Dirs {
		if Within(path, d) {
			return true
		}
	}
	return false
}
