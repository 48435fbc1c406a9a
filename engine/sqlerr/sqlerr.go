// Package sqlerr is the one error that reaches a client: a SQLSTATE for programs, a message that names the thing for
// people, the place in the text the user typed, and, where the mend is known, a hint.
//
// Whatever is not an *Error when it reaches a client was not foreseen: the session sends it as XX000 with an id and
// writes the cause to the journal under that id.
package sqlerr

import (
	"errors"
	"fmt"
)

// Error is a SQL error. The zero Pos means that no place in the text is known.
type Error struct {
	Code    Code   // five characters, PostgreSQL's appendix A
	Message string // one line, lower case, names the thing
	Detail  string
	Hint    string // what to do about it
	Pos     int    // 1-based position in characters (not bytes) of the statement as typed
	Where   string // context, such as `COPY clicks, line 3, column ts: "x"`
	Byte    int64  // 1-based place in what was sent where the record begins that Where speaks of
	Cause   error  // for the journal; never sent to a client

	// Schema, Table, Column and Constraint name what an error of class 23 is about, for programs.
	Schema, Table, Column, Constraint string
}

// New makes an error with a formatted message.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Wrap makes an error whose cause goes to the journal.
func Wrap(code Code, cause error, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Cause: cause}
}

// NotSupported is 0A000: what is a known thing, but not there. The name says which.
func NotSupported(format string, args ...any) *Error {
	return New(FeatureNotSupported, "%s is not supported", fmt.Sprintf(format, args...))
}

// WithHint returns e with the hint set. It changes e.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// WithDetail returns e with the detail set. It changes e.
func (e *Error) WithDetail(format string, args ...any) *Error {
	e.Detail = fmt.Sprintf(format, args...)
	return e
}

// At returns e with the position set, unless it already has one: the innermost place is the true one.
func (e *Error) At(pos int) *Error {
	if e.Pos == 0 {
		e.Pos = pos
	}
	return e
}

// In returns e with the context set, unless it already has one.
func (e *Error) In(format string, args ...any) *Error {
	if e.Where == "" {
		e.Where = fmt.Sprintf(format, args...)
	}
	return e
}

// Context is Where, and behind it, in a line of its own, the record's place.
func (e *Error) Context() string {
	if e.Byte == 0 {
		return e.Where
	}
	return fmt.Sprintf("%s\nrecord that begins at byte %d", e.Where, e.Byte)
}

func (e *Error) Error() string {
	s := e.Message + " (SQLSTATE " + string(e.Code) + ")"
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// As finds the *Error in err's chain.
func As(err error) (*Error, bool) {
	if err == nil {
		return nil, false
	}
	if e, ok := err.(*Error); ok {
		return e, true
	}
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

// CodeOf gives the SQLSTATE of err: its own, or InternalError for what is not an *Error. A nil error has code "00000".
func CodeOf(err error) Code {
	if err == nil {
		return Success
	}
	if e, ok := As(err); ok {
		return e.Code
	}
	return InternalError
}
