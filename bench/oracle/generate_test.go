package oracle

import (
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/types"
)

// generator makes random typed expressions over columns.
type generator struct {
	r       *rand.Rand
	table   map[types.Type][]expr.Signature // by result; polymorphic ones under every type that they can give
	columns []column
	calm    bool         // nothing that some row makes fail, and nothing inexact
	calmly  []types.Type // the types of a calm generator

	// Of queries: pieces that need the tables.
	sub     func(t types.Type, depth int) *node // a scalar subquery
	inQuery func(depth int) *node               // a condition with a subquery
}

// arguments are what a function takes where any value of the type would fail nearly always, or take all memory.
var arguments = map[string]map[int][]string{
	"repeat": {1: {"0", "1", "3", "-1"}}, "lpad": {1: {"0", "3", "7", "-1"}}, "rpad": {1: {"0", "3", "7", "-1"}},
	"^": {1: {"0", "1", "2", "-1", "0.5", "3"}}, "power": {1: {"0", "1", "2", "-1", "0.5", "3"}}, "pow": {1: {"0", "1", "2", "-1", "0.5", "3"}},
	"exp":        {0: {"0", "1", "-1", "2.5", "10", "n2 / 1e11"}},
	"chr":        {0: {"1", "65", "228", "8364", "128512"}},
	"date_trunc": {0: {"'year'", "'month'", "'week'", "'day'", "'hour'", "'quarter'", "'decade'", "'century'", "'millennium'", "'milliseconds'", "'second'", "'DAY'", "'nope'"}, 2: zones},
	"date_part":  {0: fields}, "extract": {0: fields},
	"timezone":       {0: append([]string{"'02:30'::interval", "'-5 hours'::interval"}, zones...)},
	"encode":         {1: {"'hex'", "'base64'", "'escape'"}},
	"decode":         {0: {"'00ff'", "'AAEC'", "'abc'", `'\\000a'`, "s"}, 1: {"'hex'", "'base64'"}},
	"to_char":        {1: {"'YYYY-MM-DD HH24:MI:SS'", "'Day, DD Mon YYYY'", "'FMMonth FMDD'", "'HH12:MI:SS.MS AM'", "'IYYY-IW-ID'", "'DDD Q J'", "'YYY YY Y CC'", "'US'", "'999.99'", "'FM999999990.00'", "'S999'", "'0999'", "'9,999.9'"}},
	"to_timestamp":   {0: {"f8", "0", "1700000000.5", "'-Infinity'::float8"}, 1: {"'YYYY-MM-DD'"}},
	"to_date":        {0: {"'2024-02-29'", "'20240101'", "'1 Jan 2020'"}, 1: {"'YYYY-MM-DD'", "'YYYYMMDD'", "'DD Mon YYYY'"}},
	"to_number":      {0: {"'12,454.8-'", "'12.5'", "'-7'"}, 1: {"'99G999D9S'", "'99.9'", "'S9'"}},
	"make_date":      {0: {"2024", "1999", "-44", "0"}, 1: {"1", "2", "12", "13"}, 2: {"1", "29", "30", "31"}},
	"make_time":      {0: {"0", "23", "24"}, 1: {"0", "59", "60"}, 2: {"0", "59.999", "60"}},
	"split_part":     {1: {"','", "' '", "''", "'b'"}, 2: {"1", "2", "-1", "0", "3"}},
	"substr":         {1: {"1", "2", "0", "-1", "i4"}, 2: {"0", "1", "3", "-1"}},
	"substring":      {1: {"1", "2", "0", "-1", "'b+'", "'^.'", "'(.)o'"}, 2: {"0", "1", "3", "-1", "'#'"}},
	"left":           {1: {"0", "1", "3", "-1", "-2"}},
	"right":          {1: {"0", "1", "3", "-1", "-2"}},
	"format":         {0: {"'%s'", "'%I and %L'", "'%2$s %1$s'", "'%-5s|%5s'", "'%%'", "'none'"}},
	"translate":      {1: {"'abc'", "'lo'", "''"}, 2: {"'xyz'", "'0'", "''"}},
	"round":          {1: {"0", "1", "-1", "3", "20"}},
	"trunc":          {1: {"0", "1", "-1", "3", "20"}},
	"regexp_match":   {1: patterns, 2: {"'i'", "''", "'g'"}},
	"regexp_like":    {1: patterns, 2: {"'i'", "''", "'n'"}},
	"regexp_count":   {1: patterns, 2: {"1", "2"}, 3: {"'i'"}},
	"regexp_substr":  {1: patterns, 2: {"1", "2"}, 3: {"1"}, 4: {"'i'"}},
	"regexp_instr":   {1: patterns, 2: {"1", "2"}, 3: {"1"}, 4: {"0", "1"}, 5: {"'i'"}},
	"regexp_replace": {1: patterns, 2: {"'x'", `'<\1>'`, `'[\&]'`, "''"}, 3: {"'g'", "'i'", "'gi'", "''"}},
	"~":              {1: patterns}, "~*": {1: patterns}, "!~": {1: patterns}, "!~*": {1: patterns},
	"generate_series": {0: {"1"}, 1: {"3"}},
	"factorial":       {0: {"0", "1", "5", "20"}},
	"array_fill":      {1: {"ARRAY[2]", "ARRAY[1, 2]"}, 2: {"ARRAY[1]"}},
	"width_bucket":    {3: {"1", "5"}},
	"date_bin":        {0: {"'15 minutes'::interval", "'1 day'::interval", "'7 days'::interval"}, 2: {"'2001-01-01'"}},
	"normalize":       {1: {"'NFC'"}},
	"jsonb_set":       {1: {"'{a}'::text[]", "'{b,0}'::text[]", "'{}'::text[]"}},
	"jsonb_insert":    {1: {"'{a}'::text[]", "'{b,0}'::text[]"}},
	"->":              {1: {"'a'", "'b'", "0", "1", "-1", "'c'"}},
	"->>":             {1: {"'a'", "'b'", "0", "1", "-1", "'c'"}},
	"#>":              {1: {"'{a}'::text[]", "'{b,0}'::text[]", "'{}'::text[]", "'{c,d}'::text[]"}},
	"#>>":             {1: {"'{a}'::text[]", "'{b,1}'::text[]", "'{}'::text[]", "'{c,d}'::text[]"}},
	"<<":              {1: {"0", "1", "3", "31", "33", "-1"}},
	">>":              {1: {"0", "1", "3", "31", "33", "-1"}},
}

