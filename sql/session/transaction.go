package session

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/epoch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
)

// transaction is writes that wait for COMMIT, which publishes them in one epoch.
type transaction struct {
	open     bool
	implicit bool // of several statements in one text: it ends with the text
	failed   bool
	queried  bool // see queries
	rows     int64
	changes  []*change // in order: a savepoint is a place among them
	edits    map[uint32]*edits
	saves    []savepoint
	ddl      []edit    // of the catalog, in order
	audited  []Audited // the statements that made them, the newest; see noteBlock
	stays    []string  // objects made or dropped in the block, which a ROLLBACK does not undo
	settings *outer
	defers   deferral
	listens  []listening    // LISTEN and UNLISTEN, for COMMIT
	notes    []Notification // NOTIFY, for COMMIT
	told     map[Notification]bool
}

type savepoint struct {
	listens int
	notes   int
	name    string
	changes int
	ddl     int
	stays   int
	outer   outer
	defers  deferral
}

// Status is 'I' outside a block, 'T' in one, 'E' in one that failed.
func (s *Session) Status() byte {
	switch {
	case s.tx.failed:
		return 'E'
	case s.tx.open:
		return 'T'
	}
	return 'I'
}

// stays notes what took effect at once, if it did.
func (s *Session) stays(what string, err error) error {
	if err == nil {
		s.tx.stayed(what)
	}
	return err
}

func last(n ast.Name) string { return n.Parts[len(n.Parts)-1] }

// untouched refuses to alter a table that the transaction has written to.
func (tx *transaction) untouched(pos int, r *catalog.Relation) error {
	if tx.edits[r.ID] == nil {
		return nil
	}
	return sqlerr.NotSupported("ALTER TABLE of a table that the transaction has written to").At(pos).
		WithHint("ALTER TABLE takes effect at once and the rows do not: COMMIT first, or send them in a text of their own.")
}

// forget drops what the transaction has written to relations that it has dropped.
func (tx *transaction) forget(gone []*catalog.Relation) {
	lost := func(c *change) bool {
		return slices.ContainsFunc(gone, func(r *catalog.Relation) bool { return r.ID == c.r.ID })
	}
	for i := range tx.saves {
		left := slices.DeleteFunc(slices.Clone(tx.changes[:tx.saves[i].changes]), lost)
		tx.saves[i].changes = len(left)
	}
	tx.changes = slices.DeleteFunc(tx.changes, lost)
	for _, r := range gone {
		delete(tx.edits, r.ID)
	}
}

// of gives the edits of a relation. The zero transaction has none.
func (tx *transaction) of(r *catalog.Relation, t *table) *edits {
	ed := tx.edits[r.ID]
	if ed == nil {
		ed = newEdits(r, t)
		if tx.edits == nil {
			tx.edits = map[uint32]*edits{}
		}
		tx.edits[r.ID] = ed
	}
	return ed
}

// apply adds a statement's change. The table's lock is held.
func (tx *transaction) apply(c *change) error {
	return tx.applyWaiting(c, func(k *catalog.Key) bool { return tx.waits(c.r, k.Name, k.Deferrable, k.Deferred) })
}

// applyWaiting is apply where waits says which keys are compared later.
func (tx *transaction) applyWaiting(c *change, waits func(k *catalog.Key) bool) error {
	n := int64(0)
	for _, b := range c.old {
		n += int64(b.N)
	}
	for _, b := range c.added {
		n += int64(b.N)
	}
	if tx.rows+n > epoch.AtomicRows {
		return sqlerr.New(sqlerr.ProgramLimitExceeded, "a statement or transaction block may write at most %d rows", epoch.AtomicRows).
			WithHint("Write in smaller steps, or COPY into a stream, which commits in chunks.")
	}
	if n == 0 && c.asides == nil {
		return nil
	}
	if err := tx.of(c.r, c.t).apply(c, waits); err != nil {
		return err
	}
	tx.rows += n
	tx.changes = append(tx.changes, c)
	return nil
}

// endsTransaction says whether a statement is allowed in a block that failed.
func endsTransaction(st ast.Stmt) bool {
	t, ok := st.(*ast.Transaction)
	return ok && (t.Op == "commit" || t.Op == "rollback" || t.Op == "rollback to")
}

// EndsTransaction says whether p is allowed in a block that failed.
func (p *Prepared) EndsTransaction() bool { return endsTransaction(p.stmt.Stmt) }

