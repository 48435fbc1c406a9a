package pgwire

import "time"

const (
	// DefaultConnections is how many clients may be connected at once; more get 53300.
	DefaultConnections = 200
	// ReservedConnections is how many superusers may be connected beyond that.
	ReservedConnections = 3
	// maxStarting is how many may be about to log in; one more, and the oldest of them is dropped.
	maxStarting = 1_000
	// MaxMessage is the largest message taken from a client; a larger one ends the connection with 54000.
	MaxMessage = 64 << 20
	// longMessage is the length past which a message is gathered as it comes; maxLongBytes is what those of all clients may
	// take together.
	longMessage  = 1 << 20
	maxLongBytes = 192 << 20
	// maxLoginMessage is the largest message of a client that has not logged in.
	maxLoginMessage = 10_000
	// maxStatements and maxPortals bound what a connection may keep by name.
	maxStatements = 10_000
	maxPortals    = 1_000
	// maxSaid is how many notices of a statement in a portal wait for the client to ask for more rows.
	maxSaid = 100
	// freeFailures is how many wrong passwords in a row an address may give before answers come late: the first time by
	// firstLateness, then twice as late each time, up to mostLateness. maxLate is how many of its clients wait at once, and
	// maxFailing how many addresses are kept apart.
	freeFailures  = 5
	firstLateness = 250 * time.Millisecond
	mostLateness  = 8 * time.Second
	maxLate       = 4
	maxFailing    = 1_024
	// startupTimeout is how long a client may take to log in.
	startupTimeout = 30 * time.Second
	// farewell is how long a client may take to read its last answer when the server closes.
	farewell = 2 * time.Second
	// acceptPause is how long the server waits after a client that it could not accept.
	acceptPause = 100 * time.Millisecond
	// flushBytes is how much output gathers before it is sent on.
	flushBytes = 64 << 10
	// watchAfter is how long a statement runs before a watcher looks after its client, at least; at most twice as long.
	watchAfter = 20 * time.Millisecond
)
