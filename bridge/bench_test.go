package bridge

import (
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

var benchPaths = func() []string {
	out := make([]string, 1024)
	for i := range out {
		out[i] = "/data/reports/session/dir" + string(rune('a'+i%26)) + "/file0" + string(rune('0'+i%10)) + ".parquet"
	}
	return out
}()

var benchTypes = []string{TypeCreate, TypeWrite, TypeRead, TypeDelete, TypeRename, TypeOpen, TypeClose, TypeChmod}

// six is the busy columns of a file event: time, type, user, process, path, bytes.
func six(e *Event, i int) {
	e.TS, e.Type, e.UserID = types.Micros(1_760_000_000_000_000+i), benchTypes[i&7], benchTypes[i>>3&7]
	e.PID, e.Path, e.SizeBytes = int32(i), benchPaths[i&1023], int64(i)
	e.Has = HasPID | HasSizeBytes
}

func full(e *Event, i int) {
	six(e, i)
	e.Op, e.Process, e.Container = OpWrite, "postgres", ""
	e.Target, e.Flags = "", FlagMerged
	e.FileSize, e.UID, e.GID, e.PPID, e.Device, e.Inode, e.Uncertainty = 1, 2, 3, 4, 5, int64(i), 7
	e.Has |= HasFileSize | HasUID | HasGID | HasPPID | HasDevice | HasInode | HasUncertainty
}

func benchAppend(b *testing.B, fill func(*Event, int)) {
	b.ReportAllocs()
	defer cpuTime(b)()
	bt := NewBatcher(BatcherOptions{Source: "fanotify", Host: "node-1"})
	var e Event
	i := 0
	for b.Loop() {
		bt.Ready()
		fill(&e, i)
		bt.Append(&e, e.TS)
		if bt.Full() {
			bt.Return(bt.Take())
		}
		i++
	}
}

func BenchmarkAppendSix(b *testing.B)  { benchAppend(b, six) }
func BenchmarkAppendFull(b *testing.B) { benchAppend(b, full) }

func BenchmarkAppendFullSealed(b *testing.B) {
	benchAppend(b, func(e *Event, i int) {
		full(e, i)
		e.Seal()
	})
}

var sixSchema = batch.Schema{
	{Name: "ts", Type: types.Timestamptz, NotNull: true},
	{Name: "event_type", Type: types.Text},
	{Name: "user_id", Type: types.Text},
	{Name: "process_id", Type: types.Int8},
	{Name: "file_path", Type: types.Text},
	{Name: "size_bytes", Type: types.Int8},
}

func appendSix(a *Appender, i int) {
	a.Int64(0, int64(i))
	a.String(1, benchTypes[i&7])
	a.String(2, benchTypes[i>>3&7])
	a.Int64(3, int64(i))
	a.String(4, benchPaths[i&1023])
	a.Int64(5, int64(i))
}

func benchAppender(b *testing.B, a *Appender) {
	b.ReportAllocs()
	defer cpuTime(b)()
	i := 0
	for b.Loop() {
		appendSix(a, i)
		if err := a.EndRow(); err != nil {
			b.Fatal(err)
		}
		if a.Full() {
			a.Batch()
			a.Reset()
		}
		i++
	}
}

func BenchmarkAppenderSix(b *testing.B)     { benchAppender(b, NewAppender(sixSchema)) }
func BenchmarkAppenderSixKeys(b *testing.B) { benchAppender(b, NewAppender(sixSchema, 1, 2)) }
