package expr

import (
	"slices"
	"time"

	"github.com/vexfs/vexstream/engine/types"
)

// overlapFunctions are (a, b) OVERLAPS (c, d) in every form: each pair is two times, or a time and an interval.
func overlapFunctions() []function {
	var fs []function
	for _, t := range []string{"time", "timestamp", "timestamptz"} {
		for form := range 4 {
			second, fourth := t, t
			var fl flag
			if form&1 != 0 {
				second = "interval"
			}
			if form&2 != 0 {
				fourth = "interval"
			}
			if form != 0 && t != "time" {
				fl = fallible
			}
			if form != 0 && t == "timestamptz" {
				fl |= stable
			}
			fs = append(fs, function{name: "overlaps", args: t + "," + second + "," + t + "," + fourth, ret: "bool", flags: lenient | fl, run: overlaps})
		}
	}
	return fs
}

// withoutLengths leaves out the lengths of periods that have a constant null for their start: PostgreSQL adds the two, and
// so does not compute them.
func withoutLengths(f *function, args []Expr) []Expr {
	args = slices.Clone(args)
	for i := 0; i < len(args); i += 2 {
		if c, ok := IsConst(args[i]); ok && c.Null(0) && f.in[i+1].OID == types.OIDInterval {
			args[i+1] = Null(types.Interval)
		}
	}
	return args
}

// period is two times, of which one may be missing: from is the lesser, or the one there is.
type period struct {
	from, to int64
	half     bool
}

func overlaps(f *frame) {
	out := f.bits()
	var zone *time.Location
	switch f.from.OID {
	case types.OIDTimestamptz:
		zone = f.c.Locale.TimeZone()
	case types.OIDTime:
		zone = clockZone
	}
	for _, r := range f.rows() {
		a, some1, ok1 := f.period(0, r, zone)
		b, some2, ok2 := f.period(2, r, zone)
		switch {
		case !ok1 || !ok2:
			f.fail(r, timestampRange())
		case !some1 || !some2:
			f.null(r)
		default:
			known, yes := a.overlaps(b)
			if !known {
				f.null(r)
			} else if yes {
				out.Set(int(r))
			}
		}
	}
}

// clockZone marks times of day, to which intervals are added modulo a day.
var clockZone = time.FixedZone("", 0)

// period is the pair of arguments from i on; some is false where both are null.
func (f *frame) period(i int, r uint32, zone *time.Location) (p period, some, ok bool) {
	startNull, endNull := f.args[i].null(int(r)), f.args[i+1].null(int(r))
	if !startNull {
		p.from = f.i8(i, r)
	}
	if f.args[i+1].col.Type.OID == types.OIDInterval {
		if endNull = endNull || startNull; !endNull {
			s, m := spans(f, i+1)
			by := s[int(r)&m]
			if zone == clockZone {
				p.to = floorMod(p.from+by.us%dayMicros, dayMicros)
			} else if p.to, ok = shift(p.from, by, zone); !ok {
				return p, false, false
			}
		}
	} else if !endNull {
		p.to = f.i8(i+1, r)
	}
	switch {
	case startNull && endNull:
		return p, false, true
	case startNull:
		p.from, p.half = p.to, true
	case endNull:
		p.half = true
	case p.from > p.to:
		p.from, p.to = p.to, p.from
	}
	return p, true, true
}

func floorMod(a, b int64) int64 { return a - floorDiv64(a, b)*b }

// overlaps is SQL's rule, which has an answer for some periods that are known by half.
func (p period) overlaps(q period) (known, yes bool) {
	if p.from < q.from {
		p, q = q, p
	}
	switch {
	case p.from == q.from:
		return !p.half && !q.half, true
	case q.half:
		return false, false
	case p.from < q.to:
		return true, true
	}
	return !p.half, false
}
