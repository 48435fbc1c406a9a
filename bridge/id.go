package bridge

import (
	"encoding/binary"

	"github.com/zeebo/xxh3"

	"github.com/vexfs/vexstream/engine/types"
)

// EventID makes a UUID in the shape of version 7 (RFC 9562, 5.7): 48 bits of ms and 12 bits of µs, so that IDs sort
// by time, then 14 bits of the node and source and 48 bits of seq, so that they differ. The same arguments give the
// same ID.
func EventID(ts types.Micros, lane uint16, seq int64) (id [16]byte) {
	ms, us := uint64(ts)/1000, uint64(ts)%1000
	be := binary.BigEndian
	be.PutUint64(id[0:], ms<<16|0x7000|us<<2|uint64(seq)>>48&3)
	be.PutUint64(id[8:], 0x8000_0000_0000_0000|uint64(lane&0x3fff)<<48|uint64(seq)&0xffff_ffff_ffff)
	return id
}

// Lane names a node's source in the 14 bits that an event ID has for it.
func Lane(node uint32, source string) uint16 {
	return uint16(xxh3.HashStringSeed(source, uint64(node)+1)) & 0x3fff
}
