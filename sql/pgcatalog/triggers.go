package pgcatalog

import (
	"slices"
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/lex"
)

// TriggerText is the statement that makes a trigger again, with the names that relations and columns have by now.
func TriggerText(snap *catalog.Snapshot, t *catalog.Trigger) string {
	return triggerText(snap, t, NameText(snap.ByID(t.Relation)))
}

func triggerText(snap *catalog.Snapshot, t *catalog.Trigger, on string) string {
	r := snap.ByID(t.Relation)
	var b strings.Builder
	timing := " AFTER "
	if t.Before {
		timing = " BEFORE "
	}
	b.WriteString("CREATE TRIGGER " + QuoteIdent(t.Name) + timing)
	var events []string
	if t.Insert {
		events = append(events, "INSERT")
	}
	if t.Delete {
		events = append(events, "DELETE")
	}
	if t.Update {
		of := ""
		for i, c := range t.Of {
			of += [2]string{" OF ", ", "}[min(i, 1)] + QuoteIdent(r.Columns[c].Name)
		}
		events = append(events, "UPDATE"+of)
	}
	b.WriteString(strings.Join(events, " OR ") + " ON " + on + " FOR EACH ROW")
	if t.When != "" {
		b.WriteString(" WHEN (" + renamedText(snap, t, t.When) + ")")
	}
	if t.Until != "" {
		b.WriteString(" UNTIL (" + renamedText(snap, t, t.Until) + ")")
	}
	b.WriteString(" EXECUTE FUNCTION " + renamedText(snap, t, t.Actions))
	if with := triggerOptions(r, t); with != nil {
		b.WriteString(" WITH (" + strings.Join(with, ", ") + ")")
	}
	return b.String()
}

// triggerOptions are the options that a trigger has and that are not what they are without a word.
func triggerOptions(r *catalog.Relation, t *catalog.Trigger) (with []string) {
	if t.Priority != 0 {
		with = append(with, "priority = "+strconv.Itoa(t.Priority))
	}
	if t.Disabled {
		with = append(with, "enabled = false")
	}
	if t.Keep {
		with = append(with, "keep = true")
	}
	if t.Most > 0 {
		with = append(with, "rate = '"+strconv.Itoa(t.Most)+"/"+span(t.Per)+"'")
	}
	if t.Cooldown > 0 {
		with = append(with, "cooldown = '"+span(t.Cooldown)+"'")
	}
	if t.GroupBy != nil {
		names := make([]string, len(t.GroupBy))
		for i, c := range t.GroupBy {
			names[i] = QuoteIdent(r.Columns[c].Name)
		}
		with = append(with, "group_by = "+QuoteLiteral(strings.Join(names, ", ")))
	}
	if t.Scope != "" {
		with = append(with, "scope = '"+t.Scope+"'")
	}
	return with
}

// span is a span of time as options have it.
func span(d types.Micros) string {
	return string(types.AppendInterval(nil, types.Span{Micros: int64(d % types.Day), Days: int32(d / types.Day)}))
}

// renamedText is a text of a trigger with the names by now of its relation's columns and of what it writes to.
func renamedText(snap *catalog.Snapshot, t *catalog.Trigger, text string) string {
	names := map[string]string{}
	for i, c := range snap.ByID(t.Relation).Visible() {
		if i < len(t.Columns) && t.Columns[i] != c.Name {
			names[t.Columns[i]] = QuoteIdent(c.Name)
		}
	}
	into := map[string]string{}
	for name, id := range t.Targets {
		if to := snap.ByID(id); to != nil && to.Name != name && to.QualifiedName() != name {
			into[name] = "'" + strings.ReplaceAll(NameText(to), "'", "''") + "'"
		}
	}
	if len(names)+len(into) == 0 {
		return text
	}
	toks, err := lex.Scan(text, nil)
	if err != nil {
		return text
	}
	aims, foreign := destinations(toks)
	for i, tok := range slices.Backward(toks) {
		with, is := "", false
		switch {
		case foreign[i]:
		case tok.Kind == lex.Str && aims[i]:
			with, is = into[tok.Val]
		case tok.IsName() && (i == 0 || !toks[i-1].IsOp(".") || i > 1 && (toks[i-2].Is("new") || toks[i-2].Is("old"))) && !toks[i+1].IsOp("(") && !toks[i+1].IsOp("."):
			with, is = names[tok.Val]
		}
		if is {
			text = text[:tok.Pos] + with + text[tok.End:]
		}
	}
	return text
}

// destinations says which tokens of a list of actions may name a relation, and which are the names of arguments: only those of
// set() are columns of the trigger's own relation.
func destinations(toks []lex.Token) (aims, foreign []bool) {
	aims, foreign = make([]bool, len(toks)), make([]bool, len(toks))
	depth, in, set := 0, false, false
	for i := range toks {
		switch t := &toks[i]; {
		case t.IsOp("("):
			if depth++; depth == 1 && i > 0 {
				in = toks[i-1].Is("route") || toks[i-1].Is("route_any") || toks[i-1].Is("insert_into")
				set = toks[i-1].Is("set")
			}
		case t.IsOp(")"):
			depth--
		}
		aims[i] = in && depth == 1
		foreign[i] = depth == 1 && !set && i+1 < len(toks) && toks[i+1].IsOp("=>")
	}
	return aims, foreign
}

// Bits of tgtype.
const (
	triggerRow    = 1
	triggerBefore = 2
	triggerInsert = 4
	triggerDelete = 8
	triggerUpdate = 16
)

func (s *State) pgTrigger(out *rows) {
	for _, t := range s.Snapshot.AllTriggers() {
		kind, enabled, of := triggerRow, "O", ""
		for bit, is := range map[int]bool{triggerBefore: t.Before, triggerInsert: t.Insert, triggerDelete: t.Delete, triggerUpdate: t.Update} {
			if is {
				kind |= bit
			}
		}
		if t.Disabled {
			enabled = "D"
		}
		for i, c := range t.Of {
			of += " "[:min(i, 1)] + strconv.Itoa(c+1)
		}
		out.add("oid", t.ID, "tgrelid", t.Relation, "tgname", t.Name, "tgtype", kind, "tgenabled", enabled, "tgattr", of,
			"tgqual", orNil(t.When))
	}
}

// triggerDef is pg_get_triggerdef.
func (s *State) triggerDef(a expr.Asked, row uint32) any {
	for _, t := range s.Snapshot.AllTriggers() {
		if int64(t.ID) != a.Int(0, row) {
			continue
		}
		r := s.Snapshot.ByID(t.Relation)
		on := qualified(r)
		if a.Len() > 1 && a.Bool(1, row) && s.visible(r) { // pretty
			on = QuoteIdent(r.Name)
		}
		return triggerText(s.Snapshot, t, on)
	}
	return nil
}
