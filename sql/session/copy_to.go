package session

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/format"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/bind"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/parse"
)

// copyTo is COPY relation or (query) TO STDOUT.
func (s *Session) copyTo(ctx context.Context, x *ast.Copy, kind format.Kind, o format.Options, out Output) (string, error) {
	if x.Stmt != nil {
		return s.copyChanged(ctx, x.Stmt, kind, o, out)
	}
	q := x.Query
	if x.Table != nil {
		r, err := s.catalog().Find(x.Table.Position(), x.Table.Parts...)
		if err != nil {
			return "", err
		}
		o.Relation = r.Name
		named := map[string]bool{}
		for _, c := range x.Columns {
			name := last(c)
			switch {
			case r.ColumnIndex(name) < 0:
				return "", sqlerr.New(sqlerr.UndefinedColumn, "column %q of relation %q does not exist", name, r.Name).At(c.Position())
			case named[name]:
				return "", sqlerr.New(sqlerr.DuplicateColumn, "column %q specified more than once", name)
			}
			named[name] = true
		}
		if q, err = tableQuery(r, x); err != nil {
			return "", err
		}
	}
	var reads accesses
	p, err := bind.Query(q, reads.of(s.bindEnv(s.catalog(), nil)))
	if err == nil {
		err = s.allowed(s.catalog(), &reads)
	}
	if err != nil {
		return "", err
	}
	w, err := newCopyWriter(kind, p.Schema(), o, out)
	if err != nil {
		return "", err
	}
	if err := s.query(ctx, p, &singly{out: w}, nil); err != nil {
		return "", err
	}
	s.tellClosing(p, out)
	if err := w.end(); err != nil {
		return "", err
	}
	return fmt.Sprintf("COPY %d", w.rows), nil
}

// copyChanged is COPY (INSERT, UPDATE or DELETE ... RETURNING ...) TO STDOUT, or of a statement whose WITH has one.
func (s *Session) copyChanged(ctx context.Context, st ast.Stmt, kind format.Kind, o format.Options, out Output) (string, error) {
	p, err := s.prepare(&parse.Statement{Stmt: st}, nil)
	switch {
	case err != nil:
		return "", err
	case p.Schema == nil:
		return "", sqlerr.New(sqlerr.FeatureNotSupported, "COPY query must have a RETURNING clause")
	case len(p.Params) > 0:
		return "", sqlerr.New(sqlerr.UndefinedParameter, "there is no parameter $1")
	}
	if err := s.mayRun(p); err != nil { // which must be known before the client is told to expect rows
		return "", err
	}
	w, err := newCopyWriter(kind, p.Schema, o, out)
	if err != nil {
		return "", err
	}
	for _, n := range p.notices {
		out.Notice("NOTICE", n)
	}
	if _, err := s.run(ctx, p, nil, w); err != nil {
		return "", err
	}
	if err := w.end(); err != nil {
		return "", err
	}
	return fmt.Sprintf("COPY %d", w.rows), nil
}

// tableQuery is the query that COPY relation (columns) stands for. What is generated is left out, as COPY FROM wants it.
func tableQuery(r *catalog.Relation, x *ast.Copy) (*ast.Query, error) {
	sel := &ast.Select{Pos: x.Table.Pos, From: []ast.From{&ast.Table{Pos: x.Table.Pos, Name: x.Table.Parts}}}
	var named []int
	for _, c := range x.Columns {
		named = append(named, r.ColumnIndex(last(c)))
		sel.Items = append(sel.Items, ast.SelectItem{X: &ast.Column{Pos: c.Pos, Name: c.Parts}, Name: c.Parts[0]})
	}
	if _, err := copied(r, named, true); err != nil {
		return nil, err
	}
	switch generated := func(c catalog.Column) bool { return c.Generated != "" }; {
	case x.Columns != nil:
	case !slices.ContainsFunc(r.Visible(), generated):
		sel.Items = []ast.SelectItem{{X: &ast.Star{Pos: x.Table.Pos}}}
	default:
		for _, c := range slices.DeleteFunc(slices.Clone(r.Visible()), generated) {
			sel.Items = append(sel.Items, ast.SelectItem{X: &ast.Column{Pos: x.Table.Pos, Name: []string{c.Name}}, Name: c.Name})
		}
	}
	return &ast.Query{Pos: x.Table.Pos, Body: sel}, nil
}

// copyWriter sends rows as CopyData.
type copyWriter struct {
	Output
	w     format.Writer
	whole bool // batches are written at once
	to    io.Writer
	in    format.Encoding // nil: UTF-8
	buf   []byte
	coded []byte // buf in the encoding
	rows  int64
}

func newCopyWriter(kind format.Kind, schema batch.Schema, o format.Options, out Output) (*copyWriter, error) {
	w, err := format.NewWriter(kind, schema, o)
	if err != nil {
		return nil, err
	}
	to, err := out.CopyOut(len(schema), kind == format.Binary)
	if err != nil {
		return nil, err
	}
	c := &copyWriter{Output: out, w: w, whole: kind == format.Arrow, to: to, in: o.Encoding}
	if c.buf = w.AppendStart(nil); len(c.buf) > 0 && kind == format.CSV { // the heading is a line of its own
		err = c.send()
	}
	return c, err
}

// Rows sends one CopyData message a row, as PostgreSQL does, or one a batch where rows are not apart.
func (c *copyWriter) Rows(ctx context.Context, b *batch.Batch) error {
	if c.whole {
		c.rows += int64(b.N)
		c.buf = c.w.AppendBatch(c.buf[:0], b)
		if err := c.send(); err != nil {
			return err
		}
		return ctx.Err()
	}
	for i := range b.N {
		c.buf = c.w.AppendRow(c.buf, b, i)
		if err := c.send(); err != nil {
			return err
		}
	}
	c.rows += int64(b.N)
	return ctx.Err()
}

func (c *copyWriter) end() error {
	if c.buf = c.w.AppendEnd(c.buf); len(c.buf) == 0 {
		return nil
	}
	return c.send()
}

// send sends what is in buf as one message.
func (c *copyWriter) send() error {
	data := c.buf
	if c.in != nil {
		var err error
		if c.coded, err = c.in.Encode(c.coded[:0], data); err != nil {
			return err
		}
		data = c.coded
	}
	c.buf = c.buf[:0]
	_, err := c.to.Write(data)
	return err
}

func (c *copyWriter) write(ctx context.Context, _ batch.Schema, b *batch.Batch) error {
	return c.Rows(ctx, b)
}

func (c *copyWriter) flush() {
	if f, ok := c.to.(interface{ Flush() }); ok {
		f.Flush()
	}
}

// copySubscribe is COPY (SUBSCRIBE ...) TO STDOUT: it ends when the client has enough.
func (s *Session) copySubscribe(ctx context.Context, x *ast.Subscribe, kind format.Kind, o format.Options, out Output) error {
	var reads accesses
	sub, err := s.bindSubscribe(x, reads.of(s.bindEnv(s.catalog(), nil)))
	if err != nil {
		return err
	}
	if err := s.allowed(s.catalog(), &reads); err != nil {
		return err
	}
	w, err := newCopyWriter(kind, sub.schema, o, out)
	if err != nil {
		return err
	}
	return s.runSubscribe(ctx, x, w)
}
