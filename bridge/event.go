package bridge

import "github.com/vexfs/vexstream/engine/types"

// The event types that the bridge writes.
const (
	TypeCreate     = "FilesystemCreate"
	TypeMkdir      = "FilesystemMkdir"
	TypeOpen       = "FilesystemOpen"
	TypeRead       = "FilesystemRead"
	TypeWrite      = "FilesystemWrite"
	TypeChmod      = "FilesystemChmod" // mode, owner, times, links or extended attributes changed
	TypeClose      = "FilesystemClose"
	TypeRename     = "FilesystemRename"
	TypeDelete     = "FilesystemDelete"
	TypeRmdir      = "FilesystemRmdir"
	TypeRescan     = "Rescan"           // one row for each file found when the tree was read again after a loss
	TypeLoss       = "Loss"             // events were lost; lost says how many, if that is known
	TypeGap        = "Gap"              // the source saw nothing for a while: its folder was away
	TypeDenied     = "FilesystemDenied" // a trigger had the kernel refuse an operation; result says with which error
	TypeQuarantine = "Quarantine"       // an event whose context did not survive the translation
)

// The operations that go with the file event types.
const (
	OpCreate = "create"
	OpMkdir  = "mkdir"
	OpOpen   = "open"
	OpRead   = "read"
	OpWrite  = "write"
	OpAttrib = "attrib"
	OpClose  = "close"
	OpRename = "rename"
	OpDelete = "delete"
	OpRmdir  = "rmdir"
	OpRescan = "rescan"
)

// The boundaries an event comes from.
const (
	BoundaryKernel    = "kernel"
	BoundaryUserspace = "userspace"
)

// Flags says what to know before trusting a row. In SQL it is a text[] of the lower-case names.
type Flags uint16

// The flags, in the order of their names in the array.
const (
	FlagMerged          Flags = 1 << iota // 'merged': the kernel put several operations into one record; the order of the rows is canonical, the count is a lower bound
	FlagDir                               // 'dir': about a directory
	FlagPathStale                         // 'path_stale': the path may not be the one at the time of the event
	FlagPathTruncated                     // 'path_truncated': longer than MaxPath
	FlagNoUID                             // 'no_uid': the process was gone before it could be asked
	FlagRescan                            // 'rescan': found by reading the tree, not reported by the kernel
	FlagContextMismatch                   // 'context_mismatch': see TypeQuarantine
	FlagSynthetic                         // 'synthetic': made up by a generator
	numFlags            = 8
)

var flagNames = [numFlags]string{
	"merged", "dir", "path_stale", "path_truncated", "no_uid", "rescan", "context_mismatch", "synthetic",
}

// Has says which of an Event's numbers and fixed-width fields are known. What is not known is null in the row, never
// zero.
type Has uint32

// The fields of an Event that may be unknown, beside its strings, which are unknown when empty.
const (
	HasSizeBytes Has = 1 << iota
	HasFileSize
	HasResult
	HasUID
	HasGID
	HasPID
	HasTID
	HasPPID
	HasDevice
	HasInode
	HasParent
	HasLatency
	HasPriority
	HasUncertainty
	HasLost
	HasContext // Context was computed where the event came from: Append checks it
)

// MaxPath is the longest path kept, in bytes. A longer one is cut and flagged.
const MaxPath = 4096

// Event is one row of events on its way into columns: plain values, no memory of its own. Its strings may be views of
// a buffer that is overwritten after Append.
type Event struct {
	ID        [16]byte     // zero: Append makes one
	TS        types.Micros // required
	Type      string       // required
	Source    string       // empty: the Batcher's
	Boundary  string       // empty: the Batcher's
	Host      string       // empty: the Batcher's
	Path      string
	Target    string
	Op        string
	UserID    string
	Process   string
	Container string
	Content   string // jsonb in PostgreSQL's canonical spelling
	Metadata  string // jsonb in PostgreSQL's canonical spelling

	SizeBytes   int64
	FileSize    int64
	Device      int64
	Inode       int64
	Latency     int64 // ns
	Lost        int64
	Seq         int64 // zero: Append counts
	Result      int32
	UID         int32
	GID         int32
	PID         int32
	TID         int32
	PPID        int32
	Uncertainty int32 // µs
	Priority    int16
	Flags       Flags
	Has         Has
	Parent      [16]byte
	Context     uint64 // with HasContext: what ContextHash gave at the origin
}
