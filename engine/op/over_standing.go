package op

import (
	"encoding/binary"
	"slices"

	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/types"
)

// standing is what a PassingOver keeps of a partition beside rows: the tally of those that it has dropped, if there are any,
// and when it may be forgotten.
type standing struct {
	due   types.Micros
	tally overTally
}

// record is a partition's standing: the partition, numbers, and how long the partition is.
func (s *standing) record(group string) []byte {
	dst := binary.AppendVarint([]byte(group), int64(s.due))
	dst = binary.AppendUvarint(dst, uint64(s.tally.rows))
	if s.tally.rows > 0 {
		dst = binary.AppendUvarint(dst, uint64(s.tally.groups))
		dst = binary.AppendUvarint(dst, uint64(len(s.tally.place)))
		dst = append(dst, s.tally.place...)
		dst = binary.AppendUvarint(dst, uint64(len(s.tally.words)))
		for _, words := range s.tally.words {
			dst = binary.AppendUvarint(dst, uint64(len(words)))
			for _, w := range words {
				dst = binary.LittleEndian.AppendUint64(dst, w)
			}
		}
	}
	return binary.BigEndian.AppendUint32(dst, uint32(len(group)))
}

// readStanding reads a record; ok is false for one that is damaged.
func readStanding(record string) (group string, s standing, ok bool) {
	end := len(record) - 4
	if end < 0 {
		return "", s, false
	}
	size := int(binary.BigEndian.Uint32([]byte(record[end:])))
	if size > end {
		return "", s, false
	}
	d := state.Decoder{Data: []byte(record[size:end])}
	s.due = types.Micros(d.Int())
	if s.tally.rows = int(d.Uint()); s.tally.rows > 0 {
		s.tally.groups = int(d.Uint())
		s.tally.place = string(d.Bytes(d.Uint()))
		for range min(d.Uint(), uint64(len(d.Data))) {
			var words []uint64
			for range min(d.Uint(), uint64(len(d.Data))) {
				if b := d.Bytes(8); b != nil {
					words = append(words, binary.LittleEndian.Uint64(b))
				}
			}
			s.tally.words = append(s.tally.words, words)
		}
	}
	return record[:size], s, !d.Bad && len(d.Data) == 0
}

// standing gives that of a partition; the zero value if it has none.
func (o *PassingOver) standing(group string) (s standing) {
	if record, ok := o.standings.First(group); ok {
		_, s, _ = readStanding(record)
	}
	return s
}

func (o *PassingOver) setStanding(group string, was, now standing) {
	if old, ok := o.standings.First(group); ok {
		o.standings.Drop([]byte(old))
		o.dues.Drop(was.appointment(group))
	}
	o.standings.Put(now.record(group))
	o.dues.Put(now.appointment(group))
}

// appointment is when the partition may be forgotten, in order, and the partition.
func (s *standing) appointment(group string) []byte {
	return append(types.AppendOrderedInt(nil, int64(s.due)), group...)
}

// loadDues makes the dues of the standings that were loaded.
func (o *PassingOver) loadDues() (err error) {
	o.standings.Each(func(record string) {
		group, s, ok := readStanding(record)
		if !ok || len(s.tally.words) > 0 && len(s.tally.words) != len(o.spec.Calls) {
			err = damagedPage()
			return
		}
		o.dues.Put(s.appointment(group))
	})
	return err
}

// tally gives that of a partition's rows before a place: the last one of part and the rows since. It is the last one if the
// functions keep more than numbers.
func (n *overNear) tally(s sorted, part *overPart, group, before string) (overTally, error) {
	start, last := group, overTally{}
	if k := len(part.tallies); k > 0 {
		last = part.tallies[k-1]
		if start = s.onward(group, last.place, 1, 0); start == last.place {
			return last, nil
		}
	}
	r := regionOf(n.spec.Input, group, collect(nil, s, group, start, "", true))
	end, _ := slices.BinarySearch(r.Places, before)
	q := n.partition(r, nil)
	sums, err := q.sums(&last)
	if err != nil || end == 0 {
		return last, err
	}
	next, ok := last.onward(sums, q, r.Places, 0, end)
	if !ok {
		return last, nil
	}
	return next, nil
}
