package expr

import (
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// textSets are the functions that give the pieces of a string as rows (manual, 9.4).
func textSets() []function {
	fs := []function{
		{name: "string_to_table", args: "text,text", ret: "text", flags: lenient, set: &setOf{make: func() rowSet { return new(stringPieces) }}},
		{name: "string_to_table", args: "text,text,text", ret: "text", flags: lenient, set: &setOf{make: func() rowSet { return new(stringPieces) }}},
	}
	for _, args := range []string{"text,text", "text,text,text"} {
		fs = append(fs,
			function{name: "regexp_matches", args: args, ret: "_text", flags: fallible, set: &setOf{make: func() rowSet { return new(matchRows) }}},
			function{name: "regexp_split_to_table", args: args, ret: "text", flags: fallible, set: &setOf{make: func() rowSet { return new(splitRows) }}})
	}
	return fs
}

// listed is what a function has collected for a row: the part that all of these share.
type listed struct {
	parts []string
	nulls []bool // nil: none
	at    int
}

func (l *listed) fill(out []*batch.Builder, limit int) (n int, _ error) {
	for ; n < limit && l.at < len(l.parts); n++ {
		if l.nulls != nil && l.nulls[l.at] {
			out[0].Null()
		} else {
			out[0].String(l.parts[l.at])
		}
		l.at++
	}
	return n, nil
}

type stringPieces struct{ listed }

// partBytes is what a piece takes beside its text, which may be a single character.
const partBytes = 17

func (s *stringPieces) open(f *frame, r uint32) error {
	s.parts, s.nulls, s.at = s.parts[:0], s.nulls[:0], 0
	if f.args[0].null(int(r)) {
		return nil
	}
	if err := f.c.work(partBytes * (len(f.raw(0, r)) + 1)); err != nil {
		return err
	}
	for part := range textParts(f, r) {
		s.parts, s.nulls = append(s.parts, part), append(s.nulls, isNullText(f, r, part))
	}
	return nil
}

// matchRows is regexp_matches: a row for the first match, or for each with flag g, with its groups.
type matchRows struct {
	compiled
	s       []byte
	matches [][]int
}

func (m *matchRows) open(f *frame, r uint32) error {
	flags := ""
	if len(f.args) > 2 {
		flags = f.str(2, r)
	}
	limit := 1
	if strings.Contains(flags, "g") {
		limit = -1
	}
	re, err := m.get(f.str(1, r), strings.ReplaceAll(flags, "g", ""))
	if err != nil {
		return err
	}
	m.s = f.raw(0, r)
	m.matches, err = re.FindAll(m.s, 0, limit)
	return err
}

func (m *matchRows) fill(out []*batch.Builder, limit int) (n int, _ error) {
	var array []byte
	for ; n < limit && len(m.matches) > 0; n++ {
		array = appendGroups(array[:0], m.s, m.matches[0])
		out[0].Bytes(array)
		m.matches = m.matches[1:]
	}
	return n, nil
}

// appendGroups appends the groups of a match as an array of text; the whole match if the pattern has none.
func appendGroups(dst, s []byte, m []int) []byte {
	if len(m) > 2 {
		m = m[2:]
	}
	dst = types.AppendArrayHeader(dst, types.Text, len(m)/2, hasMissing(m))
	for i := 0; i < len(m); i += 2 {
		if m[i] < 0 {
			dst = types.AppendArrayNull(dst)
		} else {
			dst = types.AppendArrayItem(dst, s[m[i]:m[i+1]])
		}
	}
	return dst
}

// splitRows is regexp_split_to_table. Empty matches at either end, or right behind another match, split nothing.
type splitRows struct {
	compiled
	listed
}

func (s *splitRows) open(f *frame, r uint32) error {
	flags := ""
	if len(f.args) > 2 {
		flags = f.str(2, r)
	}
	if strings.Contains(flags, "g") {
		return sqlerr.New(sqlerr.InvalidParameterValue, "regexp_split_to_table() does not support the \"global\" option")
	}
	re, err := s.get(f.str(1, r), flags)
	if err != nil {
		return err
	}
	s.at = 0
	s.parts, err = splitMatches(re, f.str(0, r))
	return err
}
