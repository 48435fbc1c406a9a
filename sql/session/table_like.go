package session

import (
	"slices"
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
)

// likeColumn is a column of a table that LIKE names, with what INCLUDING takes of it.
func likeColumn(c catalog.Column, like ast.LikeTable) catalog.Column {
	c.Hidden, c.Derived, c.ACL, c.Owns = false, "", nil, nil
	if !like.Includes("defaults") {
		c.Default = ""
		if c.Identity == "serial" {
			c.Identity = ""
		}
	}
	if !like.Includes("generated") {
		c.Generated = ""
	}
	if !like.Includes("identity") && c.Identity != "serial" {
		c.Identity = ""
	}
	if !like.Includes("comments") {
		c.Comment = ""
	}
	return c
}

// likeConstraints gives r the keys and checks of a table that INCLUDING takes.
func likeConstraints(r, from *catalog.Relation, like ast.LikeTable) {
	if like.Includes("indexes") {
		for _, k := range from.Keys {
			k.Name, k.Columns = "", slices.Clone(k.Columns)
			if !like.Includes("comments") {
				k.Comment, k.OfIndex = "", ""
			}
			r.Keys = append(r.Keys, k)
		}
	}
	if like.Includes("constraints") {
		for _, c := range from.Checks {
			if !like.Includes("comments") {
				c.Comment = ""
			}
			r.Checks = append(r.Checks, c)
		}
	}
}

// storageSettings are PostgreSQL's of how a table is kept. Scripts that are written for it have them; here they are kept,
// shown, and change nothing.
var storageSettings = []string{
	"fillfactor", "autovacuum_enabled", "parallel_workers", "toast_tuple_target", "user_catalog_table", "vacuum_index_cleanup", "vacuum_truncate",
	"log_autovacuum_min_duration", "autovacuum_vacuum_threshold", "autovacuum_vacuum_scale_factor", "autovacuum_vacuum_insert_threshold",
	"autovacuum_vacuum_insert_scale_factor", "autovacuum_analyze_threshold", "autovacuum_analyze_scale_factor", "autovacuum_vacuum_cost_delay",
	"autovacuum_vacuum_cost_limit", "autovacuum_freeze_min_age", "autovacuum_freeze_max_age", "autovacuum_freeze_table_age",
	"autovacuum_multixact_freeze_min_age", "autovacuum_multixact_freeze_max_age", "autovacuum_multixact_freeze_table_age",
}

// storageOptions reads the WITH list of a table.
func storageOptions(with []ast.Option) (map[string]string, error) {
	known := map[string]bool{}
	for _, o := range with {
		name := strings.ToLower(o.Name)
		if !slices.Contains(storageSettings, strings.TrimPrefix(name, "toast.")) {
			return nil, sqlerr.New(sqlerr.InvalidParameterValue, "unrecognized parameter %q", name).At(o.Position())
		}
		known[name] = false
	}
	out, err := options(with, known, "table")
	if err != nil {
		return nil, err
	}
	if v, ok := out["fillfactor"]; ok {
		n, bad := strconv.Atoi(v)
		if bad != nil {
			return nil, sqlerr.New(sqlerr.InvalidParameterValue, "invalid value for integer option \"fillfactor\": %s", v)
		}
		if n < 10 || n > 100 {
			return nil, sqlerr.New(sqlerr.InvalidParameterValue, "value %s out of bounds for option \"fillfactor\"", v).
				WithDetail("Valid values are between \"10\" and \"100\".")
		}
	}
	return out, nil
}
