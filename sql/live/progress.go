package live

import (
	"context"
	"sync/atomic"
)

// Progress is how far Restore is: first it loads the pages of the newest checkpoint, then groups fold what the log has behind that.
type Progress struct {
	Pages, AllPages   int64
	Epochs, AllEpochs uint64 // of the group that is waited for
}

// toldEvery is after how many pages who wants to know is told.
const toldEvery = 4096

// foldedSteps is how often who wants to know is told while a group folds, at most.
const foldedSteps = 100

// progress tells how far a Restore is. Pages are counted from several goroutines; tell is called by one at a time.
type progress struct {
	tell  func(Progress)
	all   int64
	pages atomic.Int64
	busy  atomic.Bool
}

func newProgress(tell func(Progress), all []restored) *progress {
	p := &progress{tell: tell}
	for _, r := range all {
		if r.known {
			for _, pages := range r.stands.pages {
				p.all += int64(len(pages))
			}
		}
	}
	return p
}

// page counts one that was loaded.
func (p *progress) page() {
	n := p.pages.Add(1)
	if p.tell == nil || n%toldEvery != 0 && n != p.all || !p.busy.CompareAndSwap(false, true) {
		return
	}
	p.tell(Progress{Pages: n, AllPages: p.all})
	p.busy.Store(false)
}

// wait returns when a group has made epoch no visible, and tells on the way how far it is.
func (p *progress) wait(ctx context.Context, g *Group, no uint64) error {
	if p.tell == nil {
		return g.wait(ctx, no)
	}
	g.mu.Lock()
	from := g.visible.No
	g.mu.Unlock()
	if from >= no {
		return g.wait(ctx, no)
	}
	for step, at := (no-from-1)/foldedSteps+1, from; at < no; {
		p.tell(Progress{Pages: p.all, AllPages: p.all, Epochs: at - from, AllEpochs: no - from})
		at = min(no, at+step)
		if err := g.wait(ctx, at); err != nil {
			return err
		}
	}
	return nil
}
