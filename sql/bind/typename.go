package bind

import (
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/ast"
	"github.com/vexfs/vexstream/sql/catalog"
)

// typeNames are the types by every name that PostgreSQL takes for them.
var typeNames = func() map[string]types.Type {
	m := map[string]types.Type{
		"int": types.Int4, "decimal": types.Numeric, "float": types.Float8, "dec": types.Numeric, "string": types.Text,
		"char": types.Char, "timestamp": types.Timestamp, "time": types.Time, "bool": types.Bool,
	}
	for _, in := range types.Table {
		if in.Elem == 0 && in.Category != 'P' && in.Category != 'X' && in.Category != 'Z' || types.IsVector(types.Type{OID: in.OID}) {
			m[in.Name] = types.Type{OID: in.OID}
			m[in.SQL] = types.Type{OID: in.OID}
		}
	}
	return m
}()

// Type finds the type that t names: 42704 if there is none.
func Type(t ast.TypeName) (types.Type, error) {
	name := t.Name[len(t.Name)-1]
	at, ok := typeNames[name]
	if len(t.Name) > 2 || len(t.Name) == 2 && t.Name[0] != "pg_catalog" || !ok {
		if elem, isArray := strings.CutPrefix(name, "_"); isArray {
			if e, known := typeNames[elem]; known {
				return e.Array(), nil
			}
		}
		return at, undefinedType(t)
	}
	var err error
	if at.Mod, err = typeMod(at, t); err != nil {
		return at, err
	}
	if at, ok = at.WithFields(t.Fields); !ok { // which the parser does not let through
		return at, missing(t.Position(), "type interval %s", t.Fields)
	}
	if t.Array > 0 {
		mod := at.Mod
		if at = at.Array(); at == (types.Type{}) {
			return at, missing(t.Position(), "an array of %s", name)
		}
		at.Mod = mod // of the elements
	}
	return at, nil
}

func undefinedType(t ast.TypeName) error {
	name := strings.Join(t.Name, ".")
	if last := t.Name[len(t.Name)-1]; types.Unsupported(last) && !strings.HasSuffix(last, "serial") {
		return missing(t.Position(), "type %s", name)
	}
	err := sqlerr.New(sqlerr.UndefinedObject, "type %q does not exist", name).At(t.Position())
	best, dist := "", len(name)/3+1
	for have := range typeNames {
		if d := catalog.Distance(name, have); d < dist || d == dist && have < best {
			best, dist = have, d
		}
	}
	if best != "" {
		err = err.WithHint("Perhaps you meant %q.", best)
	}
	return err
}

// typeMod is PostgreSQL's typmod for the numbers in parentheses, 0 for none.
func typeMod(t types.Type, name ast.TypeName) (int32, error) {
	mods := name.Mods
	bad := func(format string, args ...any) (int32, error) {
		return 0, sqlerr.New(sqlerr.InvalidParameterValue, format, args...).At(name.Position())
	}
	switch t.OID {
	case types.OIDVarchar, types.OIDBPChar:
		n := 0
		switch {
		case len(mods) > 1:
			return bad("invalid type modifier")
		case len(mods) == 1:
			short := "varchar"
			if t.OID == types.OIDBPChar {
				short = "char"
			}
			if n = mods[0]; n < 1 {
				return bad("length for type %s must be at least 1", short)
			}
			if n > 10485760 {
				return bad("length for type %s cannot exceed 10485760", short)
			}
		case t.OID == types.OIDBPChar && name.Name[len(name.Name)-1] != "bpchar":
			n = 1
		}
		if n == 0 {
			return 0, nil
		}
		return int32(n) + 4, nil
	case types.OIDNumeric:
		if len(mods) == 0 {
			return 0, nil
		}
		p, s := mods[0], 0
		if len(mods) > 1 {
			s = mods[1]
		}
		if p < 1 || p > 1000 {
			return bad("NUMERIC precision %d must be between 1 and 1000", p)
		}
		if s < -1000 || s > 1000 || len(mods) > 2 {
			return bad("NUMERIC scale %d must be between -1000 and 1000", s)
		}
		return int32(p)<<16 | int32(s)&0x7ff + 4, nil
	case types.OIDTimestamp, types.OIDTimestamptz, types.OIDTime, types.OIDInterval:
		if len(mods) == 0 {
			return 0, nil
		}
		if len(mods) > 1 {
			return bad("invalid type modifier")
		}
		return types.DigitsMod(mods[0]), nil
	case types.OIDFloat8:
		return 0, nil
	}
	if len(mods) > 0 {
		return 0, sqlerr.New(sqlerr.SyntaxError, "type modifier is not allowed for type %q", t.Name()).At(name.Position())
	}
	return 0, nil
}
