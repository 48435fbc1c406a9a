package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/format"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// reply writes an answer as it comes, in one of the forms.
type reply struct {
	w       http.ResponseWriter
	kind    string // of the body
	form    form
	begun   bool
	buf     []byte
	notices []*sqlerr.Error
}

// form is how rows look.
type form interface {
	begin(dst []byte, columns batch.Schema, locale *types.Locale) ([]byte, error)
	// take appends row i of b, and those behind it that go with it. It gives the row that is next.
	take(dst []byte, b *batch.Batch, i int) ([]byte, int)
	// end appends what follows the rows. It gives false if the form cannot say that the statement failed.
	end(dst []byte, tag string, notices []*sqlerr.Error, err error) ([]byte, bool)
}

// answerIn picks the form that a request accepts.
func answerIn(w http.ResponseWriter, accept string) (*reply, error) {
	if accept == "" {
		accept = "*/*"
	}
	for _, part := range strings.Split(accept, ",") {
		kind, _, _ := strings.Cut(part, ";")
		switch strings.ToLower(strings.TrimSpace(kind)) {
		case "application/json", "application/*", "*/*":
			return &reply{w: w, kind: "application/json", form: &asJSON{}}, nil
		case "application/x-ndjson", "application/jsonl":
			return &reply{w: w, kind: "application/x-ndjson", form: &lines{kind: format.NDJSON}}, nil
		case "text/csv", "text/*":
			return &reply{w: w, kind: "text/csv; charset=utf-8", form: &lines{kind: format.CSV}}, nil
		case arrowType:
			return &reply{w: w, kind: arrowType, form: &records{}}, nil
		}
	}
	return nil, errAccept
}

// Begin begins the rows.
func (a *reply) Begin(columns batch.Schema, locale *types.Locale) (err error) {
	a.begun = true
	a.buf, err = a.form.begin(a.buf, columns, locale)
	return err
}

// Rows writes rows, and sends them once there are enough.
func (a *reply) Rows(ctx context.Context, b *batch.Batch) error {
	for i := 0; i < b.N; {
		a.buf, i = a.form.take(a.buf, b, i)
		if len(a.buf) >= flushBytes {
			if err := a.send(); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// Notice keeps a notice for the end of the answer.
func (a *reply) Notice(_ string, e *sqlerr.Error) {
	if len(a.notices) < maxNotices {
		a.notices = append(a.notices, e)
	}
}

// Flush sends what there is to the client.
func (a *reply) Flush() error {
	if err := a.send(); err != nil {
		return err
	}
	return http.NewResponseController(a.w).Flush()
}

// send writes what has gathered. A client that takes nothing for sendTimeout is given up.
func (a *reply) send() error {
	if a.w.Header().Get("Content-Type") == "" {
		head(a.w, a.kind)
	}
	late := time.AfterFunc(sendTimeout, func() { _ = http.NewResponseController(a.w).SetWriteDeadline(time.Unix(1, 0)) })
	defer late.Stop()
	_, err := a.w.Write(a.buf)
	a.buf = a.buf[:0]
	return err
}

// end ends the answer. One that is half sent and cannot say that it failed is torn off, so that nobody takes it for whole.
func (a *reply) end(tag string, err error) {
	if err != nil && a.w.Header().Get("Content-Type") == "" {
		refuse(a.w, err)
		return
	}
	if !a.begun {
		if beginErr := a.Begin(batch.Schema{}, nil); beginErr != nil {
			refuse(a.w, beginErr)
			return
		}
	}
	var says bool
	if a.buf, says = a.form.end(a.buf, tag, a.notices, err); !says {
		panic(http.ErrAbortHandler)
	}
	_ = a.send() // a client that went away is none of ours
}

// records is an Arrow stream, in which a batch is a record.
type records struct{ to format.Writer }

func (f *records) begin(dst []byte, columns batch.Schema, locale *types.Locale) (_ []byte, err error) {
	if f.to, err = format.NewWriter(format.Arrow, columns, format.Options{Locale: locale}); err != nil {
		return dst, err
	}
	return f.to.AppendStart(dst), nil
}

func (f *records) take(dst []byte, b *batch.Batch, i int) ([]byte, int) {
	return f.to.AppendBatch(dst, b.Slice(i, b.N)), b.N
}

func (f *records) end(dst []byte, _ string, _ []*sqlerr.Error, err error) ([]byte, bool) {
	if err != nil {
		return dst, false
	}
	return f.to.AppendEnd(dst), true
}

// asJSON is one object: {"columns": [...], "rows": [[...], ...], "tag": "SELECT 1"}.
type asJSON struct {
	rows   int
	locale *types.Locale
}

func (f *asJSON) begin(dst []byte, columns batch.Schema, locale *types.Locale) ([]byte, error) {
	f.locale = locale
	dst = append(dst, `{"columns":[`...)
	for i, c := range columns {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = types.AppendJSONString(append(dst, `{"name":`...), c.Name)
		dst = append(types.AppendJSONString(append(dst, `,"type":`...), types.FormatType(c.Type)), '}')
	}
	return append(dst, `],"rows":[`...), nil
}

func (f *asJSON) take(dst []byte, b *batch.Batch, i int) ([]byte, int) {
	if f.rows++; f.rows > 1 {
		dst = append(dst, ",\n"...)
	}
	dst = append(dst, '[')
	for k := range b.Cols {
		if k > 0 {
			dst = append(dst, ',')
		}
		if c := &b.Cols[k]; c.Null(i) {
			dst = append(dst, "null"...)
		} else {
			dst = format.AppendJSON(dst, c, i, f.locale)
		}
	}
	return append(dst, ']'), i + 1
}

func (f *asJSON) end(dst []byte, tag string, notices []*sqlerr.Error, err error) ([]byte, bool) {
	dst = append(dst, ']')
	if len(notices) > 0 {
		dst = append(dst, `,"notices":[`...)
		for i, n := range notices {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendError(dst, n)
		}
		dst = append(dst, ']')
	}
	if err != nil {
		return append(appendError(append(dst, `,"error":`...), err), "}\n"...), true
	}
	quoted, _ := json.Marshal(tag) // a text: it cannot fail
	return append(append(append(dst, `,"tag":`...), quoted...), "}\n"...), true
}

// lines are rows by themselves: NDJSON, or CSV with a header.
type lines struct {
	kind format.Kind
	to   format.Writer
}

func (f *lines) begin(dst []byte, columns batch.Schema, locale *types.Locale) (_ []byte, err error) {
	o := format.Options{Locale: locale}
	if f.kind == format.CSV {
		o.Header = format.SkipHeader
	}
	if f.to, err = format.NewWriter(f.kind, columns, o); err != nil {
		return dst, err
	}
	if len(columns) == 0 {
		return dst, nil
	}
	return f.to.AppendStart(dst), nil
}

func (f *lines) take(dst []byte, b *batch.Batch, i int) ([]byte, int) {
	return f.to.AppendRow(dst, b, i), i + 1
}

func (f *lines) end(dst []byte, _ string, _ []*sqlerr.Error, err error) ([]byte, bool) {
	if err != nil && f.kind == format.NDJSON {
		return append(appendError(append(dst, `{"error":`...), err), "}\n"...), true
	}
	return dst, err == nil
}
