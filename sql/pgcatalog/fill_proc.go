package pgcatalog

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/vexfs/vexstream/engine/agg"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/types"
)

// proc is a function as pg_proc has it.
type proc struct {
	oid         uint32
	schema      uint32
	name        string
	kind        string // "f", "a", "w"
	strict, set bool
	vol         string
	parallel    string
	variadic    uint32 // the element type of the last argument
	ret         uint32
	args        []uint32
	allArgs     []uint32 // with OUT ones; nil: args
	modes       []string // one for each of allArgs
	names       []string
	source      string
	spelled     string // its arguments with their defaults, as PostgreSQL writes them; "" where there are none
	cost, rows  float64
	leakproof   bool
	support     uint32
}

// elsewhere are functions that the binder reads as forms of their own, so that no table of functions has them.
var elsewhere = map[string]bool{
	"version": true, "current_database": true, "current_schema": true, "current_user": true, "session_user": true,
	"now": true, "transaction_timestamp": true, "statement_timestamp": true,
	"row_number": true, "rank": true, "dense_rank": true, "percent_rank": true, "cume_dist": true, "ntile": true,
	"lag": true, "lead": true, "first_value": true, "last_value": true, "nth_value": true,
	"mode": true, "percentile_cont": true, "percentile_disc": true,
}

// procs are the functions that can be called, by OID: those of PostgreSQL with its OIDs, and those that it has not in
// schema vex.
var allProcs = sync.OnceValue(func() []*proc {
	known := map[string]*proc{}
	var out []*proc
	have := map[string]bool{}
	for _, cells := range lines("pg_proc.txt") {
		p := readProc(cells)
		known[p.key()], have[p.name] = p, true
	}
	taken := map[string]bool{}
	signatures := append(expr.Signatures(), expr.SetSignatures()...)
	shorter := shortForms(known, signatures)
	for _, sig := range signatures {
		if sig.Operator || forms[sig.Name] {
			continue
		}
		p := ofSignature(sig)
		if shorter[p.key()] {
			continue
		}
		if pg := known[p.key()]; pg != nil {
			p = pg
		} else if p.schema = nspVex; have[p.name] {
			p.schema = nspCatalog
		} else if strings.HasPrefix(p.name, "_pg_") {
			p.schema = nspInfo
		}
		if !taken[p.key()] {
			taken[p.key()] = true
			out = append(out, p)
		}
	}
	for _, p := range known {
		if !taken[p.key()] && (elsewhere[p.name] || p.kind == "a" && isThere(p)) {
			taken[p.key()], out = true, append(out, p)
		}
	}
	named := referenced(out)
	for _, p := range known {
		if !taken[p.key()] && named[p.oid] {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b *proc) int { return cmp.Compare(a.oid, b.oid) })
	return out
})

// shortForms are the keys of signatures that PostgreSQL has no function for, because another one has defaults for the
// arguments that are missing: what is listed is that one.
func shortForms(known map[string]*proc, signatures []expr.Signature) map[string]bool {
	m := map[string]bool{}
	for _, sig := range signatures {
		full := known[ofSignature(sig).key()]
		if full == nil {
			continue
		}
		for n := range strings.Count(full.spelled, " DEFAULT ") {
			short := proc{name: full.name, args: full.args[:len(full.args)-n-1]}
			if known[short.key()] == nil {
				m[short.key()] = true
			}
		}
	}
	return m
}

// anyOf has a type for each of those that stand for many.
var anyOf = map[uint32]types.Type{2283: types.Int4, 2776: types.Int4, 2277: types.Int4.Array(), 5077: types.Int4, 5078: types.Int4.Array()}

// isThere says whether an aggregate of PostgreSQL's can be called.
func isThere(p *proc) bool {
	var ts []types.Type
	for _, a := range p.args {
		t := types.Type{OID: types.OID(a)}
		if an, ok := anyOf[a]; ok {
			t = an
		}
		ts = append(ts, t)
	}
	_, err := agg.Resolve(p.name, ts, len(ts) == 0)
	return err == nil
}

func (p *proc) key() string { return p.name + "(" + oidList(p.args) + ")" }

