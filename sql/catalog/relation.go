package catalog

import (
	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/types"
)

// Kind says what a relation is.
type Kind string

// The kinds of relations, spelled as users read them in vex.* and in messages.
const (
	Stream           Kind = "stream"
	Table            Kind = "table"
	MaterializedView Kind = "materialized view"
	View             Kind = "view"
	SequenceKind     Kind = "sequence"
	Sink             Kind = "sink" // sends the rows of DependsOn[0] out, as With says; it has no columns
	System           Kind = "system relation"
)

// Relation IDs. A user object's ID is its OID: never reused, persisted.
const (
	FirstSystemID uint32 = 12_000 // vex.*: assigned by hand, unique by test
	EventsID      uint32 = 16_384 // the stream events, there from the start
	FirstUserID   uint32 = 16_400
)

// Column is a column of a relation.
type Column struct {
	Name    string
	Type    types.Type
	NotNull bool
	Default string // SQL text, "" for none
	Derived string // SQL text over the row, whose value stands in for a null; "" for none
	Only    string // the one value that clients may write; "" for any
	Hidden  bool   // selected only by name: _offset, _ingest_time
	Comment string
	// Generated is the SQL text of GENERATED ALWAYS AS, over the row; "" for none.
	Generated string
	// Identity is "always", "by default" or "serial" for a column that counts by itself, in the sequence of that ID.
	Identity string
	Sequence uint32
	Owns     []uint32 `json:",omitempty"` // sequences that go when the column goes
	ACL      []Grant  `json:",omitempty"` // besides that of the relation
}

// Watermark says how a stream's event time lags.
type Watermark struct {
	Column int          // position among Columns
	Delay  types.Micros // bounded disorder
	Text   string       // the expression as typed
}

// Relation is a stream, a view or a system relation. It is immutable.
type Relation struct {
	ID        uint32
	Schema    string
	Name      string
	Kind      Kind
	Owner     string
	Columns   []Column // visible ones first, in order, then the hidden ones
	Watermark *Watermark
	// EventTime is the position of the event-time column, or -1. Without a watermark a stream may still have one:
	// the bridge's streams do.
	EventTime int
	With      map[string]string // options as given, keys in lower case
	Text      string            // the CREATE statement as typed, for SHOW CREATE
	Query     string            // of a view: its query as typed
	Comment   string
	ACL       []Grant `json:",omitempty"`
	Created   uint64  // the catalog version that made it
	Shaped    uint64  `json:",omitempty"` // the catalog version that last changed what its rows must be; 0: none did
	// DependsOn lists the relations that a view reads: those that its query names, and for a materialized view also those
	// that stand behind them.
	DependsOn []uint32
	// Floors says for a materialized view from which epoch on it reads a stream whose older rows were past their
	// retention when the view was made.
	Floors map[uint32]uint64 `json:",omitempty"`
	// Refs says for each place of Query where a relation is named which one it is, whatever its name is by now.
	Refs []Ref `json:",omitempty"`
	// LateTo is the stream that gets a materialized view's late rows; 0: none does.
	LateTo uint32 `json:",omitempty"`
	// Paused says that a materialized view does not run.
	Paused bool `json:",omitempty"`
	// Crowded says that it was paused because the memory of the node was taken.
	Crowded bool `json:",omitempty"`
	// Named says that a view's columns are not called what its query calls them.
	Named bool `json:",omitempty"`
	// Keys and Checks are a table's constraints, the primary key first.
	Keys    []Key        `json:",omitempty"`
	Foreign []ForeignKey `json:",omitempty"`
	Checks  []Check      `json:",omitempty"`
	// Seq is what a sequence counts by.
	Seq *Sequence `json:",omitempty"`
	// AppendOnly says that the relation never sends a -1: streams, and views that only add rows.
	AppendOnly bool
}

// Ref is a relation as a view's query names it.
type Ref struct {
	Pos     int // of its name among the characters of Query, from 0
	ID      uint32
	Aliased bool `json:",omitempty"` // there is an alias behind it
	Listed  bool `json:",omitempty"` // with names of columns
	// Columns is what the query calls the relation's visible columns, in order, and knows no more than these; nil: it
	// calls them as they are called.
	Columns []string `json:",omitempty"`
}

