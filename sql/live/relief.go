package live

import (
	"context"

	"github.com/vexfs/vexstream/engine/mem"
)

// notably is the part of the mark by which what is held must have grown for do to be worth another try.
const notably = 256

// Relieve has do called, in a goroutine of its own until Close, whenever more than mark bytes of a budget are held: who holds them
// cannot give up what is others', and must not wait for them. do gives memory back, and says whether it could; if not, it is
// asked again when notably more is held.
func (l *Live) Relieve(b *mem.Budget, mark int64, do func(ctx context.Context) (done bool)) {
	ctx, cancel := context.WithCancel(context.Background())
	asked, ended := make(chan struct{}, 1), make(chan struct{})
	ask := func() {
		select {
		case asked <- struct{}{}:
		default: // it is asked already
		}
	}
	l.relief = func() { cancel(); <-ended }
	go func() {
		defer close(ended)
		from := mark
		for {
			select {
			case <-asked:
			case <-ctx.Done():
				return
			}
			for b.Used() > from && ctx.Err() == nil {
				if from = mark; !do(ctx) {
					from = b.Used() + mark/notably
				}
			}
		}
	}()
	if b.Mark(mark, ask); b.Used() > mark {
		ask()
	}
}
