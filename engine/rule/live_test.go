package rule

import (
	"math/rand/v2"
	"sync"
	"testing"
)

// TestLive changes rules while another goroutine compacts and a third one matches.
func TestLive(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var l Live
	rules, naive := randomRules(r, 300, 1)
	l.Change(rules, nil)
	b := randomBatch(r, 50, newDictionaries())
	done := make(chan struct{})
	var wg sync.WaitGroup
	for _, work := range []func(*Matcher){
		func(*Matcher) { l.Compact() },
		func(m *Matcher) { m.Match(l.Index(), b, 0) },
	} {
		wg.Go(func() {
			for m := NewMatcher(); ; {
				select {
				case <-done:
					return
				default:
					work(m)
				}
			}
		})
	}
	for i := range 60 {
		more, exprs := randomRules(r, 5, 1000+5*i)
		gone := []uint32{uint32(1 + i), uint32(1001 + 5*i)}
		l.Change(more, gone)
		for id, e := range exprs {
			naive[id] = e
		}
		delete(naive, gone[0])
		l.Change(nil, gone[1:])
		delete(naive, gone[1])
	}
	close(done)
	wg.Wait()
	if l.Index().Len() != len(naive) {
		t.Fatalf("%d rules, want %d", l.Index().Len(), len(naive))
	}
	against(t, NewMatcher(), l.Index(), naive, b)
	l.Compact()
	against(t, NewMatcher(), l.Index(), naive, b)
	if n := len(l.Index().parts); n != 1 {
		t.Errorf("%d segments after a compaction", n)
	}
}
