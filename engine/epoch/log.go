package epoch

import (
	"context"
	"io"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// Block is rows of one relation as bytes: what engine/codec made of one batch. The log stores the bytes and does not
// look into them; the other fields are the block's header, and let a scan skip what it does not want.
type Block struct {
	Relation uint32
	Lane     uint32 // which writer of the relation it came from: 0 for statements
	Rows     uint32
	Seq0     uint32       // the first row's place in its epoch; set when the epoch is sealed
	Offset0  int64        // the first row's _offset in its relation; set when the epoch is sealed
	MinTime  types.Micros // least and greatest event time of the rows; MinTime > MaxTime: the relation has none
	MaxTime  types.Micros
	Data     []byte
	// Stats says what the columns hold, as appendStats writes it. The log keeps it with the header; it may be empty, because
	// the block is small or older than statistics are.
	Stats []byte

	// Late is set by Read's want, for a reader that needs only parts of the bytes: a Log may then leave Data nil and
	// give Bytes, good until the visit returns, and Len. It leaves checking them to the reader. want knows Len of every block.
	Late  bool
	Bytes io.ReaderAt
	Len   int
}

// Ref is where a staged block lies in the log.
type Ref struct {
	Segment uint64
	Offset  int64
	Len     int64
}

// Entry is one epoch as the log records it: everything that a replay needs so that it reads no clock and gives the
// same bits.
type Entry struct {
	Epoch batch.Epoch
	// Marks are the watermarks as of this epoch, which judge the rows of the next one.
	Marks stream.Watermarks
	// Blocks are the rows. Append writes those that are not staged; Read gives all that were asked for.
	Blocks []Block
	// Staged names blocks that Stage wrote earlier: they come after Blocks, in this order. Their headers are given
	// again because Seq0 and Offset0 are known only now; Data is nil.
	Staged []Staged
	// Meta is whatever the committer records beside the rows (producers' sequences, clock state), by its own
	// encoding. The log does not look into it.
	Meta []byte
}

// Staged is a block that an earlier Stage wrote.
type Staged struct {
	Header Block
	Ref    Ref
}

// Log is the sequence of epochs. Its one promise: when Append returns nil, the epoch and all blocks it names are
// there after any crash, whole; an epoch whose Append did not return is there whole or not at all.
//
// Append and Stage may be called from several goroutines; Read runs beside them. engine/logtest is the suite that
// every Log passes.
type Log interface {
	// Bounds gives the numbers of the first and last epoch that are there; last is 0 for an empty log, and
	// first-1 for one whose epochs have all been truncated.
	Bounds() (first, last uint64)
	// Stage writes a block that belongs to no epoch yet, without waiting for the disk. What no epoch names is gone
	// after a restart, and is dropped with its segment.
	Stage(b *Block) (Ref, error)
	// Unstage says that no epoch will name the block at ref: its room counts as free, and is so once its segment is
	// dropped.
	Unstage(ref Ref)
	// Append writes an epoch and waits until it is durable. e.Epoch.No must be last+1. fence is the number under which
	// the caller owns the log: an Append under a lower one than was seen before fails with ErrFenced.
	Append(fence uint64, e *Entry) error
	// Read visits the epochs from..to (inclusive; to 0: up to the last one there at the call) in order. want picks
	// blocks by header (nil: all), asked once for each block of an epoch, in order, just before the epoch is visited;
	// the Data of others is not read. Entries and their data are borrowed until visit
	// returns. What a Truncate forgets meanwhile is read all the same. A missing epoch is ErrTruncated, a damaged one an XX001 that names the file and place.
	Read(ctx context.Context, from, to uint64, want func(*Block) bool, visit func(*Entry) error) error
	// Truncate allows the log to forget every epoch before the given one; it forgets whole segments only.
	Truncate(before uint64) error
	// Size is the bytes on disk.
	Size() int64
	Close() error
}
