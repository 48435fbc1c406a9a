package outward

import (
	"errors"
	"time"
)

// Failure says that something was not sent, or that nobody knows. It names no secret: neither headers nor the path of an
// address, which may be a token.
type Failure struct {
	Err       error
	Permanent bool          // trying again changes nothing
	After     time.Duration // the receiver asked for so much patience; 0 if it did not
}

func (f *Failure) Error() string { return f.Err.Error() }

func (f *Failure) Unwrap() error { return f.Err }

// Permanent is a failure that another attempt would meet again.
func Permanent(err error) *Failure { return &Failure{Err: err, Permanent: true} }

// Temporary is a failure after which another attempt may succeed. What was found permanent below stays that.
func Temporary(err error) *Failure {
	var f *Failure
	if errors.As(err, &f) {
		return &Failure{Err: err, Permanent: f.Permanent, After: f.After}
	}
	return &Failure{Err: err}
}
