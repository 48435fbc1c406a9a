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
}

// Signatures gives the table of functions and operators that return one value, by name.
func Signatures() []Signature {
	var out []Signature
	for _, r := range []registry{functions, operators} {
		for name, fs := range r {
			for _, f := range fs {
				if f.flags&hidden != 0 {
					continue
				}
				out = append(out, Signature{
					Name: name, Operator: len(operators[name]) > 0 && operators[name][0] == fs[0], Args: f.in, Variadic: f.variadic,
					Result: f.out, Vol: f.vol(),
				})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Signature) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), slices.CompareFunc(a.Args, b.Args, func(x, y types.Type) int { return cmp.Compare(x.OID, y.OID) }))
	})
	return out
}
