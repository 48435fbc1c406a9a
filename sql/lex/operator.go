package lex

import "strings"

const (
	operatorChars = "+-*/<>=~!@#%^&|`?"
	specialChars  = "()[],;.:"
	// keepsSign are the characters that let a longer operator end in + or -.
	keepsSign = "~!@#%^&|`?"
)

// operator reads an operator by PostgreSQL's longest match, or one special character.
func (sc *scanner) operator(c byte) {
	j := sc.i + 1
	switch {
	case c == ':' && (sc.at(1) == ':' || sc.at(1) == '='), c == '.' && sc.at(1) == '.':
		j++
	case strings.IndexByte(specialChars, c) < 0:
		j = sc.operatorEnd(sc.i)
	}
	val := sc.s[sc.i:j]
	if val == "!=" {
		val = "<>"
	}
	sc.add(Op, val, j)
}

// operatorEnd is the place after the operator at i: a comment's opening ends it, and it may end in + or - only if it has
// a character that SQL's own operators have not. Where it has none, what follows in a long row of signs is known from here
// on: it is looked at once.
func (sc *scanner) operatorEnd(i int) int {
	if i < sc.signs {
		return max(i+1, sc.lastOther)
	}
	s, j, keeps, other := sc.s, i, false, i
	for j < len(s) && strings.IndexByte(operatorChars, s[j]) >= 0 && (j == i || !opensComment(s, j)) {
		keeps = keeps || strings.IndexByte(keepsSign, s[j]) >= 0
		j++
		if s[j-1] != '+' && s[j-1] != '-' {
			other = j
		}
	}
	if keeps {
		return j
	}
	sc.signs, sc.lastOther = j, other
	return max(i+1, other)
}

func opensComment(s string, j int) bool {
	return j+1 < len(s) && (s[j] == '-' && s[j+1] == '-' || s[j] == '/' && s[j+1] == '*')
}
