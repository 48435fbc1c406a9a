package session

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/catalog"
	"github.com/vexfs/vexstream/sql/pgcatalog"
)

// Definition is a statement of a script that makes a catalog again.
type Definition struct {
	Section string // SectionBefore, SectionData or SectionAfter
	Kind    string // of what the statement makes or changes: role, schema, table, comment, ...
	Name    string // of that, as a statement has it
	Text    string // without a semicolon
}

// Sections of a script: what rows need, rows, and what is made once they are there.
const (
	SectionBefore = "pre-data"
	SectionData   = "data"
	SectionAfter  = "post-data"
)

// Definitions are the statements that make the catalog in an empty node, in an order in which each finds what it needs. The
// data section has the statements that take rows in, whose data follows them. Passwords are left out. Names without a
// schema are in public.
func (e *Engine) Definitions() []Definition {
	s := &script{snap: e.Catalog()}
	s.relations = slices.SortedFunc(slices.Values(s.snap.Relations()), func(a, b *catalog.Relation) int { return cmp.Compare(a.ID, b.ID) })
	s.roles()
	s.outward()
	s.schemas()
	s.each(s.sequence)
	s.each(s.rows)
	s.each(s.ownedSequence)
	s.each(s.load)
	s.each(s.constraints)
	done := map[uint32]bool{}
	s.each(func(r *catalog.Relation) { s.view(r, done) })
	s.each(s.sink)
	for _, t := range s.snap.AllTriggers() {
		name := pgcatalog.QuoteIdent(t.Name) + " ON " + pgcatalog.NameText(s.snap.ByID(t.Relation))
		s.add(SectionAfter, "trigger", name, pgcatalog.TriggerText(s.snap, t))
	}
	s.each(s.comments)
	s.databaseRights()
	for _, n := range s.snap.Schemas() {
		if !catalog.IsTemp(n.Name) {
			s.schemaRights(n)
		}
	}
	s.each(s.rights)
	s.defaults()
	return s.out
}

// script gathers the statements.
type script struct {
	snap      *catalog.Snapshot
	relations []*catalog.Relation // by ID
	out       []Definition
}

func (s *script) add(section, kind, name, text string) {
	s.out = append(s.out, Definition{Section: section, Kind: kind, Name: name, Text: text})
}

// each calls of for every relation but those of the system and of one session.
func (s *script) each(of func(*catalog.Relation)) {
	for _, r := range s.relations {
		if r.Kind != catalog.System && !catalog.IsTemp(r.Schema) {
			of(r)
		}
	}
}

func (s *script) schemas() {
	for _, n := range s.snap.Schemas() {
		if n.ID >= catalog.FirstUserID && !catalog.IsTemp(n.Name) {
			name := pgcatalog.QuoteIdent(n.Name)
			s.add(SectionBefore, "schema", name, "CREATE SCHEMA "+name)
		}
	}
}

// sequence makes a sequence that no column makes.
func (s *script) sequence(r *catalog.Relation) {
	if r.Kind != catalog.SequenceKind {
		return
	}
	if _, _, counts := s.snap.SequenceOwner(r.ID); !counts {
		s.add(SectionBefore, string(r.Kind), pgcatalog.NameText(r), createText(s.snap, r))
	}
}

// rows makes what has rows of its own. Constraints that rows need not meet, and those that other tables must be there for,
// come later.
func (s *script) rows(r *catalog.Relation) {
	name := pgcatalog.NameText(r)
	switch {
	case r.Kind == catalog.Table:
		c := *r
		c.Foreign = nil
		c.Checks = slices.DeleteFunc(slices.Clone(r.Checks), func(k catalog.Check) bool { return k.NotValid })
		s.add(SectionBefore, string(r.Kind), name, createText(s.snap, &c))
		s.serials(r)
	case r.Kind == catalog.Stream && r.ID >= catalog.FirstUserID:
		s.add(SectionBefore, string(r.Kind), name, createText(s.snap, r))
	case r.Kind == catalog.Stream:
		c := *r
		c.With = maps.Clone(r.With)
		delete(c.With, "idle") // of a stream that is there from the start it is fixed
		if with := pgcatalog.OptionsText(&c); with != "" {
			s.add(SectionBefore, string(r.Kind), name, "ALTER STREAM "+name+" SET"+strings.TrimPrefix(with, " WITH"))
		}
	}
}

// serials gives the sequences of serial columns the names that they have.
func (s *script) serials(r *catalog.Relation) {
	for _, c := range r.Visible() {
		q := s.snap.ByID(c.Sequence)
		if made := r.Name + "_" + c.Name + "_seq"; c.Identity == "serial" && q != nil && q.Name != made {
			as := *q
			as.Name, as.Schema = made, r.Schema
			s.add(SectionBefore, string(q.Kind), pgcatalog.NameText(q), "ALTER SEQUENCE "+pgcatalog.NameText(&as)+" RENAME TO "+pgcatalog.QuoteIdent(q.Name))
		}
	}
}

// ownedSequence makes a sequence go with a column that does not count by it.
func (s *script) ownedSequence(q *catalog.Relation) {
	if q.Kind != catalog.SequenceKind {
		return
	}
	if r, column, counts := s.snap.SequenceOwner(q.ID); r != nil && !counts {
		s.add(SectionBefore, string(q.Kind), pgcatalog.NameText(q),
			"ALTER SEQUENCE "+pgcatalog.NameText(q)+" OWNED BY "+pgcatalog.NameText(r)+"."+pgcatalog.QuoteIdent(r.Columns[column].Name))
	}
}