func (s *Session) runTransaction(ctx context.Context, x *ast.Transaction, out Output) (string, error) {
	if x.Op != "begin" && x.Op != "commit" && x.Op != "rollback" && (!s.tx.open || s.tx.implicit) {
		what := map[string]string{"savepoint": "SAVEPOINT", "release": "RELEASE SAVEPOINT", "rollback to": "ROLLBACK TO SAVEPOINT"}[x.Op]
		return "", sqlerr.New(sqlerr.NoActiveTransaction, "%s can only be used in transaction blocks", what)
	}
	if x.Chain {
		return s.chained(ctx, x, out)
	}
	switch x.Op {
	case "begin":
		if s.tx.open && !s.tx.implicit {
			out.Notice("WARNING", sqlerr.New(sqlerr.ActiveTransaction, "there is already a transaction in progress"))
		}
		s.tx.open, s.tx.implicit = true, false
		return x.Tag(), s.beginModes(x)
	case "commit":
		if !s.tx.open || s.tx.implicit {
			out.Notice("WARNING", sqlerr.New(sqlerr.NoActiveTransaction, "there is no transaction in progress"))
		}
		return s.commit(ctx, out)
	case "rollback":
		if !s.tx.open || s.tx.implicit {
			out.Notice("WARNING", sqlerr.New(sqlerr.NoActiveTransaction, "there is no transaction in progress"))
		}
		s.rollback(out)
	case "savepoint":
		s.tx.saves = append(s.tx.saves, savepoint{len(s.tx.listens), len(s.tx.notes), x.Name, len(s.tx.changes), len(s.tx.ddl), len(s.tx.stays), s.tx.settings.copy(s), s.tx.defers.copy()})
	default:
		return x.Tag(), s.toSavepoint(x, out)
	}
	return x.Tag(), nil
}

// transactionSettings are the modes of a transaction.
var transactionSettings = []string{"transaction_isolation", "transaction_read_only", "transaction_deferrable"}

// chained is COMMIT AND CHAIN or ROLLBACK AND CHAIN: a block with the same modes begins where one ends.
func (s *Session) chained(ctx context.Context, x *ast.Transaction, out Output) (tag string, err error) {
	if !s.tx.open || s.tx.implicit {
		return "", sqlerr.New(sqlerr.NoActiveTransaction, "%s AND CHAIN can only be used in transaction blocks", x.Tag())
	}
	modes := make([]string, len(transactionSettings))
	for i, name := range transactionSettings {
		modes[i] = s.settings.values[name]
	}
	if tag = x.Tag(); x.Op == "rollback" {
		s.rollback(out)
	} else if tag, err = s.commit(ctx, out); err != nil {
		return "", err
	}
	s.closeCursors(func(c *cursor) bool { return !c.hold })
	if err := s.settleTemporary(ctx); err != nil {
		return "", err
	}
	s.tx.open = true
	for i, name := range transactionSettings {
		if s.settings.values[name] == modes[i] {
			continue
		}
		if _, err := s.assign(name, modes[i], true); err != nil {
			return "", err
		}
	}
	return tag, nil
}

// toSavepoint is RELEASE and ROLLBACK TO.
func (s *Session) toSavepoint(x *ast.Transaction, out Output) error {
	at := -1
	for i, p := range s.tx.saves {
		if p.name == x.Name {
			at = i
		}
	}
	if at < 0 {
		return sqlerr.New(sqlerr.InvalidSavepoint, "savepoint %q does not exist", x.Name)
	}
	if x.Op == "release" {
		s.tx.saves = s.tx.saves[:at]
		return nil
	}
	to := s.tx.saves[at]
	s.tx.saves = s.tx.saves[:at+1]
	s.warnStays(s.tx.stays[to.stays:], out)
	s.tx.stays, s.tx.ddl, s.sight = s.tx.stays[:to.stays], s.tx.ddl[:to.ddl], sight{}
	s.backTo(to.outer, out)
	s.tx.forgetNotes(to.listens, to.notes)
	s.tx.defers = to.defers.copy()
	kept := s.tx.changes[:to.changes]
	s.tx.changes, s.tx.edits, s.tx.rows, s.tx.failed = nil, nil, 0, false
	for _, c := range kept {
		if err := s.tx.again(c); err != nil {
			s.tx.failed = true
			return err
		}
	}
	return nil
}

// again is apply of a change that the block had made already, with the lock taken for as long as it lasts. Keys that may wait
// do: it is not known what SET CONSTRAINTS had said then.
func (tx *transaction) again(c *change) error {
	if c.t != nil {
		c.t.mu.Lock()
		defer c.t.mu.Unlock()
	}
	return tx.applyWaiting(c, func(k *catalog.Key) bool { return k.Deferrable })
}

func (s *Session) warnStays(stays []string, out Output) {
	if out == nil {
		return
	}
	for _, what := range stays {
		out.Notice("WARNING", sqlerr.New(sqlerr.Warning, "%s took effect at once and is not rolled back", what))
	}
}

