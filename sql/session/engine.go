package session

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/mem"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/live"
)

// System is the relations that describe the node: schema and rows.
type System interface {
	Relations() []*catalog.Relation
	// Rows pushes the rows of relation id, all visible columns in order, and does not call Advance.
	Rows(ctx context.Context, id uint32, to stream.Sink) error
}

// Config is what an Engine is made of.
type Config struct {
	Log    epoch.Log
	Store  state.Store // of the catalog
	Pages  state.Store // of checkpoints
	Clock  func() types.Micros
	Origin uint32
	Fence  uint64
	// Workers is how many workers share the rows of a view that does not say it; 0: as many as there are processors. LaneRows is
	// how many rows an epoch must have for that; 0: as many as make it pay.
	Workers, LaneRows int
	// Events is the stream that is there from the start; nil: none.
	Events  *catalog.Relation
	System  System
	Journal *slog.Logger
	Version string // what version() says
	// Started is settings of PostgreSQL's that say how the node was started: port, listen_addresses, ssl, max_connections,
	// superuser_reserved_connections; what is not there is no setting.
	Started map[string]string
	Memory  *mem.Budget   // of all statements and views; nil: no limit
	Scratch state.Scratch // for what views do not touch when memory is short; nil: it all stays there
	// Backup copies what the node keeps into a folder, and says what it did; nil: it cannot.
	Backup  func(ctx context.Context, dir string) (string, error)
	Outlets Outlets     // of sinks; nil: none can be made
	Targets Targets     // what CREATE TARGET can name; nil: nothing
	Vault   Vault       // of secrets; nil: none can be made
	Decoded *mem.Budget // for columns of the log that scans keep decoded; nil: none are kept
	Pace    epoch.Pace  // of the committer
	// Enforcer has the kernel refuse operations; nil: deny() is refused.
	Enforcer Enforcer
	// Restoring is told how far the views are while Open restores them, not from two goroutines at once; nil: nobody wants to know.
	Restoring func(live.Progress)
}

// Engine is the database of a node.
type Engine struct {
	Committer *epoch.Committer
	Live      *live.Live
	Times     *Times
	workers   int // see Config, as laneRows
	laneRows  int
	gate      gate

	store     state.Store
	system    System
	journal   *slog.Logger
	version   string
	clock     func() types.Micros
	started   types.Micros
	snap      atomic.Pointer[catalog.Snapshot]
	ddl       sync.Mutex        // held while the catalog changes
	stored    *catalog.Snapshot // what the store has; guarded by ddl
	temp      atomic.Uint32
	temps     atomic.Uint64 // sessions that have had relations of their own
	taps      taps
	letters   *refusals
	channels  channels
	backup    func(ctx context.Context, dir string) (string, error)
	memory    *mem.Budget
	scratch   state.Scratch
	tables    tables
	sequences *sequences
	audit     *audit
	outlets   Outlets
	targets   Targets
	vault     Vault
	enforcer  Enforcer
	denials   []Denial // that the enforcer has; guarded by ddl
	flows     flows
	aged      aged // guarded by ddl
	turns     turns
	followers map[uint32]bool // views that are followed for their triggers; guarded by ddl
	unswept   bool            // what was written ahead may be left, and does not count; guarded by ddl
	deferred  bool            // what was written ahead counts, and is not all in its place; guarded by ddl
	fate      fate            // guarded by ddl

	attendance attendance
	misses     misses
	asStarted  map[string]string // see Config.Started

	// errandsFrom is the first epoch of the log that RunErrands may still need; the greatest number as long as nobody runs them.
	errandsFrom atomic.Uint64
}

