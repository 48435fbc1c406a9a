package session

import (
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/format"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
)

// maxRecord is the most bytes that a dead letter shows of a record that is no row.
const maxRecord = 8 << 10

// copyOnError takes the option on_error out of COPY's: whether malformed records become dead letters.
func copyOnError(x *ast.Copy, list []ast.Option) (dead bool, rest []ast.Option, err error) {
	given := false
	for _, o := range list {
		if strings.ToLower(o.Name) != "on_error" {
			rest = append(rest, o)
			continue
		}
		switch text, _ := optionText(o); {
		case given:
			return false, nil, sqlerr.New(sqlerr.SyntaxError, "conflicting or redundant options").At(o.Position())
		case x.To:
			return false, nil, sqlerr.NotSupported("COPY on_error with COPY TO").At(o.Position()).WithHint("Leave it out: what is written cannot be malformed.")
		default:
			if dead, err = OnError(text); err != nil {
				return false, nil, placed(err, o.Position())
			}
			given = true
		}
	}
	return dead, rest, nil
}

// OnError reads what is to be done with malformed records: "stop", which refuses all of them, or "dead_letter". Errors: 0A000, 22023.
func OnError(text string) (dead bool, err error) {
	switch strings.ToLower(text) {
	case "stop", "":
		return false, nil
	case "dead_letter":
		return true, nil
	case "ignore":
		return false, sqlerr.NotSupported("on_error %q", text).WithHint("on_error = 'dead_letter' stores the other rows too, and shows in vex.dead_letters what was left out.")
	}
	return false, sqlerr.New(sqlerr.InvalidParameterValue, "on_error %q is not recognized", text).WithHint("Known are stop and dead_letter.")
}

// aside is what a COPY leaves out: a sample, and how many.
type aside struct {
	n       int64
	letters []DeadLetter
}

// recordColumns are those of a dead letter that is no row.
var recordColumns = []string{"line", "byte", "record"}

// record takes what is no row, of a line of the input.
func (a *aside) record(line int64, row []byte, err error) error {
	a.n++
	if len(a.letters) == lettersKept {
		return nil
	}
	text := strings.ToValidUTF8(string(row[:min(len(row), maxRecord)]), "\uFFFD")
	text = strings.ReplaceAll(text, "\x00", "\uFFFD") // no text and no JSON may have it
	at, record := batch.NewBuilder(types.Int8, 1), batch.NewBuilder(types.Text, 1)
	if e, ok := sqlerr.As(err); ok && e.Byte != 0 {
		batch.Put(at, e.Byte)
	} else {
		at.Null()
	}
	record.String(text)
	lines := batch.MakeValues[int64](1)
	lines[0] = line
	a.keep(err, &batch.Batch{N: 1, Cols: []batch.Column{batch.FixedOf(types.Int8, lines, nil), at.Finish(), record.Finish()}}, recordColumns)
	return nil
}

func (a *aside) keep(err error, row *batch.Batch, columns []string) {
	d := DeadLetter{Operator: "COPY", Code: sqlerr.CodeOf(err), Message: err.Error(), Row: row, Columns: columns}
	if e, ok := sqlerr.As(err); ok {
		d.Message = e.Message
		if e.Where != "" {
			d.Message += " (" + e.Where + ")"
		}
	}
	a.letters = append(a.letters, d)
}

// complete gives the rows of b that have a value in each column of a stream that needs one; the others are put aside.
func (a *aside) complete(r *catalog.Relation, b *batch.Batch) *batch.Batch {
	for i, c := range r.Visible() {
		if r.Kind != catalog.Stream || !c.NotNull && i != r.EventTime || b.Cols[i].Nulls() == 0 {
			continue
		}
		var good batch.Sel
		for row := range b.N {
			if !b.Cols[i].Null(row) {
				good = append(good, uint32(row))
				continue
			}
			if a.n++; len(a.letters) < lettersKept {
				var columns []string
				for _, c := range r.Visible() {
					columns = append(columns, c.Name)
				}
				a.keep(sqlerr.New(sqlerr.NotNullViolation, "null value in column %q of relation %q violates not-null constraint", c.Name, r.QualifiedName()),
					b.Take(batch.Sel{uint32(row)}), columns)
			}
		}
		b = b.Take(good)
	}
	return b
}

// putAside has records that are no rows become dead letters.
func (l *loader) putAside(o *format.Options) error {
	if l.s.tx.open {
		return sqlerr.NotSupported("on_error = 'dead_letter' in a transaction block").WithHint("Run the COPY by itself: a dead letter cannot be rolled back.")
	}
	l.aside = &aside{}
	o.Aside = l.aside.record
	return nil
}

// leftOut is how many records became dead letters.
func (l *loader) leftOut() int64 {
	if l.aside == nil {
		return 0
	}
	return l.aside.n
}

// tellAside makes what was left out known, once the rest is stored.
func (l *loader) tellAside() {
	if l.leftOut() == 0 || l.repeated() {
		return
	}
	l.s.e.letters.note(l.r.ID, l.aside)
	l.out.Notice("NOTICE", sqlerr.New(sqlerr.Success, "%d malformed records of %q were left out", l.aside.n, l.r.QualifiedName()).
		WithHint("SELECT * FROM vex.dead_letters shows them, the newest %d of a stream or table.", lettersKept))
}
