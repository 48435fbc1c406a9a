package replay

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/vexfs/vexstream/bridge"
	"github.com/vexfs/vexstream/engine/types"
)

// line is an event as it stands in a file.
type line struct {
	ID          string          `json:"event_id,omitempty"`
	TS          int64           `json:"ts"`
	Type        string          `json:"event_type"`
	Source      string          `json:"source,omitempty"`
	Boundary    string          `json:"boundary,omitempty"`
	Host        string          `json:"host,omitempty"`
	Path        string          `json:"file_path,omitempty"`
	Target      string          `json:"target_path,omitempty"`
	Op          string          `json:"operation,omitempty"`
	SizeBytes   *int64          `json:"size_bytes,omitempty"`
	FileSize    *int64          `json:"file_size,omitempty"`
	Result      *int32          `json:"result,omitempty"`
	UserID      string          `json:"user_id,omitempty"`
	UID         *int32          `json:"uid,omitempty"`
	GID         *int32          `json:"gid,omitempty"`
	PID         *int32          `json:"process_id,omitempty"`
	TID         *int32          `json:"thread_id,omitempty"`
	PPID        *int32          `json:"parent_process_id,omitempty"`
	Process     string          `json:"process_name,omitempty"`
	Device      *int64          `json:"device,omitempty"`
	Inode       *int64          `json:"inode,omitempty"`
	Container   string          `json:"container_id,omitempty"`
	Flags       []string        `json:"flags,omitempty"`
	Parent      string          `json:"parent_event_id,omitempty"`
	Latency     *int64          `json:"latency_ns,omitempty"`
	Priority    *int16          `json:"priority,omitempty"`
	Uncertainty *int32          `json:"ts_uncertainty_us,omitempty"`
	Lost        *int64          `json:"lost,omitempty"`
	Seq         int64           `json:"seq,omitempty"`
	Context     string          `json:"context_hash,omitempty"`
	Content     json.RawMessage `json:"content,omitempty"`
	Metadata    json.RawMessage `json:"metadata,omitempty"`
}

// optional pairs each nullable number of a line with its place in an Event.
func known[T any](e *bridge.Event, from *T, to *T, bit bridge.Has) {
	if from != nil {
		*to = *from
		e.Has |= bit
	}
}

func (l *line) event(e *bridge.Event) error {
	*e = bridge.Event{
		TS: types.Micros(l.TS), Type: l.Type, Source: l.Source, Boundary: l.Boundary, Host: l.Host, Path: l.Path, Target: l.Target,
		Op: l.Op, UserID: l.UserID, Process: l.Process, Container: l.Container, Seq: l.Seq, Flags: bridge.FlagsOf(l.Flags),
	}
	if l.Type == "" || l.TS == 0 {
		return errors.New("event_type or ts is missing")
	}
	known(e, l.SizeBytes, &e.SizeBytes, bridge.HasSizeBytes)
	known(e, l.FileSize, &e.FileSize, bridge.HasFileSize)
	known(e, l.Result, &e.Result, bridge.HasResult)
	known(e, l.UID, &e.UID, bridge.HasUID)
	known(e, l.GID, &e.GID, bridge.HasGID)
	known(e, l.PID, &e.PID, bridge.HasPID)
	known(e, l.TID, &e.TID, bridge.HasTID)
	known(e, l.PPID, &e.PPID, bridge.HasPPID)
	known(e, l.Device, &e.Device, bridge.HasDevice)
	known(e, l.Inode, &e.Inode, bridge.HasInode)
	known(e, l.Latency, &e.Latency, bridge.HasLatency)
	known(e, l.Priority, &e.Priority, bridge.HasPriority)
	known(e, l.Uncertainty, &e.Uncertainty, bridge.HasUncertainty)
	known(e, l.Lost, &e.Lost, bridge.HasLost)
	return l.identifiers(e)
}

func (l *line) identifiers(e *bridge.Event) error {
	if err := fromHex(e.ID[:], l.ID, "event_id"); err != nil {
		return err
	}
	if l.Parent != "" {
		e.Has |= bridge.HasParent
	}
	if err := fromHex(e.Parent[:], l.Parent, "parent_event_id"); err != nil {
		return err
	}
	if l.Context != "" {
		var h [8]byte
		if err := fromHex(h[:], l.Context, "context_hash"); err != nil {
			return err
		}
		e.Context = binary.BigEndian.Uint64(h[:])
		e.Has |= bridge.HasContext
	}
	var err error
	if e.Content, err = bridge.CanonicalJSON(l.Content); err != nil {
		return fmt.Errorf("content: %w", err)
	}
	if e.Metadata, err = bridge.CanonicalJSON(l.Metadata); err != nil {
		return fmt.Errorf("metadata: %w", err)
	}
	return nil
}

func fromHex(dst []byte, s, name string) error {
	if s == "" {
		return nil
	}
	b := bytes.ReplaceAll([]byte(s), []byte("-"), nil)
	if len(b) != 2*len(dst) {
		return fmt.Errorf("%s %q is not of %d bytes", name, s, len(dst))
	}
	if _, err := hex.Decode(dst, b); err != nil {
		return fmt.Errorf("%s %q: %w", name, s, err)
	}
	return nil
}
