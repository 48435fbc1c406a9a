package node

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vexfs/vexstream/bridge/file"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/flight"
	"github.com/vexfs/vexstream/sql/httpapi"
	"github.com/vexfs/vexstream/sql/pgwire"
	"github.com/vexfs/vexstream/sql/session"
)

// Node is a running vexstream.
type Node struct {
	set     Settings
	disk    *disk
	system  *system
	engine  *session.Engine
	outlets *outlets
	targets *targets
	errands errands

	pg         *pgwire.Server
	pgListener net.Listener
	socket     net.Listener // of PostgreSQL clients, too
	tls, pgTLS *tls.Config  // of all, and of PostgreSQL clients
	http       *httpapi.Server
	flight     *flight.Server
	watched    []*watched
	enforcer   *enforcer

	cancel context.CancelFunc // of the goroutines below
	tasks  sync.WaitGroup     // sources, checkpoints
	status atomic.Pointer[error]
	broken chan struct{} // closed when only a new start helps
	once   sync.Once

	backing  sync.Mutex // held by the one backup under way
	emitting sync.Mutex // guards emitter
	emitter  *emitter   // nil until the first Emit
	closed   error
}

// Open starts a node: it recovers what the data folder holds, starts the views, then listens and watches. ctx bounds
// the start only. Close the Node when done.
func Open(ctx context.Context, set Settings) (*Node, error) {
	set, err := set.withDefaults()
	if err != nil {
		return nil, err
	}
	n := &Node{set: set, broken: make(chan struct{})}
	n.fail(sqlerr.New(sqlerr.CannotConnectNow, "the node is starting: it reads its log"))
	run, cancel := context.WithCancel(context.Background())
	n.cancel = cancel
	if err := n.start(ctx, run); err != nil {
		_ = n.Close() // the error of starting says more
		return nil, err
	}
	n.status.Store(nil)
	return n, nil
}

func (n *Node) start(ctx, run context.Context) (err error) {
	if n.disk, err = openDisk(n.set); err != nil {
		return err
	}
	if err := n.listen(); err != nil { // before the log is read, so that a port in use is known at once
		return err
	}
	n.system = &system{n: n}
	var backup func(context.Context, string) (string, error)
	if n.disk.parts != nil {
		backup = n.backup
	}
	n.outlets = &outlets{data: n.disk.dir, journal: n.set.Journal, by: map[uint32]*file.Output{}}
	if n.targets, err = newTargets(n.set); err != nil {
		return err
	}
	pace, err := epoch.ParsePace(n.set.BatchMode)
	if err != nil {
		return err
	}
	n.enforcer = &enforcer{n: n}
	n.engine, err = session.Open(ctx, session.Config{
		Log: n.disk.log, Store: n.disk.catalog, Pages: n.disk.pages, Clock: n.set.Clock, Origin: 1, Fence: 1,
		Events: Events(n.set.Host), System: n.system, Journal: n.set.Journal, Version: n.set.Version,
		Started: n.asStarted(),
		Backup:  backup,
		Memory:  mem.New("node", n.set.MemoryBytes),
		Scratch: n.disk.scratch,
		Outlets: n.outlets,
		Targets: n.targets,
		Vault:   &vault{dir: n.set.Data, file: n.set.SecretKey},
		Decoded: mem.New("decoded blocks", n.set.DecodedBytes),
		Pace:    pace,

		Enforcer:  n.enforcer,
		Restoring: newStarting(n).at,
	})
	if err != nil {
		return err
	}
	if err := n.openWatched(); err != nil {
		return err
	}
	n.enforcer.opened()
	for _, w := range n.watched {
		n.tasks.Go(func() { w.run(run, n) })
	}
	n.tasks.Go(func() { n.keep(run) })
	if n.disk.parts != nil && n.set.MergeRate > 0 {
		m := merging{log: n.disk.parts.log, keep: int(n.set.MergeAfter), rate: n.set.MergeRate, journal: n.set.Journal}
		n.tasks.Go(func() { m.run(run) })
	}
	if err := n.errands.open(n); err != nil {
		return err
	}
	n.tasks.Go(func() { n.errands.run(run) })
	if err := n.guarded(); err != nil {
		return err
	}
	if n.pgListener != nil {
		n.pg = pgwire.NewServer(pgwire.Config{Open: n.openWire, Login: n.login, Refused: n.refused, TLS: n.pgTLS, Journal: n.set.Journal})
		n.pg.Serve(n.pgListener)
		if n.socket != nil {
			n.pg.Serve(n.socket)
		}
	}
	return nil
}

