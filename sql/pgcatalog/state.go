package pgcatalog

import (
	"context"
	"hash/fnv"
	"slices"
	"strconv"
	"time"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/stream"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/catalog"
)

// Bootstrap is the role that owns what is there from the start.
const Bootstrap = catalog.SystemOwner

// Setting is a parameter of the session, as pg_settings shows it.
type Setting struct {
	Name, Value, Boot, Reset, Description string
	Context                               string // who may set it, and when
	Kind                                  string // bool, integer, real, enum or string; "" for what its value looks like
	Unit, Least, Most                     string // of numbers; "" for none
	Words                                 []string
}

// Session is what the functions ask of the session.
type Session interface {
	User() string
	// Random gives the session's random numbers.
	Random() *expr.Random
	// Notify sends a notification at the end of the block.
	Notify(channel, payload string) error
	// Cancel ends the statement that a client's connection runs, or with whole the connection, and says whether there is such a connection.
	Cancel(pid int32, whole bool) (bool, error)
	// Rights are those of the user, in a catalog.
	Rights(snap *catalog.Snapshot) *catalog.Rights
	Database() string
	// Takes says which commands a relation takes, and which of its columns take values.
	Takes(r *catalog.Relation) (insert, update, remove bool, columns []bool)
	// Rows is how many rows a relation has, as of now; known is false where nobody counts them.
	Rows(relation uint32) (n int64, known bool)
	// Bytes is the room that a relation's rows take: on disk, where the log has them, and else in memory.
	Bytes(relation uint32) (int64, error)
	// Size is the room that all rows take on disk.
	Size() int64
	Settings() []Setting
	Setting(name string) (value string, ok bool)
	SetSetting(name, value string, local bool) (string, error)
	// NextNumber gives the next number of a sequence, Number the last one that the session was given of it, or of any if
	// it is 0; SetNumber has it stand at one, and Stands says where it stands.
	NextNumber(sequence *catalog.Relation) (int64, error)
	Number(sequence uint32) (n int64, of uint32, ok bool)
	SetNumber(sequence *catalog.Relation, n int64, called bool) error
	Stands(sequence *catalog.Relation) (n int64, called bool, err error)
	expr.Sleeper
	Keeper
	Witness
	Matcher
}

// Matcher says what triggers would do.
type Matcher interface {
	// Match says what the triggers of a relation, which is named as a statement names it, would do with a row that is an object in JSON.
	Match(relation, row string) ([]Match, error)
}

// Match is what a trigger would do with a row: one action, and where that puts it.
type Match struct {
	Relation, Trigger string
	Before            bool
	Priority          int32
	Action            string
	Destination       string // a relation; "": none
	Error             string // why the action, or for "when" the condition, cannot be evaluated; "": it can
}

// State is what the relations and functions answer from: the catalog at one version, and the session.
type State struct {
	Snapshot *catalog.Snapshot
	Session  Session
	Started  types.Micros // of the server
	PID      int32
}

// Random gives the session's random numbers.
func (s *State) Random() *expr.Random { return s.Session.Random() }

// Sleep waits for d within the session's statement.
func (s *State) Sleep(d time.Duration) error { return s.Session.Sleep(d) }

// Clock is the time now.
func (s *State) Clock() types.Micros { return s.Session.Clock() }

// relations are those that PostgreSQL has a word for: a sink is none.
func (s *State) relations() []*catalog.Relation {
	return slices.DeleteFunc(s.Snapshot.Relations(), func(r *catalog.Relation) bool { return r.Kind == catalog.Sink })
}

// Numbers of PostgreSQL's own objects.
const (
	oidPgClass      uint32 = 1259
	oidPgProc       uint32 = 1255
	oidPgType       uint32 = 1247
	oidPgRewrite    uint32 = 2618
	oidPgAttrdef    uint32 = 2604
	oidPgNamespace  uint32 = 2615
	oidPgConstraint uint32 = 2606
	oidPgAuthID     uint32 = 1260
	oidPgDatabase   uint32 = 1262

	oidDatabase  uint32 = 5
	oidHeap      uint32 = 2
	oidDefaultTS uint32 = 1663

	nspCatalog  uint32 = 11
	nspPublic   uint32 = 2200
	nspInfo     uint32 = 12_999
	nspVex      uint32 = 12_998
	nspBoundary uint32 = 12_997
)

