package epoch

import (
	"encoding/binary"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// MaxCarried is how long a change of the catalog may be that an epoch carries, in bytes.
const MaxCarried = 1 << 20

// carried is a change of the catalog that was committed with rows. The catalog's store takes it after the log has it: until
// then every epoch's record has it, so that the last one does.
type carried struct {
	epoch  uint64 // that committed it
	change []byte // nil: none
}

// Carry has the statement's epoch commit a change of the catalog with its rows, in whatever encoding: they are there both
// or not at all. The caller stores it under the epoch's number as its version and says so by SetCatalog. One change is
// under way at a time. It is to be called before Commit, and fails with 54000 past MaxCarried.
func (s *Statement) Carry(change []byte) error {
	if len(change) > MaxCarried {
		return sqlerr.New(sqlerr.ProgramLimitExceeded, "a transaction block may change definitions of at most %d bytes", MaxCarried).
			WithHint("Change fewer objects in a block that writes rows.")
	}
	s.carries = change
	return nil
}

// Carried is the change that was committed and is, as far as the log knows, not in the catalog's store: its epoch and
// what Carry was given. The epoch is 0 if there is none.
func (c *Committer) Carried() (epoch uint64, change []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.carried.epoch, c.carried.change
}

func (c *Committer) carry(epoch uint64, change []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.carried = carried{epoch, change}
}

// settle forgets the change that is in the catalog's store. mu is held.
func (c *Committer) settle() {
	if c.carried.epoch <= c.catalog {
		c.carried = carried{}
	}
}

// carriedMark begins a record of the committer's state that carries a change: no other begins so.
const carriedMark = producersMark + 1

func (c *Committer) saveCarried(dst []byte) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.carried.epoch == 0 {
		return dst
	}
	dst = binary.AppendUvarint(dst, carriedMark)
	dst = binary.AppendUvarint(dst, c.carried.epoch)
	dst = binary.AppendUvarint(dst, uint64(len(c.carried.change)))
	return append(dst, c.carried.change...)
}

// loadCarried reads what saveCarried wrote, and gives what follows.
func (c *Committer) loadCarried(data []byte) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.carried = carried{}
	mark, rest, err := uvarint(data)
	if err != nil || mark != carriedMark {
		return data, err
	}
	no, rest, err := uvarint(rest)
	if err != nil {
		return nil, err
	}
	n, rest, err := uvarint(rest)
	if err != nil || n > uint64(len(rest)) {
		return nil, errMeta
	}
	c.carried = carried{no, append([]byte(nil), rest[:n]...)}
	c.settle()
	return rest[n:], nil
}
