package epoch

import (
	"context"
	"sync"

	"github.com/vexfs/vexstream/engine/types"
)

// Usage is what the log holds of a relation.
type Usage struct {
	Bytes  int64 // of its blocks, as they are stored
	Rows   int64
	Oldest types.Micros // when the oldest of them was committed
}

// stretchEpochs is how many epochs are counted together: what the log forgets takes whole stretches along, and a part of
// one is counted again.
const stretchEpochs = 4096

// stretch is the use of the epochs first..last.
type stretch struct {
	first, last uint64
	by          map[uint32]Usage
}

// usage counts what the log holds, as far as somebody asked.
type usage struct {
	mu        sync.Mutex // held while the log is read
	stretches []stretch  // without a gap, the oldest first
}

// Size is the bytes of the log on disk.
func (c *Committer) Size() int64 { return c.log.Size() }

// Usage gives for each relation what the log holds of it. It reads the heads of the epochs that came since the last call.
func (c *Committer) Usage(ctx context.Context) (map[uint32]Usage, error) {
	u := &c.usage
	u.mu.Lock()
	defer u.mu.Unlock()
	first, last := c.log.Bounds()
	for len(u.stretches) > 0 && u.stretches[0].first < first {
		u.stretches = u.stretches[1:]
	}
	if len(u.stretches) > 0 && first < u.stretches[0].first {
		begun := u.stretches
		u.stretches = nil
		if err := u.count(ctx, c.log, first, begun[0].first-1); err != nil {
			return nil, err
		}
		u.stretches = append(u.stretches, begun...)
	}
	from := first
	if n := len(u.stretches); n > 0 {
		from = u.stretches[n-1].last + 1
	}
	if err := u.count(ctx, c.log, from, last); err != nil {
		return nil, err
	}
	out := map[uint32]Usage{}
	for _, s := range u.stretches {
		for id, more := range s.by {
			out[id] = out[id].and(more)
		}
	}
	return out, nil
}

func (u Usage) and(more Usage) Usage {
	if u.Rows == 0 {
		return more
	}
	return Usage{u.Bytes + more.Bytes, u.Rows + more.Rows, min(u.Oldest, more.Oldest)}
}

// count adds the epochs from..to. What it could not read to the end is as if it had not been asked for.
func (u *usage) count(ctx context.Context, log Log, from, to uint64) error {
	if from > to {
		return nil
	}
	var blocks []Block
	note := func(b *Block) bool {
		blocks = append(blocks, *b)
		return false
	}
	return log.Read(ctx, from, to, note, func(e *Entry) error {
		n := len(u.stretches)
		if n == 0 || u.stretches[n-1].last+1-u.stretches[n-1].first == stretchEpochs {
			u.stretches = append(u.stretches, stretch{first: e.Epoch.No, by: map[uint32]Usage{}})
			n++
		}
		s := &u.stretches[n-1]
		s.last = e.Epoch.No
		for i := range blocks {
			b := &blocks[i]
			s.by[b.Relation] = s.by[b.Relation].and(Usage{int64(b.Len), int64(b.Rows), e.Epoch.Time})
		}
		blocks = blocks[:0]
		return nil
	})
}
