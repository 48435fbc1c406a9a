package segment

import (
	"encoding/binary"
	"os"
)

// A segment that another one follows ends with a close whose body says where epochs begin in it, so that a start reads
// this one record of it. The body's last bytes are the place of the record, by which it is found from the end:
//
//	tail = count (epoch offset)... last oldest fence place
//
// All are varints, epochs and offsets each less those of the entry before; place has eight bytes.
const (
	placeBytes = 8
	tailChunk  = 16 << 10 // what is read at first: the tail of a segment of the usual size is shorter
)

// tail appends the body of the close that ends a segment.
func (s *segmentInfo) tail(d []byte, last, fence uint64) []byte {
	d = binary.AppendUvarint(d, uint64(len(s.index)))
	var before indexEntry
	for _, e := range s.index {
		d = binary.AppendUvarint(d, e.epoch-before.epoch)
		d = binary.AppendUvarint(d, uint64(e.offset-before.offset))
		before = e
	}
	d = binary.AppendUvarint(d, last)
	d = binary.AppendUvarint(d, s.oldest)
	d = binary.AppendUvarint(d, fence)
	return binary.LittleEndian.AppendUint64(d, uint64(s.size))
}

// loadTail takes in a segment by its tail, if that is there and whole. What lies before it is checked when it is read.
func (l *Log) loadTail(s *segmentInfo, f *os.File, size int64) bool {
	body, at, ok := readTail(f, s.id, size)
	if !ok {
		return false
	}
	d := varints{d: body[:len(body)-placeBytes], ok: true}
	n := d.count()
	index := make([]indexEntry, n)
	var e indexEntry
	for i := range index {
		step, from := d.next(), e.offset
		e.epoch, e.offset = e.epoch+step, e.offset+int64(d.next())
		if e.offset <= from || e.offset >= at || i > 0 && step == 0 {
			return false
		}
		index[i] = e
	}
	last, oldest, fence := d.next(), d.next(), d.next()
	switch {
	case !d.ok || len(d.d) > 0 || oldest > s.id || last < e.epoch:
		return false
	case n == 0 && last != l.last, n > 0 && index[0].epoch != l.last+1:
		return false
	}
	s.index, s.oldest, s.size = index, oldest, size
	l.last, l.fence = last, max(l.fence, fence)
	return true
}

// readTail reads the body of the close that ends a segment of a size, and gives where its record lies.
func readTail(f *os.File, id uint64, size int64) (body []byte, at int64, ok bool) {
	from := max(fileHeadLen, size-tailChunk)
	if size < from+headLen+placeBytes {
		return nil, 0, false
	}
	d := make([]byte, size-from)
	if _, err := f.ReadAt(d, from); err != nil {
		return nil, 0, false
	}
	at = int64(binary.LittleEndian.Uint64(d[len(d)-placeBytes:]))
	if at < fileHeadLen || at > size-headLen-placeBytes {
		return nil, 0, false
	}
	if at < from {
		d, from = make([]byte, size-at), at
		if _, err := f.ReadAt(d, at); err != nil {
			return nil, 0, false
		}
	}
	d = d[at-from:]
	h, ok := getHead(d, id, at)
	if body = d[headLen:]; !ok || h.kind != kindClose || h.length != int64(len(body)) || !h.is(body) {
		return nil, 0, false
	}
	return body, at, true
}