var (
	zones    = []string{"'UTC'", "'Europe/Berlin'", "'America/New_York'", "'Asia/Kolkata'", "'Australia/Lord_Howe'", "'+03'", "'EST'", "'nowhere'"}
	fields   = []string{"'epoch'", "'year'", "'month'", "'day'", "'hour'", "'minute'", "'second'", "'dow'", "'isodow'", "'doy'", "'week'", "'quarter'", "'isoyear'", "'decade'", "'century'", "'millennium'", "'milliseconds'", "'microseconds'", "'julian'", "'nope'"}
	patterns = []string{"'a'", "'^a.*c$'", "'[[:alpha:]]+'", "'(b)(c)?'", `'\d+'`, `'\s'`, "'(a|o)'", "'b{1,2}'", "''", "'[^a-z]'", `'\mH'`, "'ä'", "'(?i)hello'", "'l+?o'", "'('"}
)

// inexact are the functions whose last digits differ between mathematical libraries.
var inexact = func() map[string]bool {
	m := map[string]bool{}
	for _, n := range strings.Fields("exp ln log log10 power pow ^ sqrt cbrt sin cos tan cot asin acos atan atan2 sind cosd tand cotd asind acosd atand atan2d sinh cosh tanh asinh acosh atanh degrees radians |/ ||/") {
		m[n] = true
	}
	return m
}()

