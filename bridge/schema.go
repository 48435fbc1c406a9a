package bridge

import (
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// The columns of events, by position in Schema.
const (
	ColEventID = iota
	ColTS
	ColEventType
	ColSource
	ColBoundary
	ColHost
	ColFilePath
	ColTargetPath
	ColOperation
	ColSizeBytes
	ColFileSize
	ColResult
	ColUserID
	ColUID
	ColGID
	ColProcessID
	ColThreadID
	ColParentProcessID
	ColProcessName
	ColDevice
	ColInode
	ColContainerID
	ColFlags
	ColParentEventID
	ColLatencyNs
	ColPriority
	ColTSUncertaintyUs
	ColLost
	ColSeq
	ColContextHash
	ColContent
	ColMetadata
	NumColumns
)

// Schema is the columns of the events relation. Only event_id, ts and event_type are never null. size_bytes is the
// bytes an operation moved, null when its source cannot know; file_size is what stat says afterwards; result is 0 or
// a negative errno; lost is a count of events, null when it is unknown; seq counts per source from 1; context_hash is
// eight bytes, most significant first.
var Schema = batch.Schema{
	{Name: "event_id", Type: types.UUID, NotNull: true},
	{Name: "ts", Type: types.Timestamptz, NotNull: true},
	{Name: "event_type", Type: types.Text, NotNull: true},
	{Name: "source", Type: types.Text},
	{Name: "boundary", Type: types.Text},
	{Name: "host", Type: types.Text},
	{Name: "file_path", Type: types.Text},
	{Name: "target_path", Type: types.Text},
	{Name: "operation", Type: types.Text},
	{Name: "size_bytes", Type: types.Int8},
	{Name: "file_size", Type: types.Int8},
	{Name: "result", Type: types.Int4},
	{Name: "user_id", Type: types.Text},
	{Name: "uid", Type: types.Int4},
	{Name: "gid", Type: types.Int4},
	{Name: "process_id", Type: types.Int4},
	{Name: "thread_id", Type: types.Int4},
	{Name: "parent_process_id", Type: types.Int4},
	{Name: "process_name", Type: types.Text},
	{Name: "device", Type: types.Int8},
	{Name: "inode", Type: types.Int8},
	{Name: "container_id", Type: types.Text},
	{Name: "flags", Type: types.TextArray},
	{Name: "parent_event_id", Type: types.UUID},
	{Name: "latency_ns", Type: types.Int8},
	{Name: "priority", Type: types.Int2},
	{Name: "ts_uncertainty_us", Type: types.Int4},
	{Name: "lost", Type: types.Int8},
	{Name: "seq", Type: types.Int8},
	{Name: "context_hash", Type: types.Bytea},
	{Name: "content", Type: types.JSONB},
	{Name: "metadata", Type: types.JSONB},
}

// keyColumns are dictionary-coded: few distinct values, often grouped by.
var keyColumns = [...]int{
	ColEventType, ColSource, ColBoundary, ColHost, ColOperation, ColUserID, ColProcessName, ColContainerID, ColFlags,
}
