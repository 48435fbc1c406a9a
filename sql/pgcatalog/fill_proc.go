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
}

// elsewhere are functions that the binder reads as forms of their own, so that no table of functions has them.
var elsewhere = map[string]bool{
	"version": true, "current_database": true, "current_schema": true, "current_user": true, "session_user": true,
	"now": true, "transaction_timestamp": true, "statement_timestamp": true,
	"row_number": true, "rank": true, "dense_rank": true, "percent_rank": true, "cume_dist": true, "ntile": true,
	"lag": true, "lead": true, "first_value": true, "last_value": true, "nth_value": true,
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
	for _, sig := range append(expr.Signatures(), expr.SetSignatures()...) {
		if sig.Operator || forms[sig.Name] {
			continue
		}
		p := ofSignature(sig)
		if pg := known[p.key()]; pg != nil {
			p = pg
		} else if p.schema = nspVex; have[p.name] {
			p.schema = nspCatalog
		}
		if !taken[p.key()] {
			taken[p.key()] = true
			out = append(out, p)
		}
	}
	for _, p := range known {
		if !taken[p.key()] && (elsewhere[p.name] || p.kind == "a" && isThere(p)) {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b *proc) int { return cmp.Compare(a.oid, b.oid) })
	return out
})

// isThere says whether an aggregate of PostgreSQL's can be called.
func isThere(p *proc) bool {
	var ts []types.Type
	for _, a := range p.args {
		ts = append(ts, types.Type{OID: types.OID(a)})
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
	return p
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
		cost, estimate := 1, 0
		if p.set {
			estimate = 1000
		}
		out.add("oid", p.oid, "proname", p.name, "pronamespace", p.schema, "proowner", 10, "prolang", 12, "procost", cost,
			"prorows", estimate, "provariadic", p.variadic, "prokind", p.kind, "proisstrict", p.strict, "proretset", p.set,
			"provolatile", p.vol, "proparallel", p.parallel, "pronargs", len(p.args), "prorettype", p.ret,
			"proargtypes", oidList(p.args), "proallargtypes", all, "proargmodes", modes, "proargnames", names, "prosrc", p.source)
	}
}

func (s *State) aggregates(out *rows) {
	for _, p := range allProcs() {
		if p.kind == "a" {
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
		parts = append(parts, text+formatType(types.OID(t), 0))
	}
	return strings.Join(parts, ", ")
}

// result writes what the function gives.
func (p *proc) result() string {
	text := formatType(types.OID(p.ret), 0)
	if p.set {
		text = "SETOF " + text
	}
	return text
}

// formatType is PostgreSQL's format_type.
func formatType(oid types.OID, mod int32) string {
	if name, ok := pseudoNames[oid]; ok {
		return name
	}
	if t := (types.Type{OID: oid, Mod: max(mod, 0)}); t.Known() {
		return types.FormatType(t)
	}
	return "???"
}

var pseudoNames = func() map[types.OID]string {
	m := map[types.OID]string{0: "-"}
	for oid, name := range map[types.OID]string{
		2276: `"any"`, 2277: "anyarray", 2283: "anyelement", 5077: "anycompatible", 5078: "anycompatiblearray", 2275: "cstring",
		2278: "void", 2249: "record", 1266: "time with time zone", 790: "money", 650: "cidr", 829: "macaddr", 869: "inet",
		3831: "anyrange", 2776: "anynonarray", 3500: "anyenum", 4537: "anymultirange", 1560: "bit", 1562: "bit varying",
		3614: "tsvector", 3615: "tsquery", 4072: "jsonpath", 142: "xml", 2281: "internal", 600: "point", 3904: "int4range",
	} {
		m[oid] = name
	}
	return m
}()

// forms are values that SQL writes without parentheses: PostgreSQL has no functions of these names.
var forms = map[string]bool{
	"current_date": true, "current_time": true, "current_timestamp": true, "localtime": true, "localtimestamp": true,
}
