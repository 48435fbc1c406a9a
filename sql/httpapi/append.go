package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/vexfs/vexstream/engine/codec"
	"github.com/vexfs/vexstream/engine/format"
	"github.com/vexfs/vexstream/engine/sqlerr"
)

const (
	appendPath = "/v1/append/"
	arrowType  = "application/vnd.apache.arrow.stream"
)

// Rows are what a request brings for a relation. All of them are stored, or none.
type Rows struct {
	Relation string // as a statement names it
	Columns  string // as a statement lists them; "": all
	Kind     format.Kind
	Header   bool   // the first line of CSV is the names of the columns
	Producer string // with Sequence, which is 0 for none: sent again, they are not stored again
	Sequence uint64
	Role     string // in whose name; "": who started the node
	Remote   string // the address that asks
	OnError  string // what to do with malformed records: as COPY's option says it
	Body     io.Reader
}

// Stored is what became of them, as the answer says it.
type Stored struct {
	Rows     int64             `json:"rows"`                   // that were stored
	Epoch    string            `json:"epoch"`                  // the token of the epoch that they are in, or that one before which they were stored already
	Repeated bool              `json:"repeated,omitempty"`     // they were there before
	Unknown  int64             `json:"unknown,omitempty"`      // values whose keys no column has
	LeftOut  int64             `json:"dead_letters,omitempty"` // malformed records that vex.dead_letters has instead
	Notices  []json.RawMessage `json:"notices,omitempty"`
}

// Append stores rows. Many goroutines call it. notice takes what the client should know beside the answer.
type Append func(ctx context.Context, r Rows, notice func(*sqlerr.Error)) (Stored, error)

// appender answers POST /v1/append/RELATION.
type appender struct {
	store Append
	*gate
}

func (a *appender) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	ctx, leave, ok := a.enter(w, req)
	if !ok {
		return
	}
	defer leave()
	body := newPatient(w, http.MaxBytesReader(w, req.Body, maxAppend))
	defer body.end()
	out, err := a.append(ctx, req, body)
	if err = ended(ctx, req, err); err != nil {
		refuse(w, err)
		return
	}
	text, _ := json.Marshal(out) // texts and numbers: it cannot fail
	head(w, "application/json")
	_, _ = w.Write(append(text, '\n')) // a client that went away asks again
}

func (a *appender) append(ctx context.Context, req *http.Request, body io.Reader) (out Stored, err error) {
	r, err := rowsOf(req)
	if err != nil {
		return out, err
	}
	plain, err := codec.Reader(strings.ToLower(req.Header.Get("Content-Encoding")), body, maxAppend)
	if err != nil {
		return out, err
	}
	defer plain.Close()
	r.Body = plain
	var notices []json.RawMessage
	out, err = a.store(ctx, r, func(e *sqlerr.Error) {
		if len(notices) < maxNotices {
			notices = append(notices, appendError(nil, e))
		}
	})
	out.Notices = notices
	return out, err
}

var errRowsKind = sqlerr.New(sqlerr.FeatureNotSupported, "the rows are of another type than application/x-ndjson, text/csv and %s", arrowType)

// rowsOf reads what a request says of its rows.
func rowsOf(req *http.Request) (Rows, error) {
	q := req.URL.Query()
	r := Rows{Relation: req.PathValue("relation"), Columns: q.Get("columns"), Role: q.Get("role"), Remote: req.RemoteAddr, OnError: q.Get("on_error")}
	kind, params, err := mime.ParseMediaType(req.Header.Get("Content-Type"))
	switch {
	case err != nil:
		return r, errRowsKind
	case kind == "application/x-ndjson" || kind == "application/jsonl":
		r.Kind = format.NDJSON
	case kind == arrowType:
		r.Kind = format.Arrow
	case kind == "text/csv":
		r.Kind, r.Header = format.CSV, params["header"] != "absent"
	default:
		return r, errRowsKind
	}
	r.Producer = req.Header.Get("Producer-Id")
	number := req.Header.Get("Producer-Sequence")
	switch {
	case (r.Producer == "") != (number == ""):
		return r, sqlerr.New(sqlerr.InvalidParameterValue, "a producer sends both headers, Producer-Id and Producer-Sequence, or none")
	case number == "":
		return r, nil
	}
	if r.Sequence, err = strconv.ParseUint(number, 10, 63); err != nil || r.Sequence == 0 {
		return r, sqlerr.New(sqlerr.InvalidParameterValue, "Producer-Sequence is %q", number).WithHint("A producer numbers its requests from 1 on.")
	}
	return r, nil
}

// patient reads a body for as long as something comes: a client that sends nothing for sendTimeout is given up.
type patient struct {
	from io.Reader
	late *time.Timer
}

func newPatient(w http.ResponseWriter, from io.Reader) *patient {
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(time.Time{}) // a server that has none needs none lifted
	return &patient{from, time.AfterFunc(sendTimeout, func() { _ = c.SetReadDeadline(time.Unix(1, 0)) })}
}

func (p *patient) Read(b []byte) (int, error) {
	n, err := p.from.Read(b)
	p.late.Reset(sendTimeout)
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		err = sqlerr.New(sqlerr.ProgramLimitExceeded, "a request has at most %d bytes", tooLong.Limit).WithHint("Send the rows in several requests.")
	case err != nil && err != io.EOF:
		err = sqlerr.Wrap(sqlerr.ConnectionFailure, err, "the request cannot be read")
	}
	return n, err
}

func (p *patient) end() { p.late.Stop() }
