package pgcatalog

import (
	"slices"
	"strconv"
	"sync"

	"github.com/vexfs/vexstream/sql/catalog"
)

// referenced are the functions that rows of other catalogs name: how a type is read, what an operator calls. They are in
// pg_proc so that a join finds them, though only few of them can be called.
func referenced(aggregates []*proc) map[uint32]bool {
	named := map[uint32]bool{}
	take := func(file string, keep func([]string) bool, cells ...int) {
		for _, c := range lines(file) {
			for _, i := range cells {
				if keep(c) {
					named[number(c[i])] = true
				}
			}
		}
	}
	all := func([]string) bool { return true }
	take("pg_type.txt", shownType, 12, 15, 16, 17, 18, 19, 20, 21)
	take("pg_operator.txt", knownOperator, 12, 13, 14)
	take("pg_cast.txt", knownCast, 3)
	take("pg_am.txt", all, 2)
	take("pg_language.txt", all, 5, 6, 7)
	take("pg_amproc.txt", knownPair(2), 5)
	called := map[uint32]bool{}
	for _, p := range aggregates {
		called[p.oid] = true
		named[p.support] = true
	}
	take("pg_aggregate.txt", func(c []string) bool { return called[number(c[0])] }, 3, 4, 5, 6, 7, 8, 9, 10)
	delete(named, 0)
	return named
}

// shownType says whether pg_type has a type: one that columns can be of, or one that functions are declared with.
func shownType(c []string) bool { return c[6] == "p" || knownType(c[0]) }

// knownPair says whether the types in cells i and i+1 are known.
func knownPair(i int) func(c []string) bool {
	return func(c []string) bool { return shown(c[i]) && shown(c[i+1]) }
}

func shown(oid string) bool { return shownTypes()[oid] }

var shownTypes = sync.OnceValue(func() map[string]bool { return idsOf("pg_type.txt", shownType) })

// idsOf gives the OIDs of a catalog's rows that keep says are here.
func idsOf(catalog string, keep func(row []string) bool) map[string]bool {
	m := map[string]bool{}
	for _, c := range lines(catalog) {
		if keep(c) {
			m[c[0]] = true
		}
	}
	return m
}

// knownClass says whether an operator class is of a type that is known.
func knownClass(c []string) bool { return shown(c[6]) && (c[8] == "0" || shown(c[8])) }

// knownFamily says whether an operator family has a class.
func knownFamily(c []string) bool {
	for _, o := range lines("pg_opclass.txt") {
		if o[5] == c[0] && knownClass(o) {
			return true
		}
	}
	return false
}

func knownMember(c []string) bool { return shown(c[2]) && shown(c[3]) && operatorIDs()[c[6]] }

// operatorIDs are the operators that can be used.
var operatorIDs = sync.OnceValue(func() map[string]bool { return idsOf("pg_operator.txt", knownOperator) })

// objectComment is what is said of one of PostgreSQL's own objects.
type objectComment struct {
	object, class uint32
	text          string
}

// builtinComments are those of the objects that are here, by catalog and OID.
var builtinComments = sync.OnceValue(func() []objectComment {
	var out []objectComment
	for _, c := range lines("pg_description.txt") {
		o := objectComment{number(c[0]), number(c[1]), ""}
		if text, ok := unescape(c[3]).(string); ok && isHere(o.class, c[0]) {
			o.text = text
			out = append(out, o)
		}
	}
	return out
})

const (
	oidPgOperator uint32 = 2617
	oidPgLanguage uint32 = 2612
)

func isHere(class uint32, oid string) bool {
	switch class {
	case oidPgProc:
		n, _ := strconv.Atoi(oid)
		return procByID(int64(n)) != nil
	case oidPgOperator:
		return operatorIDs()[oid]
	case oidPgType:
		return shown(oid)
	case oidPgLanguage:
		return slices.ContainsFunc(lines("pg_language.txt"), func(c []string) bool { return c[0] == oid })
	}
	return true // access methods and collations
}

// commentOn finds what is said of an object in a catalog; class 0 is any of them.
func (s *State) commentOn(class uint32, oid int64) string {
	if class == 0 || class == oidPgNamespace {
		for _, n := range s.schemas() {
			if int64(n.ID) == oid {
				return n.Comment
			}
		}
	}
	if class == 0 || class == oidPgClass {
		if r := s.Snapshot.ByID(uint32(oid)); r != nil {
			return r.Comment
		}
		for _, x := range s.indexes() {
			if int64(x.oid) == oid {
				return x.key.OfIndex
			}
		}
	}
	if class == 0 || class == oidPgConstraint {
		for _, c := range s.constraints() {
			if int64(c.oid) == oid {
				return c.comment()
			}
		}
	}
	i := slices.IndexFunc(builtinComments(), func(c objectComment) bool {
		return int64(c.object) == oid && (class == 0 || c.class == class)
	})
	if i < 0 {
		return ""
	}
	return builtinComments()[i].text
}

// classNamed is the OID of a catalog, 1 if there is none of the name.
func (s *State) classNamed(name string) uint32 {
	if r := s.Snapshot.Lookup("pg_catalog", name); r != nil && r.Kind == catalog.System {
		return r.ID
	}
	return 1
}
