package pgcatalog

import (
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

func procNamed(name, text string) (int64, error) {
	found := int64(0)
	for _, p := range allProcs() {
		if p.name != name {
			continue
		}
		if found != 0 {
			return 0, sqlerr.New(sqlerr.AmbiguousFunction, "more than one function named %q", text)
		}
		found = int64(p.oid)
	}
	if found == 0 {
		return 0, sqlerr.New(sqlerr.UndefinedFunction, "function %q does not exist", text)
	}
	return found, nil
}

func procText(oid int64, withArgs bool) string {
	p := procByID(oid)
	if p == nil {
		return ""
	}
	if withArgs {
		var args []string
		for _, a := range p.args {
			args = append(args, typeName(types.OID(a)))
		}
		return QuoteIdent(p.name) + "(" + strings.Join(args, ",") + ")"
	}
	if _, err := procNamed(p.name, p.name); err != nil {
		return "pg_catalog." + QuoteIdent(p.name)
	}
	return QuoteIdent(p.name)
}

// procWithArguments finds a function by its name and the types of its arguments, as in "abs(bigint)".
func procWithArguments(text string) (int64, error) {
	head, args, err := signature(text, false)
	if err != nil {
		return 0, err
	}
	parts, err := splitName(head)
	if err != nil {
		return 0, err
	}
	want := proc{name: parts[len(parts)-1], args: args}
	for _, p := range allProcs() {
		if p.key() == want.key() {
			return int64(p.oid), nil
		}
	}
	return 0, sqlerr.New(sqlerr.UndefinedFunction, "function %q does not exist", text)
}

// operatorText is an operator with the types of its operands, or by its name alone, which has its schema where there are
// several of the name; "" if there is none with the OID.
func operatorText(oid string, typed bool) string {
	var found []string
	named := map[string]int{}
	for _, c := range lines("pg_operator.txt") {
		if !operatorIDs()[c[0]] {
			continue
		}
		if named[c[1]]++; c[0] == oid {
			found = c
		}
	}
	switch {
	case found == nil:
		return ""
	case !typed && named[found[1]] > 1:
		return "pg_catalog." + found[1]
	case !typed:
		return found[1]
	}
	left := "NONE"
	if found[7] != "0" {
		left = typeName(types.OID(number(found[7])))
	}
	return found[1] + "(" + left + "," + typeName(types.OID(number(found[8]))) + ")"
}

// splitTypes cuts a list of types at its commas, those in brackets left out.
func splitTypes(list string) []string {
	var out []string
	depth, start := 0, 0
	for i := range len(list) {
		switch list[i] {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				out, start = append(out, strings.TrimSpace(list[start:i])), i+1
			}
		}
	}
	if last := strings.TrimSpace(list[start:]); last != "" || out != nil {
		out = append(out, last)
	}
	return out
}

// functionDef is pg_get_functiondef: a statement that would make the function.
func functionDef(_ *State, a expr.Asked, row uint32) any {
	p := procByID(a.Int(0, row))
	if p == nil {
		return nil
	}
	if p.kind == "a" {
		return sqlerr.New(sqlerr.WrongObjectType, "%q is an aggregate function", p.name)
	}
	schema := "pg_catalog"
	if p.schema == nspVex {
		schema = "vex"
	}
	text := "CREATE OR REPLACE FUNCTION " + schema + "." + QuoteIdent(p.name) + "(" + p.arguments(false) + ")\n" +
		" RETURNS " + p.result() + "\n LANGUAGE internal\n"
	if options := p.options(); options != "" {
		text += options + "\n"
	}
	return text + "AS $function$" + p.source + "$function$\n"
}

// options are what is said of a function in its definition, each with a space before it, in PostgreSQL's order.
func (p *proc) options() string {
	text := ""
	if p.kind == "w" {
		text += " WINDOW"
	}
	text += map[string]string{"i": " IMMUTABLE", "s": " STABLE"}[p.vol]
	text += map[string]string{"s": " PARALLEL SAFE", "r": " PARALLEL RESTRICTED"}[p.parallel]
	if p.strict {
		text += " STRICT"
	}
	if p.leakproof {
		text += " LEAKPROOF"
	}
	if p.cost != 1 {
		text += " COST " + strconv.FormatFloat(p.cost, 'g', 6, 64)
	}
	if p.rows > 0 && p.rows != 1000 {
		text += " ROWS " + strconv.FormatFloat(p.rows, 'g', 6, 64)
	}
	if s := procByID(int64(p.support)); s != nil {
		text += " SUPPORT " + QuoteIdent(s.name)
	}
	return text
}
