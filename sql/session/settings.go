package session

import (
	"maps"
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
)

// settings are a session's parameters, by name in lower case.
type settings struct {
	values map[string]string
	first  map[string]string // what RESET goes back to
}

// Names as clients are told of them (ParameterStatus): the spelling matters to them.
var reported = map[string]string{
	"server_version": "server_version", "server_encoding": "server_encoding", "client_encoding": "client_encoding",
	"datestyle": "DateStyle", "intervalstyle": "IntervalStyle", "timezone": "TimeZone",
	"integer_datetimes": "integer_datetimes", "standard_conforming_strings": "standard_conforming_strings",
	"is_superuser": "is_superuser", "session_authorization": "session_authorization",
	"application_name": "application_name", "default_transaction_read_only": "default_transaction_read_only",
	"in_hot_standby": "in_hot_standby",
}

// fixed settings can be read and only be set to what they are.
var fixed = map[string]bool{
	"server_version": true, "server_version_num": true, "server_encoding": true, "integer_datetimes": true,
	"standard_conforming_strings": true, "is_superuser": true, "in_hot_standby": true, "client_encoding": true,
	"max_index_keys": true, "quote_all_identifiers": true, "default_table_access_method": true, "default_tablespace": true,
}

// choices are the words that some settings are set to.
var choices = map[string][]string{
	"default_transaction_isolation": levels, "transaction_isolation": levels, "xmloption": {"content", "document"},
	"client_min_messages": {"debug5", "debug4", "debug3", "debug2", "debug1", "debug", "log", "notice", "warning", "error"},
}

var levels = []string{"serializable", "repeatable read", "read committed", "read uncommitted"}

// internal settings say what the node is.
var internal = map[string]bool{
	"server_version": true, "server_version_num": true, "server_encoding": true, "integer_datetimes": true, "is_superuser": true,
	"in_hot_standby": true, "max_index_keys": true, "max_identifier_length": true,
}

func defaultSettings() settings {
	return settings{values: map[string]string{
		"server_version": "15.0", "server_version_num": "150000", "server_encoding": "UTF8", "client_encoding": "UTF8",
		"datestyle": "ISO, MDY", "intervalstyle": "postgres", "timezone": "UTC", "integer_datetimes": "on",
		"standard_conforming_strings": "on", "is_superuser": "on", "session_authorization": "", "role": "none", "application_name": "",
		"default_transaction_read_only": "off", "default_transaction_deferrable": "off", "transaction_deferrable": "off", "in_hot_standby": "off", "search_path": `"$user", public`,
		"extra_float_digits": "1", "statement_timeout": "0", "lock_timeout": "0", "row_security": "on",
		"client_min_messages": "notice", "transaction_isolation": "serializable", "bytea_output": "hex",
		"idle_in_transaction_session_timeout": "0", "idle_session_timeout": "0", "default_transaction_isolation": "serializable",
		"max_identifier_length": "63", "transaction_read_only": "off", "max_index_keys": "32", "quote_all_identifiers": "off",

		// What pg_dump sets, and the files that it writes. They are of things that are not here, and change nothing.
		"synchronize_seqscans": "on", "check_function_bodies": "on", "xmloption": "content", "default_tablespace": "",
		"default_table_access_method": "heap",
	}}
}

// Parameters are the settings that clients are told of.
func (s *Session) Parameters() map[string]string {
	out := map[string]string{}
	for name, spelled := range reported {
		out[spelled] = s.settings.values[name]
	}
	return out
}

// isUTF8 says whether an encoding's name is one of UTF-8's. Only ASCII's letters and digits count, as in PostgreSQL: asyncpg
// sends the name in quotes.
func isUTF8(name string) bool {
	name = strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9', r >= 'a' && r <= 'z':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return -1
	}, name)
	return name == "utf8" || name == "unicode"
}

