package epoch

import "errors"

// Errors that a Log gives; test for them with errors.Is.
var (
	ErrFenced    = errors.New("epoch: another owner has taken over this log")
	ErrTruncated = errors.New("epoch: the log does not hold that epoch any more")
	ErrClosed    = errors.New("epoch: closed")
	// ErrHops is that of rows that would be added because of rows that were added because of others, MaxHops times over.
	ErrHops = errors.New("rows went through too many triggers, one after the other")
)
