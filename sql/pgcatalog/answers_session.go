package pgcatalog

import (
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/value"
	"github.com/vexfs/vexstream/sql/catalog"
)

// sessionFunction gives the functions about the session and the server.
func (s *State) sessionFunction(name string) answer {
	switch name {
	case "current_setting":
		return s.currentSetting
	case "pg_notify":
		return s.notify
	case "set_config":
		return s.setConfig
	case "current_schemas":
		return s.currentSchemas
	case "acldefault":
		return s.aclDefault
	case "pg_char_to_encoding":
		return encodingNumber
	case "row_security_active":
		return s.rowSecurity
	case "pg_relation_is_updatable":
		return func(a expr.Asked, row uint32, out *batch.Builder) error {
			commands, _ := s.changes(s.Snapshot.ByID(uint32(a.Int(0, row))))
			batch.Put(out, commands)
			return nil
		}
	case "pg_column_is_updatable":
		return func(a expr.Asked, row uint32, out *batch.Builder) error {
			r, n := s.Snapshot.ByID(uint32(a.Int(0, row))), a.Int(1, row)
			commands, columns := s.changes(r)
			given := n > int64(len(columns)) && r != nil && r.Kind == catalog.Table // PostgreSQL does not look whether there is one
			out.Bool(n > 0 && commands&both == both && (given || columns[n-1]))
			return nil
		}
	case "pg_is_in_recovery", "pg_is_other_temp_schema", "pg_relation_is_publishable":
		return func(_ expr.Asked, _ uint32, out *batch.Builder) error {
			out.Bool(false)
			return nil
		}
	case "pg_my_temp_schema":
		return func(_ expr.Asked, _ uint32, out *batch.Builder) error {
			batch.Put(out, int64(s.schemaID(s.Snapshot.Temp())))
			return nil
		}
	case "pg_postmaster_start_time", "pg_conf_load_time":
		return func(_ expr.Asked, _ uint32, out *batch.Builder) error {
			batch.Put(out, s.Started)
			return nil
		}
	case "pg_table_size", "pg_relation_size", "pg_indexes_size", "pg_total_relation_size":
		return s.relationSize(name)
	case "pg_database_size", "pg_tablespace_size":
		return s.wholeSize(name)
	case "pg_relation_filenode", "pg_stat_get_numscans": // nobody counts; the log holds rows of all relations side by side
		return func(_ expr.Asked, _ uint32, out *batch.Builder) error {
			out.Null()
			return nil
		}
	}
	if name == "pg_stat_get_live_tuples" {
		return func(a expr.Asked, row uint32, out *batch.Builder) error {
			n, known := s.Session.Rows(uint32(a.Int(0, row)))
			if !known {
				out.Null()
				return nil
			}
			batch.Put(out, n)
			return nil
		}
	}
	return s.connectionFunction(name)
}

// encodingNumber is PostgreSQL's number of an encoding, -1 of one that it does not know.
func encodingNumber(a expr.Asked, row uint32, out *batch.Builder) error {
	n := int32(-1)
	switch strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(a.Text(0, row))) {
	case "utf8", "unicode":
		n = 6
	case "sqlascii":
		n = 0
	}
	batch.Put(out, n)
	return nil
}

// connectionFunction gives the functions about the client's connection and those of others.
func (s *State) connectionFunction(name string) answer {
	switch name {
	case "pg_advisory_unlock_all": // pools of connections call it; nobody here can have such a lock
		return func(_ expr.Asked, _ uint32, out *batch.Builder) error {
			out.String("")
			return nil
		}
	case "pg_backend_pid":
		return func(_ expr.Asked, _ uint32, out *batch.Builder) error {
			batch.Put(out, s.PID)
			return nil
		}
	case "pg_cancel_backend", "pg_terminate_backend":
		return func(a expr.Asked, row uint32, out *batch.Builder) error {
			if a.Len() > 1 && a.Int(1, row) != 0 {
				return waitsForEnd(a.Int(1, row))
			}
			found, err := s.Session.Cancel(int32(a.Int(0, row)), name == "pg_terminate_backend")
			out.Bool(found)
			return err
		}
	}
	return nil
}

// waitsForEnd refuses to wait until a connection has ended.
func waitsForEnd(ms int64) error {
	if ms < 0 {
		return sqlerr.New(sqlerr.NumericValueOutOfRange, "\"timeout\" must not be negative")
	}
	return sqlerr.NotSupported("pg_terminate_backend with a timeout").WithHint("Leave it out, and look into pg_stat_activity until the connection is gone.")
}

func (s *State) currentSetting(a expr.Asked, row uint32, out *batch.Builder) error {
	name := a.Text(0, row)
	v, ok := s.Session.Setting(name)
	if ok {
		out.String(v)
		return nil
	}
	if a.Len() > 1 && a.Bool(1, row) {
		out.Null()
		return nil
	}
	return sqlerr.New(sqlerr.UndefinedObject, "unrecognized configuration parameter %q", name)
}

func (s *State) setConfig(a expr.Asked, row uint32, out *batch.Builder) error {
	if a.Null(0, row) {
		return sqlerr.New(sqlerr.NullValueNotAllowed, "SET requires parameter name")
	}
	v := ""
	if !a.Null(1, row) {
		v = a.Text(1, row)
	}
	v, err := s.Session.SetSetting(a.Text(0, row), v, a.Len() > 2 && a.Bool(2, row))
	if err != nil {
		return err
	}
	out.String(v)
	return nil
}

// notify is pg_notify.
func (s *State) notify(a expr.Asked, row uint32, out *batch.Builder) error {
	channel, payload := "", ""
	if !a.Null(0, row) {
		channel = a.Text(0, row)
	}
	if !a.Null(1, row) {
		payload = a.Text(1, row)
	}
	out.String("")
	return s.Session.Notify(channel, payload)
}

// currentSchemas is the schemas that names are looked up in; with true, also those that are not named in search_path.
func (s *State) currentSchemas(a expr.Asked, row uint32, out *batch.Builder) error {
	list := s.Snapshot.Path()
	if a.Bool(0, row) {
		if !slices.Contains(list, "pg_catalog") {
			list = append([]string{"pg_catalog"}, list...)
		}
		if t := s.Snapshot.Temp(); t != "" && !slices.Contains(list, t) {
			list = append([]string{t}, list...)
		}
	}
	quoted := make([]string, len(list))
	for i, name := range list {
		quoted[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"`
	}
	return value.ParseText(out, []byte("{"+strings.Join(quoted, ",")+"}"), nil)
}
