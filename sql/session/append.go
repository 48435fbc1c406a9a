package session

import (
	"context"
	"io"

	"github.com/vexfs/vexstream/engine/format"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/lex"
)

// Intake says whose rows come and how they are written.
type Intake struct {
	Relation string // as a statement names it
	Columns  string // as a statement lists them; "": all
	Kind     format.Kind
	Header   bool   // of CSV: the first line is the names of these columns
	Producer string // with Sequence, which is 0 for none
	Sequence uint64
	Dead     bool // malformed records become dead letters, and the rest is stored
}

// Stored is what became of rows.
type Stored struct {
	Rows     int64
	Epoch    string // the token of the epoch that they are in; of rows that were there already, one that is not before it
	Repeated bool
	Unknown  int64 // values whose keys no column has
	LeftOut  int64 // malformed records that became dead letters
}

// Append stores the rows that body holds, all or none of them, at most epoch.AtomicRows: a COPY outside a block for who does
// not speak PostgreSQL's protocol. out gets the notices. Errors: those of COPY; a bad row is named in Where, by its line.
func (s *Session) Append(ctx context.Context, in Intake, body io.Reader, out Output) (Stored, error) {
	x, err := in.statement()
	if err != nil {
		return Stored{}, err
	}
	t := intake{by: producer{name: in.Producer, sequence: in.Sequence}, kind: in.Kind, whole: true, dead: in.Dead}
	t.o.Locale = s.Locale()
	if in.Header {
		t.o.Header = format.MatchHeader
	}
	s.wrote = s.e.Committer.Last()
	l, rows, err := s.takeIn(ctx, x, t, &fromBody{out, body})
	s.noted(x, "COPY "+in.Relation+" FROM STDIN", s.User, len(s.tx.ddl), err)
	if err != nil {
		return Stored{}, err
	}
	did := Stored{Rows: l.w.stored(), Epoch: token(s.wrote), Unknown: rows.Unknown(), LeftOut: l.leftOut()}
	if l.repeated() {
		did.Rows, did.LeftOut, did.Repeated, did.Epoch = 0, 0, true, token(s.e.Committer.Last())
	}
	return did, nil
}

// statement is the COPY that an intake stands for.
func (in *Intake) statement() (*ast.Copy, error) {
	relation, err := namesIn(in.Relation, ".")
	if err != nil || len(relation) == 0 {
		return nil, sqlerr.New(sqlerr.InvalidName, "%q is not the name of a relation", in.Relation).
			WithHint("Write name or schema.name, in double quotes what needs them.")
	}
	columns, err := namesIn(in.Columns, ",")
	if err != nil {
		return nil, sqlerr.New(sqlerr.InvalidName, "%q is not a list of columns", in.Columns).WithHint("Write a,b,c, in double quotes what needs them.")
	}
	x := &ast.Copy{Table: &ast.Name{Parts: relation}}
	for _, c := range columns {
		x.Columns = append(x.Columns, ast.Name{Parts: []string{c}})
	}
	return x, nil
}

// namesIn reads names with a sign between them.
func namesIn(text, between string) ([]string, error) {
	toks, err := lex.Scan(text, nil)
	if err != nil {
		return nil, err
	}
	if n := len(toks); n > 0 && toks[n-1].Kind == lex.End {
		toks = toks[:n-1]
	}
	var out []string
	for i := range toks {
		if i%2 == 0 && toks[i].IsName() {
			out = append(out, toks[i].Val)
			continue
		}
		if i%2 == 0 || !toks[i].IsOp(between) || i == len(toks)-1 {
			return nil, sqlerr.New(sqlerr.InvalidName, "%q is not a name", text)
		}
	}
	return out, nil
}

// fromBody is the client of an Append: what it copies in is a body.
type fromBody struct {
	Output
	body io.Reader
}

// CopyIn gives the body.
func (f *fromBody) CopyIn(int, bool) (io.Reader, error) { return f.body, nil }
