package value

import (
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/jsonpath"
	"github.com/vexfs/vexstream/engine/types"
)

// Parser reads one value and appends it to b, a builder of the type that the Parser was made for. After an error b is as
// it was before.
type Parser func(b *batch.Builder, text []byte) error

// ParseText appends the value that text spells, with its type's modifier applied. Errors: those of the type's Parse function in engine/types.
func ParseText(b *batch.Builder, text []byte, l *types.Locale) error {
	return NewTextParser(b.Type(), l)(b, text)
}

// Of makes a column of one row from a literal's text. Errors: as ParseText.
func Of(t types.Type, text string) (batch.Column, error) {
	b := batch.NewBuilder(t, 1)
	if err := ParseText(b, []byte(text), nil); err != nil {
		return batch.Column{}, err
	}
	return b.Finish(), nil
}

// NewTextParser gives the Parser of PostgreSQL's text form.
func NewTextParser(t types.Type, l *types.Locale) Parser {
	switch t.OID {
	case types.OIDBool:
		return parseBool
	case types.OIDInt2:
		return fixed(types.ParseInt2)
	case types.OIDInt4:
		return fixed(types.ParseInt4)
	case types.OIDInt8:
		return parseInt8
	case types.OIDOid, types.OIDXid, types.OIDRegclass, types.OIDRegtype, types.OIDRegproc, types.OIDRegprocedure, types.OIDRegoper,
		types.OIDRegoperator, types.OIDRegnamespace, types.OIDRegrole:
		return fixed(types.ParseOid)
	case types.OIDFloat4:
		return fixed(types.ParseFloat4)
	case types.OIDFloat8:
		return fixed(types.ParseFloat8)
	case types.OIDDate:
		return fixed(func(s string) (int32, error) { return types.ParseDate(s, l) })
	case types.OIDTime:
		return rounded(t, func(s string) (int64, error) { return types.ParseTime(s, l) })
	case types.OIDTimestamp:
		return rounded(t, func(s string) (types.Micros, error) { return types.ParseTimestamp(s, l) })
	case types.OIDTimestamptz:
		return rounded(t, func(s string) (types.Micros, error) { return types.ParseTimestamptz(s, l) })
	case types.OIDInterval:
		return parseInterval(t, l)
	case types.OIDUUID:
		return fixed(types.ParseUUID)
	case types.OIDJSONPath:
		return parsePath
	case types.OIDText, types.OIDUnknown:
		return parseString
	}
	var scratch []byte
	return func(b *batch.Builder, text []byte) error {
		out, err := types.AppendBytesForm(scratch[:0], types.View(text), t, l)
		scratch = out
		if err != nil {
			return err
		}
		b.Bytes(out)
		return nil
	}
}

func parseBool(b *batch.Builder, text []byte) error {
	v, err := types.ParseBool(types.View(text))
	if err != nil {
		return err
	}
	b.Bool(v)
	return nil
}

func parseInt8(b *batch.Builder, text []byte) error {
	v, err := types.ParseInt8(types.View(text))
	if err != nil {
		return err
	}
	batch.Put(b, v)
	return nil
}

func parseString(b *batch.Builder, text []byte) error {
	if err := types.CheckText(types.View(text)); err != nil {
		return err
	}
	b.Bytes(text)
	return nil
}

// parsePath keeps a path in its canonical form.
func parsePath(b *batch.Builder, text []byte) error {
	if err := types.CheckText(types.View(text)); err != nil {
		return err
	}
	p, err := jsonpath.Parse(types.View(text))
	if err != nil {
		return err
	}
	b.Bytes([]byte(p.String()))
	return nil
}

func fixed[T batch.Value](parse func(string) (T, error)) Parser {
	return func(b *batch.Builder, text []byte) error {
		v, err := parse(types.View(text))
		if err != nil {
			return err
		}
		batch.Put(b, v)
		return nil
	}
}

func rounded[T ~int64](t types.Type, parse func(string) (T, error)) Parser {
	digits := types.Digits(t)
	if digits >= 6 {
		return fixed(parse)
	}
	round := func(v T) T { return T(types.RoundTimestamp(types.Micros(v), digits)) }
	if t.OID == types.OIDTime {
		round = func(v T) T { return T(types.RoundMicros(int64(v), digits)) }
	}
	return func(b *batch.Builder, text []byte) error {
		v, err := parse(types.View(text))
		if err != nil {
			return err
		}
		batch.Put(b, round(v))
		return nil
	}
}

func parseInterval(t types.Type, l *types.Locale) Parser {
	return func(b *batch.Builder, text []byte) error {
		v, err := types.ParseIntervalOf(types.View(text), t, l)
		if err != nil {
			return err
		}
		batch.Put(b, v.Fixed16())
		return nil
	}
}
