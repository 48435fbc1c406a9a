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
		j = operatorEnd(sc.s, sc.i)
	}
	val := sc.s[sc.i:j]
	if val == "!=" {
		val = "<>"
	}
	sc.add(Op, val, j)
}

// operatorEnd is the place after the operator at i: a comment's opening ends it, and it may end in + or - only if it has
// a character that SQL's own operators have not.
func operatorEnd(s string, i int) int {
	j := i + 1
	for j < len(s) && strings.IndexByte(operatorChars, s[j]) >= 0 {
		if opensComment(s, j) {
			break
		}
		j++
	}
	for j-i > 1 && (s[j-1] == '+' || s[j-1] == '-') && !strings.ContainsAny(s[i:j-1], keepsSign) {
		j--
	}
	return j
}

func opensComment(s string, j int) bool {
	return j+1 < len(s) && (s[j] == '-' && s[j+1] == '-' || s[j] == '/' && s[j+1] == '*')
}
