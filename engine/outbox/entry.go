package outbox

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// ID tells entries apart, for ever.
type ID struct {
	Trigger uint32
	Origin  uint32 // the node whose log the epoch is in
	Epoch   uint64
	Seq     uint32 // among the entries of the trigger in the epoch
}

// String is the ID as receivers see it.
func (id ID) String() string {
	return fmt.Sprintf("%d/%d/%d/%d", id.Trigger, id.Origin, id.Epoch, id.Seq)
}

func (id ID) compare(o ID) int {
	return cmp.Or(cmp.Compare(id.Epoch, o.Epoch), cmp.Compare(id.Origin, o.Origin), cmp.Compare(id.Trigger, o.Trigger), cmp.Compare(id.Seq, o.Seq))
}

// Entry is one thing to be done outside.
type Entry struct {
	ID      ID
	Kind    string // what is to be done: webhook, email, ...
	Target  string // with whom; entries of one Kind and Target share attempts and failures
	Payload []byte
}

// Outcome is what became of an attempt.
type Outcome struct {
	Err       error        // nil: it is done
	Permanent bool         // another attempt would fail, too
	After     types.Micros // the receiver wants no attempt for so long; 0: it did not say
}

// Deliverer makes attempts.
type Deliverer interface {
	// Deliver makes one attempt, and ends with ctx. Many goroutines call it. e is the callee's.
	Deliver(ctx context.Context, e Entry) Outcome
}

// Dead is an entry that is given up.
type Dead struct {
	Entry
	At  types.Micros // when
	Why string
}

// Keys in the store. What waits, and what is dead, lies in the order of its ID.
const (
	waitingPrefix = "w"
	deadPrefix    = "d"
	throughKey    = "through"
)

func key(prefix string, id ID) []byte {
	k := binary.BigEndian.AppendUint64([]byte(prefix), id.Epoch)
	k = binary.BigEndian.AppendUint32(k, id.Origin)
	k = binary.BigEndian.AppendUint32(k, id.Trigger)
	return binary.BigEndian.AppendUint32(k, id.Seq)
}

func idOf(key []byte) (ID, error) {
	if len(key) != 21 {
		return ID{}, damaged(key)
	}
	k := key[1:]
	return ID{
		Epoch: binary.BigEndian.Uint64(k), Origin: binary.BigEndian.Uint32(k[8:]), Trigger: binary.BigEndian.Uint32(k[12:]), Seq: binary.BigEndian.Uint32(k[16:]),
	}, nil
}

func damaged(key []byte) error {
	return sqlerr.New(sqlerr.DataCorrupted, "the outbox has a damaged entry %x", key)
}

// form is the first byte of a value, for forms to come.
const form = 1

// appendEntry appends what is stored of an entry beside its ID. at is when it was put or given up, why is why.
func appendEntry(dst []byte, e *Entry, at types.Micros, why string) []byte {
	dst = binary.AppendVarint(append(dst, form), int64(at))
	for _, s := range []string{why, e.Kind, e.Target} {
		dst = append(binary.AppendUvarint(dst, uint64(len(s))), s...)
	}
	return append(dst, e.Payload...)
}

// readEntry reads what appendEntry has written, and copies it.
func readEntry(key, value []byte) (d Dead, err error) {
	if d.ID, err = idOf(key); err != nil {
		return d, err
	}
	if len(value) == 0 || value[0] != form {
		return d, damaged(key)
	}
	at, n := binary.Varint(value[1:])
	if n <= 0 {
		return d, damaged(key)
	}
	d.At, value = types.Micros(at), value[1+n:]
	for _, s := range []*string{&d.Why, &d.Kind, &d.Target} {
		size, n := binary.Uvarint(value)
		if n <= 0 || size > uint64(len(value)-n) {
			return d, damaged(key)
		}
		*s, value = string(value[n:n+int(size)]), value[n+int(size):]
	}
	d.Payload = append([]byte(nil), value...)
	return d, nil
}
