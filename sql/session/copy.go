package session

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/format"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/bind"
	"github.com/vexfs/vexstream/sql/catalog"
)

// copyChunk is how many bytes of a COPY are parsed at a time.
const copyChunk = 256 << 10

// runCopy is COPY in all its directions.
func (s *Session) runCopy(ctx context.Context, x *ast.Copy, out Output) (string, error) {
	by, rest, err := copyProducer(x)
	if err != nil {
		return "", err
	}
	dead, rest, err := copyOnError(x, rest)
	if err != nil {
		return "", err
	}
	kind, opts, err := copyOptions(rest)
	if err != nil {
		return "", err
	}
	if e := s.Encoding(); e != nil && !slices.ContainsFunc(rest, func(o ast.Option) bool { return strings.EqualFold(o.Name, "encoding") }) && kind != format.Arrow && kind != format.NDJSON {
		opts.Encoding = e
	}
	opts.Locale = s.Locale()
	if opts.Encoding != nil && kind != format.CSV && kind != format.Text {
		return "", sqlerr.NotSupported("COPY encoding with format %s", kind)
	}
	if kind == format.CSV && x.To && (opts.ForceNull != nil || opts.ForceNotNull != nil) {
		what := "null"
		if opts.ForceNotNull != nil {
			what = "not null"
		}
		return "", sqlerr.New(sqlerr.FeatureNotSupported, "COPY force %s only available using COPY FROM", what)
	}
	if kind == format.CSV && !x.To && opts.ForceQuote != nil {
		return "", sqlerr.New(sqlerr.FeatureNotSupported, "COPY force quote only available using COPY TO")
	}
	switch {
	case !x.To:
		return s.copyFrom(ctx, x, intake{by: by, kind: kind, o: opts, dead: dead}, out)
	case x.Subscribe != nil:
		return "COPY", s.copySubscribe(ctx, x.Subscribe, kind, opts, out)
	}
	return s.copyTo(ctx, x, kind, opts, out)
}

// copyOptions reads COPY's options in either spelling.
func copyOptions(list []ast.Option) (format.Kind, format.Options, error) {
	kind, o := format.Text, format.Options{}
	given := map[string]bool{}
	for _, opt := range list {
		name := strings.ToLower(opt.Name)
		if name == "csv" || name == "binary" {
			name = "format"
		}
		if given[name] {
			return kind, o, sqlerr.New(sqlerr.SyntaxError, "conflicting or redundant options").At(opt.Position())
		}
		given[name] = true
		text, names := optionText(opt)
		var err error
		switch strings.ToLower(opt.Name) {
		case "format":
			kind, err = format.KindOf(text)
		case "csv":
			kind = format.CSV
		case "binary":
			kind = format.Binary
		case "header":
			o.Header, err = headerOf(text)
		case "delimiter":
			o.Delimiter, err = oneByte("delimiter", text)
		case "quote":
			o.Quote, err = oneByte("quote", text)
		case "escape":
			o.Escape, err = oneByte("escape", text)
		case "null":
			o.Null = &text
		case "force_quote":
			o.ForceQuote = names
		case "force_not_null":
			o.ForceNotNull = names
		case "force_null":
			o.ForceNull = names
		case "freeze":
		case "encoding":
			var e *expr.Encoding
			if e, err = expr.EncodingOf(text); e != nil {
				o.Encoding = e
			}
		default:
			err = sqlerr.New(sqlerr.SyntaxError, "option %q not recognized", opt.Name)
		}
		if err != nil {
			return kind, o, placed(err, opt.Position())
		}
	}
	return kind, o, nil
}

// headerOf reads the value of HEADER; "": there is none.
func headerOf(text string) (format.Header, error) {
	switch strings.ToLower(text) {
	case "match":
		return format.MatchHeader, nil
	case "", "true", "on", "1":
		return format.SkipHeader, nil
	case "false", "off", "0":
		return format.NoHeader, nil
	}
	return format.NoHeader, sqlerr.New(sqlerr.SyntaxError, "header requires a Boolean value or \"match\"")
}

// optionText gives an option's value as text, and as a list of names.
func optionText(o ast.Option) (string, []string) {
	switch v := o.Value.(type) {
	case *ast.Literal:
		return v.Text, []string{v.Text}
	case *ast.Column:
		name := strings.Join(v.Name, ".")
		return name, []string{name}
	case *ast.Row:
		var names []string
		for _, item := range v.Items {
			if c, ok := item.(*ast.Column); ok {
				names = append(names, strings.Join(c.Name, "."))
			}
		}
		return "", names
	case *ast.Star:
		return "*", []string{"*"}
	}
	return "", nil
}

func oneByte(name, text string) (byte, error) {
	if len(text) != 1 {
		return 0, sqlerr.New(sqlerr.FeatureNotSupported, "COPY %s must be a single one-byte character", name)
	}
	return text[0], nil
}