// builtinSchemas are the namespaces that are there from the start.
var builtinSchemas = map[string]uint32{
	"pg_catalog": nspCatalog, "public": nspPublic, "information_schema": nspInfo, "vex": nspVex, "boundary": nspBoundary,
}

// Relation pushes the rows of relation id, all columns in order, and does not call Advance.
func (s *State) Relation(ctx context.Context, id uint32, to stream.Sink) error {
	d := definitions()[id]
	if d == nil {
		return sqlerr.New(sqlerr.UndefinedTable, "there is no system relation %d", id)
	}
	fill := fills()[d.rel.Schema+"."+d.rel.Name]
	if fill == nil {
		return nil // there is nothing of it here
	}
	out := newRows(ctx, d, to)
	fill(s, out)
	out.flush()
	return out.err
}

// fills are what gives the rows of each relation that has some.
func fills() map[string]func(*State, *rows) {
	return map[string]func(*State, *rows){
		"pg_catalog.pg_class": (*State).classes, "pg_catalog.pg_attribute": (*State).attributes,
		"pg_catalog.pg_namespace": (*State).namespaces, "pg_catalog.pg_attrdef": (*State).defaults,
		"pg_catalog.pg_description": (*State).descriptions, "pg_catalog.pg_default_acl": (*State).defaultACLs, "pg_catalog.pg_shdescription": (*State).sharedComments, "pg_catalog.pg_db_role_setting": (*State).roleSettings,
		"pg_catalog.pg_rewrite": (*State).rewrites, "pg_catalog.pg_trigger": (*State).pgTrigger, "pg_catalog.pg_depend": (*State).depends,
		"pg_catalog.pg_tables": (*State).tables, "pg_catalog.pg_views": (*State).views, "pg_catalog.pg_matviews": (*State).matviews,
		"pg_catalog.pg_roles": (*State).roles, "pg_catalog.pg_authid": (*State).authIDs, "pg_catalog.pg_user": (*State).users,
		"pg_catalog.pg_shadow": (*State).shadows, "pg_catalog.pg_group": (*State).groups,
		"pg_catalog.pg_auth_members": (*State).members, "pg_catalog.pg_database": (*State).databases,
		"pg_catalog.pg_settings": (*State).settings, "pg_catalog.pg_proc": (*State).procs,
		"pg_catalog.pg_aggregate": (*State).aggregates, "pg_catalog.pg_index": (*State).pgIndex,
		"pg_catalog.pg_indexes": (*State).pgIndexes, "pg_catalog.pg_constraint": (*State).pgConstraint,
		"information_schema.table_constraints": (*State).infoConstraints, "information_schema.key_column_usage": (*State).infoKeys,
		"pg_catalog.pg_sequence": (*State).pgSequence, "pg_catalog.pg_sequences": (*State).pgSequences,
		"information_schema.sequences": (*State).infoSequences, "information_schema.referential_constraints": (*State).infoReferential,
		"pg_catalog.pg_timezone_names": (*State).zonesView, "pg_catalog.pg_stat_user_tables": (*State).statUserTables,
		"pg_catalog.pg_prepared_statements": (*State).preparedStatements, "pg_catalog.pg_cursors": (*State).cursors,
		"pg_catalog.pg_stat_activity": (*State).statActivity,

		"pg_catalog.pg_type":       (*State).types,
		"pg_catalog.pg_operator":   copied("pg_operator.txt", knownOperator),
		"pg_catalog.pg_cast":       copied("pg_cast.txt", knownCast),
		"pg_catalog.pg_extension":  (*State).extensions,
		"pg_catalog.pg_am":         copied("pg_am.txt", nil),
		"pg_catalog.pg_opfamily":   copied("pg_opfamily.txt", knownFamily),
		"pg_catalog.pg_opclass":    copied("pg_opclass.txt", knownClass),
		"pg_catalog.pg_amop":       copied("pg_amop.txt", knownMember),
		"pg_catalog.pg_amproc":     copied("pg_amproc.txt", knownPair(2)),
		"pg_catalog.pg_language":   copied("pg_language.txt", nil),
		"pg_catalog.pg_collation":  copied("pg_collation.txt", nil),
		"pg_catalog.pg_tablespace": copied("pg_tablespace.txt", nil),

		"information_schema.tables": (*State).infoTables, "information_schema.columns": (*State).infoColumns,
		"information_schema.schemata": (*State).infoSchemata, "information_schema.views": (*State).infoViews,
		"information_schema.information_schema_catalog_name": func(s *State, out *rows) {
			out.add("catalog_name", s.Session.Database())
		},
		"information_schema.enabled_roles":      (*State).infoRoles,
		"information_schema.applicable_roles":   (*State).infoApplicable,
		"information_schema.table_privileges":   func(s *State, out *rows) { s.tablePrivileges(true)(out) },
		"information_schema.role_table_grants":  func(s *State, out *rows) { s.tablePrivileges(false)(out) },
		"information_schema.column_privileges":  func(s *State, out *rows) { s.columnPrivileges(true)(out) },
		"information_schema.role_column_grants": func(s *State, out *rows) { s.columnPrivileges(false)(out) },
	}
}