// load takes the rows of a table or a user's stream in.
func (s *script) load(r *catalog.Relation) {
	if r.Kind != catalog.Table && (r.Kind != catalog.Stream || r.ID < catalog.FirstUserID) {
		return
	}
	var columns []string
	for _, c := range r.Visible() {
		if c.Generated == "" {
			columns = append(columns, pgcatalog.QuoteIdent(c.Name))
		}
	}
	if columns != nil {
		s.add(SectionData, string(r.Kind), pgcatalog.NameText(r), "COPY "+pgcatalog.NameText(r)+" ("+strings.Join(columns, ", ")+") FROM stdin")
	}
}

// constraints adds those that rows does not make.
func (s *script) constraints(r *catalog.Relation) {
	name := pgcatalog.NameText(r)
	add := func(constraint, text string) {
		s.add(SectionAfter, "constraint", constraint, "ALTER TABLE "+name+" ADD CONSTRAINT "+pgcatalog.QuoteIdent(constraint)+" "+text)
	}
	for _, c := range r.Checks {
		if c.NotValid {
			add(c.Name, "CHECK ("+c.Text+")"+notValid(c))
		}
	}
	for i := range r.Foreign {
		if text := pgcatalog.ForeignText(s.snap, r, &r.Foreign[i]); text != "" {
			add(r.Foreign[i].Name, text)
		}
	}
}

// view makes a view, and before it those that it reads.
func (s *script) view(r *catalog.Relation, done map[uint32]bool) {
	if r.Kind != catalog.View && r.Kind != catalog.MaterializedView || done[r.ID] {
		return
	}
	done[r.ID] = true
	for _, id := range r.DependsOn {
		if from := s.snap.ByID(id); from != nil {
			s.view(from, done)
		}
	}
	name := pgcatalog.NameText(r)
	s.add(SectionAfter, string(r.Kind), name, createText(s.snap, r))
	for _, c := range r.Visible() {
		if r.Kind == catalog.View && c.Default != "" {
			s.add(SectionAfter, string(r.Kind), name, "ALTER VIEW "+name+" ALTER COLUMN "+pgcatalog.QuoteIdent(c.Name)+" SET DEFAULT "+c.Default)
		}
	}
	if r.Paused {
		s.add(SectionAfter, string(r.Kind), name, "ALTER MATERIALIZED VIEW "+name+" PAUSE")
	}
}

func (s *script) sink(r *catalog.Relation) {
	if r.Kind == catalog.Sink {
		s.add(SectionAfter, string(r.Kind), pgcatalog.NameText(r), createText(s.snap, r))
	}
}

// comments repeats what was said of a relation and its parts.
func (s *script) comments(r *catalog.Relation) {
	name := pgcatalog.NameText(r)
	on := func(what, comment string) {
		if comment != "" {
			s.add(SectionAfter, "comment", name, "COMMENT ON "+what+" IS "+pgcatalog.QuoteLiteral(comment))
		}
	}
	if r.ID >= catalog.FirstUserID {
		on(strings.ToUpper(string(r.Kind))+" "+name, r.Comment)
	}
	for _, c := range r.Visible() {
		if r.ID >= catalog.FirstUserID {
			on("COLUMN "+name+"."+pgcatalog.QuoteIdent(c.Name), c.Comment)
		}
	}
	for _, k := range r.Keys {
		on("CONSTRAINT "+pgcatalog.QuoteIdent(k.Name)+" ON "+name, k.Comment)
		index := pgcatalog.QuoteIdent(k.Name)
		if r.Schema != "public" {
			index = pgcatalog.QuoteIdent(r.Schema) + "." + index
		}
		on("INDEX "+index, k.OfIndex)
	}
	for _, c := range r.Checks {
		on("CONSTRAINT "+pgcatalog.QuoteIdent(c.Name)+" ON "+name, c.Comment)
	}
	for _, f := range r.Foreign {
		on("CONSTRAINT "+pgcatalog.QuoteIdent(f.Name)+" ON "+name, f.Comment)
	}
}

// createText is a statement that makes a relation like r; "" for one that is there from the start.
func createText(snap *catalog.Snapshot, r *catalog.Relation) string {
	switch r.Kind {
	case catalog.Table:
		return tableText(snap, r)
	case catalog.SequenceKind:
		return strings.TrimSuffix("CREATE SEQUENCE "+pgcatalog.NameText(r)+" AS "+types.FormatType(r.Seq.Type)+" "+pgcatalog.SequenceText(r.Seq), " ")
	case catalog.Stream:
		if r.ID >= catalog.FirstUserID {
			return pgcatalog.CreateStream(r)
		}
		if r.Text != "" {
			return r.Text + pgcatalog.OptionsText(r)
		}
	case catalog.Sink:
		return sinkText(snap, r)
	case catalog.View, catalog.MaterializedView:
		return pgcatalog.CreateView(snap, r)
	}
	return r.Text
}

// roleText is a statement that makes a role like r, without its password.
func roleText(r *catalog.Role) string {
	text := "CREATE ROLE " + pgcatalog.QuoteIdent(r.Name)
	for _, o := range []struct {
		on   bool
		word string
	}{
		{r.Super, "SUPERUSER"},
		{r.NoInherit, "NOINHERIT"},
		{r.CreateRole, "CREATEROLE"},
		{r.CreateDB, "CREATEDB"},
		{r.Login, "LOGIN"},
		{r.Replicate, "REPLICATION"},
		{r.BypassRLS, "BYPASSRLS"},
		{r.ConnLimit != -1, "CONNECTION LIMIT " + strconv.Itoa(r.ConnLimit)},
		{r.Until != "", "VALID UNTIL " + pgcatalog.QuoteLiteral(r.Until)},
	} {
		if o.on {
			text += " " + o.word
		}
	}
	return text
}
