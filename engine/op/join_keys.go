package op

import (
	"bytes"
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/value"
)

// KeySource is a join that tells which keys one side has, so that only rows with them need be read of the other.
type KeySource interface {
	// Keys gives the values that the left or the right side has in its keys at positions keys, each combination once, as
	// value.WideKey of one after the other. It says false while the side has not ended, and if there are more than most.
	Keys(left bool, keys []int, most int) (values [][]byte, ok bool)
}

// Keys tells of a side that has ended before the other began.
func (j *hashJoin) Keys(left bool, keys []int, most int) (values [][]byte, ok bool) {
	side, cols := []*batch.Batch{&j.built}, j.spec.RightKeys
	if left {
		side, cols = j.waiting, j.spec.LeftKeys
	}
	if left && (j.leftEnd == nil || j.complete) || !left && !j.complete {
		return nil, false
	}
	n := 0
	for _, b := range side {
		n += b.N
	}
	if n > most {
		return nil, false
	}
	for _, b := range side {
	rows:
		for row := range b.N {
			var v []byte
			for _, k := range keys {
				c := &b.Cols[cols[k]]
				if c.Null(row) { // which equals nothing
					continue rows
				}
				v = value.WideKey(v, c, row)
			}
			values = append(values, v)
		}
	}
	slices.SortFunc(values, bytes.Compare)
	return slices.CompactFunc(values, bytes.Equal), true
}