// derived is the OID of a part of an object: a default, a rewrite rule, a role that nobody made.
func derived(kind, of string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(kind + "\x00" + of)) // never fails
	return 1<<30 | h.Sum32()>>2
}

func derivedOf(kind string, id uint32, n int) uint32 {
	return derived(kind, strconv.FormatUint(uint64(id), 10)+"."+strconv.Itoa(n))
}

// schemaID is the OID of a namespace, 0 if there is none.
func (s *State) schemaID(name string) uint32 {
	if n := s.Snapshot.Schema(name); n != nil {
		return n.ID
	}
	return builtinSchemas[name]
}

// schemas lists the namespaces by OID.
func (s *State) schemas() []*catalog.Schema {
	byName := map[string]*catalog.Schema{}
	for name, id := range builtinSchemas {
		byName[name] = &catalog.Schema{ID: id, Name: name, Owner: catalog.SystemSchemaOwner(name), Comment: schemaComments[name]}
	}
	for _, n := range s.Snapshot.Schemas() {
		byName[n.Name] = n
	}
	var out []*catalog.Schema
	for _, n := range byName {
		out = append(out, n)
	}
	slices.SortFunc(out, func(a, b *catalog.Schema) int { return int(a.ID) - int(b.ID) })
	return out
}

var schemaComments = map[string]string{
	"public": "standard public schema", "pg_catalog": "system catalog schema", "vex": "what the node knows of itself",
}

// visible says whether the name of a relation finds it without its schema. The system's own relations in vex are found
// too, but are not listed with the user's.
func (s *State) visible(r *catalog.Relation) bool {
	return (r.Schema == "pg_catalog" || r.Schema == s.Snapshot.Temp() || slices.Contains(s.Snapshot.Path(), r.Schema)) && s.Snapshot.Lookup(r.Name) == r
}

// BuiltinSchema is the OID of a namespace that is there from the start, 0 for another.
func BuiltinSchema(name string) uint32 { return builtinSchemas[name] }

// BuiltinSchemaName is the name of the namespace that is there from the start and has this OID, "" for another.
func BuiltinSchemaName(id uint32) string {
	for name, have := range builtinSchemas {
		if have == id {
			return name
		}
	}
	return ""
}

// SchemaComment is the comment that such a namespace begins with.
func SchemaComment(name string) string { return schemaComments[name] }
