package expr

import (
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// parameter is a named parameter of a function: its name, and what it is when it is not given.
type parameter struct {
	name, text string
	t          types.Type // of what it is when not given; the zero type: it must be given
}

// parameters are the functions whose parameters have names in PostgreSQL, one list for each overload that has more than
// defaults add.
var parameters = func() map[string][][]parameter {
	m := map[string][][]parameter{}
	for _, line := range strings.Split(strings.TrimSpace(parameterLists), "\n") {
		names, list, _ := strings.Cut(strings.TrimSpace(line), ": ")
		var ps []parameter
		for p := range strings.SplitSeq(list, ", ") {
			q := parameter{}
			var has bool
			if q.name, q.text, has = strings.Cut(p, "="); has {
				var typ string
				typ, q.text, _ = strings.Cut(q.text, " ")
				q.t = mustType(typ)
			}
			ps = append(ps, q)
		}
		for name := range strings.FieldsSeq(names) {
			m[name] = append(m[name], ps)
		}
	}
	return m
}()

const parameterLists = `
make_date: year, month, day
make_time: hour, min, sec
make_timestamp make_timestamptz: year, month, mday, hour, min, sec
make_timestamptz: year, month, mday, hour, min, sec, timezone
make_interval: years=int4 0, months=int4 0, weeks=int4 0, days=int4 0, hours=int4 0, mins=int4 0, secs=float8 0
jsonb_set: jsonb_in, path, replacement, create_if_missing=bool true
jsonb_insert: jsonb_in, path, replacement, insert_after=bool false
jsonb_path_exists jsonb_path_exists_tz jsonb_path_match jsonb_path_match_tz: target, path, vars=jsonb {}, silent=bool false
jsonb_path_query jsonb_path_query_tz jsonb_path_query_array jsonb_path_query_array_tz: target, path, vars=jsonb {}, silent=bool false
jsonb_path_query_first jsonb_path_query_first_tz: target, path, vars=jsonb {}, silent=bool false
parse_ident: str, strict=bool true
json_array_elements json_array_elements_text jsonb_array_elements jsonb_array_elements_text: from_json
json_each json_each_text jsonb_each jsonb_each_text: from_json
`

// Named puts the arguments of a call of name in the order of its parameters: those with a name in names to the parameter
// of that name, and defaults where nothing is given. The names are the last ones, and none comes twice. The error is 42883.
func Named(name string, args []Expr, names []string) ([]Expr, error) {
	for _, ps := range parameters[name] {
		out, err := arrange(ps, args, names)
		if out != nil || err != nil {
			return out, err
		}
	}
	shown := make([]string, len(args))
	for i, a := range args {
		shown[i] = typeName(base(a.Type()))
		if names[i] != "" {
			shown[i] = names[i] + " => " + shown[i]
		}
	}
	return nil, sqlerr.New(sqlerr.UndefinedFunction, "function %s(%s) does not exist", name, strings.Join(shown, ", ")).
		WithHint("No function matches the given name and argument types. You might need to add explicit type casts.")
}

// arrange gives nil if the parameters ps do not fit.
func arrange(ps []parameter, args []Expr, names []string) ([]Expr, error) {
	if len(args) > len(ps) {
		return nil, nil
	}
	out := make([]Expr, len(ps))
	for i, a := range args {
		at := i
		if names[i] != "" {
			for at = 0; at < len(ps) && ps[at].name != names[i]; at++ {
			}
		}
		if at == len(ps) || out[at] != nil {
			return nil, nil
		}
		out[at] = a
	}
	for i, p := range ps {
		if out[i] != nil {
			continue
		}
		if p.t == (types.Type{}) {
			return nil, nil
		}
		var err error
		if out[i], err = Lit(p.t, p.text); err != nil {
			return nil, err
		}
	}
	return out, nil
}