// loader takes the batches of a COPY FROM: it adds what the columns left out have by default, and commits in chunks
// when the COPY is longer than a statement may be.
type loader struct {
	s        *Session
	ctx      context.Context
	r        *catalog.Relation
	w        *writer
	given    []int // for each visible column: its place in the data, or -1
	defaults []expr.Expr
	where    expr.Expr // nil: all rows
	eval     expr.Ctx
	kept     int64 // rows committed by earlier chunks
	whole    bool  // it is stored as a whole: a statement of a producer is
	out      Output
	aside    *aside // nil: a malformed record ends it
}

func (s *Session) newLoader(ctx context.Context, r *catalog.Relation, cols []int, out Output) (*loader, error) {
	l := &loader{s: s, ctx: ctx, r: r, out: out, given: make([]int, len(r.Visible())), defaults: make([]expr.Expr, len(r.Visible()))}
	for i := range l.given {
		l.given[i] = -1
	}
	for place, c := range cols {
		l.given[c] = place
	}
	env := s.bindEnv(s.catalog(), nil)
	for i := range l.given {
		if l.given[i] >= 0 {
			continue
		}
		var err error
		if l.defaults[i], err = bind.ColumnDefault(&r.Visible()[i], env); err != nil {
			return nil, err
		}
	}
	local := s.Locale()
	l.eval = expr.Ctx{Now: local.Now, Locale: local, Catalog: s.stateWithin(ctx)}
	var err error
	var to rowsTo = &kept{}
	if !s.tx.open && r.Kind == catalog.Stream {
		to = s.e.Committer.Begin()
	}
	l.w, err = s.newWriter(r, to)
	return l, err
}

func (l *loader) add(b *batch.Batch) error {
	if l.w.to.Rows()+int64(b.N) > epoch.AtomicRows {
		if err := l.nextChunk(); err != nil {
			return err
		}
	}
	full := &batch.Batch{N: b.N, Cols: make([]batch.Column, len(l.given))}
	l.eval.Reset()
	for i, place := range l.given {
		if place >= 0 {
			full.Cols[i] = b.Cols[place]
			continue
		}
		full.Cols[i] = l.defaults[i].Eval(&l.eval, b, nil)
	}
	if l.where != nil {
		full = l.chosen(full)
	}
	if f := l.eval.Failures(); len(f) > 0 {
		return f[0].Err
	}
	if l.aside != nil {
		full = l.aside.complete(l.r, full)
	}
	return l.w.Push(l.ctx, full)
}

// chosen leaves out the rows that WHERE does not ask for.
func (l *loader) chosen(b *batch.Batch) *batch.Batch {
	is := l.where.Eval(&l.eval, b, nil)
	var sel batch.Sel
	for r := range b.N {
		if !is.Null(r) && is.Bits.Get(r) {
			sel = append(sel, uint32(r))
		}
	}
	return b.Take(sel)
}

// nextChunk commits what there is, because the COPY is too long to be one statement.
func (l *loader) nextChunk() error {
	st, ok := l.w.to.(*epoch.Statement)
	if ok && l.whole {
		return sqlerr.New(sqlerr.ProgramLimitExceeded, "a statement that is stored as a whole may write at most %d rows", epoch.AtomicRows).
			WithHint("Send the rows in smaller statements; a producer gives each a number of its own.")
	}
	if !ok {
		return sqlerr.New(sqlerr.ProgramLimitExceeded, "a COPY into a table or in a transaction block may write at most %d rows", epoch.AtomicRows).
			WithHint("Write in smaller steps; a COPY into a stream outside a block commits in chunks of that size.")
	}
	if err := l.s.commitRows(l.ctx, st, []uint32{l.r.ID}, l.out); err != nil {
		return err
	}
	if l.kept == 0 {
		l.out.Notice("NOTICE", sqlerr.New(sqlerr.Success, "this COPY is longer than %d rows, so it is committed in chunks of that size", epoch.AtomicRows))
	}
	l.kept += l.w.stored()
	w, err := l.s.newWriter(l.r, l.s.e.Committer.Begin())
	if err == nil {
		l.w = w
	}
	return err
}

// halfWay says what became of the rows before the one that failed.
func (l *loader) halfWay(err error) error {
	e, ok := sqlerr.As(err)
	switch {
	case !ok:
	case l.kept > 0:
		return e.WithDetail("The first %d rows were stored; the rest was not.", l.kept)
	case e.Hint == "" && e.Where != "":
		return e.WithHint("No row of this COPY was stored: mend the line and send all of them again.")
	}
	return err
}

// end gives up what was not committed.
func (l *loader) end() {
	if st, ok := l.w.to.(*epoch.Statement); ok {
		st.Abort()
	}
}

