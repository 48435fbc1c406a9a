package expr

import (
	"strings"

	"github.com/vexfs/vexstream/engine/types"
)

// Vol says how long the value of an expression holds for the same arguments.
type Vol uint8

// PostgreSQL's three volatilities, in the order in which they forbid more.
const (
	Immutable Vol = iota // for ever
	Stable               // within one statement or epoch: now()
	Volatile             // not even for two rows: random()
)

type flag uint8

const (
	fallible flag = 1 << iota // some arguments make it fail
	lenient                   // gets null arguments; all others are strict: null when an argument is
	stable
	volatile
	hidden     // never chosen by name alone
	catalogued // answered by Ctx.Catalog
)

// function is one entry of the table: one overload of a function or an operator.
type function struct {
	name  string
	args  string // type names with commas; a last "variadic T" takes any number; "=t" after them casts all to t first
	ret   string
	flags flag
	run   routine
	bind  func(f *function, args []Expr) *function // prepares what constant arguments decide; nil: nothing

	in       []types.Type
	out      types.Type
	to       types.Type // the type all arguments are cast to before the kernel runs, if any
	variadic bool
	set      *setOf              // of a set-returning function
	form     func([]Expr) string // how a call of an operator is written
}

// setOf is what a set-returning function has besides its signature.
type setOf struct {
	rows func() *jsonRecords
	cols string        // its OUT parameters: names and types, with commas; "": one column of the result type
	each bool          // a column for the elements of each argument
	make func() rowSet // what runs
}

func (s *setOf) out(f *function) []types.Type {
	if s.cols == "" {
		return []types.Type{f.out}
	}
	var ts []types.Type
	for col := range strings.SplitSeq(s.cols, ",") {
		_, t, _ := strings.Cut(col, " ")
		ts = append(ts, mustType(t))
	}
	return ts
}

func (s *setOf) name(f *function, i int) string {
	if s.cols == "" {
		return f.name
	}
	name, _, _ := strings.Cut(strings.Split(s.cols, ",")[i], " ")
	return name
}

func (f *function) vol() Vol {
	switch {
	case f.flags&volatile != 0:
		return Volatile
	case f.flags&stable != 0:
		return Stable
	}
	return Immutable
}

// The pseudo-types that a signature may use.
var (
	anyType    = types.Type{OID: 2276} // "any"
	anyElement = types.Type{OID: 2283} // all of one type
	anyArray   = types.Type{OID: 2277} // an array over anyelement
	anyScalar  = types.Type{OID: 2776} // anynonarray

	anyCompatible      = types.Type{OID: 5077} // all of types that have one in common
	anyCompatibleArray = types.Type{OID: 5078} // an array over anycompatible
)

func pseudo(t types.Type) bool {
	return t == anyType || t == anyScalar || oneElement(t) || manyElements(t)
}

// oneElement says whether t stands for the element type of a polymorphic function, manyElements for an array over it.
func oneElement(t types.Type) bool   { return t == anyElement || t == anyCompatible }
func manyElements(t types.Type) bool { return t == anyArray || t == anyCompatibleArray }

// polymorph is the type that t stands for where elements have type elem.
func polymorph(t, elem types.Type) types.Type {
	switch {
	case oneElement(t):
		return elem
	case manyElements(t):
		return elem.Array()
	}
	return t
}

var byName = func() map[string]types.Type {
	m := map[string]types.Type{
		"any": anyType, "anyelement": anyElement, "anyarray": anyArray, "anynonarray": anyScalar,
		"anycompatible": anyCompatible, "anycompatiblearray": anyCompatibleArray,
	}
	for _, in := range types.Table {
		m[in.Name] = types.Type{OID: in.OID}
	}
	return m
}()

// registry is the functions, or the operators, by name.
type registry map[string][]*function

func (r registry) add(fs []function) {
	for i := range fs {
		f := &fs[i]
		args, to, ok := strings.Cut(f.args, "=")
		if ok {
			f.to = byName[to]
		}
		if args != "" {
			for _, a := range strings.Split(args, ",") {
				a, f.variadic = strings.CutPrefix(a, "variadic ")
				f.in = append(f.in, mustType(a))
			}
		}
		f.out = mustType(f.ret)
		r[f.name] = append(r[f.name], f)
	}
}

func mustType(name string) types.Type {
	t, ok := byName[name]
	if !ok {
		panic("expr: no type " + name)
	}
	return t
}

var functions, operators, sets = build()

func build() (fs, ops, srfs registry) {
	fs, ops, srfs = registry{}, registry{}, registry{}
	for _, chapter := range [][]function{
		mathFunctions(), stringFunctions(), patternFunctions(), searchFunctions(), dateFunctions(), jsonFunctions(), arrayFunctions(), fromCatalog(), sleepFunctions(),
		byteFunctions(), sendFunctions(), identFunctions(), pathFunctions(), editFunctions(), jsonBuilders(), makeFunctions(), likeFunctions(), formattingFunctions(),
		overlapFunctions(), bucketFunctions(), populateFunctions(),
	} {
		fs.add(chapter)
	}
	for _, chapter := range [][]function{
		comparisons(), byteOrder(), arithmetic(), numericOperators(), dateOperators(), patternOperators(), jsonOperators(), pathOperators(), editOperators(), arrayOperators(),
	} {
		ops.add(chapter)
	}
	for op, fs := range ops {
		form := operatorForm(op)
		for _, f := range fs {
			f.form = form
		}
	}
	for _, chapter := range [][]function{seriesFunctions(), textSets(), jsonSets(), pathSets(), catalogSets(), recordSets()} {
		srfs.add(chapter)
	}
	return fs, ops, srfs
}

// IsFunction says whether a scalar function is called name, with any arguments.
func IsFunction(name string) bool {
	if _, ok := functions[name]; ok {
		return true
	}
	_, ok := special[name]
	return ok
}
