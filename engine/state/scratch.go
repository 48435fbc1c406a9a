package state

// Scratch keeps bytes outside memory while a process runs: a restart knows nothing of them. It may be used from any
// goroutine.
type Scratch interface {
	// Put stores data and says where. It fails with 53100 when there is no room.
	Put(data []byte) (at int64, err error)
	// Get fills data with what was put there.
	Get(data []byte, at int64) error
	// Free gives up n bytes that were put there.
	Free(at int64, n int)
}
