package segment

import (
	"os"
	"sync"
)

// ahead makes the segment that comes next while the last one fills, and writes zeros all over it: what is reserved and never
// written is no data yet to a file system, so that each sync of a first write to it waits for the file system's journal, and with that
// for what others write. It is a file of its own because a sync waits for all that its file has under way. The zeros come as
// the last segment fills, so that they never come all at once.
//
// What is made is a file without a head under the temporary name; a start removes it. Nothing depends on it: where there is no room,
// or it is not done in time, the log makes its segments as it needs them.
type ahead struct {
	log  *Log
	wake chan struct{} // one slot: the last segment has grown
	stop chan struct{}
	done chan struct{} // closed when the goroutine has ended

	mu     sync.Mutex // held over each write
	file   *os.File   // nil: none
	id     uint64     // of file
	size   int64      // of file
	zeroed int64      // how much of it has been written
	gone   uint64     // segments up to this one are not made any more: they are there, or could not be made
}

// aheadSteps is in how many writes a segment's zeros come at least.
const aheadSteps = 64

func newAhead(l *Log) *ahead {
	a := &ahead{log: l, wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
	go a.run()
	return a
}

func (a *ahead) run() {
	defer close(a.done)
	for {
		select {
		case <-a.stop:
			return
		case <-a.wake:
			a.work()
		}
	}
}

// grown is called when the last segment ends at size.
func (a *ahead) grown(size int64) {
	if a.wanted(size) == 0 {
		return
	}
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// wanted is how much of the next segment is to have zeros when the last one ends at size: none up to a quarter, all from three
// quarters on.
func (a *ahead) wanted(size int64) int64 {
	whole := a.log.opt.SegmentBytes
	return max(0, min(whole, 2*(size-whole/4)))
}

// work writes what is wanted by now.
func (a *ahead) work() {
	for a.step() {
		select {
		case <-a.stop:
			return
		default:
		}
	}
}

// step writes one piece, and says whether to go on.
func (a *ahead) step() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.log
	l.mu.RLock()
	last, err := l.segments[len(l.segments)-1], l.usable()
	id, want := last.id+1, a.wanted(last.size)
	l.mu.RUnlock()
	if err != nil || id <= a.gone || a.file != nil && a.zeroed >= min(want, a.size) || want == 0 {
		return false
	}
	if a.file == nil {
		if err = l.guard.Check(l.opt.SegmentBytes); err == nil {
			a.file, err = os.OpenFile(segmentPath(l.dir, id)+tmpSuffix, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
		}
		if err == nil {
			a.id, a.zeroed = id, 0
			a.size, err = preallocate(a.file, l.opt.SegmentBytes)
		}
	}
	n := min(int64(len(zeros)), max(fileHeadLen, a.size/aheadSteps), a.size-a.zeroed)
	if err == nil {
		_, err = a.file.WriteAt(zeros[:n], a.zeroed)
	}
	if err == nil {
		err = fdatasync(a.file)
	}
	if err != nil { // nobody has been told of anything in it
		a.drop(id)
		return false
	}
	a.zeroed += n
	return true
}

// drop removes what has been made, and makes no segment up to id any more.
func (a *ahead) drop(id uint64) {
	a.gone = id
	if a.file == nil {
		return
	}
	a.file.Close()
	_ = os.Remove(segmentPath(a.log.dir, a.id) + tmpSuffix) // if it stays, a start removes it
	a.file = nil
}

// take gives the file of a segment, as far as it has been made, and how large it is and how much of it has been written; nil: none has.
func (a *ahead) take(id uint64) (f *os.File, size, zeroed int64) {
	if a == nil { // the log is being opened
		return nil, 0, 0
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.gone = max(a.gone, id)
	if a.file == nil || a.id != id {
		return nil, 0, 0
	}
	f, a.file = a.file, nil
	return f, a.size, a.zeroed
}

// close ends the goroutine, and removes what nobody has taken.
func (a *ahead) close() {
	close(a.stop)
	<-a.done
	a.mu.Lock()
	defer a.mu.Unlock()
	a.drop(a.gone)
}

// make makes a preallocated file for a segment, or gives that which was made ahead. size is its own, and zeroed how much of it
// has been written.
func (l *Log) make(id uint64) (f *os.File, size, zeroed int64, err error) {
	if f, size, zeroed = l.ahead.take(id); f != nil {
		return f, size, zeroed, nil
	}
	f, err = os.OpenFile(segmentPath(l.dir, id)+tmpSuffix, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, 0, 0, err
	}
	if size, err = preallocate(f, l.opt.SegmentBytes); err != nil {
		f.Close()
		_ = os.Remove(f.Name())
		return nil, 0, 0, err
	}
	return f, size, 0, nil
}
