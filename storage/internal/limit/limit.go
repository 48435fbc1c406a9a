// Package limit counts what one transaction writes, so that every state.Store refuses the same things by the same
// words, and refuses them before the store below would. It stores nothing.
package limit

import (
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
)

// MaxKeyBytes is the longest key, the prefix of its scope included.
const MaxKeyBytes = 4096

// Txn counts the entries and bytes of one transaction. The zero Txn has counted nothing.
type Txn struct {
	Entries int
	Bytes   int
}

// Add counts one written or deleted key. It gives 54000 when a limit is passed, and counts nothing then.
func (t *Txn) Add(key, value []byte) error {
	switch n := len(key) + len(value); {
	case len(key) == 0:
		return sqlerr.New(sqlerr.InvalidParameterValue, "a stored key must not be empty")
	case len(key) > MaxKeyBytes:
		return sqlerr.New(sqlerr.ProgramLimitExceeded, "a stored key of %d bytes is longer than %d", len(key), MaxKeyBytes)
	case len(value) > state.MaxValueBytes:
		return sqlerr.New(sqlerr.ProgramLimitExceeded, "a stored value of %d bytes is longer than %d",
			len(value), state.MaxValueBytes).WithHint("Split the value over several keys.")
	case t.Entries+1 > state.MaxTxnEntries:
		return sqlerr.New(sqlerr.ProgramLimitExceeded, "a transaction of the store holds at most %d keys",
			state.MaxTxnEntries).WithHint("Write in several transactions.")
	case t.Bytes+n > state.MaxTxnBytes:
		return sqlerr.New(sqlerr.ProgramLimitExceeded, "a transaction of the store holds at most %d bytes",
			state.MaxTxnBytes).WithHint("Write in several transactions.")
	default:
		t.Entries++
		t.Bytes += n
		return nil
	}
}
