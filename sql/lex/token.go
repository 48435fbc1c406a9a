package lex

// Kind is a token's class.
type Kind uint8

// The classes of tokens. A special character such as ( or ; is an Op.
const (
	End    Kind = iota // after the last token
	Ident              // an unquoted word; Val is folded to lower case
	QIdent             // a quoted identifier; Val is decoded
	Str                // a string literal of any spelling; Val is decoded
	Bits               // B'01' or X'1F'; Val is the bits
	Number             // Val is the digits without underscores
	Param              // $1; Val is the digits
	Op                 // an operator or a special character
)

// Token is one token. Pos and End are byte offsets into the text: [Pos, End).
type Token struct {
	Val      string
	Pos, End int32
	Kind     Kind
}

// Is tells whether t is the unquoted word w, in lower case.
func (t *Token) Is(w string) bool { return t.Kind == Ident && t.Val == w }

// IsOp tells whether t is the operator or special character op.
func (t *Token) IsOp(op string) bool { return t.Kind == Op && t.Val == op }

// IsName tells whether t is an identifier, quoted or not, of whatever category.
func (t *Token) IsName() bool { return t.Kind == Ident || t.Kind == QIdent }

// Named limits of the lexer.
const (
	// MaxTokens bounds the memory that one text takes: 32 bytes a token.
	MaxTokens = 16 << 20
	// MaxStatementTokens bounds a statement that brings no rows, as INSERT and COPY do.
	MaxStatementTokens = 300_000
	// MaxDepth bounds the brackets that are open at one place.
	MaxDepth = 1000
	// MaxNameBytes is PostgreSQL's NAMEDATALEN less one: a longer identifier is cut at a character's edge.
	MaxNameBytes = 63
)
