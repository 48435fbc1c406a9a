package expr

import (
	"slices"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
	"github.com/vexfs/vexstream/engine/value"
)

// Array is ARRAY[items], the items cast to their common type: an array of it, or of one dimension more if they are
// arrays. The errors are 42804, 42P18 for no items, 42704 for a type that arrays cannot be of.
func Array(items []Expr) (Expr, error) {
	if len(items) == 0 {
		return nil, sqlerr.New(sqlerr.IndeterminateDatatype, "cannot determine type of empty array").
			WithHint("Explicitly cast to the desired type, for example ARRAY[]::integer[].")
	}
	items, t, err := unify("ARRAY", items)
	if err != nil {
		return nil, err
	}
	if types.IsVector(t) { // it has elements, and is none that an array of more dimensions is made of
		return nil, sqlerr.NotSupported("an array of %s", typeName(t)).WithHint("Cast it to an array first: v::int8[].")
	}
	if t.OID == types.OIDRecord && !slices.ContainsFunc(items, func(x Expr) bool { return x.Type() != t }) {
		return arrayOf(items, t) // whose modifier names the fields
	}
	return arrayOf(items, base(t))
}

// ArrayAs is ARRAY[items] as an array of type to: each item is cast to what its elements are, or to to itself if it is
// an array.
func ArrayAs(items []Expr, to types.Type) (Expr, error) {
	if to.Mod != 0 {
		x, err := ArrayAs(items, base(to))
		if err != nil {
			return nil, err
		}
		return Cast(x, to, Explicit)
	}
	elem := to.Elem()
	if len(items) > 0 && items[0].Type().Elem() != (types.Type{}) {
		elem = to
	}
	out := make([]Expr, len(items))
	for i, x := range items {
		var err error
		if out[i], err = Cast(x, elem, Explicit); err != nil {
			return nil, err
		}
	}
	if len(items) == 0 {
		return Lit(to, "{}")
	}
	return arrayOf(out, elem)
}

func arrayOf(items []Expr, t types.Type) (Expr, error) {
	out, run, flags := t.Array(), arrayFromItems, lenient
	if t.Elem() != (types.Type{}) {
		out, run, flags = t, arrayFromArrays, lenient|fallible
	}
	if out == (types.Type{}) {
		return nil, sqlerr.New(sqlerr.UndefinedObject, "could not find array type for data type %s", typeName(t))
	}
	return folded(&call{
		fn: &function{name: "array", flags: flags, run: run}, args: items, t: out,
		form: func(as []Expr) string { return "ARRAY[" + list(as) + "]" },
	}), nil
}

func arrayFromItems(f *frame) {
	elem := f.t.Elem()
	write := value.NewBinaryWriter(elem)
	out := f.text()
	var w arrayWriter
	for _, r := range f.rows() {
		out.at(r)
		if !out.room(f.sizeOf(r)) {
			continue
		}
		w.list(&out, elem, 1)
		for i := range f.args {
			w.row(write, &f.args[i], r)
		}
		w.end()
	}
	out.done()
}

// arrayFromArrays makes an array of one dimension more. Empty arrays and nulls count as nothing if all are.
func arrayFromArrays(f *frame) {
	out := f.text()
	parts := make([]types.Array, len(f.args))
	var w arrayWriter
	for _, r := range f.rows() {
		out.at(r)
		dims, bounds, err := openParts(f, r, parts)
		if err != nil {
			f.fail(r, err)
			continue
		}
		w.shaped(&out, f.t.Elem(), dims, bounds)
		for i := range parts {
			w.rest(&parts[i])
		}
		w.end()
	}
	out.done()
}

// openParts opens the arrays of row r and gives the shape of the array that they make.
func openParts(f *frame, r uint32, parts []types.Array) (dims, bounds []int32, err error) {
	first, empty := -1, false
	for i := range f.args {
		parts[i] = types.Array{}
		if !f.args[i].null(int(r)) {
			if parts[i], err = types.OpenArray(f.raw(i, r)); err != nil {
				return nil, nil, err
			}
		}
		switch {
		case parts[i].Len() == 0:
			empty = true
		case first < 0:
			first = i
		case !slices.Equal(parts[i].Dims, parts[first].Dims) || !slices.Equal(parts[i].Bounds, parts[first].Bounds):
			return nil, nil, unlikeArrays()
		}
	}
	if first < 0 {
		return nil, nil, nil
	}
	if empty {
		return nil, nil, unlikeArrays()
	}
	if n := len(parts[first].Dims) + 1; n > maxDimensions {
		return nil, nil, tooManyDimensions(n)
	}
	dims = append([]int32{int32(len(parts))}, parts[first].Dims...)
	bounds = append([]int32{1}, parts[first].Bounds...)
	_, err = arrayItems(dims)
	return dims, bounds, err
}

func unlikeArrays() error {
	return sqlerr.New(sqlerr.ArraySubscriptError, "multidimensional arrays must have array expressions with matching dimensions")
}

// Bound is one subscript of x[...]. Lo is nil in a slice that begins where the array does, Hi in one that ends there; an
// element has Hi only.
type Bound struct{ Lo, Hi Expr }

// Subscript is x[i][j]..., or the slice x[lo:hi]... of an array; the bounds are integers. An element that is not there is
// null.
func Subscript(x Expr, bounds []Bound, slice bool) (Expr, error) {
	if len(bounds) > maxDimensions {
		return nil, tooManyDimensions(len(bounds))
	}
	name, args := "subscript", []Expr{x}
	for _, b := range bounds {
		switch {
		case !slice:
			args = append(args, b.Hi)
			continue
		case b.Lo != nil && b.Hi != nil:
			name, args = name+"=", append(args, b.Lo, b.Hi)
		case b.Lo != nil:
			name, args = name+">", append(args, b.Lo)
		case b.Hi != nil:
			name, args = name+"<", append(args, b.Hi)
		default:
			name += ":"
		}
	}
	t, run := x.Type().Elem(), element
	if slice {
		marks := name[len("subscript"):]
		t, run = base(x.Type()), func(f *frame) { arraySlice(f, marks) }
	}
	form := func(as []Expr) string { return subscriptText(name[len("subscript"):], slice, as) }
	return folded(&call{fn: &function{name: name, run: run}, args: args, t: t, form: form}), nil
}

func subscriptText(marks string, slice bool, as []Expr) string {
	s := paren(as[0])
	as = as[1:]
	if !slice {
		for _, a := range as {
			s += "[" + a.String() + "]"
		}
		return s
	}
	for _, m := range marks {
		switch m {
		case '=':
			s += "[" + as[0].String() + ":" + as[1].String() + "]"
			as = as[2:]
		case '>':
			s += "[" + as[0].String() + ":]"
			as = as[1:]
		case '<':
			s += "[:" + as[0].String() + "]"
			as = as[1:]
		default:
			s += "[:]"
		}
	}
	return s
}
