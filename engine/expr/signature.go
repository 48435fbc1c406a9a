package expr

import (
	"cmp"
	"slices"

	"github.com/vexfs/vexstream/engine/types"
)

// Signature is an overload of a function or an operator, for who lists or tests them.
type Signature struct {
	Name     string
	Operator bool
	Args     []types.Type // pseudo-types included; the last one repeats if Variadic
	Variadic bool
	Result   types.Type
	Vol      Vol
	Strict   bool        // null where an argument is
	Set      bool        // it returns a set
	Catalog  bool        // a Catalog answers it
	Columns  []SetColumn // of a set of several columns; nil: one of Result
}

// Signatures gives the table of functions and operators that return one value, by name.
func Signatures() []Signature {
	return sorted(append(functions.signatures(false), operators.signatures(true)...))
}

// SetSignatures gives the table of functions that return sets, by name.
func SetSignatures() []Signature { return sorted(sets.signatures(false)) }

func sorted(out []Signature) []Signature {
	slices.SortStableFunc(out, func(a, b Signature) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), slices.CompareFunc(a.Args, b.Args, func(x, y types.Type) int { return cmp.Compare(x.OID, y.OID) }))
	})
	return out
}

func (r registry) signatures(operator bool) []Signature {
	var out []Signature
	for name, fs := range r {
		for _, f := range fs {
			if f.flags&hidden != 0 {
				continue
			}
			s := Signature{
				Name: name, Operator: operator, Args: f.in, Variadic: f.variadic, Result: f.out, Vol: f.vol(),
				Strict: f.flags&lenient == 0, Set: f.set != nil, Catalog: f.flags&catalogued != 0,
			}
			if f.set != nil && f.set.cols != "" {
				for i, t := range f.set.out(f) {
					s.Columns = append(s.Columns, SetColumn{Name: f.set.name(f, i), Type: t})
				}
			}
			out = append(out, s)
		}
	}
	return out
}
