package batch

import "sync/atomic"

// Dict is an immutable view of an append-only dictionary: the strings that codes stand for. A longer Dict with the
// same ID has this one's entries as its prefix, so a translation that an operator built for codes below Len stays
// true when the dictionary grows.
//
// Codes never leave the process: a block of the log carries a dictionary of its own.
type Dict struct {
	ID      uint64 // names (relation, column, generation) within this process; never reused
	Offsets []int32
	Data    []byte
}

// A dictionary ends, and the next generation begins, at either limit.
const (
	MaxDictLen   = 1 << 20
	MaxDictBytes = 64 << 20
)

var lastDictID atomic.Uint64

// NewDictID gives an ID that no other dictionary of this process has.
func NewDictID() uint64 { return lastDictID.Add(1) }

// Len is the number of entries.
func (d *Dict) Len() int { return len(d.Offsets) - 1 }

// At gives entry code, borrowed for as long as the dictionary lives.
func (d *Dict) At(code uint32) []byte { return d.Data[d.Offsets[code]:d.Offsets[code+1]] }
