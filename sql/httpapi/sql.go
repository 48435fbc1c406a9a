package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

const sqlPath = "/v1/sql"

// Query is one statement that a request asks for.
type Query struct {
	Text   string
	Params []*string // as text; nil is null
	Role   string    // in whose name; "": who started the node
	Remote string    // the address that asks
}

// Answer takes what a statement gives. Its methods are called by one goroutine at a time.
type Answer interface {
	// Begin says which columns the rows have, before the first of them.
	Begin(columns batch.Schema, locale *types.Locale) error
	// Rows takes rows in these columns. b is borrowed.
	Rows(ctx context.Context, b *batch.Batch) error
	// Notice takes what the client should know beside the rows.
	Notice(severity string, e *sqlerr.Error)
	// Flush sends what was taken so far.
	Flush() error
}

// SQL runs one statement and gives its command tag. Many goroutines call it.
type SQL func(ctx context.Context, q Query, to Answer) (tag string, err error)

// runner answers POST /v1/sql.
type runner struct {
	run SQL
	*gate
}

func (r *runner) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	ctx, leave, ok := r.enter(w, req)
	if !ok {
		return
	}
	defer leave()
	q, err := question(w, req)
	if err != nil {
		refuse(w, err)
		return
	}
	to, err := answerIn(w, req.Header.Get("Accept"))
	if err != nil {
		refuse(w, err)
		return
	}
	tag, err := r.run(ctx, q, to)
	to.end(tag, ended(ctx, req, err))
}

// question reads what a request asks.
func question(w http.ResponseWriter, req *http.Request) (Query, error) {
	q := Query{Role: req.URL.Query().Get("role"), Remote: req.RemoteAddr}
	kind, _, err := mime.ParseMediaType(req.Header.Get("Content-Type"))
	if err != nil {
		kind = ""
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxBody))
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		return q, sqlerr.New(sqlerr.ProgramLimitExceeded, "a request has at most %d bytes", maxBody).WithHint("Send large data with COPY over PostgreSQL's protocol.")
	case err != nil:
		return q, sqlerr.New(sqlerr.ConnectionFailure, "the request cannot be read: %v", err)
	case kind == "application/sql" || kind == "text/plain":
		q.Text = string(body)
		return q, nil
	case kind != "application/json":
		return q, errKind
	}
	var in struct {
		SQL    string            `json:"sql"`
		Params []json.RawMessage `json:"params"`
		Role   string            `json:"role"`
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return q, sqlerr.New(sqlerr.InvalidTextRepresentation, "the request is not {\"sql\": text, \"params\": [...], \"role\": name}: %v", err)
	}
	if q.Text = in.SQL; in.Role != "" {
		q.Role = in.Role
	}
	for _, p := range in.Params {
		q.Params = append(q.Params, textOf(p))
	}
	return q, nil
}

// textOf is a parameter as text: a string as it is, anything else as JSON has it.
func textOf(raw json.RawMessage) *string {
	text := string(raw)
	switch {
	case text == "null":
		return nil
	case strings.HasPrefix(text, `"`):
		_ = json.Unmarshal(raw, &text) // the decoder has seen that it is a string
	}
	return &text
}

var (
	errKind   = sqlerr.New(sqlerr.FeatureNotSupported, "the request is of another type than application/json, application/sql and text/plain")
	errAccept = sqlerr.New(sqlerr.FeatureNotSupported, "none of the types that the request accepts is application/json, application/x-ndjson, text/csv or %s", arrowType)
)

// statusOf is the status of a request whose statement failed before anything was sent.
func statusOf(err error) int {
	code := string(sqlerr.CodeOf(err))
	switch {
	case errors.Is(err, errKind), errors.Is(err, errRowsKind):
		return http.StatusUnsupportedMediaType
	case errors.Is(err, errAccept):
		return http.StatusNotAcceptable
	case code == string(sqlerr.InsufficientPrivilege) || strings.HasPrefix(code, "28"):
		return http.StatusForbidden
	case code == string(sqlerr.QueryCanceled):
		return http.StatusRequestTimeout
	case strings.HasPrefix(code, "40"):
		return http.StatusConflict
	case strings.HasPrefix(code, "53") || strings.HasPrefix(code, "57"):
		return http.StatusServiceUnavailable
	case strings.HasPrefix(code, "54"):
		return http.StatusRequestEntityTooLarge
	case strings.HasPrefix(code, "58") || strings.HasPrefix(code, "XX"):
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

// refuse answers with an error alone.
func refuse(w http.ResponseWriter, err error) {
	head(w, "application/json")
	w.WriteHeader(statusOf(err))
	_, _ = w.Write(append(appendError([]byte(`{"error":`), err), "}\n"...)) // a client that went away is none of ours
}

func head(w http.ResponseWriter, kind string) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
}

// appendError appends an error as an object of PostgreSQL's fields.
func appendError(dst []byte, err error) []byte {
	e, ok := sqlerr.As(err)
	if !ok {
		e = sqlerr.New(sqlerr.InternalError, "internal error")
	}
	out, _ := json.Marshal(struct { // texts and a number: it cannot fail
		Code     string `json:"code"`
		Message  string `json:"message"`
		Detail   string `json:"detail,omitempty"`
		Hint     string `json:"hint,omitempty"`
		Where    string `json:"where,omitempty"`
		Position int    `json:"position,omitempty"`
		Byte     int64  `json:"byte,omitempty"`
	}{string(e.Code), e.Message, e.Detail, e.Hint, e.Where, e.Pos, e.Byte})
	return append(dst, out...)
}
