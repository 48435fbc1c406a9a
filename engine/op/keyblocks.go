package op

// keyBlocks holds the keys of many rows, one after the other in blocks, so that what is there is not copied as more come.
type keyBlocks struct {
	blocks [][]byte
	size   int64 // bytes of all blocks
}

// keyAt is where a key lies.
type keyAt struct {
	block    int32
	from, to uint32
}

// Sizes of blocks: each is twice as large as the one before it. A key that is longer has a block of its own.
const (
	firstKeyBlock = 4 << 10
	lastKeyBlock  = 1 << 20
)

// add copies a key in.
func (k *keyBlocks) add(key []byte) keyAt {
	last := len(k.blocks) - 1
	if last < 0 || cap(k.blocks[last])-len(k.blocks[last]) < len(key) {
		n := firstKeyBlock
		if last >= 0 {
			n = min(2*cap(k.blocks[last]), lastKeyBlock)
		}
		n = max(n, len(key))
		k.blocks, k.size = append(k.blocks, make([]byte, 0, n)), k.size+int64(n)
		last++
	}
	from := len(k.blocks[last])
	k.blocks[last] = append(k.blocks[last], key...)
	return keyAt{int32(last), uint32(from), uint32(from + len(key))}
}

func (k *keyBlocks) key(at keyAt) []byte { return k.blocks[at.block][at.from:at.to] }
