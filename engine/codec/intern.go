package codec

import (
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/group"
)

// A column of plain strings is tried as a dictionary. Who has seen fewRows or someRows of it and found that most of them
// differ gives up: values that never come again only cost time.
const (
	minInternRows = 64
	fewRows       = 256
	someRows      = 2048
)

// intern gives a column of plain strings with a dictionary in place of them, if few of its first n rows differ. What it
// gives is good until the next call.
func (e *Encoder) intern(c *batch.Column, n int) (batch.Column, bool) {
	if n < minInternRows || c.Type.Category() != 'S' {
		return batch.Column{}, false
	}
	if e.seen == nil {
		e.seen = group.NewStrings()
	}
	seen := e.seen
	seen.Reset()
	e.interned = slices.Grow(e.interned[:0], n)[:n]
	e.dict.Offsets, e.dict.Data = append(e.dict.Offsets[:0], 0), e.dict.Data[:0]
	for i := range e.interned {
		if i == fewRows && seen.Len() > fewRows*15/16 || i == someRows && seen.Len() > someRows/2 {
			return batch.Column{}, false
		}
		if c.Null(i) {
			e.interned[i] = 0
			continue
		}
		v := c.Data[c.Offsets[i]:c.Offsets[i+1]]
		code := seen.Code(v)
		if e.interned[i] = code; int(code) == e.dict.Len() {
			e.dict.Data = append(e.dict.Data, v...)
			e.dict.Offsets = append(e.dict.Offsets, int32(len(e.dict.Data)))
		}
	}
	return batch.Column{Type: c.Type, N: n, Valid: c.Valid, Codes: e.interned, Dict: &e.dict}, true
}
