package codec

import (
	"bytes"
	"fmt"
	"sync"
	"testing"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// texts has n strings, of which some differ.
func texts(n, some int) *batch.Batch {
	c := batch.NewBuilder(types.Text, n)
	for i := range n {
		c.Bytes(fmt.Appendf(nil, "value %d of %d", i%some, n))
	}
	return &batch.Batch{N: n, Cols: []batch.Column{c.Finish()}}
}

// TestRestingEncoders makes the same blocks as an encoder that has seen nothing, whoever used it before, from several
// goroutines at once.
func TestRestingEncoders(t *testing.T) {
	var rows []*batch.Batch
	var want [][]byte
	for _, x := range [][2]int{{8192, 8192}, {100, 7}, {8192, 50}, {64, 64}, {3, 2}, {5000, 900}} {
		b := texts(x[0], x[1])
		data, err := new(Encoder).Encode(nil, b)
		if err != nil {
			t.Fatal(err)
		}
		rows, want = append(rows, b), append(want, data)
	}
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 30 {
				at := (i*5 + g) % len(rows)
				got, err := EncodeBlock([]byte("before"), rows[at])
				if err != nil || !bytes.Equal(got, append([]byte("before"), want[at]...)) {
					t.Errorf("block %d differs from a new encoder's (%v)", at, err)
				}
			}
		})
	}
	wg.Wait()
}

// TestGreatEncodersDoNotRest leaves the buffers of a block of long strings to the garbage collector.
func TestGreatEncodersDoNotRest(t *testing.T) {
	e := &restingEncoder{}
	c := batch.NewBuilder(types.Text, 1)
	c.Bytes(bytes.Repeat([]byte("x"), maxResting))
	if _, err := e.Encode(nil, &batch.Batch{N: 1, Cols: []batch.Column{c.Finish()}}); err != nil {
		t.Fatal(err)
	}
	if e.held() <= maxResting {
		t.Errorf("an encoder holds %d bytes after a string of %d", e.held(), maxResting)
	}
}