func readProc(c []string) *proc {
	p := &proc{
		oid: number(c[0]), schema: nspCatalog, name: c[1], kind: c[2], strict: c[3] == "t", set: c[4] == "t", vol: c[5], parallel: c[6],
		variadic: number(c[8]), ret: number(c[9]), args: numbers(c[10], " "), source: c[14],
	}
	if c[11] != `\N` {
		p.allArgs = numbers(strings.Trim(c[11], "{}"), ",")
	}
	if c[12] != `\N` {
		p.modes = strings.Split(strings.Trim(c[12], "{}"), ",")
	}
	if c[13] != `\N` {
		for n := range strings.SplitSeq(strings.Trim(c[13], "{}"), ",") {
			p.names = append(p.names, strings.Trim(n, `"`))
		}
	}
	if c[15] != `\N` {
		p.spelled = c[15]
	}
	p.cost, p.rows, p.leakproof, p.support = decimal(c[16]), decimal(c[17]), c[18] == "t", number(c[19])
	return p
}

func ofSignature(sig expr.Signature) *proc {
	p := &proc{
		name: sig.Name, kind: "f", strict: sig.Strict, set: sig.Set, parallel: "s", ret: uint32(sig.Result.OID), source: sig.Name,
		vol: [...]string{expr.Immutable: "i", expr.Stable: "s", expr.Volatile: "v"}[sig.Vol],
	}
	for i, t := range sig.Args {
		if sig.Variadic && i == len(sig.Args)-1 {
			p.variadic = uint32(t.OID)
			switch {
			case t.Array() != types.Type{}:
				t = t.Array()
			case t.OID == 2283:
				t = types.Type{OID: types.OIDAnyArray}
			}
		}
		p.args = append(p.args, uint32(t.OID))
	}
	if len(sig.Columns) > 0 {
		p.ret = uint32(types.OIDRecord)
		for _, a := range p.args {
			p.allArgs, p.modes, p.names = append(p.allArgs, a), append(p.modes, "i"), append(p.names, "")
		}
		for _, c := range sig.Columns {
			p.allArgs, p.modes, p.names = append(p.allArgs, uint32(c.Type.OID)), append(p.modes, "o"), append(p.names, c.Name)
		}
	}
	p.oid = derived("proc", p.key())
	if p.cost = 1; p.set {
		p.rows = 1000
	}
	return p
}

func decimal(s string) float64 {
	f, _ := strconv.ParseFloat(s, 64) // of a file of ours, which a test reads
	return f
}

func number(s string) uint32 {
	n, _ := strconv.ParseUint(s, 10, 32) // of a file of ours, which a test reads
	return uint32(n)
}

func numbers(s, sep string) []uint32 {
	var out []uint32
	for _, f := range strings.Split(s, sep) {
		if f != "" {
			out = append(out, number(f))
		}
	}
	return out
}

func oidText(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

func oidList(ns []uint32) string {
	parts := make([]string, len(ns))
	for i, n := range ns {
		parts[i] = oidText(n)
	}
	return strings.Join(parts, " ")
}

func (s *State) procs(out *rows) {
	for _, p := range allProcs() {
		var all, modes, names any
		if p.allArgs != nil {
			all = "{" + strings.ReplaceAll(oidList(p.allArgs), " ", ",") + "}"
		}
		if p.modes != nil {
			modes = "{" + strings.Join(p.modes, ",") + "}"
		}
		if p.names != nil {
			names = p.names
		}
		out.add("oid", p.oid, "proname", p.name, "pronamespace", p.schema, "proowner", 10, "prolang", 12, "procost", p.cost,
			"prorows", p.rows, "provariadic", p.variadic, "prosupport", p.support, "prokind", p.kind, "proleakproof", p.leakproof,
			"proisstrict", p.strict, "proretset", p.set, "pronargdefaults", strings.Count(p.spelled, " DEFAULT "),
			"provolatile", p.vol, "proparallel", p.parallel, "pronargs", len(p.args), "prorettype", p.ret,
			"proargtypes", oidList(p.args), "proallargtypes", all, "proargmodes", modes, "proargnames", names, "prosrc", p.source)
	}
}

// knownAggregate says whether a row of PostgreSQL's pg_aggregate is of an aggregate that can be called.
func knownAggregate(c []string) bool { return procByID(int64(number(c[0]))) != nil }

// aggregates are PostgreSQL's that are here too, and those that it has not.
func (s *State) aggregates(out *rows) {
	copied("pg_aggregate.txt", knownAggregate)(s, out)
	for _, p := range allProcs() {
		if p.kind == "a" && p.schema != nspCatalog {
			out.add("aggfnoid", p.oid, "aggkind", "n", "aggfinalmodify", "r", "aggmfinalmodify", "r", "aggtranstype", uint32(types.OIDInt8))
		}
	}
}

// knownOperators are the operators that can be used, as "name left right".
var knownOperators = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for _, sig := range expr.Signatures() {
		if !sig.Operator {
			continue
		}
		left, right := types.OID(0), sig.Args[0].OID
		if len(sig.Args) > 1 {
			left, right = sig.Args[0].OID, sig.Args[1].OID
		}
		m[sig.Name+" "+oidText(uint32(left))+" "+oidText(uint32(right))] = true
	}
	return m
})