// Open starts an Engine where its log and store left off: streams, views and their contents are as they were.
func Open(ctx context.Context, cfg Config) (*Engine, error) {
	e := &Engine{
		Times: newTimes(), store: cfg.Store, system: cfg.System, journal: cfg.Journal, version: cfg.Version, backup: cfg.Backup,
		memory: cfg.Memory, clock: cfg.Clock, started: cfg.Clock(), asStarted: cfg.Started, outlets: cfg.Outlets,
		targets: cfg.Targets, vault: cfg.Vault, scratch: cfg.Scratch, enforcer: cfg.Enforcer,
	}
	e.workers, e.laneRows = cfg.Workers, cfg.LaneRows
	e.temp.Store(1 << 31)
	e.errandsFrom.Store(math.MaxUint64)
	e.gate.clock = cfg.Clock
	e.followers = map[uint32]bool{}
	e.tables.by, e.sequences = map[uint32]*table{}, newSequences(cfg.Store)
	audit, err := openAudit(cfg.Store, cfg.Clock, cfg.Journal)
	if err != nil {
		return nil, err
	}
	e.audit = audit
	snap, err := e.load(cfg.Events)
	if err != nil {
		return nil, err
	}
	if err := sweep(e.store, snap.NextID); err != nil {
		return nil, err
	}
	for _, r := range snap.Relations() {
		if r.Kind == catalog.Stream {
			e.Times.Register(r)
		}
	}
	e.Committer, err = epoch.Open(ctx, epoch.Config{Log: cfg.Log, Origin: cfg.Origin, Fence: cfg.Fence, Clock: cfg.Clock, Time: e.Times, Decoded: cfg.Decoded, Pace: cfg.Pace, Gate: &e.gate})
	if err != nil {
		return nil, err
	}
	if snap, err = e.rollForward(snap, cfg.Events); err != nil {
		e.Close()
		return nil, err
	}
	e.stored = snap
	snap = snap.Lasting() // the next change has the store forget the others
	e.snap.Store(snap)
	lists, err := e.triggersOf(snap, e.journal)
	if err != nil {
		e.Close()
		return nil, err
	}
	e.gate.lists.Store(&lists)
	e.deny(lists)
	if known := e.Committer.Last().Catalog; known > snap.Version {
		e.Close()
		return nil, sqlerr.New(sqlerr.DataCorrupted, "the catalog in the store is of version %d, but the log knows version %d: a part of the store is lost", snap.Version, known).
			WithHint("Restore the data folder from a copy.")
	}
	e.Committer.SetCatalog(snap.Version)
	if err := e.recall(ctx, snap); err != nil {
		e.Close()
		return nil, err
	}
	if err := e.loadTurns(ctx); err != nil {
		e.Close()
		return nil, fmt.Errorf("read what triggers have acted for: %w", err)
	}
	e.Live = live.New(e.Committer, cfg.Pages, cfg.Journal)
	if err := e.restore(ctx, cfg.Restoring); err != nil {
		e.Close()
		return nil, err
	}
	e.relieve()
	return e, nil
}

// Catalog is the newest snapshot.
func (e *Engine) Catalog() *catalog.Snapshot { return e.snap.Load() }

// Still calls hold while neither the catalog nor the newest checkpoint changes, with the newest epoch. What the stores hold
// then is no newer than that epoch, so a copy of them and the log up to it belong together.
func (e *Engine) Still(hold func(last batch.Epoch) error) error {
	e.ddl.Lock()
	defer e.ddl.Unlock()
	return e.Live.Still(func() error { return hold(e.Committer.Last()) })
}

// Close stops the continuous queries and the writer. It may come twice.
func (e *Engine) Close() {
	if e.Live != nil {
		e.Live.Await(context.Background(), e.sinks(), e.Committer.Last().No, closeWait) // what it does not reach is sent after the next start
		if err := e.Live.Checkpoint(context.Background()); err != nil {
			e.journal.Warn("no checkpoint at the end; the next start folds more of the log", "err", err)
		}
		e.Live.Close()
	}
	if err := e.sequences.flush(); err != nil {
		e.journal.Warn("sequences may skip numbers at the next start", "err", err)
	}
	_ = e.Committer.Close() // never fails
}
