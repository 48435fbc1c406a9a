package lex

import "strings"

// number reads 42, 4.2, .5, 1e10 and 1_000. What touches it and is no part of it is an error, as in PostgreSQL 15.
func (sc *scanner) number() error {
	j := digits(sc.s, sc.i)
	if j < len(sc.s) && sc.s[j] == '.' && !(j+1 < len(sc.s) && sc.s[j+1] == '.') {
		j = digits(sc.s, j+1)
	}
	if k := exponent(sc.s, j); k > 0 {
		j = k
	}
	if j < len(sc.s) && isNameStart(sc.s[j]) {
		return near(sc.i, "trailing junk after numeric literal", sc.s[sc.i:junkEnd(sc.s, j)])
	}
	val := sc.s[sc.i:j]
	if strings.IndexByte(val, '_') >= 0 {
		val = strings.ReplaceAll(val, "_", "")
	}
	sc.add(Number, val, j)
	return nil
}

// digits is the place after the digits at j; an underscore may stand between two of them.
func digits(s string, j int) int {
	start := j
	for j < len(s) && (isDigit(s[j]) || s[j] == '_' && j > start && j+1 < len(s) && isDigit(s[j+1])) {
		j++
	}
	return j
}

// exponent is the place after the exponent at j, 0 if there is none.
func exponent(s string, j int) int {
	if j >= len(s) || s[j]|0x20 != 'e' {
		return 0
	}
	k := j + 1
	if k < len(s) && (s[k] == '+' || s[k] == '-') {
		k++
	}
	if k >= len(s) || !isDigit(s[k]) {
		return 0
	}
	return digits(s, k)
}

// junkEnd is where PostgreSQL ends the text it shows: after the word that does not belong.
func junkEnd(s string, j int) int {
	for j < len(s) && isNamePart(s[j]) {
		j++
	}
	return j
}

// dollar reads $1 or $tag$...$tag$.
func (sc *scanner) dollar() error {
	if isDigit(sc.at(1)) {
		j := sc.i + 1
		for j < len(sc.s) && isDigit(sc.s[j]) {
			j++
		}
		if j < len(sc.s) && isNameStart(sc.s[j]) {
			return near(sc.i, "trailing junk after parameter", sc.s[sc.i:junkEnd(sc.s, j)])
		}
		sc.add(Param, sc.s[sc.i+1:j], j)
		return nil
	}
	j := sc.i + 1
	for j < len(sc.s) && isNamePart(sc.s[j]) && sc.s[j] != '$' {
		j++
	}
	if j >= len(sc.s) || sc.s[j] != '$' {
		return near(sc.i, "syntax error", "$")
	}
	tag := sc.s[sc.i : j+1]
	k := strings.Index(sc.s[j+1:], tag)
	if k < 0 {
		return near(sc.i, "unterminated dollar-quoted string", sc.s[sc.i:])
	}
	sc.add(Str, sc.s[j+1:j+1+k], j+1+k+len(tag))
	return nil
}