func knownOperator(c []string) bool { return knownOperators()[c[1]+" "+c[7]+" "+c[8]] }

func knownCast(c []string) bool {
	if !knownType(c[1]) || !knownType(c[2]) {
		return false
	}
	how := map[string]expr.CastContext{"i": expr.Implicit, "a": expr.Assignment, "e": expr.Explicit}[c[4]]
	return expr.CanCast(types.Type{OID: types.OID(number(c[1]))}, types.Type{OID: types.OID(number(c[2]))}, how)
}

// procByID finds a function by OID, or gives nil.
func procByID(oid int64) *proc {
	ps := allProcs()
	i, ok := slices.BinarySearchFunc(ps, uint32(oid), func(p *proc, oid uint32) int { return cmp.Compare(p.oid, oid) })
	if !ok || oid != int64(uint32(oid)) {
		return nil
	}
	return ps[i]
}

// arguments writes the arguments as \df does; identity leaves out what does not tell overloads apart.
func (p *proc) arguments(identity bool) string {
	if p.spelled != "" && !identity {
		return p.spelled
	}
	all := p.allArgs
	if all == nil {
		all = p.args
	}
	var parts []string
	direct := p.directArguments()
	for i, t := range all {
		mode := "i"
		if i < len(p.modes) {
			mode = p.modes[i]
		}
		text := ""
		switch mode {
		case "o":
			if identity {
				continue
			}
			text = "OUT "
		case "b":
			text = "INOUT "
		case "v":
			text = "VARIADIC "
		case "t":
			continue
		}
		if mode == "i" && p.variadic != 0 && i == len(p.args)-1 {
			text = "VARIADIC "
		}
		if i < len(p.names) && p.names[i] != "" {
			text += QuoteIdent(p.names[i]) + " "
		}
		parts = append(parts, text+typeName(types.OID(t)))
	}
	if direct < 0 || direct > len(parts) {
		return strings.Join(parts, ", ")
	}
	ordered := parts[direct:]
	if direct == len(parts) { // the last stands for any number of them, on both sides
		ordered = parts[direct-1:]
	}
	return strings.TrimPrefix(strings.Join(parts[:direct], ", ")+" ORDER BY ", " ") + strings.Join(ordered, ", ")
}

// directArguments is how many arguments of an ordered-set aggregate stand before its ORDER BY, -1 for another function.
func (p *proc) directArguments() int {
	if p.kind == "a" {
		for _, c := range lines("pg_aggregate.txt") {
			if c[0] == oidText(p.oid) && c[1] != "n" {
				return int(number(c[2]))
			}
		}
	}
	return -1
}

// result writes what the function gives.
func (p *proc) result() string {
	text := typeName(types.OID(p.ret))
	if p.set {
		text = "SETOF " + text
	}
	return text
}

// forms are values that SQL writes without parentheses: PostgreSQL has no functions of these names.
var forms = map[string]bool{
	"current_date": true, "current_time": true, "current_timestamp": true, "localtime": true, "localtimestamp": true,
}