// intake is where the rows of a COPY FROM go and how they are written.
type intake struct {
	by    producer
	kind  format.Kind
	o     format.Options
	whole bool // all rows are stored or none, however many there are
	dead  bool // malformed records become dead letters, and the rest is stored
}

func (s *Session) copyFrom(ctx context.Context, x *ast.Copy, t intake, out Output) (string, error) {
	l, _, err := s.takeIn(ctx, x, t, out)
	if err != nil {
		return "", err
	}
	l.tellRepeated(t.by)
	return fmt.Sprintf("COPY %d", l.kept+l.w.stored()), nil
}

// takeIn stores the rows that the client sends.
func (s *Session) takeIn(ctx context.Context, x *ast.Copy, t intake, out Output) (*loader, format.Reader, error) {
	if x.Table == nil {
		return nil, nil, sqlerr.New(sqlerr.SyntaxError, "COPY FROM needs the name of a stream or table").At(x.Position())
	}
	r, cols, err := bind.Target(s.catalog(), *x.Table, x.Columns)
	if err != nil {
		return nil, nil, err
	}
	if cols, err = copied(r, cols, x.Columns != nil); err != nil {
		return nil, nil, err
	}
	if err := s.needs(s.catalog(), x.Table.Position(), r, "a", cols); err != nil {
		return nil, nil, err
	}
	t.o.Relation = r.QualifiedName()
	l, err := s.newLoader(ctx, r, cols, out)
	if err != nil {
		return nil, nil, err
	}
	defer l.end()
	l.whole = t.whole
	if err := l.as(t.by); err != nil {
		return nil, nil, err
	}
	if x.Where != nil {
		if l.where, err = bind.Condition(x.Where, r, s.bindEnv(s.catalog(), nil)); err != nil {
			return nil, nil, err
		}
	}
	if t.dead {
		if err := l.putAside(&t.o); err != nil {
			return nil, nil, err
		}
	}
	in, err := format.NewReader(t.kind, r.RowSchema(), cols, t.o, l.add)
	if err != nil {
		return nil, nil, err
	}
	src, err := out.CopyIn(len(cols), t.kind == format.Binary)
	if err != nil {
		return nil, nil, err
	}
	if err := feedReader(ctx, src, decoded(in, t.o)); err != nil {
		return nil, nil, l.halfWay(err)
	}
	if r.Kind == catalog.Table {
		l.w.rows, err = s.insertRows(ctx, &insertion{r: r, rows: l.w.to.(*kept).batches}, out) // triggers may hold rows back
	} else {
		err = s.commitOrKeep(ctx, r, l.w.to, out)
	}
	if err == nil {
		l.tellAside()
	}
	return l, in, err
}

// copied leaves out the generated columns of a table, which the data does not give.
func copied(r *catalog.Relation, cols []int, named bool) ([]int, error) {
	var out []int
	for _, c := range cols {
		switch col := &r.Columns[c]; {
		case col.Generated == "":
			out = append(out, c)
		case named:
			return nil, sqlerr.New(sqlerr.InvalidColumnReference, "column %q is a generated column", col.Name).
				WithDetail("Generated columns cannot be used in COPY.")
		}
	}
	return out, nil
}

// decoding is a Reader of data in another encoding.
type decoding struct {
	format.Reader
	of   format.Options
	line int    // that the next byte is in, from 1
	buf  []byte // reused
}

// decoded is in where what it is to read is in UTF-8, or else a Reader that makes it so.
func decoded(in format.Reader, o format.Options) format.Reader {
	if o.Encoding == nil {
		return in
	}
	return &decoding{Reader: in, of: o, line: 1}
}

// Write takes bytes of the encoding, in which each character has one.
func (d *decoding) Write(p []byte) (err error) {
	d.buf, err = d.of.Encoding.Decode(d.buf[:0], p)
	d.line += bytes.Count(d.buf, []byte{'\n'})
	if e, ok := sqlerr.As(err); ok {
		return e.In("COPY %s, line %d", d.of.Relation, d.line)
	}
	return d.Reader.Write(d.buf)
}

// feedReader pushes the client's data into a reader. After an error the rest is read and thrown away, as the protocol
// wants it.
func feedReader(ctx context.Context, src io.Reader, in format.Reader) error {
	buf := make([]byte, copyChunk)
	var failed error
	for {
		n, err := src.Read(buf)
		if n > 0 && failed == nil {
			if failed = in.Write(buf[:n]); failed == nil {
				failed = ctx.Err()
			}
		}
		switch {
		case err == io.EOF: // itself: what breaks off may have it for a cause, and must not count as whole
			if failed != nil {
				return failed
			}
			return in.Close()
		case err != nil:
			return err
		}
	}
}
