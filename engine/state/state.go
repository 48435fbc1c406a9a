// Package state is what operators ask of memory that outlives them.
//
// State lives in pages. A page is stamped with the epoch that last wrote it, and is copied on the first write that a
// pin still needs the old one for, so that a reader holds a whole epoch still while the writer goes on:
//
//	directory of epoch 7 (pinned)   directory, live (epoch 9)
//	  page 0 ──────────────┬───────── page 0   stamp 3: shared
//	  page 1 stamp 7       └───────── page 2   stamp 5: shared
//	  page 2               page 1' stamp 9: copied when epoch 9 first wrote to it
//
// An aggregate's table is its own materialization: reading a view is reading a pin of its state.
//
// # Concurrency
//
// One goroutine folds into an operator. Pin is called between epochs by that goroutine, or under the same lock; what
// a Pin gives may be read, and the Pin released, from any goroutine while the folding goes on.
package state

import (
	"context"
	"iter"

	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
)

// Pinner is an operator whose contents can be read at an epoch.
type Pinner interface {
	// Pin holds the contents as of the last Advance until it is released.
	Pin() Pin
}

// Pin is a reader's hold on the contents of one operator at one epoch.
type Pin interface {
	// Epoch is the number of the epoch that the contents belong to.
	Epoch() uint64
	// Rows pushes the contents into to: +1 rows in batches, or rows with their weight. It ends early without an error
	// on stream.ErrStop, and does not call Advance.
	Rows(ctx context.Context, to stream.Sink) error
	// Pages visits every page that holds state, for a checkpoint. encode appends the page's bytes to dst: rows by
	// value, so that a page can be loaded into an operator of another parallelism. A page whose stamp is not newer
	// than the last checkpoint need not be encoded again.
	Pages(visit func(p Page) error) error
	// Release ends the hold. It may come twice.
	Release()
}

// Indexer is a Pinner whose contents can be found by some of their columns. Its pins are Finders.
type Indexer interface {
	// Index makes rows findable by the columns at positions cols, of types ts. It is called as Pin is, and costs nothing
	// for columns that it has been called with.
	Index(cols []int, ts []types.Type)
}

// Finder is a Pin that finds rows.
type Finder interface {
	// Find pushes the rows whose columns cols have one of the keys, and maybe others; false: it pushed nothing, as reading
	// all is as good. A key is value.WideKey of each column, one after the other.
	Find(ctx context.Context, cols []int, keys [][]byte, to stream.Sink) (found bool, err error)
}

// Page is one page of an operator's state, as a checkpoint sees it.
type Page struct {
	Key    []byte // unique in its operator, stable while the page lives, below 64 bytes
	Stamp  uint64 // the epoch that last wrote to it
	Encode func(dst []byte) ([]byte, error)
}

// Keeper is an operator that survives a restart.
type Keeper interface {
	Pinner
	// LoadPage takes in a page that Encode wrote, maybe in another process and at another parallelism. It comes
	// before the first Push, in any order.
	LoadPage(key, data []byte) error
	// Loaded ends the loading: the state is that of the given epoch, with the watermarks it recorded.
	Loaded(p stream.Progress) error
}

// Expecter is a Keeper that makes room for what it will be given.
type Expecter interface {
	// Expect comes before the first LoadPage, with the keys of all the pages.
	Expect(keys iter.Seq[[]byte])
}

// Relaid is a Keeper that lays its pages out in another way than programs before it did.
type Relaid interface {
	// PagesSince is the format of checkpoints from which on they are as LoadPage takes them. A view with older ones is made
	// from the log again, and those that read it.
	PagesSince() byte
}

// Store keeps keys and values on behalf of one user of it. Keys are ordered by their bytes.
type Store interface {
	// View reads at one consistent point.
	View(read func(Reader) error) error
	// Update reads and writes in one transaction that is durable when Update returns nil. It may call write again
	// after a conflict. A transaction holds at most MaxTxnEntries entries and MaxTxnBytes bytes.
	Update(write func(Writer) error) error
}

// Limits of one transaction and one value: far below what the store takes, so that none is ever split.
const (
	MaxTxnEntries = 50_000
	MaxTxnBytes   = 2 << 20
	MaxValueBytes = 1<<20 - 1024
)

// Reader reads keys.
type Reader interface {
	// Get gives a copy of the value, and whether the key is there.
	Get(key []byte) (value []byte, ok bool, err error)
	// Scan visits every key with the prefix in order. Keys and values are borrowed until visit returns. An error of
	// visit ends the scan and is returned.
	Scan(prefix []byte, visit func(key, value []byte) error) error
}

// Writer reads and writes keys.
type Writer interface {
	Reader
	Set(key, value []byte) error
	Delete(key []byte) error
}