// set changes a setting and gives its value as it is now.
func (s *Session) set(name, value string) (string, error) {
	name = strings.ToLower(name)
	old, known := s.settings.values[name]
	switch {
	case !known && !strings.Contains(name, "."):
		err := sqlerr.New(sqlerr.UndefinedObject, "unrecognized configuration parameter %q", name)
		for have := range s.settings.values {
			if catalog.Distance(have, name) <= 2 {
				err.WithHint("Perhaps you meant %q.", have)
			}
		}
		return "", err
	case name == "client_encoding" && isUTF8(value):
		return old, nil
	case internal[name]:
		return "", sqlerr.New(sqlerr.CantChangeParameter, "parameter %q cannot be changed", name)
	case fixed[name] && !strings.EqualFold(value, old):
		return "", sqlerr.New(sqlerr.InvalidParameterValue, "parameter %q is %q and cannot be changed", name, old)
	case name == "role" || name == "session_authorization":
		return value, s.become(name, value)
	case name == "search_path":
		if _, ok := nameList(value); !ok {
			return "", sqlerr.New(sqlerr.InvalidParameterValue, "invalid value for parameter \"search_path\": %q", value).
				WithDetail("List syntax is invalid.")
		}
	case choices[name] != nil:
		var err error
		if value, _, err = oneOf(name, value, choices[name]...); err != nil {
			return "", err
		}
	case (old == "on" || old == "off") && !strings.Contains(name, "."):
		on, err := types.ParseBool(value)
		if err != nil {
			return "", sqlerr.New(sqlerr.InvalidParameterValue, "parameter %q requires a Boolean value", name)
		}
		if value = "off"; on {
			value = "on"
		}
	case timeouts[name]:
		var err error
		if _, value, err = timeout(name, value); err != nil {
			return "", err
		}
	default:
		shown, local, err := localize(&s.locale, name, value)
		if err != nil {
			return "", err
		}
		if local {
			value = shown
		}
	}
	s.settings.values[name] = value
	return value, nil
}

func (s *Session) runSet(x *ast.Set, out Output) error {
	if x.Reset && x.Name == "all" {
		return s.resetAll(out)
	}
	if x.Local {
		what := "SET LOCAL"
		if x.Name == "transaction" {
			what = "SET TRANSACTION"
		}
		if s.localOnly(what, out) {
			return nil
		}
	}
	if x.Name == "constraints" {
		return s.setConstraints(x, out)
	}
	switch x.Name { // every block reads what is committed and writes at a single point, whatever level it asks for
	case "transaction":
		return s.transactionModes(x.Values, "")
	case "session characteristics":
		return s.transactionModes(x.Values, "default_")
	}
	value := settingText(x)
	if x.Reset {
		value = s.initial(x.Name)
	}
	value, err := s.assign(x.Name, value, x.Local)
	if err != nil {
		if e, ok := sqlerr.As(err); ok {
			return e.At(x.Position())
		}
		return err
	}
	name := strings.ToLower(x.Name)
	if spelled, ok := reported[name]; ok {
		out.Parameter(spelled, value)
	}
	if name == "role" || name == "session_authorization" {
		out.Parameter("is_superuser", s.settings.values["is_superuser"])
	}
	return nil
}

// settingText is the value of a SET as one text.
func settingText(x *ast.Set) string {
	if x.Name == "search_path" {
		return quotedList(x.Values)
	}
	return strings.Join(x.Values, ", ")
}

// initial is what RESET sets a setting to.
func (s *Session) initial(name string) string {
	if name = strings.ToLower(name); name == "session_authorization" {
		return s.login
	}
	return s.settings.first[name]
}

// resetAll sets all settings to what they were at the beginning.
func (s *Session) resetAll(out Output) error {
	for _, name := range slices.Sorted(maps.Keys(s.settings.values)) {
		if fixed[name] || internal[name] || unlisted[name] {
			continue
		}
		if err := s.runSet(&ast.Set{Name: name, Reset: true}, out); err != nil {
			return err
		}
	}
	return nil
}

// shown gives the rows of SHOW for a setting or for all of them.
func (s *Session) shown(x *ast.Show) (batch.Schema, [][]string, error) {
	if x.What == "all" {
		return texts("name", "setting", "description"), s.listedSettings(), nil
	}
	value, ok := s.settings.values[strings.ToLower(x.What)]
	if !ok {
		return nil, nil, sqlerr.New(sqlerr.UndefinedObject, "unrecognized configuration parameter %q", x.What).At(x.Position()).
			WithHint("SHOW ALL lists the settings; SHOW STREAMS and SHOW VIEWS list relations.")
	}
	spelled := strings.ToLower(x.What)
	if spelled == "transaction_read_only" && s.readOnly() {
		value = "on"
	}
	if r, ok := reported[spelled]; ok {
		spelled = r
	}
	return texts(spelled), [][]string{{value}}, nil
}

// texts is a schema of text columns.
func texts(names ...string) batch.Schema {
	s := make(batch.Schema, len(names))
	for i, n := range names {
		s[i] = batch.Field{Name: n, Type: types.Text}
	}
	return s
}
