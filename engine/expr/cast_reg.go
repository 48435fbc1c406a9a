package expr

import "github.com/vexfs/vexstream/engine/types"

// regCasts are the casts between OIDs and the types that show them as names.
func regCasts() []conversion {
	cs := []conversion{
		{types.OIDOid, types.OIDXid, Explicit, 0, nil},
		{types.OIDXid, types.OIDOid, Explicit, 0, nil},
		{types.OIDText, types.OIDRegclass, Implicit, fallible | stable, asking("regclass in")},
		{types.OIDVarchar, types.OIDRegclass, Implicit, fallible | stable, asking("regclass in")},
		{types.OIDRegproc, types.OIDRegprocedure, Implicit, 0, nil},
		{types.OIDRegprocedure, types.OIDRegproc, Implicit, 0, nil},
		{types.OIDRegoper, types.OIDRegoperator, Implicit, 0, nil},
		{types.OIDRegoperator, types.OIDRegoper, Implicit, 0, nil},
		{types.OIDPGNodeTree, types.OIDText, Implicit, 0, nil},
		{types.OIDInt2Vector, types.OIDInt2Array, Implicit, 0, nil},
		{types.OIDOidVector, types.OIDOidArray, Implicit, 0, nil},
	}
	for _, in := range types.Table {
		if !types.Reg(types.Type{OID: in.OID}) {
			continue
		}
		cs = append(cs,
			conversion{types.OIDOid, in.OID, Implicit, 0, nil}, conversion{in.OID, types.OIDOid, Implicit, 0, nil},
			conversion{types.OIDInt8, in.OID, Implicit, 0, nil}, conversion{in.OID, types.OIDInt8, Assignment, 0, nil},
			conversion{types.OIDInt2, in.OID, Implicit, 0, widen[int16, int64]},
			conversion{types.OIDInt4, in.OID, Implicit, 0, widen[int32, int64]},
			conversion{in.OID, types.OIDInt4, Assignment, fallible, narrow[int64, int32]})
	}
	return cs
}
