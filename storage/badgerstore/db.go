// Package badgerstore keeps keys and values in Badger: one database, one scoped state.Store per user, one committer.
//
// It knows Badger's traps so that nobody else must: a transaction is one synced write, so that concurrent ones are
// merged; a full disk is SIGBUS inside Badger, so that writes are refused while there is still room; a commit can
// hang, so that a watchdog ends the database for writers; damaged tables are refused when it opens.
//
//	Update ─► own writes ─┐ one Update at a time sees   own │ gathering │ in flight │ Badger at the last commit
//	Update ─► own writes ─┼─► gathering ─► in flight ─► Badger, one synced transaction ─► every Update of it returns
//	Update ─► own writes ─┘                while it is written, the next one gathers
//
// # Concurrency
//
// Everything may be called from any goroutine. The functions given to Update run one after the other, so what they
// read does not change before they write; they must not call Update. Views run beside everything.
//
// # Ownership
//
// Set copies what it is given. Get gives a copy, Scan lends.
package badgerstore

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/state"
	"github.com/vexfs/vexstream/storage/internal/disk"
)

// Sizes that the database is opened with.
const (
	// MemtableBytes is chosen so that a transaction of state.MaxTxnEntries fits: Badger takes one entry per 96 bytes
	// of 15 % of it.
	MemtableBytes   = 32 << 20
	Memtables       = 2
	BlockCacheBytes = 32 << 20
	valueLogBytes   = 16 << 20
	tableBlockBytes = 4 << 10
	openFree        = 2 * MemtableBytes // Open replays into fresh files: below this it would die of SIGBUS
)

// DefaultCommitTimeout is how long a commit, and the end, may take before the database is given up.
const DefaultCommitTimeout = 30 * time.Second

// Options say how a database is kept. The zero Options are the defaults.
type Options struct {
	Logger        *slog.Logger  // Badger's words, at debug and warn; nil: nowhere
	MinFree       int64         // free space left alone; 0: a tenth within 128 MiB and 1 GiB; negative: none
	CommitTimeout time.Duration // see DefaultCommitTimeout
}

// DB is an open database.
type DB struct {
	dir     string
	made    fs.FileInfo // the folder, as it was opened
	lock    *disk.Lock
	guard   *disk.Guard
	badger  *badger.DB
	timeout time.Duration
	commit  func(*badger.Txn) error
	end     func() error // Badger's Close

	turn sync.Mutex // held while one Update's function runs and until its writes have joined the gathering

	mu       sync.Mutex
	taken    *sync.Cond // the committer has taken the gathering
	gather   *group
	inflight *group // nil: none
	base     *snapshot
	failed   error
	closed   bool
	using    sync.WaitGroup // Views and Updates under way
	wake     chan struct{}  // one slot: something gathers, or the end has come
	done     chan struct{}  // the committer has ended
	stuck    bool           // a commit hangs: Badger must not be touched again
}

// Open opens the database in dir, which it makes if need be. A folder in use is 55006, a damaged table XX001, a disk
// too full to open safely 53100.
func Open(dir string, opt Options) (*DB, error) {
	if opt.Logger == nil {
		opt.Logger = slog.New(slog.DiscardHandler)
	}
	if opt.CommitTimeout == 0 {
		opt.CommitTimeout = DefaultCommitTimeout
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, sqlerr.Wrap(sqlerr.IOError, err, "cannot make the folder %s of the store", dir)
	}
	lock, err := disk.Acquire(dir)
	if err != nil {
		return nil, err
	}
	made, err := os.Stat(dir)
	if err != nil {
		_ = lock.Release()
		return nil, sqlerr.Wrap(sqlerr.IOError, err, "cannot look at the folder %s of the store", dir)
	}
	b, err := open(dir, opt)
	if err != nil {
		_ = lock.Release()
		return nil, err
	}
	db := &DB{
		dir: dir, made: made, lock: lock, guard: disk.NewGuard(dir, opt.MinFree), badger: b, timeout: opt.CommitTimeout,
		commit: (*badger.Txn).Commit, end: b.Close, gather: newGroup(), base: newSnapshot(b),
		wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
	db.taken = sync.NewCond(&db.mu)
	go db.run()
	return db, nil
}

func open(dir string, opt Options) (*badger.DB, error) {
	if opt.MinFree >= 0 {
		if err := disk.NewGuard(dir, openFree).Check(0); err != nil {
			return nil, toOpen(err)
		}
	}
	if err := removeEmpty(dir); err != nil {
		return nil, err
	}
	set := settings(dir, opt)
	if err := verifyTables(dir, set); err != nil {
		return nil, err
	}
	b, err := badger.Open(set)
	switch {
	case err == nil:
		return b, nil
	case strings.Contains(err.Error(), "Another process is using"):
		return nil, sqlerr.Wrap(sqlerr.ObjectInUse, err, "the folder %s is in use by another process", dir).
			WithHint("Stop the other process, or use another folder.")
	case !errors.As(err, new(syscall.Errno)): // the system let it read: what it read makes no sense
		return nil, sqlerr.Wrap(sqlerr.DataCorrupted, err, "the store in %s is damaged", dir).
			WithHint("Restore the folder from a copy.")
	}
	return nil, sqlerr.Wrap(sqlerr.IOError, err, "cannot open the store in %s", dir)
}

// settings are what the database is opened with.
func settings(dir string, opt Options) badger.Options {
	return badger.DefaultOptions(dir).
		WithSyncWrites(true).
		WithDetectConflicts(false).
		WithNumVersionsToKeep(1).
		WithMemTableSize(MemtableBytes).
		WithNumMemtables(Memtables).
		WithBlockCacheSize(BlockCacheBytes).
		WithValueLogFileSize(valueLogBytes).
		WithBlockSize(tableBlockBytes).
		WithCompression(options.Snappy).
		WithChecksumVerificationMode(options.OnTableRead).
		WithMetricsEnabled(false).
		WithLogger(logger{opt.Logger})
}

// toOpen says what helps who cannot open the store: it does not resume by itself.
func toOpen(err error) error {
	if e, ok := sqlerr.As(err); ok && e.Code == sqlerr.DiskFull {
		return sqlerr.Wrap(e.Code, err, "%s, which opening needs", e.Message).WithHint("Free some space and start again. Nothing is lost.")
	}
	return err
}

// removeEmpty removes files that a killed process had made and not begun to fill: Badger refuses to open beside them,
// and they hold nothing.
func removeEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return sqlerr.Wrap(sqlerr.IOError, err, "cannot list the folder %s of the store", dir)
	}
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); ext != ".mem" && ext != ".vlog" {
			continue
		}
		in, err := e.Info()
		if err == nil && in.Size() == 0 {
			err = os.Remove(filepath.Join(dir, e.Name()))
		}
		if err != nil {
			return sqlerr.Wrap(sqlerr.IOError, err, "cannot remove the empty file %s of the store", e.Name())
		}
	}
	return nil
}