// keep stores checkpoints while rows come in, and looks after the data folder.
func (n *Node) keep(ctx context.Context) {
	tick := time.NewTicker(min(time.Second, n.set.Checkpoint))
	defer tick.Stop()
	c := checkpoints{every: n.set.Checkpoint, replay: n.set.Replay, ended: n.set.Clock(), stored: n.engine.Committer.Last().No}
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		n.lookAtDisk()
		last := n.engine.Committer.Last().No
		if n.Ready() != nil || last == c.stored || !c.due(n.set.Clock(), n.engine.Live.Replay()) {
			continue
		}
		began := n.set.Clock()
		err := n.checkpoint(ctx)
		if c.done(began, n.set.Clock(), err == nil); err == nil {
			c.stored = last
		}
	}
}

// lookAtDisk finds out whether the node can store nothing any more, once.
func (n *Node) lookAtDisk() {
	err, final := n.disk.broken()
	if err == nil || n.Ready() != nil { // once broken, so until the next start
		return
	}
	n.fail(err)
	n.set.Journal.Error(oneLine(err))
	if final {
		close(n.broken)
	}
}

// checkpoint stores the state of the views, and has the log forget what it makes superfluous.
func (n *Node) checkpoint(ctx context.Context) error {
	if err := n.engine.Live.Checkpoint(ctx); err != nil {
		n.set.Journal.Warn("no checkpoint; a restart folds more of the log", "err", oneLine(err))
		return err
	}
	if err := n.engine.Trim(ctx, n.set.LogBytes); err != nil {
		n.set.Journal.Warn("the log could not forget its oldest rows", "err", oneLine(err))
	}
	return nil
}

func (n *Node) fail(err error) { n.status.Store(&err) }

// Ready says whether the node answers and keeps what it is given; the error says why not.
func (n *Node) Ready() error {
	if err := n.status.Load(); err != nil {
		return *err
	}
	return nil
}

// Broken is closed when the node can store nothing any more, and only a new start helps: a sync failed, so that nobody
// knows what the disk holds. Ready says why. Reads go on until Close.
func (n *Node) Broken() <-chan struct{} { return n.broken }

// Engine is the database of the node, for sessions inside this process.
func (n *Node) Engine() *session.Engine { return n.engine }

// PgAddr is the address that PostgreSQL clients connect to; empty: none.
func (n *Node) PgAddr() string {
	if n.pgListener == nil {
		return ""
	}
	return n.pgListener.Addr().String()
}

// SocketDir is the folder of the Unix socket that PostgreSQL clients connect to; empty: none.
func (n *Node) SocketDir() string {
	if n.socket == nil {
		return ""
	}
	return filepath.Dir(n.socket.Addr().String())
}

// HTTPAddr is the address of the HTTP endpoints; empty: none.
func (n *Node) HTTPAddr() string {
	if n.http == nil {
		return ""
	}
	return n.http.Addr()
}

// Connections is the number of PostgreSQL clients.
func (n *Node) Connections() int {
	if n.pg == nil {
		return 0
	}
	return n.pg.Connections()
}

// Close stops sources, clients and views, in this order, stores a checkpoint and lets go of the data folder. It may
// come twice.
func (n *Node) Close() error {
	n.once.Do(func() {
		n.fail(sqlerr.New(sqlerr.AdminShutdown, "the node is stopping"))
		n.cancel()
		n.tasks.Wait()
		var errs []error
		if n.enforcer != nil {
			n.enforcer.close()
		}
		for _, w := range n.watched {
			errs = append(errs, w.src.Close())
		}
		if n.pg != nil {
			errs = append(errs, n.pg.Close())
		} else if n.pgListener != nil {
			errs = append(errs, n.pgListener.Close())
			if n.socket != nil {
				errs = append(errs, n.socket.Close())
			}
		}
		if n.http != nil {
			n.http.EndSQL()
		}
		if n.flight != nil {
			n.flight.Close()
		}
		n.emitting.Lock()
		if n.emitter != nil {
			n.emitter.close()
		}
		n.emitting.Unlock()
		if n.engine != nil {
			n.engine.Close()
		}
		if n.http != nil {
			errs = append(errs, n.http.Close())
		}
		if n.targets != nil {
			n.targets.close()
		}
		if n.disk != nil {
			errs = append(errs, n.disk.Close())
		}
		n.closed = errors.Join(errs...)
	})
	return n.closed
}
