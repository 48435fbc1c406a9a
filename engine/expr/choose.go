package expr

import (
	"errors"

	"github.com/vexfs/vexstream/engine/types"
)

var errNotUnique = errors.New("not unique")

// maxArgs is PostgreSQL's limit on a call's arguments.
const maxArgs = 100

// param is the type of argument i of a call.
func (f *function) param(i int) types.Type {
	if f.variadic && i >= len(f.in)-1 {
		return f.in[len(f.in)-1]
	}
	return f.in[i]
}

func (f *function) takes(n int) bool {
	if f.variadic {
		return n >= len(f.in)
	}
	return n == len(f.in)
}

// chooseAmong is choose without a memory.
func chooseAmong(all []*function, ts []types.Type) (*function, error) {
	if len(ts) > maxArgs {
		return nil, nil
	}
	for _, f := range all {
		if f.flags&hidden == 0 && f.takes(len(ts)) && alike(f, ts) && fit(f, ts) == exactly {
			return f, nil
		}
	}
	var cands []*function
	for _, f := range all {
		if f.flags&hidden == 0 && f.takes(len(ts)) && fit(f, ts) == byCast {
			cands = append(cands, f)
		}
	}
	if len(cands) > 1 {
		cands = most(cands, func(f *function) int { return exactMatches(f, ts) })
	}
	if len(cands) > 1 {
		cands = most(cands, func(f *function) int { return preferredMatches(f, ts) })
	}
	if len(cands) > 1 {
		cands = byUnknowns(cands, ts)
	}
	switch len(cands) {
	case 0:
		return nil, nil
	case 1:
		return cands[0], nil
	}
	return nil, errNotUnique
}

// alike says whether f's parameters have the very types.
func alike(f *function, ts []types.Type) bool {
	for i, t := range ts {
		if f.param(i).OID != t.OID {
			return false
		}
	}
	return true
}

func isArray(t types.Type) bool { return t.Elem() != (types.Type{}) }

// compares says whether f is one of the six comparisons.
func compares(f *function) bool {
	switch f.name {
	case "=", "<>", "<", "<=", ">", ">=":
		return true
	}
	return false
}

type fitness uint8

const (
	notAtAll fitness = iota
	byCast
	exactly
)

func fit(f *function, ts []types.Type) fitness {
	best := exactly
	if len(ts) == 2 && ts[0].OID != ts[1].OID && isArray(ts[0]) && isArray(ts[1]) && compares(f) {
		return notAtAll // arrays of two types are not compared, whatever type both could be cast to
	}
	for i, t := range ts {
		p := f.param(i)
		switch {
		case p.OID == t.OID:
		case p == anyScalar && t.Elem() != (types.Type{}):
			return notAtAll
		case p == anyType, p == anyScalar, oneElement(p):
			best = byCast
		case manyElements(p):
			if t != types.Unknown && t.Elem() == (types.Type{}) {
				return notAtAll
			}
			best = byCast
		case t == types.Unknown || CanCast(t, p, Implicit):
			best = byCast
		default:
			return notAtAll
		}
	}
	if best == byCast && !consistent(f, ts) {
		return notAtAll
	}
	return best
}

// consistent says whether the arguments that stand for one element type, or arrays over it, can: anyelement and anyarray
// take one type, anycompatible what has a common one.
func consistent(f *function, ts []types.Type) bool {
	var strict, loose []types.Type
	arrays := false
	for i, t := range ts {
		p := f.param(i)
		arrays = arrays || manyElements(p)
		if t == types.Unknown {
			continue
		}
		elem := base(t)
		if manyElements(p) {
			elem = base(t.Elem())
		}
		switch p {
		case anyElement, anyArray:
			strict = append(strict, elem)
		case anyCompatible, anyCompatibleArray:
			loose = append(loose, elem)
		}
	}
	for _, t := range strict {
		if t != strict[0] {
			return false
		}
	}
	if len(loose) > 1 {
		if _, err := UnionType(loose); err != nil {
			return false
		}
	}
	return !arrays || (len(strict) == 0 || strict[0].Array() != types.Type{}) && (len(loose) == 0 || loose[0].Array() != types.Type{})
}

func most(cands []*function, score func(*function) int) []*function {
	best, kept := -1, cands[:0:0]
	for _, f := range cands {
		s := score(f)
		if s > best {
			best, kept = s, kept[:0]
		}
		if s == best {
			kept = append(kept, f)
		}
	}
	return kept
}

func exactMatches(f *function, ts []types.Type) int {
	n := 0
	for i, t := range ts {
		if t != types.Unknown && f.param(i).OID == t.OID {
			n++
		}
	}
	return n
}

func preferredMatches(f *function, ts []types.Type) int {
	n := 0
	for i, t := range ts {
		p := f.param(i)
		if t != types.Unknown && (p.OID == t.OID || p.Category() == t.Category() && p.Preferred()) {
			n++
		}
	}
	return n
}

// byUnknowns settles the places where the argument is an untyped literal: by category first, then by supposing that
// the literals are of the type that all other arguments have.
func byUnknowns(cands []*function, ts []types.Type) []*function {
	if kept, ok := byCategory(cands, ts); ok && len(kept) == 1 {
		return kept
	}
	same := types.Type{}
	unknowns := false
	for _, t := range ts {
		switch {
		case t == types.Unknown:
			unknowns = true
		case same == types.Type{} || same == base(t):
			same = base(t)
		default:
			return cands
		}
	}
	if same == (types.Type{}) || !unknowns {
		return cands
	}
	supposed := make([]types.Type, len(ts))
	for i := range supposed {
		supposed[i] = same
	}
	kept := cands[:0:0]
	for _, f := range cands {
		if fit(f, supposed) != notAtAll {
			kept = append(kept, f)
		}
	}
	if len(kept) == 1 {
		return kept
	}
	return cands
}

func byCategory(cands []*function, ts []types.Type) ([]*function, bool) {
	type choice struct {
		cat       byte
		preferred bool
	}
	slots := make([]choice, len(ts))
	for i, t := range ts {
		if t != types.Unknown {
			continue
		}
		var cat byte
		conflict, preferred := false, false
		for _, f := range cands {
			p := f.param(i)
			k := p.Category()
			switch {
			case cat == 0:
				cat, preferred = k, p.Preferred()
			case k == cat:
				preferred = preferred || p.Preferred()
			case k == 'S':
				cat, conflict, preferred = k, false, p.Preferred()
			case cat != 'S':
				conflict = true
			}
		}
		if conflict && cat != 'S' {
			return nil, false
		}
		slots[i] = choice{cat, preferred}
	}
	kept := cands[:0:0]
	for _, f := range cands {
		ok := true
		for i, t := range ts {
			p := f.param(i)
			if t == types.Unknown && (p.Category() != slots[i].cat || slots[i].preferred && !p.Preferred()) {
				ok = false
			}
		}
		if ok {
			kept = append(kept, f)
		}
	}
	return kept, len(kept) > 0
}