func (s *Session) rollback(out Output) {
	s.e.noteBlock(&s.tx)
	s.warnStays(s.tx.stays, out)
	if s.tx.settings != nil {
		s.restoreSettings(s.tx.settings.before, out)
	}
	s.temporary.undone = append(s.temporary.undone, s.temporary.fresh...)
	s.tx, s.sight, s.temporary.fresh = transaction{}, sight{}, nil
}

func (s *Session) commit(ctx context.Context, out Output) (string, error) {
	tx := s.tx
	if tx.failed {
		s.rollback(out)
		return "ROLLBACK", nil
	}
	defer s.e.noteBlock(&tx)
	s.tx, s.sight = transaction{}, sight{}
	fresh := s.temporary.fresh
	s.temporary.fresh = nil
	if err := s.publish(ctx, &tx, nil, out); err != nil {
		s.temporary.undone = append(s.temporary.undone, fresh...)
		s.warnStays(tx.stays, out)
		if tx.settings != nil {
			s.restoreSettings(tx.settings.before, out)
		}
		return "", err
	}
	if tx.settings != nil {
		s.restoreSettings(tx.settings.after, out)
	}
	s.announce(&tx)
	return "COMMIT", nil
}

// Several begins a text of several statements, which are one block unless they say otherwise; Sync ends it.
func (s *Session) Several() { s.several = true }

// Pipeline says that the next statements end together, at Sync. To them that is no block: what needs one is refused.
func (s *Session) Pipeline() { s.piped = true }

// inBlock says whether there is a block to the client's knowledge: one that it began, or a text of several statements.
func (s *Session) inBlock() bool { return s.tx.open && !s.tx.implicit || s.several }

// Sync ends the block that several statements of one text, or of a pipeline, are.
func (s *Session) Sync(ctx context.Context, failed bool, out Output) error {
	s.several, s.piped = false, false
	defer func() {
		if !s.tx.open {
			s.closeCursors(func(c *cursor) bool { return !c.hold })
		}
		s.rests()
	}()
	if !s.tx.open || !s.tx.implicit {
		s.tx.failed = s.tx.failed || failed && s.tx.open
		return nil
	}
	if failed {
		s.rollback(out)
		return s.settleTemporary(ctx)
	}
	_, err := s.commit(ctx, out)
	if due := s.settleTemporary(ctx); err == nil {
		err = due
	}
	return err
}

// ordered gives the edits by relation: the order in which locks are taken.
func (tx *transaction) ordered() []*edits {
	if len(tx.edits) == 0 {
		return nil
	}
	return slices.SortedFunc(maps.Values(tx.edits), func(a, b *edits) int { return cmp.Compare(a.r.ID, b.r.ID) })
}

// hold takes the locks of all tables that the transaction has changed, and fails if another has changed the same rows
// meanwhile: the block could not commit any more, and would see both versions of them.
func (tx *transaction) hold() (release func(), err error) {
	var held []*table
	release = func() {
		for _, t := range held {
			t.mu.Unlock()
		}
		held = nil
	}
	for _, ed := range tx.ordered() {
		if ed.t == nil {
			continue
		}
		ed.t.mu.Lock()
		held = append(held, ed.t)
		if err := ed.current(); err != nil {
			release()
			return nil, err
		}
	}
	return release, nil
}

// write adds the net changes to a statement.
func (ed *edits) write(to *epoch.Statement) error {
	at := target(ed.r)
	for _, b := range ed.old {
		out := *b
		out.Diff = make([]int64, b.N)
		for i := range out.Diff {
			out.Diff[i] = -1
		}
		if err := to.Add(at, &out); err != nil {
			return err
		}
	}
	for _, b := range ed.added {
		if err := to.Add(at, ed.still(b)); err != nil {
			return err
		}
	}
	return nil
}

func target(r *catalog.Relation) epoch.Target {
	return epoch.Target{Relation: r.ID, EventTime: r.EventTime, MaxSkew: Skew(r)}
}

// kept is rows of a statement that wait: for its end, or for that of its block.
type kept struct {
	batches []*batch.Batch
	rows    int64
}

// Add keeps a copy.
func (k *kept) Add(_ epoch.Target, b *batch.Batch) error {
	if b.N == 0 {
		return nil
	}
	if k.rows += int64(b.N); k.rows > epoch.AtomicRows {
		return sqlerr.New(sqlerr.ProgramLimitExceeded, "a statement may write at most %d rows at once", epoch.AtomicRows).
			WithHint("Write in smaller statements, or COPY into a stream, which commits in chunks.")
	}
	k.batches = append(k.batches, b.Clone())
	return nil
}

// Rows is how many there are.
func (k *kept) Rows() int64 { return k.rows }
