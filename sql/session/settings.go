package session

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
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
	"standard_conforming_strings": true, "is_superuser": true, "in_hot_standby": true,
	"max_index_keys": true, "quote_all_identifiers": true, "default_table_access_method": true, "default_tablespace": true, "array_nulls": true, "transform_null_equals": true,
	"backslash_quote": true, "session_replication_role": true, "password_encryption": true, "lc_messages": true, "lc_monetary": true,
	"lc_numeric": true, "lc_time": true,
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
	"lc_collate": true, "lc_ctype": true, "block_size": true,
}

func defaultSettings() settings {
	return settings{values: map[string]string{
		"server_version": "15.0", "server_version_num": "150000", "server_encoding": "UTF8", "client_encoding": "UTF8",
		"datestyle": "ISO, MDY", "intervalstyle": "postgres", "timezone": "UTC", "integer_datetimes": "on",
		"standard_conforming_strings": "on", "is_superuser": "on", "session_authorization": "", "role": "none", "application_name": "",
		"default_transaction_read_only": "off", "default_transaction_deferrable": "off", "transaction_deferrable": "off", "in_hot_standby": "off", "search_path": `"$user", public`,
		"extra_float_digits": "1", "statement_timeout": "0", "lock_timeout": "0", "row_security": "on",
		"client_min_messages": "notice", "transaction_isolation": "serializable", "bytea_output": "hex",
		"parallelism": "0", "idle_in_transaction_session_timeout": "0", "idle_session_timeout": "0", "default_transaction_isolation": "serializable",
		"max_identifier_length": "63", "transaction_read_only": "off", "max_index_keys": "32", "quote_all_identifiers": "off",

		// What pg_dump sets, and the files that it writes. They are of things that are not here, and change nothing.
		"synchronize_seqscans": "on", "check_function_bodies": "on", "xmloption": "content", "default_tablespace": "",
		"default_table_access_method": "heap",

		// What would change the meaning of statements, or needs what is not here, and therefore stays as it is.
		"array_nulls": "on", "transform_null_equals": "off", "backslash_quote": "safe_encoding", "session_replication_role": "origin",
		"password_encryption": "scram-sha-256", "lc_messages": "C.UTF-8", "lc_monetary": "C.UTF-8", "lc_numeric": "C.UTF-8", "lc_time": "C.UTF-8",
		"lc_collate": "C", "lc_ctype": "C.UTF-8", "block_size": "8192",
	}}
}

// Tells says whether client_min_messages lets notices of a severity through. INFO is what the client has asked for.
func (s *Session) Tells(severity string) bool {
	order := choices["client_min_messages"]
	return severity == "INFO" || slices.Index(order, strings.ToLower(severity)) >= slices.Index(order, s.settings.values["client_min_messages"])
}

// Parameters are the settings that clients are told of.
func (s *Session) Parameters() map[string]string {
	out := map[string]string{}
	for name, spelled := range reported {
		out[spelled] = s.settings.values[name]
	}
	return out
}

// customName is how a setting is called that only its users know.
var customName = regexp.MustCompile(`^[\pL_][\pL\pN_$]*(\.[\pL_][\pL\pN_$]*)+$`)

// unknown says why a setting that is not there cannot be made by setting it.
func (s *settings) unknown(name string) error {
	switch {
	case customName.MatchString(name):
		return nil
	case strings.Contains(name, "."):
		return sqlerr.New("42602", "invalid configuration parameter name %q", name).
			WithDetail("Custom parameter names must be two or more simple identifiers separated by dots.")
	}
	err := sqlerr.New(sqlerr.UndefinedObject, "unrecognized configuration parameter %q", name)
	for _, have := range s.names() {
		if catalog.Distance(have, name) <= 2 {
			err.WithHint("Perhaps you meant %q.", have)
		}
	}
	return err
}

// set changes a setting and gives its value as it is now.
func (s *Session) set(name, value string) (string, error) {
	name = strings.ToLower(name)
	old, there := s.settings.value(name)
	switch {
	case name == "seed":
		return s.setSeed(value)
	case !there && s.settings.unknown(name) != nil:
		return "", s.settings.unknown(name)
	case name == "client_encoding":
		e, spelled, err := expr.ClientEncoding(value)
		if err != nil {
			return "", err
		}
		s.encoding.Store(e)
		value = spelled
	case ofNode(name) != nil:
		return "", ofNode(name)
	case internal[name]:
		return "", sqlerr.New(sqlerr.CantChangeParameter, "parameter %q cannot be changed", name)
	case fixed[name] && !strings.EqualFold(value, old):
		return "", sqlerr.New(sqlerr.InvalidParameterValue, "parameter %q is %q and cannot be changed", name, old)
	case idle(name):
		if recognized[name].context == "superuser" && !s.super(s.catalog()) {
			return "", sqlerr.New(sqlerr.InsufficientPrivilege, "permission denied to set parameter %q", name)
		}
		var err error
		if value, err = recognized[name].take(value); err != nil {
			return "", err
		}
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
		var err error
		if value, err = onOff(name, value); err != nil {
			return "", err
		}
	case name == "parallelism":
		n, err := parseParallelism("parameter", value)
		if err != nil {
			return "", err
		}
		value = strconv.Itoa(n)
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
	if n := strings.ToLower(x.Name); len(x.Values) > 1 && n != "search_path" && n != "datestyle" && n != "temp_tablespaces" {
		return sqlerr.New(sqlerr.InvalidParameterValue, "SET %s takes only one argument", n).At(x.Position())
	}
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
	if v, ok := s.settings.first[name]; ok || !idle(name) {
		return v
	}
	return recognized[name].shown(recognized[name].first)
}

// setSeed is SET seed: what setseed() does, without a value that SHOW would give.
func (s *Session) setSeed(value string) (string, error) {
	by, err := seed.number(value)
	if err == nil {
		s.random.Seed(by)
	}
	return value, err
}

var seed = parameter{name: "seed", kind: "real", least: "-1", most: "1"}

// resetAll sets all settings to what they were at the beginning.
func (s *Session) resetAll(out Output) error {
	for _, name := range slices.Sorted(maps.Keys(s.settings.values)) {
		if fixed[name] || internal[name] || nodeSettings[name] != "" || unlisted[name] {
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
	value, ok := s.settings.value(strings.ToLower(x.What))
	if strings.EqualFold(x.What, "seed") {
		value, ok = "unavailable", true
	}
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
