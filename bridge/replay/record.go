package replay

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"io"

	"github.com/google/uuid"

	"github.com/vexfs/vexstream/bridge"
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
)

// Recorder is a Sink that writes batches of events down. Close flushes, and closes neither its writer nor anything
// else. A row whose weight is not 1 is refused: a recording holds events, not changes.
type Recorder struct {
	w   *bufio.Writer
	enc *json.Encoder
}

// Record makes a Recorder that writes to w.
func Record(w io.Writer) *Recorder {
	b := bufio.NewWriterSize(w, 64<<10)
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	return &Recorder{w: b, enc: enc}
}

// Push writes the rows of b, which has bridge.Schema.
func (r *Recorder) Push(_ context.Context, b *batch.Batch) error {
	if len(b.Cols) != bridge.NumColumns {
		return sqlerr.New(sqlerr.DatatypeMismatch, "a recording takes events, which have %d columns, not %d", bridge.NumColumns, len(b.Cols))
	}
	for i := range b.N {
		if b.Weight(i) != 1 {
			return sqlerr.NotSupported("recording a change of weight %d", b.Weight(i))
		}
		l := lineOf(b, i)
		if err := r.enc.Encode(&l); err != nil {
			return sqlerr.Wrap(sqlerr.IOError, err, "the recording cannot be written")
		}
	}
	return nil
}

// Advance flushes.
func (r *Recorder) Advance(context.Context, stream.Progress) error { return r.Close() }

// Close flushes.
func (r *Recorder) Close() error {
	if err := r.w.Flush(); err != nil {
		return sqlerr.Wrap(sqlerr.IOError, err, "the recording cannot be written")
	}
	return nil
}

func lineOf(b *batch.Batch, i int) line {
	text := func(col int) string {
		if b.Cols[col].Null(i) {
			return ""
		}
		return string(b.Cols[col].At(i))
	}
	l := line{
		ID: idOf(b, bridge.ColEventID, i), TS: *number[int64](b, bridge.ColTS, i), Type: text(bridge.ColEventType),
		Source: text(bridge.ColSource), Boundary: text(bridge.ColBoundary), Host: text(bridge.ColHost),
		Path: text(bridge.ColFilePath), Target: text(bridge.ColTargetPath), Op: text(bridge.ColOperation),
		SizeBytes: number[int64](b, bridge.ColSizeBytes, i), FileSize: number[int64](b, bridge.ColFileSize, i),
		Result: number[int32](b, bridge.ColResult, i), UserID: text(bridge.ColUserID),
		UID: number[int32](b, bridge.ColUID, i), GID: number[int32](b, bridge.ColGID, i),
		PID: number[int32](b, bridge.ColProcessID, i), TID: number[int32](b, bridge.ColThreadID, i),
		PPID: number[int32](b, bridge.ColParentProcessID, i), Process: text(bridge.ColProcessName),
		Device: number[int64](b, bridge.ColDevice, i), Inode: number[int64](b, bridge.ColInode, i),
		Container: text(bridge.ColContainerID), Flags: flagsOf([]byte(text(bridge.ColFlags))),
		Parent: idOf(b, bridge.ColParentEventID, i), Latency: number[int64](b, bridge.ColLatencyNs, i),
		Priority: number[int16](b, bridge.ColPriority, i), Uncertainty: number[int32](b, bridge.ColTSUncertaintyUs, i),
		Lost: number[int64](b, bridge.ColLost, i), Context: hex.EncodeToString([]byte(text(bridge.ColContextHash))),
	}
	if seq := number[int64](b, bridge.ColSeq, i); seq != nil {
		l.Seq = *seq
	}
	if s := text(bridge.ColContent); s != "" {
		l.Content = json.RawMessage(s)
	}
	if s := text(bridge.ColMetadata); s != "" {
		l.Metadata = json.RawMessage(s)
	}
	return l
}

func number[T batch.Value](b *batch.Batch, col, i int) *T {
	if b.Cols[col].Null(i) {
		return nil
	}
	v := batch.Values[T](&b.Cols[col])[i]
	return &v
}

func idOf(b *batch.Batch, col, i int) string {
	id := number[[16]byte](b, col, i)
	if id == nil {
		return ""
	}
	return uuid.UUID(*id).String()
}

// flagsOf reads the elements of a text[] in PostgreSQL's binary form.
func flagsOf(a []byte) []string {
	const head = 20 // dimensions, has-null, element type, size, lower bound
	if len(a) < head {
		return nil
	}
	var out []string
	for a = a[head:]; len(a) >= 4; {
		n := int(binary.BigEndian.Uint32(a))
		if n < 0 || n > len(a)-4 {
			return out
		}
		out = append(out, string(a[4:4+n]))
		a = a[4+n:]
	}
	return out
}