func (g *generator) chance(percent int) bool { return g.r.IntN(100) < percent }

func pick[T any](g *generator, of []T) T { return of[g.r.IntN(len(of))] }

// anyType is a type to make an expression of, rather a usual one.
func (g *generator) anyType() types.Type {
	switch p := g.r.IntN(100); {
	case g.calm && p < 92:
		return pick(g, g.calmly)
	case g.calm:
		return pick(g, []types.Type{types.JSONB, types.Int4Array, types.TextArray})
	case p < 70:
		return pick(g, usual)
	case p < 80:
		return pick(g, arrayKinds)
	}
	return pick(g, kinds)
}

// expr is an expression of type t, at most depth deep.
func (g *generator) expr(t types.Type, depth int) *node {
	switch {
	case depth <= 0 || g.chance(12):
		return g.leaf(t)
	case g.sub != nil && g.chance(6):
		if n := g.sub(t, depth-1); n != nil {
			return n
		}
	case g.chance(45):
		if n := g.call(t, depth); n != nil {
			return n
		}
	}
	if n := g.special(t, depth); n != nil {
		return n
	}
	return g.leaf(t)
}

func (g *generator) leaf(t types.Type) *node {
	var fit []string
	for _, c := range g.columns {
		if c.t == t {
			fit = append(fit, c.name)
		}
	}
	switch {
	case len(fit) > 0 && g.chance(75):
		return &node{t: t, text: pick(g, fit)}
	case g.chance(6) && typeText(t) != "":
		return &node{t: t, text: "NULL::" + typeText(t)}
	case g.calm && len(calmPools[t.OID]) > 0:
		return &node{t: t, text: pick(g, calmPools[t.OID])}
	case len(pools[t.OID]) > 0:
		return &node{t: t, text: literal(g.r, t)}
	case typeText(t) != "":
		return &node{t: t, text: "NULL::" + typeText(t)}
	}
	return &node{t: t, text: "NULL"}
}

// argument is an operand where t is wanted: now and then one that must be cast, or a literal that has no type yet.
func (g *generator) argument(t types.Type, depth int) *node {
	if g.calm {
		return g.expr(t, depth)
	}
	switch p := g.r.IntN(40); {
	case p == 0:
		return &node{t: t, text: "NULL"}
	case p == 1 && len(pools[t.OID]) > 0:
		return &node{t: t, text: quote(pick(g, pools[t.OID]))}
	case p == 2:
		from := pick(g, kinds)
		if expr.CanCast(from, t, expr.Implicit) {
			return &node{t: t, text: "\x00", kids: []*node{g.expr(from, depth)}}
		}
	}
	return g.expr(t, depth)
}

// call is a function or an operator that gives t, nil if the table has none.
func (g *generator) call(t types.Type, depth int) *node {
	sigs := g.table[t]
	if len(sigs) == 0 {
		return nil
	}
	s := pick(g, sigs)
	if g.calm && !g.calmCall(s) {
		return nil
	}
	elem := g.anyType()
	if s.Result.Category() == 'P' && t.Category() == 'A' {
		elem = t.Elem()
	} else if s.Result.Category() == 'P' {
		elem = t
	}
	params := append([]types.Type(nil), s.Args...)
	if s.Variadic {
		for len(params) < 6 && g.chance(50) {
			params = append(params, params[len(params)-1])
		}
	}
	n := &node{t: t, inexact: inexact[s.Name]}
	for i, p := range params {
		if fixed := arguments[s.Name][i]; fixed != nil && !g.calm && (p == types.Text || p.Category() != 'A') && (s.Name == "extract" || s.Name == "substring" || g.chance(85)) {
			if texts := suited(fixed, p); len(texts) > 0 {
				n.kids = append(n.kids, &node{t: p, text: pick(g, texts)})
				continue
			}
		}
		switch {
		case p.OID == types.OIDJSONPath:
			n.kids = append(n.kids, g.leaf(p))
			continue
		case p.Category() != 'P':
		case strings.HasSuffix(polymorph(p), "array"):
			if p = elem.Array(); p == (types.Type{}) {
				return nil
			}
		case polymorph(p) == "any":
			p = g.anyType()
		default:
			p = elem
		}
		n.kids = append(n.kids, g.argument(p, depth-1))
	}
	n.text = form(s, len(n.kids))
	return n
}