// Key is a primary key or a unique constraint of a table.
type Key struct {
	Name    string
	Columns []int
	Primary bool
	// Deferrable says that a block may have two rows of one key until COMMIT, Deferred that it may so unless it says otherwise.
	Deferrable bool   `json:",omitempty"`
	Deferred   bool   `json:",omitempty"`
	Comment    string `json:",omitempty"`
	OfIndex    string `json:",omitempty"` // the comment on its index, which is another than that on the constraint
}

// Check is a condition that every row of a table meets. Text is SQL over the row.
type Check struct {
	Name, Text string
	Comment    string `json:",omitempty"`
	NotValid   bool   `json:",omitempty"` // rows that were there before it need not meet it
}

// RowColumn is the hidden column of a table that tells its rows apart. A row that changes gets another number.
const RowColumn = "_row"

// WithRow gives cols followed by the hidden column of a table.
func WithRow(cols []Column) []Column {
	return append(append(make([]Column, 0, len(cols)+1), cols...), Column{Name: RowColumn, Type: types.Int8, NotNull: true, Hidden: true})
}

// FullSchema is all columns as a batch schema, hidden ones included: what the log stores of a table.
func (r *Relation) FullSchema() batch.Schema {
	s := make(batch.Schema, len(r.Columns))
	for i, c := range r.Columns {
		s[i] = batch.Field{Name: c.Name, Type: c.Type, NotNull: c.NotNull}
	}
	return s
}

// SameShape says whether rows for one are rows for the other: a comment, an owner or a right makes no difference.
func (r *Relation) SameShape(o *Relation) bool {
	return r == o || r != nil && o != nil && r.ID == o.ID && r.Shaped == o.Shaped
}

// Option gives a WITH option, or fallback when it was not given.
func (r *Relation) Option(name, fallback string) string {
	if v, ok := r.With[name]; ok {
		return v
	}
	return fallback
}

// SecurityInvoker is the option of a view that is read with the rights of who reads it, and not its owner's.
const SecurityInvoker = "security_invoker"

// CheckOption is the option of a view through which no rows may be written that it does not show: "local" or "cascaded".
const CheckOption = "check_option"

// SecurityBarrier is the option of a view whose conditions are to be evaluated before those of who reads it. Those of every view
// are: no condition that may fail, and so tell of a row, is evaluated for one that a view leaves out.
const SecurityBarrier = "security_barrier"

// Reader is the role that needs the rights on what a view reads: its owner; "": whoever runs the statement.
func (r *Relation) Reader() string {
	if on, _ := types.ParseBool(r.Option(SecurityInvoker, "")); on && r.Kind == View {
		return ""
	}
	return r.Owner
}

// Visible is the columns that SELECT * gives.
func (r *Relation) Visible() []Column {
	for i := range r.Columns {
		if r.Columns[i].Hidden {
			return r.Columns[:i]
		}
	}
	return r.Columns
}

// RowSchema is the visible columns as a batch schema: what a writer gives and the log stores.
func (r *Relation) RowSchema() batch.Schema {
	cols := r.Visible()
	s := make(batch.Schema, len(cols))
	for i, c := range cols {
		s[i] = batch.Field{Name: c.Name, Type: c.Type, NotNull: c.NotNull}
	}
	return s
}

// ColumnIndex gives the position of the column called name, hidden ones included, or -1.
func (r *Relation) ColumnIndex(name string) int {
	for i := range r.Columns {
		if r.Columns[i].Name == name {
			return i
		}
	}
	return -1
}

// QualifiedName is the name as people write it: without the schema when that is public.
func (r *Relation) QualifiedName() string {
	if r.Schema == "public" {
		return r.Name
	}
	return r.Schema + "." + r.Name
}

// Hidden columns that every stream has.
var hiddenColumns = []Column{
	{Name: "_offset", Type: types.Int8, NotNull: true, Hidden: true},
	{Name: "_ingest_time", Type: types.Timestamptz, NotNull: true, Hidden: true},
}

// WithHidden gives cols followed by the hidden columns of a stream.
func WithHidden(cols []Column) []Column {
	return append(append(make([]Column, 0, len(cols)+len(hiddenColumns)), cols...), hiddenColumns...)
}
