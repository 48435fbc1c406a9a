package types

import "github.com/vexfs/vexstream/engine/sqlerr"

// MaxValueBytes is the longest value that a function or an aggregate makes. PostgreSQL's limit is 1 GiB; a quarter of that leaves a
// small machine room for the row that the value stands in, and for its way to the client.
const MaxValueBytes = 1 << 28

// ValueTooLong is the 54000 for a value that would have size bytes.
func ValueTooLong(size int) error {
	return sqlerr.New(sqlerr.ProgramLimitExceeded, "requested length too large").
		WithDetail("A value has at most %d bytes; this one would have %d or more.", MaxValueBytes, size)
}
