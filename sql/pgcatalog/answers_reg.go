package pgcatalog

import (
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/batch"
	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/sql/catalog"
)

type relation = *catalog.Relation

// splitName cuts a name with points and quotes into its parts, folding what is not quoted.
func splitName(text string) ([]string, error) {
	bad := sqlerr.New(sqlerr.InvalidName, "invalid name syntax")
	var parts []string
	for rest := strings.TrimSpace(text); ; {
		var part string
		if strings.HasPrefix(rest, `"`) {
			i := 1
			for ; i < len(rest); i++ {
				if rest[i] == '"' {
					if i+1 >= len(rest) || rest[i+1] != '"' {
						break
					}
					i++
				}
				part += rest[i : i+1]
			}
			if i >= len(rest) {
				return nil, bad
			}
			rest = rest[i+1:]
		} else {
			i := strings.IndexAny(rest, ". \"")
			if i < 0 {
				i = len(rest)
			}
			part, rest = lower(rest[:i]), rest[i:]
		}
		if part == "" {
			return nil, bad
		}
		parts = append(parts, part)
		if rest = strings.TrimSpace(rest); rest == "" {
			return parts, nil
		}
		if rest[0] != '.' {
			return nil, bad
		}
		rest = strings.TrimSpace(rest[1:])
	}
}

// lower folds ASCII letters only, as the lexer does.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

func qualified(r *catalog.Relation) string { return QuoteIdent(r.Schema) + "." + QuoteIdent(r.Name) }

// regIn reads a name as an OID of the kind that typ says. must says that there has to be one; else it is null.
func (s *State) regIn(typ string, must bool) answer {
	return func(a expr.Asked, row uint32, out *batch.Builder) error {
		oid, err := s.regFind(typ, strings.TrimSpace(a.Text(0, row)))
		switch {
		case err == nil:
			batch.Put(out, oid)
		case must || forbidden(err) || malformed(typ, err):
			return err
		default:
			out.Null()
		}
		return nil
	}
}

// forbidden says whether an error is one of rights, which do not become a null.
func forbidden(err error) bool {
	e, ok := sqlerr.As(err)
	return ok && e.Code == sqlerr.InsufficientPrivilege
}

// malformed says whether an error is of the text of a function or operator with its types, and not that there is none.
func malformed(typ string, err error) bool {
	if typ != "regprocedure" && typ != "regoperator" {
		return false
	}
	code := sqlerr.CodeOf(err)
	return code != sqlerr.UndefinedFunction && code != sqlerr.AmbiguousFunction && code != sqlerr.InvalidSchemaName
}

func (s *State) regFind(typ, text string) (int64, error) {
	if n, err := strconv.ParseUint(text, 10, 32); err == nil {
		return int64(n), nil
	}
	if text == "-" {
		return 0, nil
	}
	if typ == "regtype" {
		oid, err := typeNamedText(text)
		if err != nil {
			bare, array := strings.CutSuffix(text, "[]")
			if r, wrong := s.relationNamed(bare); wrong == nil && rowType(r) != 0 {
				if array {
					return int64(rowArray(r)), nil
				}
				return int64(rowType(r)), nil
			}
		}
		return int64(oid), err
	}
	switch typ {
	case "regprocedure":
		return procWithArguments(text)
	case "regoper":
		return s.operatorNamed(text)
	case "regoperator":
		return s.operatorWithArguments(text)
	}
	parts, err := splitName(text)
	if err != nil {
		return 0, err
	}
	name := parts[len(parts)-1]
	switch typ {
	case "regclass":
		r, err := s.relationNamed(text)
		if err == nil {
			return int64(r.ID), nil
		}
		for _, x := range s.indexes() {
			if x.key.Name == name && (len(parts) == 1 && s.visible(x.r) || len(parts) == 2 && x.r.Schema == parts[0]) {
				return int64(x.oid), nil
			}
		}
		return 0, err
	case "regnamespace":
		if id := s.schemaID(name); id != 0 {
			return int64(id), nil
		}
		return 0, sqlerr.New(sqlerr.InvalidSchemaName, "schema %q does not exist", name)
	case "regrole":
		for _, r := range s.allRoles() {
			if r.Name == name {
				return int64(r.ID), nil
			}
		}
		return 0, sqlerr.New(sqlerr.UndefinedObject, "role %q does not exist", name)
	case "regproc":
		return procNamed(name, text)
	}
	return 0, sqlerr.NotSupported("a name as %s", typ)
}

// RegText is an OID of type t as the name it stands for.
func (s *State) RegText(t types.Type, oid int64) string { return s.regOut(t.Name(), oid) }

// RegValue is the OID of type t that a name or a number stands for.
func (s *State) RegValue(t types.Type, name string) (int64, error) {
	return s.regFind(t.Name(), strings.TrimSpace(name))
}

func (s *State) regOut(typ string, oid int64) string {
	if oid == 0 {
		return "-"
	}
	switch typ {
	case "regclass":
		if r := s.Snapshot.ByID(uint32(oid)); r != nil {
			if s.visible(r) {
				return QuoteIdent(r.Name)
			}
			return qualified(r)
		}
		for _, x := range s.indexes() {
			if int64(x.oid) == oid {
				return QuoteIdent(x.key.Name)
			}
		}
	case "regtype":
		if name := s.typeName(oid); name != "???" {
			return name
		}
	case "regnamespace":
		for _, n := range s.schemas() {
			if int64(n.ID) == oid {
				return QuoteIdent(n.Name)
			}
		}
	case "regrole":
		for _, r := range s.allRoles() {
			if int64(r.ID) == oid {
				return QuoteIdent(r.Name)
			}
		}
	case "regoper", "regoperator":
		if name := operatorText(oidText(uint32(oid)), typ == "regoperator"); name != "" {
			return name
		}
	case "regproc", "regprocedure":
		if name := procText(oid, typ == "regprocedure"); name != "" {
			return name
		}
	}
	return strconv.FormatInt(oid, 10)
}
