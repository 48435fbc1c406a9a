package lex

import "github.com/vexfs/vexstream/engine/sqlerr"

const (
	operatorChars = "+-*/<>=~!@#%^&|`?"
	specialChars  = "()[],;.:"
	// keepsSign are the characters that let a longer operator end in + or -.
	keepsSign = "~!@#%^&|`?"
)

// class tells what a character may do in an operator.
type class uint8

const (
	special class = 1 << iota // stands alone
	inOperator
	keeps // see keepsSign
)

// classOf has the class of each character, 0 for those of other tokens.
var classOf = func() (of [256]class) {
	for _, set := range []struct {
		chars string
		class class
	}{{operatorChars, inOperator}, {specialChars, special}, {keepsSign, keeps}} {
		for _, c := range []byte(set.chars) {
			of[c] |= set.class
		}
	}
	return of
}()

// operator reads an operator by PostgreSQL's longest match, or one special character.
func (sc *scanner) operator(c byte) error {
	j := sc.i + 1
	switch {
	case c == ':' && (sc.at(1) == ':' || sc.at(1) == '='), c == '.' && sc.at(1) == '.':
		j++
	case classOf[c]&special == 0:
		j = sc.operatorEnd(sc.i)
	default:
		if err := sc.bracket(c); err != nil {
			return err
		}
	}
	val := sc.s[sc.i:j]
	if val == "!=" {
		val = "<>"
	}
	sc.add(Op, val, j)
	return nil
}

// bracket counts open brackets of the statement: what nests too deeply is refused before the rest is read.
func (sc *scanner) bracket(c byte) error {
	switch c {
	case '(', '[':
		if sc.depth++; sc.depth > MaxDepth {
			return sqlerr.New(sqlerr.StatementTooComplex, "statement nests deeper than %d levels", MaxDepth).At(sc.i + 1)
		}
	case ')', ']':
		sc.depth = max(sc.depth-1, 0)
	case ';':
		sc.depth, sc.limit = 0, min(len(sc.out)+1+MaxStatementTokens, MaxTokens)
	}
	return nil
}

// operatorEnd is the place after the operator at i: a comment's opening ends it, and it may end in + or - only if it has
// a character that SQL's own operators have not. Where it has none, what follows in a long row of signs is known from here
// on: it is looked at once.
func (sc *scanner) operatorEnd(i int) int {
	if i < sc.signs {
		return max(i+1, sc.lastOther)
	}
	s, j, kept, other := sc.s, i, false, i
	for j < len(s) && classOf[s[j]]&inOperator != 0 && (j == i || !opensComment(s, j)) {
		kept = kept || classOf[s[j]]&keeps != 0
		j++
		if s[j-1] != '+' && s[j-1] != '-' {
			other = j
		}
	}
	if kept {
		return j
	}
	sc.signs, sc.lastOther = j, other
	return max(i+1, other)
}

func opensComment(s string, j int) bool {
	return j+1 < len(s) && (s[j] == '-' && s[j+1] == '-' || s[j] == '/' && s[j+1] == '*')
}
