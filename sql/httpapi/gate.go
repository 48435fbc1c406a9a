package httpapi

import (
	"context"
	"net/http"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// gate lets a bounded number of requests of one kind in at once.
type gate struct {
	what  string        // they are
	slots chan struct{} // one for each request under way
	ctx   context.Context
	stop  context.CancelFunc
}

func newGate(what string, most int) *gate {
	g := &gate{what: what, slots: make(chan struct{}, most)}
	g.ctx, g.stop = context.WithCancel(context.Background())
	return g
}

// enter lets a request in, or answers that there are too many. Its context ends with the request and with the gate; leave is
// to be called when it is done.
func (g *gate) enter(w http.ResponseWriter, req *http.Request) (ctx context.Context, leave func(), ok bool) {
	select {
	case g.slots <- struct{}{}:
	default:
		w.Header().Set("Retry-After", "1")
		refuse(w, sqlerr.New(sqlerr.TooManyConnections, "more than %d %s are under way over HTTP", cap(g.slots), g.what))
		return nil, nil, false
	}
	ctx, cancel := context.WithCancel(req.Context())
	stop := context.AfterFunc(g.ctx, cancel)
	return ctx, func() {
		stop()
		cancel()
		<-g.slots
	}, true
}

// ended gives the error of a request, which is another one if the gate ended it.
func ended(ctx context.Context, req *http.Request, err error) error {
	if ctx.Err() != nil && req.Context().Err() == nil {
		return sqlerr.New(sqlerr.AdminShutdown, "the server is stopping")
	}
	return err
}

// end ends the requests under way, waits for them, and lets no more in.
func (g *gate) end() {
	g.stop()
	for range cap(g.slots) {
		g.slots <- struct{}{}
	}
}
