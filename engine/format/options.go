package format

import (
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// Kind is a form of rows as bytes.
type Kind uint8

// The forms.
const (
	CSV    Kind = iota // COPY ... (FORMAT csv)
	Text               // COPY ... (FORMAT text)
	Binary             // COPY ... (FORMAT binary)
	NDJSON             // one JSON object a line
	Arrow              // an Arrow IPC stream
)

// String is the form's name in FORMAT.
func (k Kind) String() string { return [...]string{"csv", "text", "binary", "ndjson", "arrow"}[k] }

// KindOf finds a form by its name in FORMAT. Errors: 22023.
func KindOf(name string) (Kind, error) {
	for _, k := range []Kind{CSV, Text, Binary, NDJSON, Arrow} {
		if strings.EqualFold(name, k.String()) {
			return k, nil
		}
	}
	return 0, sqlerr.New(sqlerr.InvalidParameterValue, "COPY format \"%s\" not recognized", name).
		WithHint("Known are csv, text, binary, ndjson and arrow.")
}

// Header says what the first line of CSV or text is.
type Header uint8

// The kinds of a first line.
const (
	NoHeader    Header = iota
	SkipHeader         // it is names, which are not looked at
	MatchHeader        // it is the names of the columns, in order
)

// Encoding converts text from and to UTF-8: it appends v to dst.
type Encoding interface {
	Decode(dst, v []byte) ([]byte, error)
	Encode(dst, v []byte) ([]byte, error)
}

// Options are COPY's options. The zero value is the form's defaults.
type Options struct {
	Header       Header   // a Writer writes the names for either kind of header
	Delimiter    byte     // 0: comma for CSV, tab for text
	Quote        byte     // CSV; 0: "
	Escape       byte     // CSV; 0: the quote
	Null         *string  // nil: empty for CSV, \N for text
	ForceQuote   []string // CSV, writing: columns whose values are always quoted; "*" is all
	ForceNotNull []string // CSV, reading: columns in which the null string is itself
	ForceNull    []string // CSV, reading: columns in which the null string is null even in quotes

	// Encoding is of text and CSV, which are in UTF-8 here: who reads or sends them converts; nil: nothing is to convert.
	Encoding Encoding

	// RefuseUnknown makes an NDJSON key, or a column of an Arrow stream, that no column has an error; else such keys are counted and left out.
	RefuseUnknown bool

	// ByPlace takes the columns of an Arrow stream in the order in which they come, whatever their names. There must be as many.
	ByPlace bool

	// Aside takes what stands in a row's place and is none, with the number of its first line, and reading goes on with the next row, unless
	// Aside fails; row is borrowed. nil: it ends the reading. Only lines can be passed over: CSV, text and NDJSON.
	Aside func(line int64, row []byte, err error) error

	Locale   *types.Locale // how values are written and read; JSON has dates and times in ISO form always
	Relation string        // for the context of errors
	MaxRow   int           // most bytes of a row; 0: DefaultMaxRow
}

// DefaultMaxRow is the most bytes that a row may have, unless Options say otherwise.
const DefaultMaxRow = 64 << 20

// maxBatchBytes ends a batch before it has all its rows, so that wide rows do not pile up.
const maxBatchBytes = 8 << 20

func (o Options) withDefaults(k Kind) Options {
	if o.Delimiter == 0 {
		o.Delimiter = ','
		if k == Text {
			o.Delimiter = '\t'
		}
	}
	if o.Quote == 0 {
		o.Quote = '"'
	}
	if o.Escape == 0 {
		o.Escape = o.Quote
	}
	if o.Null == nil {
		null := ""
		if k == Text {
			null = `\N`
		}
		o.Null = &null
	}
	if o.MaxRow == 0 {
		o.MaxRow = DefaultMaxRow
	}
	if o.Relation == "" {
		o.Relation = "rows"
	}
	return o
}

// Check refuses options that do not fit the form or each other, in PostgreSQL's words. Errors: 0A000, 22023, 42601.
func (o Options) Check(k Kind, schema batch.Schema) error {
	csvOnly := func(what string, set bool) error {
		if set && k != CSV {
			return sqlerr.New(sqlerr.FeatureNotSupported, "COPY %s available only in CSV mode", what)
		}
		return nil
	}
	for _, err := range []error{
		csvOnly("quote", o.Quote != 0), csvOnly("escape", o.Escape != 0), csvOnly("force quote", o.ForceQuote != nil),
		csvOnly("force not null", o.ForceNotNull != nil), csvOnly("force null", o.ForceNull != nil),
	} {
		if err != nil {
			return err
		}
	}
	if o.Aside != nil && (k == Binary || k == Arrow) {
		return sqlerr.NotSupported("reading on behind a malformed row in %s mode", strings.ToUpper(k.String())).
			WithHint("Leave out on_error, or send text, CSV or NDJSON: there it is known where the next row begins.")
	}
	if k == Binary || k == NDJSON || k == Arrow {
		switch {
		case o.Delimiter != 0:
			return sqlerr.New(sqlerr.SyntaxError, "cannot specify DELIMITER in %s mode", strings.ToUpper(k.String()))
		case o.Null != nil:
			return sqlerr.New(sqlerr.SyntaxError, "cannot specify NULL in %s mode", strings.ToUpper(k.String()))
		case o.Header != NoHeader:
			return sqlerr.New(sqlerr.FeatureNotSupported, "cannot specify HEADER in %s mode", strings.ToUpper(k.String()))
		}
	}
	if err := o.checkBytes(k); err != nil {
		return err
	}
	for _, names := range [][]string{o.ForceQuote, o.ForceNotNull, o.ForceNull} {
		for _, n := range names {
			if n != "*" && schema.Index(n) < 0 {
				if o.Relation == "" {
					return sqlerr.New(sqlerr.UndefinedColumn, "column \"%s\" does not exist", n)
				}
				return sqlerr.New(sqlerr.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", n, o.Relation)
			}
		}
	}
	return nil
}

func (o Options) checkBytes(k Kind) error {
	d := o.withDefaults(k)
	bad := func(format string, args ...any) error {
		return sqlerr.New(sqlerr.InvalidParameterValue, format, args...)
	}
	switch {
	case k == Binary || k == NDJSON || k == Arrow:
		return nil
	case d.Delimiter == '\n' || d.Delimiter == '\r':
		return bad("COPY delimiter cannot be newline or carriage return")
	case strings.ContainsAny(*d.Null, "\n\r"):
		return bad("COPY null representation cannot use newline or carriage return")
	case k == Text && strings.IndexByte(`\.abcdefghijklmnopqrstuvwxyz0123456789`, d.Delimiter) >= 0:
		return bad("COPY delimiter cannot be \"%c\"", d.Delimiter)
	case strings.IndexByte(*d.Null, d.Delimiter) >= 0:
		return sqlerr.New(sqlerr.FeatureNotSupported, "COPY delimiter must not appear in the NULL specification")
	case k == CSV && d.Delimiter == d.Quote:
		return bad("COPY delimiter and quote must be different")
	case k == CSV && strings.IndexByte(*d.Null, d.Quote) >= 0:
		return sqlerr.New(sqlerr.FeatureNotSupported, "CSV quote character must not appear in the NULL specification")
	case k == CSV && (d.Quote == '\n' || d.Quote == '\r' || d.Escape == '\n' || d.Escape == '\r'):
		return bad("COPY quote and escape cannot be newline or carriage return")
	}
	return nil
}

func lists(names []string, name string) bool {
	return slices.Contains(names, name) || slices.Contains(names, "*")
}