// suited are those of texts that can be of type p: quoted ones for text.
func suited(texts []string, p types.Type) []string {
	var out []string
	for _, t := range texts {
		quoted := strings.HasPrefix(t, "'") && strings.HasSuffix(t, "'")
		number := p.Category() == 'N'
		if quoted == (p == types.Text) && (quoted || number == (t[0] != '\'' && !strings.HasPrefix(t, "ARRAY"))) {
			if number && p != types.Numeric && p != types.Float8 && strings.ContainsAny(t, ".n") {
				continue
			}
			out = append(out, t)
		}
	}
	return out
}

var pseudo = map[types.OID]string{2276: "any", 2283: "anyelement", 2277: "anyarray", 5077: "anycompatible", 5078: "anycompatiblearray"}

func polymorph(t types.Type) string { return pseudo[t.OID] }

// form is how a call of s with n arguments is written.
func form(s expr.Signature, n int) string {
	holes := strings.TrimSuffix(strings.Repeat("\x00, ", n), ", ")
	switch {
	case s.Operator && n == 1:
		return "(" + s.Name + " \x00)"
	case s.Operator:
		return "(\x00 " + s.Name + " \x00)"
	case s.Name == "extract":
		return "extract(\x00 FROM \x00)"
	case s.Name == "position":
		return "position(\x00 IN \x00)"
	}
	return s.Name + "(" + holes + ")"
}

// calmNames are functions that no value of the small tables makes fail.
var calmNames = func() map[string]bool {
	m := map[string]bool{}
	for _, n := range strings.Fields("= <> < <= > >= + - * || lower upper length char_length left right btrim reverse strpos replace concat concat_ws abs sign ceil floor initcap starts_with md5") {
		m[n] = true
	}
	return m
}()

func (g *generator) calmCall(s expr.Signature) bool {
	for _, t := range s.Args {
		if !slices.Contains(g.calmly, t) && polymorph(t) != "any" {
			return false
		}
	}
	return calmNames[s.Name]
}

// calmPools are constants for queries, small as the values of their tables are.
var calmPools = map[types.OID][]string{
	types.OIDBool: {"true", "false"}, types.OIDInt4: {"0", "1", "2", "3"}, types.OIDInt8: {"1::bigint", "2::bigint"},
	types.OIDNumeric: {"1.5", "2.25", "0.0"}, types.OIDText: {"'a'", "'b'", "'ä'", "''"}, types.OIDFloat8: {"0.5::float8", "2::float8"},
	types.OIDDate: {"'2024-02-29'::date", "'2024-03-01'::date"}, types.OIDTimestamptz: {"'2024-03-31 01:00Z'::timestamptz"},
	types.OIDInterval: {"'1 day'::interval", "'2 days'::interval"}, types.OIDUUID: {"'00112233-4455-6677-8899-aabbccddeeff'::uuid"}, types.OIDBytea: {`'\x616263'::bytea`},
	types.OIDInt4Array: {"'{1,2}'::int[]", "'{}'::int[]"}, types.OIDJSONB: {`'{"a": 1}'::jsonb`, "'[1, 2]'::jsonb"},
	types.OIDBPChar: {"'a'::char(3)", "'b'::bpchar"}, types.OIDTimestamp: {"'2024-02-29'::timestamp", "('2024-03-31 01:00Z'::timestamptz AT TIME ZONE 'Europe/Berlin')"},
	types.OIDTime: {"'12:30'::time"}, types.OIDFloat4: {"0.5::real", "2::real"}, types.OIDTextArray: {"'{a}'::text[]"}, types.OIDNumericArray: {"'{1.50}'::numeric[]"},
}
