package pgformat

import (
	"strings"
	"unicode/utf8"
)

type nodeKind uint8

const (
	nodeText      nodeKind = iota // a character that stands for itself
	nodeSpace                     // white space
	nodeSeparator                 // ASCII punctuation, in templates for times
	nodePattern
)

// node is a pattern or a character of a template.
type node struct {
	kind nodeKind
	fill bool  // without FM
	th   uint8 // 0, 't' for th, 'T' for TH
	pat  *pattern
	text string // the character
}

// pattern is a word that a template may have.
type pattern struct {
	name  string
	id    patternID
	digit bool // it reads and writes digits
	date  convention
}

// convention says which calendar a pattern is of.
type convention uint8

const (
	anyCalendar convention = iota
	gregorian
	isoWeeks
)

// find is the longest pattern that s begins with, of those that begin alike the first.
func find(patterns *[256][]*pattern, s string) *pattern {
	for _, p := range patterns[s[0]] {
		if strings.HasPrefix(s, p.name) {
			return p
		}
	}
	return nil
}

// index sorts patterns by their first byte and keeps their order.
func index(patterns []pattern) *[256][]*pattern {
	var t [256][]*pattern
	for i := range patterns {
		c := patterns[i].name[0]
		t[c] = append(t[c], &patterns[i])
	}
	return &t
}

// character takes the first character of s as it stands outside quotes.
func character(s string, kind nodeKind) (n node, rest string) {
	size := runeSize(s)
	return node{kind: kind, text: s[:size]}, s[size:]
}

// quoted reads a text in double quotes, from behind the first one: a backslash takes the next character as it is.
func quoted(nodes []node, s string) ([]node, string) {
	for s != "" {
		if s[0] == '"' {
			return nodes, s[1:]
		}
		if s[0] == '\\' && len(s) > 1 {
			s = s[1:]
		}
		var n node
		n, s = character(s, nodeText)
		nodes = append(nodes, n)
	}
	return nodes, s
}

func runeSize(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}

func isSpace(c byte) bool { return c == ' ' || c-'\t' < 5 }
func isDigit(c byte) bool { return c-'0' < 10 }

func isSeparator(c byte) bool {
	return c > ' ' && c < 0x7f && c|0x20-'a' > 25 && !isDigit(c)
}

// ordinal appends the ending that a number has that reads s: st, nd, rd or th.
func ordinal(dst []byte, s string, upper bool) []byte {
	last := s[len(s)-1]
	if len(s) > 1 && s[len(s)-2] == '1' {
		last = '0'
	}
	word := "thTH"
	switch last {
	case '1':
		word = "stST"
	case '2':
		word = "ndND"
	case '3':
		word = "rdRD"
	}
	if upper {
		return append(dst, word[2:]...)
	}
	return append(dst, word[:2]...)
}
