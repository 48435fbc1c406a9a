package expr

import (
	"strings"
	"unicode/utf8"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// compileSimilar compiles a pattern of SIMILAR TO: the whole string must match.
func compileSimilar(p, escape string) (*patternExpr, error) {
	src, err := appendSimilar(nil, p, escape)
	if err != nil {
		return nil, err
	}
	return compilePattern(string(src), "")
}

// appendSimilar writes a pattern of SIMILAR TO as a regular expression: % and _ are wildcards; | * + ? { } ( ) and [ ]
// mean what they do there. Two separators, the escape character and a quote, make a pattern of three parts for
// substring: of the first one as little as possible, of the second one as much as possible, and that is what is wanted.
func appendSimilar(dst []byte, p, escape string) ([]byte, error) {
	if utf8.RuneCountInString(escape) > 1 {
		return dst, invalidEscape()
	}
	dst = append(dst, "^(?:"...)
	s := similar{dst: dst, escape: escape}
	for len(p) > 0 {
		n, err := s.one(p)
		if err != nil {
			return dst, err
		}
		p = p[n:]
	}
	return append(s.dst, ")$"...), nil
}

type similar struct {
	dst        []byte
	escape     string
	escaped    bool
	class      bool
	separators int
}

// one translates what p begins with, and says how many bytes that is.
func (s *similar) one(p string) (int, error) {
	_, w := utf8.DecodeRuneInString(p)
	c := p[0]
	switch {
	case s.escaped:
		s.escaped = false
		if c == '"' && !s.class {
			return w, s.separator()
		}
		s.dst = append(append(s.dst, '\\'), p[:w]...)
	case s.escape != "" && strings.HasPrefix(p, s.escape):
		s.escaped = true
	case s.class:
		if c == '\\' {
			s.dst = append(s.dst, '\\')
		}
		s.dst = append(s.dst, p[:w]...)
		s.class = c != ']'
	case c == '[':
		s.dst = append(s.dst, c)
		s.class = true
	case c == '%':
		s.dst = append(s.dst, ".*"...)
	case c == '_':
		s.dst = append(s.dst, '.')
	case c == '(':
		s.dst = append(s.dst, "(?:"...)
	case c == '\\' || c == '.' || c == '^' || c == '$':
		s.dst = append(s.dst, '\\', c)
	default:
		s.dst = append(s.dst, p[:w]...)
	}
	return w, nil
}

func (s *similar) separator() error {
	switch s.separators {
	case 0:
		s.dst = append(s.dst, "){1,1}?("...)
	case 1:
		s.dst = append(s.dst, "){1,1}(?:"...)
	default:
		return sqlerr.New("2200C", "SQL regular expression may not contain more than two escape-double-quote separators")
	}
	s.separators++
	return nil
}
