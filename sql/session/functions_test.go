package session_test

import (
	"bufio"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

// pgFunctions lists the functions of PostgreSQL that people can call with types that are here: not those behind operators,
// casts, types, aggregates and their kin, which nobody calls by name.
const pgFunctions = `WITH behind AS (
 SELECT oprcode::oid AS f FROM pg_operator UNION SELECT oprrest FROM pg_operator UNION SELECT oprjoin FROM pg_operator UNION SELECT castfunc FROM pg_cast
 UNION SELECT unnest(ARRAY[typinput::oid, typoutput, typsend, typreceive, typmodin, typmodout, typanalyze, typsubscript]) FROM pg_type
 UNION SELECT amproc FROM pg_amproc UNION SELECT unnest(ARRAY[aggtransfn::oid, aggfinalfn, aggcombinefn, aggserialfn, aggdeserialfn, aggmtransfn, aggminvtransfn, aggmfinalfn]) FROM pg_aggregate
 UNION SELECT conproc FROM pg_conversion UNION SELECT prosupport FROM pg_proc UNION SELECT amhandler FROM pg_am UNION SELECT lanplcallfoid FROM pg_language
 UNION SELECT unnest(ARRAY[tmplinit::oid, tmpllexize]) FROM pg_ts_template UNION SELECT unnest(ARRAY[prsstart::oid, prstoken, prsend, prslextype, prsheadline]) FROM pg_ts_parser),
known(t) AS (SELECT oid FROM pg_type WHERE typnamespace = 11 AND typname = ANY ('{bool,int2,int4,int8,float4,float8,numeric,text,varchar,bpchar,bytea,date,time,timestamp,timestamptz,interval,uuid,json,jsonb,jsonpath,
 name,oid,record,any,anyelement,anyarray,anycompatible,anycompatiblearray,anynonarray,anycompatiblenonarray,regclass,regtype,regproc,regprocedure,regoper,regoperator,regnamespace,regrole,xid,void}'))
SELECT proname || '(' || proargtypes::text || ')', proname || '(' || oidvectortypes(proargtypes) || ')' FROM pg_proc AS p
WHERE pronamespace = 11 AND p.oid NOT IN (SELECT f FROM behind) AND NOT EXISTS (
 SELECT FROM unnest(proargtypes::oid[] || prorettype) AS a LEFT JOIN pg_type AS t ON t.oid = a WHERE a NOT IN (SELECT t FROM known) AND t.typelem NOT IN (SELECT t FROM known))`

// TestFunctionsOfPostgres says which functions of PostgreSQL 15 are neither here nor listed, with a reason, as missing; and which
// lines of that list nothing is missing for.
func TestFunctionsOfPostgres(t *testing.T) {
	dir := os.Getenv("VEXSTREAM_TEST_POSTGRES")
	if dir == "" {
		if os.Getenv("VEXSTREAM_TEST_REQUIRE") == "all" {
			t.Fatal("VEXSTREAM_TEST_POSTGRES is not set")
		}
		t.Skip("VEXSTREAM_TEST_POSTGRES names no running PostgreSQL")
	}
	rows, err := postgres(t, dir).Query(t.Context(), pgFunctions)
	if err != nil {
		t.Fatal(err)
	}
	theirs := map[string]string{} // what people call them, by name and OIDs of arguments
	for rows.Next() {
		var f, shown string
		if err := rows.Scan(&f, &shown); err != nil {
			t.Fatal(err)
		}
		theirs[f] = shown
	}
	if rows.Err() != nil || len(theirs) < 1000 {
		t.Fatal(len(theirs), rows.Err())
	}
	n := newNode(t)
	c := &client{as: n.s}
	out := n.run(t.Context(), "SELECT proname || '(' || proargtypes::text || ')' FROM pg_proc", c)
	ours := map[string]bool{}
	for f := range strings.Lines(out) {
		ours[strings.TrimSuffix(f, "\n")] = true
	}
	allowed := missingFunctions(t)
	var bad []string
	used := map[string]bool{}
	for f, shown := range theirs {
		name, _, _ := strings.Cut(f, "(")
		listed := false
		for line := range allowed {
			if ok, _ := path.Match(line, name); ok || line == shown {
				listed = true
				used[line] = used[line] || !ours[f]
			}
		}
		if !ours[f] && !listed {
			bad = append(bad, "missing: "+shown)
		}
	}
	for line := range allowed {
		if !used[line] {
			bad = append(bad, "listed as missing, and not: "+line)
		}
	}
	slices.Sort(bad)
	for _, f := range bad {
		t.Error(f)
	}
}

// missingFunctions reads functions_missing.txt: what stands under a reason.
func missingFunctions(t *testing.T) map[string]bool {
	t.Helper()
	f, err := os.Open("functions_missing.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	m := map[string]bool{}
	reason := ""
	for s := bufio.NewScanner(f); s.Scan(); {
		line := strings.TrimSpace(s.Text())
		switch {
		case strings.HasPrefix(line, "#"):
			reason = line
		case line == "":
			reason = ""
		case reason != "":
			m[line] = true
		}
	}
	return m
}
