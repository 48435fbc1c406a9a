package expr

import (
	_ "embed" // the names
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

//go:embed refused.txt
var refusedNames string

// refused are the functions of PostgreSQL that are known by name and not there, with what to do instead.
var refused = func() map[string]string {
	m := map[string]string{}
	_, names, _ := strings.Cut(refusedNames, "\n")
	for name := range strings.FieldsSeq(names) {
		m[name] = ""
	}
	for hint, names := range map[string]string{
		"A statement does not wait; let the client do so.":                              "pg_sleep pg_sleep_for pg_sleep_until",
		"Rows have no transaction numbers; a stream has _offset.":                       "txid_current txid_current_if_assigned txid_current_snapshot pg_current_xact_id pg_current_snapshot",
		"Use LIKE, ILIKE or a regular expression.":                                      "to_tsvector to_tsquery plainto_tsquery phraseto_tsquery websearch_to_tsquery ts_rank ts_rank_cd ts_headline",
		"Use json or jsonb.":                                                            "xpath xpath_exists xml_is_well_formed query_to_xml table_to_xml",
		"There are no advisory locks.":                                                  "pg_advisory_lock pg_try_advisory_lock pg_advisory_unlock pg_advisory_xact_lock pg_try_advisory_xact_lock",
		"Files are read by connectors.":                                                 "pg_read_file pg_read_binary_file pg_ls_dir pg_stat_file lo_import lo_export",
		"Keys may be of type uuid with DEFAULT gen_random_uuid(), or identity columns.": "nextval currval setval lastval",
	} {
		for name := range strings.FieldsSeq(names) {
			m[name] = hint
		}
	}
	return m
}()

// notSupported is the error for a function that is known by name and refused, or nil.
func notSupported(name string) error {
	hint, ok := refused[name]
	if _, have := functions[name]; !ok || have {
		return nil
	}
	err := sqlerr.NotSupported("function %s", name)
	if hint != "" {
		return err.WithHint("%s", hint)
	}
	return err
}
