package session

import (
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
)

// producer is who numbers its statements, and the number of one of them; 0: nobody.
type producer struct {
	name     string
	sequence uint64
	pos      int
}

// copyProducer reads COPY's options producer and sequence, and gives the other ones.
func copyProducer(x *ast.Copy) (by producer, rest []ast.Option, err error) {
	named, numbered := false, false
	for _, o := range x.Options {
		text, _ := optionText(o)
		switch strings.ToLower(o.Name) {
		case "producer":
			by.name, by.pos, named = text, o.Position(), true
		case "sequence":
			if by.sequence, err = strconv.ParseUint(text, 10, 63); err != nil || by.sequence == 0 {
				return by, nil, sqlerr.New(sqlerr.InvalidParameterValue, "invalid value for option %q: %q", "sequence", text).At(o.Position()).
					WithHint("A producer numbers its statements from 1 on.")
			}
			numbered = true
		default:
			rest = append(rest, o)
		}
	}
	switch {
	case named != numbered:
		return by, nil, sqlerr.New(sqlerr.SyntaxError, "COPY needs both options, producer and sequence, or none").At(x.Position())
	case named && x.To:
		return by, nil, sqlerr.New(sqlerr.FeatureNotSupported, "COPY producer only available using COPY FROM").At(by.pos)
	}
	return by, rest, nil
}

// as makes the COPY a producer's statement.
func (l *loader) as(by producer) error {
	if by.sequence == 0 {
		return nil
	}
	st, ok := l.w.to.(*epoch.Statement)
	switch {
	case l.r.Kind != catalog.Stream:
		return sqlerr.NotSupported("COPY with a producer into a %s", l.r.Kind).At(by.pos).WithHint("Give the table a primary key, and use INSERT ... ON CONFLICT DO NOTHING.")
	case !ok:
		return sqlerr.NotSupported("COPY with a producer in a transaction block").At(by.pos)
	}
	l.whole = true
	return placed(st.As(l.r.ID, by.name, by.sequence), by.pos)
}

// repeated says that the rows were there already.
func (l *loader) repeated() bool {
	st, ok := l.w.to.(*epoch.Statement)
	return ok && st.Repeated()
}

// tellRepeated tells the client that its rows were there already.
func (l *loader) tellRepeated(by producer) {
	if l.repeated() {
		l.out.Notice("NOTICE", sqlerr.New(sqlerr.Success, "statement %d of producer %q was stored before, or one after it: nothing was stored again", by.sequence, by.name))
	}
}
