package codec

import (
	"encoding/binary"
	"hash/crc32"
)

// Recode appends the block data to dst with its columns packed anew: by zstd where that takes less, or plain, for who
// packs several blocks together. It holds the same rows in the same form. Damage is XX001, and dst is as it was.
func Recode(dst, data []byte, to Compression) ([]byte, error) {
	h, err := directory(data)
	if err != nil {
		return dst, err
	}
	at, err := h.places(len(data))
	if err != nil {
		return dst, err
	}
	start, version := len(dst), byte(plainVersion)
	dst = append(dst, data[:at[0]]...)
	var b columnBuf
	var packed []byte
	for i := range h.dir {
		e, stored := h.dir[i], data[at[i]:at[i+1]]
		if crc32.Checksum(stored, castagnoli) != e.crc {
			return dst[:start], corrupt("the checksum of column %d is wrong", i)
		}
		raw, err := b.unpack(&e, i, stored)
		if err != nil {
			return dst[:start], err
		}
		e.codec = codecRaw
		if to == Zstd && len(raw) >= minCompress {
			packed = Pack(packed[:0], raw)
			if worth(len(raw), len(packed)) {
				raw, e.codec, version = packed, codecZstd, Version
			}
		}
		e.stored, e.crc = uint32(len(raw)), crc32.Checksum(raw, castagnoli)
		dst = append(dst, raw...)
		e.put(dst[start+headLen+i*entryLen:])
	}
	head := dst[start:]
	head[3] = version
	binary.LittleEndian.PutUint32(head[12:], headCRC(head, len(h.dir)))
	return dst, nil
}

// worth says whether packing takes a tenth less, and whether a reader believes that so much is in it.
func worth(raw, packed int) bool {
	return packed*10 <= raw*9 && (raw <= FreeExpansion || raw <= packed*MaxExpansion)
}
