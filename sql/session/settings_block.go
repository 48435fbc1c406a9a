package session

import (
	"maps"
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
)

// outer is a block's settings: as it found them, which is what ROLLBACK goes back to, and as COMMIT leaves them, without
// what SET LOCAL changed.
type outer struct{ before, after map[string]string }

// copy is the settings as they are, for a savepoint.
func (o *outer) copy(s *Session) outer {
	saved := outer{before: maps.Clone(s.settings.values)}
	if o != nil {
		saved.after = maps.Clone(o.after)
	}
	return saved
}

// assign changes a setting: for good, or for what is left of the block.
func (s *Session) assign(name, value string, local bool) (string, error) {
	before := maps.Clone(s.settings.values)
	value, err := s.set(name, value)
	if err != nil || !s.tx.open {
		return value, err
	}
	if s.tx.settings == nil {
		s.tx.settings = &outer{before, maps.Clone(before)}
	}
	if name = strings.ToLower(name); local {
		return value, nil
	}
	s.tx.settings.after[name] = value
	if name == "session_authorization" {
		s.tx.settings.after["role"] = s.settings.values["role"]
	}
	return value, nil
}

// backTo gives the settings that a savepoint found.
func (s *Session) backTo(saved outer, out Output) {
	if s.tx.settings == nil {
		return
	}
	s.restoreSettings(saved.before, out)
	if s.tx.settings.after = saved.after; saved.after == nil {
		s.tx.settings.after = maps.Clone(saved.before)
	}
}

func (s *Session) restoreSettings(to map[string]string, out Output) {
	old := s.settings.values
	s.settings.values = maps.Clone(to)
	for name, value := range to {
		_, _, _ = localize(&s.locale, name, value) // it was good before
	}
	e, _, _ := expr.ClientEncoding(to["client_encoding"])
	s.encoding.Store(e)
	s.impersonate(effective(to))
	to = s.settings.values
	if out == nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(reported)) {
		if old[name] != to[name] {
			out.Parameter(reported[name], to[name])
		}
	}
}

// localOnly warns of a SET LOCAL that has nothing to be local to, and says whether it is one.
func (s *Session) localOnly(what string, out Output) bool {
	if s.inBlock() {
		return false
	}
	out.Notice("WARNING", sqlerr.New(sqlerr.NoActiveTransaction, "%s can only be used in transaction blocks", what))
	return true
}

// lockTable is LOCK TABLE. It only sees that the tables are there, and are the user's to lock: a block that meets another's changes fails with 40001,
// and has nothing to wait for.
func (s *Session) lockTable(x *ast.LockTable) error {
	if !s.inBlock() {
		return sqlerr.New(sqlerr.NoActiveTransaction, "LOCK TABLE can only be used in transaction blocks")
	}
	for _, n := range x.Names {
		r, err := s.catalog().Find(n.Position(), n.Parts...)
		if err != nil {
			return err
		}
		if r.Kind == catalog.SequenceKind || r.Kind == catalog.MaterializedView {
			return sqlerr.New(sqlerr.WrongObjectType, "cannot lock relation %q", r.Name).WithDetail("This operation is not supported for %ss.", r.Kind)
		}
		if !s.mayLock(r, x.Mode) {
			return denied(r)
		}
	}
	return nil
}

// mayLock says whether the user has any of the privileges that allow a mode.
func (s *Session) mayLock(r *catalog.Relation, mode string) bool {
	any := "wdD"
	switch mode {
	case "access share":
		any = "r"
	case "row exclusive":
		any = "awdD"
	}
	rights := s.rights(s.catalog())
	return strings.ContainsFunc(any, func(l rune) bool { return rights.Relation(r, string(l)) })
}

// unlisted settings are not among those of SHOW ALL.
var unlisted = map[string]bool{"is_superuser": true, "session_authorization": true, "role": true}

