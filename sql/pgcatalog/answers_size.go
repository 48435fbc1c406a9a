package pgcatalog

import (
	"slices"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// relationSize gives a function about the room that a relation takes: its rows in the log, and nothing for its keys, which are in memory.
func (s *State) relationSize(name string) answer {
	return func(a expr.Asked, row uint32, out *batch.Builder) error {
		id := uint32(a.Int(0, row))
		kept := true
		if name == "pg_relation_size" && a.Len() > 1 {
			switch fork := a.Text(1, row); fork {
			case "main":
			case "fsm", "vm", "init":
				kept = false
			default:
				return sqlerr.New(sqlerr.InvalidParameterValue, "invalid fork name").WithHint("Valid fork names are \"main\", \"fsm\", \"vm\", and \"init\".")
			}
		}
		if s.Snapshot.ByID(id) == nil && !slices.ContainsFunc(s.indexes(), func(x index) bool { return x.oid == id }) {
			out.Null()
			return nil
		}
		var n int64
		if kept && name != "pg_indexes_size" {
			var err error
			if n, err = s.Session.Bytes(id); err != nil {
				return err
			}
		}
		batch.Put(out, n)
		return nil
	}
}

// wholeSize gives a function about the room that all takes.
func (s *State) wholeSize(name string) answer {
	kind, here, id := "database", s.Session.Database(), oidDatabase
	if name == "pg_tablespace_size" {
		kind, here, id = "tablespace", "pg_default", oidDefaultTS
	}
	return func(a expr.Asked, row uint32, out *batch.Builder) error {
		switch {
		case a.Type(0).OID == types.OIDOid && uint32(a.Int(0, row)) != id:
			out.Null()
			return nil
		case a.Type(0).OID != types.OIDOid && a.Text(0, row) != here:
			code := sqlerr.Code("3D000")
			if kind == "tablespace" {
				code = sqlerr.UndefinedObject
			}
			return sqlerr.New(code, "%s %q does not exist", kind, a.Text(0, row))
		}
		batch.Put(out, s.Session.Size())
		return nil
	}
}
