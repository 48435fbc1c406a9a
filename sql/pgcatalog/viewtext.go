package pgcatalog

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/lex"
)

// QueryText is a view's query as its author typed it, but for relations that are called otherwise by now: they have
// their names, and the query's own for them as an alias.
func QueryText(snap *catalog.Snapshot, r *catalog.Relation) string {
	text := r.Query
	refs := slices.Clone(r.Refs)
	slices.SortFunc(refs, func(a, b catalog.Ref) int { return b.Pos - a.Pos }) // from the end, so that places hold
	for _, ref := range refs {
		if to := snap.ByID(ref.ID); to != nil {
			text = refText(snap, text, ref, to)
		}
	}
	return text
}

// refText gives text with what makes it mean the relation to at the place of ref.
func refText(snap *catalog.Snapshot, text string, ref catalog.Ref, to *catalog.Relation) string {
	toks, err := lex.Scan(text, nil)
	if err != nil {
		return text
	}
	start := byteAt(text, ref.Pos)
	i := slices.IndexFunc(toks, func(t lex.Token) bool { return int(t.Pos) == start })
	if i < 0 || !toks[i].IsName() {
		return text
	}
	parts, last := []string{toks[i].Val}, i
	for last+2 < len(toks) && toks[last+1].IsOp(".") && toks[last+2].IsName() {
		last += 2
		parts = append(parts, toks[last].Val)
	}
	columns := ref.Columns
	if ref.Listed { // the text's own names stand before them
		columns = nil
	}
	if snap.Lookup(parts...) == to && columns == nil {
		return text
	}
	name := QuoteIdent(to.Name)
	if snap.Lookup(to.Name) != to {
		name = QuoteIdent(to.Schema) + "." + name
	}
	tail := text[toks[last].End:]
	list := ""
	if columns != nil {
		list = "(" + strings.Join(quoteAll(columns), ", ") + ")"
	}
	if end, ok := windowCall(toks, i); ok {
		name = text[:toks[i].Pos] + name + text[toks[last].End:toks[end].End]
		if !hasAlias(toks, end+1) && (to.Name != parts[len(parts)-1] || list != "") {
			name += " AS " + QuoteIdent(parts[len(parts)-1]) + list
		}
		return name + text[toks[end].End:]
	}
	switch {
	case !ref.Aliased:
		if to.Name != parts[len(parts)-1] || list != "" {
			name += " AS " + QuoteIdent(parts[len(parts)-1]) + list
		}
	case list != "":
		alias := last + 1
		if toks[alias].Is("as") {
			alias++
		}
		name += text[toks[last].End:toks[alias].End] + list
		tail = text[toks[alias].End:]
	}
	return text[:toks[i].Pos] + name + tail
}

// windowCall finds the end of the window function, such as TUMBLE, that the relation at token i is the input of; false if
// it is not.
func windowCall(toks []lex.Token, i int) (end int, ok bool) {
	open := i - 1
	if open >= 0 && toks[open].Is("table") {
		open--
	}
	if open < 1 || !toks[open].IsOp("(") {
		return 0, false
	}
	switch fn := &toks[open-1]; {
	case fn.Is("tumble"), fn.Is("hop"), fn.Is("cumulate"), fn.Is("session"):
	default:
		return 0, false
	}
	end = closing(toks, open)
	if open > 2 && toks[open-2].IsOp("(") && toks[open-3].Is("table") {
		end = closing(toks, open-2)
	}
	return end, true
}

// closing is the bracket that closes the one at token i.
func closing(toks []lex.Token, i int) int {
	for depth := 0; i < len(toks); i++ {
		switch {
		case toks[i].IsOp("("):
			depth++
		case toks[i].IsOp(")"):
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(toks) - 1
}

// behindFrom are words that may follow an entry of FROM and are no alias.
var behindFrom = []string{
	"where", "group", "having", "window", "order", "limit", "offset", "fetch", "for", "union", "intersect", "except", "emit",
	"qualify", "join", "inner", "left", "right", "full", "cross", "natural", "on", "using",
}

// hasAlias says whether an alias is at token i.
func hasAlias(toks []lex.Token, i int) bool {
	if i >= len(toks) || !toks[i].IsName() {
		return i < len(toks) && toks[i].Is("as")
	}
	return !slices.ContainsFunc(behindFrom, func(w string) bool { return toks[i].Is(w) })
}

func quoteAll(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = QuoteIdent(n)
	}
	return out
}

// byteAt is where character n of text begins.
func byteAt(text string, n int) int {
	at := 0
	for ; n > 0 && at < len(text); n-- {
		_, size := utf8.DecodeRuneInString(text[at:])
		at += size
	}
	return at
}

// CreateView is a statement that makes a view like r, the word OR REPLACE left out.
func CreateView(snap *catalog.Snapshot, r *catalog.Relation) string {
	text := "CREATE " + strings.ToUpper(string(r.Kind)) + " " + NameText(r)
	if r.Named {
		var names []string
		for _, c := range r.Visible() {
			names = append(names, c.Name)
		}
		text += " (" + strings.Join(quoteAll(names), ", ") + ")"
	}
	return text + OptionsText(r) + " AS " + QueryText(snap, r)
}

// NameText is the name of a relation, with its schema where that is not public.
func NameText(r *catalog.Relation) string {
	if r.Schema == "public" {
		return QuoteIdent(r.Name)
	}
	return QuoteIdent(r.Schema) + "." + QuoteIdent(r.Name)
}

// internalOptions are kept with a relation's options and are none that somebody wrote.
var internalOptions = map[string]bool{"since_epoch": true}

// OptionsText is the WITH of a relation's options, with a space before it; "" for none.
func OptionsText(r *catalog.Relation) string {
	var out []string
	for name, v := range r.With {
		if !internalOptions[name] {
			out = append(out, name+" = '"+strings.ReplaceAll(v, "'", "''")+"'")
		}
	}
	if out == nil {
		return ""
	}
	slices.Sort(out)
	return " WITH (" + strings.Join(out, ", ") + ")"
}