// described is what SHOW ALL says of the settings.
var described = map[string]string{
	"application_name":                    "Sets the application name to be reported in statistics and logs.",
	"archive_mode":                        "Whether segments of the log are archived: vexstream backup copies them.",
	"autovacuum":                          "Whether tables are vacuumed: they keep no old rows.",
	"cluster_name":                        "The name of the node in the list of processes.",
	"fsync":                               "A statement is answered when its rows are on disk.",
	"listen_addresses":                    "The address that clients connect to.",
	"max_connections":                     "How many clients may be connected, those that are reserved for superusers among them.",
	"max_prepared_transactions":           "How many transactions may be prepared for a commit in two phases.",
	"port":                                "The port that clients connect to.",
	"ssl":                                 "Whether clients may connect under TLS.",
	"superuser_reserved_connections":      "How many of the connections are reserved for superusers.",
	"track_commit_timestamp":              "Whether the time of each commit is kept.",
	"array_nulls":                         "Read NULL in arrays as a null.",
	"backslash_quote":                     "Whether \\' is a quote within E''.",
	"block_size":                          "What sizes in blocks are counted in.",
	"lc_collate":                          "How texts are ordered.",
	"lc_ctype":                            "Which characters are letters.",
	"lc_messages":                         "The language of messages.",
	"lc_monetary":                         "How amounts of money are written.",
	"lc_numeric":                          "How to_char writes numbers.",
	"lc_time":                             "How to_char writes names of days and months.",
	"password_encryption":                 "How passwords are kept.",
	"session_replication_role":            "Whether triggers and foreign keys act.",
	"transform_null_equals":               "Whether x = NULL is x IS NULL.",
	"bytea_output":                        "Sets the output format for bytea.",
	"check_function_bodies":               "Check routine bodies during CREATE FUNCTION and CREATE PROCEDURE.",
	"client_encoding":                     "Sets the client's character set encoding.",
	"client_min_messages":                 "Sets the message levels that are sent to the client.",
	"datestyle":                           "Sets the display format for date and time values.",
	"default_table_access_method":         "Sets the default table access method for new tables.",
	"default_tablespace":                  "Sets the default tablespace to create tables and indexes in.",
	"default_transaction_deferrable":      "Sets the default deferrable status of new transactions.",
	"transaction_deferrable":              "Whether to defer a read-only serializable transaction until it can be executed with no possible serialization failures.",
	"default_transaction_isolation":       "Sets the transaction isolation level of each new transaction.",
	"default_transaction_read_only":       "Sets the default read-only status of new transactions.",
	"extra_float_digits":                  "Sets the number of digits displayed for floating-point values.",
	"idle_in_transaction_session_timeout": "Sets the maximum allowed idle time between queries, when in a transaction.",
	"idle_session_timeout":                "Sets the maximum allowed idle time between queries, when not in a transaction.",
	"in_hot_standby":                      "Shows whether hot standby is currently active.",
	"integer_datetimes":                   "Shows whether datetimes are integer based.",
	"intervalstyle":                       "Sets the display format for interval values.",
	"lock_timeout":                        "Sets the maximum allowed duration of any wait for a lock.",
	"max_identifier_length":               "Shows the maximum identifier length.",
	"max_index_keys":                      "Shows the maximum number of index keys.",
	"parallelism":                         "Sets how many workers a materialized view made from now on may have; 0 leaves it to the planner.",
	"quote_all_identifiers":               "When generating SQL fragments, quote all identifiers.",
	"row_security":                        "Enable row security.",
	"search_path":                         "Sets the schema search order for names that are not schema-qualified.",
	"server_encoding":                     "Shows the server (database) character set encoding.",
	"server_version":                      "Shows the server version.",
	"server_version_num":                  "Shows the server version as an integer.",
	"standard_conforming_strings":         "Causes '...' strings to treat backslashes literally.",
	"statement_timeout":                   "Sets the maximum allowed duration of any statement.",
	"synchronize_seqscans":                "Enable synchronized sequential scans.",
	"timezone":                            "Sets the time zone for displaying and interpreting time stamps.",
	"transaction_isolation":               "Sets the current transaction's isolation level.",
	"transaction_read_only":               "Sets the current transaction's read-only status.",
	"xmloption":                           "Sets whether XML data in implicit parsing and serialization operations is to be considered as documents or content fragments.",
}

// description is what lists say of a setting.
func description(name string) string {
	if idle(name) {
		return "Taken from scripts for PostgreSQL; it has no effect."
	}
	return described[name]
}

// listedSettings gives name, value and description of each setting, by name.
func (s *Session) listedSettings() [][]string {
	var rows [][]string
	for _, name := range s.settings.names() {
		if unlisted[name] {
			continue
		}
		spelled := name
		if r, ok := reported[name]; ok {
			spelled = r
		}
		value, _ := s.settings.value(name)
		rows = append(rows, []string{spelled, value, description(name)})
	}
	return rows
}
