package bridge

import (
	"unicode/utf8"
	"unsafe"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// When a batch leaves, whichever comes first.
const (
	FlushRows  = batch.MaxRows
	FlushBytes = 1 << 20               // of strings
	FlushAge   = 5 * types.Millisecond // of the oldest row
)

// MaxQueued is how many finished batches may wait for the engine. MaxLoans is how many sets of columns there are:
// those, the one being filled, and the one being pushed.
const (
	MaxQueued = 16
	MaxLoans  = MaxQueued + 2
)

// BatcherOptions says what a Batcher writes into the columns that an Event leaves out.
type BatcherOptions struct {
	Source   string
	Boundary string // empty: kernel
	Host     string
	Node     uint32
	Counters *Counters // nil: its own
}

// Batcher turns Events into batches of Schema. See the package comment for who may call it.
type Batcher struct {
	o     BatcherOptions
	lane  uint16
	seq   int64
	cur   *rows
	made  int
	free  chan *rows
	dicts [NumColumns]*dictionary
	check Event
}

// rows is a set of columns and the batch made of them.
type rows struct {
	cols  [NumColumns]column
	n     int
	bytes int
	since types.Micros // the age of the oldest row is counted from here
	loan  Loan
}

// Loan is a finished batch, borrowed until Batcher.Return.
type Loan struct {
	Batch batch.Batch
	rows  *rows
}

// NewBatcher makes a Batcher.
func NewBatcher(o BatcherOptions) *Batcher {
	if o.Boundary == "" {
		o.Boundary = BoundaryKernel
	}
	if o.Counters == nil {
		o.Counters = new(Counters)
	}
	b := &Batcher{o: o, lane: Lane(o.Node, o.Source), free: make(chan *rows, MaxLoans)}
	for _, c := range keyColumns {
		b.dicts[c] = newDictionary()
	}
	return b
}

// Ready says whether Append has columns to write to, and finds some if it can. It is false only while MaxLoans-1
// loans are out.
func (b *Batcher) Ready() bool {
	if b.cur != nil {
		return true
	}
	select {
	case b.cur = <-b.free:
		b.cur.reset()
	default:
		if b.made == MaxLoans {
			return false
		}
		b.made++
		b.cur = b.newRows()
	}
	return true
}

// await is Ready for who can wait until a loan is returned.
func (b *Batcher) await() {
	if !b.Ready() {
		b.cur = <-b.free
		b.cur.reset()
	}
}

func (b *Batcher) newRows() *rows {
	r := &rows{}
	for i := range r.cols {
		r.cols[i] = makeColumn(Schema[i].Type, b.dicts[i])
	}
	r.cols[ColSource].usual, r.cols[ColBoundary].usual, r.cols[ColHost].usual = b.o.Source, b.o.Boundary, b.o.Host
	r.loan.rows = r
	r.loan.Batch.Cols = make([]batch.Column, NumColumns)
	return r
}

func (r *rows) reset() {
	for i := range r.cols {
		r.cols[i].reset()
	}
	r.n, r.bytes = 0, 0
}

// Len is the number of rows appended since the last Take.
func (b *Batcher) Len() int {
	if b.cur == nil {
		return 0
	}
	return b.cur.n
}

// Full says whether the batch has reached FlushRows or FlushBytes.
func (b *Batcher) Full() bool {
	return b.cur != nil && (b.cur.n >= FlushRows || b.cur.bytes >= FlushBytes)
}

// Due says whether the batch is to leave: it is full, or its oldest row came FlushAge before now.
func (b *Batcher) Due(now types.Micros) bool {
	return b.Full() || b.Len() > 0 && now-b.cur.since >= FlushAge
}

// Take finishes the batch under way and gives it; nil if it has no rows.
func (b *Batcher) Take() *Loan {
	r := b.cur
	if r == nil || r.n == 0 {
		return nil
	}
	b.cur = nil
	b.o.Counters.Add(CountEvents, int64(r.n))
	r.loan.Batch.N = r.n
	for i := range r.cols {
		r.loan.Batch.Cols[i] = r.cols[i].finish(r.n)
	}
	for _, c := range keyColumns {
		b.dicts[c].turn()
	}
	r.loan.Batch.Check()
	return &r.loan
}

// Return ends a loan. Any goroutine may call it, once per loan.
func (b *Batcher) Return(l *Loan) {
	poison(&l.Batch)
	b.free <- l.rows
}

// Drop forgets the rows under way and gives their number.
func (b *Batcher) Drop() int {
	if b.cur == nil {
		return 0
	}
	n := b.cur.n
	b.cur.reset()
	return n
}

// Append writes one row. now is the time of appending, for the age of the batch. The caller has seen Ready, and takes
// the batch when Full or Due. It keeps nothing of e, and allocates only while columns and dictionaries grow.
//
// An Event that was sealed at its origin is read back from the columns and its hash compared: one that differs is
// replaced by a row of type Quarantine.
func (b *Batcher) Append(e *Event, now types.Micros) {
	r := b.cur
	if r.n == 0 {
		r.since = now
	}
	if len(e.Path) > MaxPath {
		e.Path, e.Flags = cutPath(e.Path), e.Flags|FlagPathTruncated
		e.Has &^= HasContext
	}
	b.seq++
	b.write(r, e)
	r.n++
	if e.Has&HasContext != 0 {
		r.readBack(r.n-1, &b.check)
		if b.check.ContextHash() != e.Context {
			b.quarantine(r, e)
		}
	}
}

func cutPath(p string) string {
	p = p[:MaxPath]
	for !utf8.RuneStart(p[len(p)-1]) {
		p = p[:len(p)-1]
	}
	return p[:len(p)-1]
}

// quarantine replaces the last row by one that says what was there.
func (b *Batcher) quarantine(r *rows, e *Event) {
	r.n--
	for i := range r.cols {
		r.cols[i].truncate(r.n)
	}
	b.o.Counters.Add(CountContextMismatch, 1)
	q := Event{
		ID: e.ID, TS: e.TS, Type: TypeQuarantine, Flags: FlagContextMismatch,
		Content: jsonObject("why", "the context hash of the row differs from the one at its origin", "event_type", e.Type),
	}
	b.write(r, &q)
	r.n++
}

func (b *Batcher) write(r *rows, e *Event) {
	c := &r.cols
	n := r.n
	seq := e.Seq
	if seq == 0 {
		seq = b.seq
	}
	id := e.ID
	if id == ([16]byte{}) {
		id = EventID(e.TS, b.lane, seq)
	}
	c[ColEventID].put128(&id)
	c[ColTS].put64(uint64(e.TS))
	r.at(ColSeq, n).put64(uint64(seq))
	c[ColEventType].putString(e.Type)
	if e.Source != "" {
		r.text(ColSource, n, e.Source)
	}
	if e.Boundary != "" {
		r.text(ColBoundary, n, e.Boundary)
	}
	if e.Host != "" {
		r.text(ColHost, n, e.Host)
	}
	b.writeStrings(r, e)
	if e.Has != 0 {
		writeNumbers(r, e)
	}
	hash := e.Context
	if e.Has&HasContext == 0 {
		hash = e.ContextHash()
	}
	putHash(r.at(ColContextHash, n), hash)
}

// at gives a column that is padded up to row n.
func (r *rows) at(col, n int) *column {
	c := &r.cols[col]
	if c.n < n {
		c.pad(n)
	}
	return c
}

func (b *Batcher) writeStrings(r *rows, e *Event) {
	n := r.n
	if e.Path != "" {
		r.text(ColFilePath, n, e.Path)
	}
	if e.Target != "" {
		r.text(ColTargetPath, n, e.Target)
	}
	if e.Op != "" {
		r.text(ColOperation, n, e.Op)
	}
	if e.UserID != "" {
		r.text(ColUserID, n, e.UserID)
	}
	if e.Process != "" {
		r.text(ColProcessName, n, e.Process)
	}
	if e.Container != "" {
		r.text(ColContainerID, n, e.Container)
	}
	if e.Flags != 0 {
		r.text(ColFlags, n, flagArrays[e.Flags&(1<<numFlags-1)])
	}
	if e.Content != "" {
		r.text(ColContent, n, e.Content)
	}
	if e.Metadata != "" {
		r.text(ColMetadata, n, e.Metadata)
	}
}

func (r *rows) text(col, n int, s string) {
	c := r.at(col, n)
	c.putString(s)
	if !c.coded {
		r.bytes += len(s)
	}
}

func writeNumbers(r *rows, e *Event) {
	n, has := r.n, e.Has
	if has&HasSizeBytes != 0 {
		r.at(ColSizeBytes, n).put64(uint64(e.SizeBytes))
	}
	if has&HasFileSize != 0 {
		r.at(ColFileSize, n).put64(uint64(e.FileSize))
	}
	if has&HasResult != 0 {
		r.at(ColResult, n).put32(uint32(e.Result))
	}
	if has&HasUID != 0 {
		r.at(ColUID, n).put32(uint32(e.UID))
	}
	if has&HasGID != 0 {
		r.at(ColGID, n).put32(uint32(e.GID))
	}
	if has&HasPID != 0 {
		r.at(ColProcessID, n).put32(uint32(e.PID))
	}
	if has&HasTID != 0 {
		r.at(ColThreadID, n).put32(uint32(e.TID))
	}
	if has&HasPPID != 0 {
		r.at(ColParentProcessID, n).put32(uint32(e.PPID))
	}
	if has&HasDevice != 0 {
		r.at(ColDevice, n).put64(uint64(e.Device))
	}
	if has&HasInode != 0 {
		r.at(ColInode, n).put64(uint64(e.Inode))
	}
	if has&HasUncertainty != 0 {
		r.at(ColTSUncertaintyUs, n).put32(uint32(e.Uncertainty))
	}
	if has&(HasParent|HasLatency|HasPriority|HasLost) != 0 {
		writeRare(r, e)
	}
}

func writeRare(r *rows, e *Event) {
	n, has := r.n, e.Has
	if has&HasParent != 0 {
		r.at(ColParentEventID, n).put128(&e.Parent)
	}
	if has&HasLatency != 0 {
		r.at(ColLatencyNs, n).put64(uint64(e.Latency))
	}
	if has&HasPriority != 0 {
		r.at(ColPriority, n).put16(e.Priority)
	}
	if has&HasLost != 0 {
		r.at(ColLost, n).put64(uint64(e.Lost))
	}
}

func putHash(c *column, h uint64) {
	b := [8]byte{byte(h >> 56), byte(h >> 48), byte(h >> 40), byte(h >> 32), byte(h >> 24), byte(h >> 16), byte(h >> 8), byte(h)}
	c.putString(unsafe.String(&b[0], len(b)))
}
