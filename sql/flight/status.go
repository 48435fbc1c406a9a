package flight

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

var (
	errTooMany = sqlerr.New(sqlerr.TooManyConnections, "more than %d calls are under way over Flight", maxCalls)
	errBlock   = sqlerr.NotSupported("a transaction over several calls").WithHint("Each statement is a transaction of its own; blocks need PostgreSQL's protocol.")
)

// statusOf gives an error as gRPC has them. The text has the SQLSTATE, the detail and the hint.
func statusOf(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled):
		return status.FromContextError(err).Err()
	}
	e, ok := sqlerr.As(err)
	if !ok {
		if _, is := status.FromError(err); is {
			return err
		}
		return status.Error(codes.Internal, err.Error())
	}
	text := e.Message + " (SQLSTATE " + string(e.Code) + ")"
	for _, more := range []struct{ name, text string }{{"DETAIL", e.Detail}, {"HINT", e.Hint}, {"CONTEXT", e.Where}} {
		if more.text != "" {
			text += "\n" + more.name + ": " + more.text
		}
	}
	return status.Error(kindOf(e.Code), text)
}

// kindOf is the code of gRPC that is nearest to an error's.
func kindOf(c sqlerr.Code) codes.Code {
	switch c {
	case sqlerr.InsufficientPrivilege:
		return codes.PermissionDenied
	case sqlerr.QueryCanceled:
		return codes.Canceled
	case sqlerr.UndefinedTable:
		return codes.NotFound
	case sqlerr.DuplicateTable:
		return codes.AlreadyExists
	}
	switch c[:2] {
	case "28":
		return codes.Unauthenticated
	case "0A":
		return codes.Unimplemented
	case "22", "42", "34", "26", "08":
		return codes.InvalidArgument
	case "23", "25", "55":
		return codes.FailedPrecondition
	case "40":
		return codes.Aborted
	case "53", "54":
		return codes.ResourceExhausted
	case "57":
		return codes.Unavailable
	}
	return codes.Internal
}
