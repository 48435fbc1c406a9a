package main

import (
	"context"
	"time"
)

// answer is what a query came to: rows, and the sum of their counts. All peers must give the same.
type answer struct{ rows, sum int64 }

// peer holds the rows and answers queries. One goroutine uses it.
type peer interface {
	// load takes the rows, which file holds as CSV without names.
	load(ctx context.Context, file string) error
	// ask answers a query, and says how much processor time that took: on a machine that has other things to do, time on the wall says little.
	ask(ctx context.Context, q query) (answer, time.Duration, error)
	// version says what it is.
	version(ctx context.Context) string
	close()
}
