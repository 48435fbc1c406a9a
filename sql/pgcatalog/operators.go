package pgcatalog

import (
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// signature cuts "name(type, type)" into the name and the types. The type NONE is that of an operand which is not there, if
// operands says that the types are those of an operator: 0.
func signature(text string, operands bool) (name string, args []uint32, err error) {
	name, list, ok := strings.Cut(text, "(")
	if !ok {
		return "", nil, sqlerr.New(sqlerr.InvalidTextRepresentation, "expected a left parenthesis")
	}
	list, ok = strings.CutSuffix(strings.TrimSpace(list), ")")
	if !ok {
		return "", nil, sqlerr.New(sqlerr.InvalidTextRepresentation, "expected a right parenthesis")
	}
	for _, a := range splitTypes(list) {
		if operands && strings.EqualFold(strings.TrimSpace(a), "none") {
			args = append(args, 0)
			continue
		}
		oid, err := typeNamedText(a)
		if err != nil {
			return "", nil, err
		}
		args = append(args, uint32(oid))
	}
	return name, args, nil
}

// operatorNamed finds an operator by its name, which may have its schema before it and must be that of one only.
func (s *State) operatorNamed(text string) (int64, error) {
	name, err := s.operatorName(text)
	if err != nil {
		return 0, err
	}
	found := int64(0)
	for _, c := range lines("pg_operator.txt") {
		if c[1] != name || !operatorIDs()[c[0]] {
			continue
		}
		if found != 0 {
			return 0, sqlerr.New(sqlerr.AmbiguousFunction, "more than one operator named %s", text)
		}
		found = int64(number(c[0]))
	}
	if found == 0 {
		return 0, sqlerr.New(sqlerr.UndefinedFunction, "operator does not exist: %s", text)
	}
	return found, nil
}

// operatorWithArguments finds an operator by its name and the types of both operands, as in "-(none,integer)".
func (s *State) operatorWithArguments(text string) (int64, error) {
	head, args, err := signature(text, true)
	switch {
	case err != nil:
		return 0, err
	case len(args) == 1:
		return 0, sqlerr.New(sqlerr.UndefinedParameter, "missing argument").WithHint("Use NONE to denote the missing argument of a unary operator.")
	case len(args) != 2:
		return 0, sqlerr.New(sqlerr.TooManyArguments, "too many arguments").WithHint("Provide two argument types for operator.")
	}
	name, err := s.operatorName(head)
	if err != nil {
		return 0, err
	}
	for _, c := range lines("pg_operator.txt") {
		if c[1] == name && number(c[7]) == args[0] && number(c[8]) == args[1] && operatorIDs()[c[0]] {
			return int64(number(c[0])), nil
		}
	}
	return 0, sqlerr.New(sqlerr.UndefinedFunction, "operator does not exist: %s", text)
}

// operatorName takes the schema from the name of an operator, which has no point itself; "" if that schema has no operators.
func (s *State) operatorName(text string) (string, error) {
	text = strings.TrimSpace(text)
	at := strings.LastIndexByte(text, '.')
	if at < 0 {
		return text, nil
	}
	schema, err := splitName(text[:at])
	if err != nil {
		return "", err
	}
	switch last := schema[len(schema)-1]; {
	case last == "pg_catalog":
		return text[at+1:], nil
	case s.schemaID(last) == 0:
		return "", sqlerr.New(sqlerr.InvalidSchemaName, "schema %q does not exist", last)
	}
	return "", nil
}