// Scope gives the Store of one user: it sees its own keys only, without the prefix.
func (db *DB) Scope(p Prefix) state.Store { return scope{db, []byte{byte(p)}} }

// Failed says why nothing can be written any more, if so.
func (db *DB) Failed() error {
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.failed
}

// Size is about how many bytes the database's files have, as of the last minute.
func (db *DB) Size() int64 {
	if db.enter() != nil {
		return 0
	}
	defer db.using.Done()
	tables, values := db.badger.Size()
	return tables + values
}

// enter counts a View or an Update in, so that Close waits for it.
func (db *DB) enter() error {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		return epoch.ErrClosed
	}
	if db.stuck {
		return db.failed
	}
	db.using.Add(1)
	return nil
}

// Close waits for what is under way and ends the database. It may come twice. After a commit that hangs, and where the
// folder is gone or the end takes longer than a commit may, it leaves Badger alone and says so: the process should end.
// Every commit was synced, so nothing is lost by that.
func (db *DB) Close() error {
	db.mu.Lock()
	if db.closed {
		db.mu.Unlock()
		<-db.done
		return nil
	}
	db.closed = true
	db.mu.Unlock()
	db.using.Wait()
	db.signal()
	<-db.done
	if db.stuck {
		return db.failed
	}
	db.base.release()
	err := db.gone()
	if err == nil {
		err = db.ended()
	}
	if err = errors.Join(err, db.lock.Release()); err != nil {
		return sqlerr.Wrap(sqlerr.IOError, err, "closing the store in %s failed", db.dir).
			WithHint("What was acknowledged is kept in the folder, as long as that is there: put it back, or look for disk errors, and start again.")
	}
	return nil
}

// gone says whether the folder was removed or replaced. Badger would try for ever to write its tables there.
func (db *DB) gone() error {
	now, err := os.Stat(db.dir)
	if err == nil && !os.SameFile(now, db.made) {
		err = errors.New("the folder was replaced by another one")
	}
	return err
}

// ended closes Badger, for as long as a commit may take.
func (db *DB) ended() error {
	result := make(chan error, 1)
	go func() { result <- db.end() }()
	watchdog := time.NewTimer(db.timeout)
	defer watchdog.Stop()
	select {
	case err := <-result:
		return err
	case <-watchdog.C:
		return fmt.Errorf("it takes longer than %s", db.timeout)
	}
}

func (db *DB) signal() {
	select {
	case db.wake <- struct{}{}:
	default:
	}
}

// logger hands Badger's words to the journal. Badger reports at info what only its makers want to know.
type logger struct{ *slog.Logger }

func (l logger) Errorf(f string, a ...any)   { l.Warn("badger: " + clean(f, a)) }
func (l logger) Warningf(f string, a ...any) { l.Warn("badger: " + clean(f, a)) }
func (l logger) Infof(f string, a ...any)    { l.Debug("badger: " + clean(f, a)) }
func (l logger) Debugf(f string, a ...any)   { l.Debug("badger: " + clean(f, a)) }

func clean(f string, a []any) string { return strings.TrimSpace(fmt.Sprintf(f, a...)) }
