package expr

import (
	"strconv"
	"strings"
	"time"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// zoneOf finds a time zone as AT TIME ZONE takes it: a bare offset counts west of Greenwich, as POSIX has it.
func zoneOf(name string) (*time.Location, error) {
	if s, ok := posixOffset(name); ok {
		return time.FixedZone(strings.Clone(name), -s), nil
	}
	return types.LoadZone(name)
}

// posixOffset reads +02, -5:30, +0530, 12 as seconds.
func posixOffset(s string) (int, bool) {
	digits := strings.TrimLeft(s, "+-")
	if digits == "" || len(s)-len(digits) > 1 || digits[0] < '0' || digits[0] > '9' {
		return 0, false
	}
	h, m, _ := strings.Cut(digits, ":")
	if m == "" && len(h) == 4 {
		h, m = h[:2], h[2:]
	}
	hours, err := strconv.Atoi(h)
	if err != nil || hours > 167 {
		return 0, false
	}
	mins := 0
	if m != "" {
		if mins, err = strconv.Atoi(m); err != nil || mins > 59 {
			return 0, false
		}
	}
	v := hours*3600 + mins*60
	if s[0] == '-' {
		v = -v
	}
	return v, true
}

// rowZone is the zone that argument 0 of AT TIME ZONE names: text, or an interval east of UTC.
func rowZone(f *frame, r uint32, z *zoneArg) (*time.Location, error) {
	if f.args[0].col.Type.OID != types.OIDInterval {
		return z.get(f.str(0, r))
	}
	s, m := spans(f, 0)
	v := s[int(r)&m]
	if v.months != 0 || v.days != 0 {
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, "interval time zone must not include months or days")
	}
	return time.FixedZone("", int(v.us/secMicros)), nil
}

// toLocal is timestamptz AT TIME ZONE: what the clocks of the zone show.
func toLocal(f *frame) {
	var z zoneArg
	a, ma := vals[int64](f, 1)
	out := result[int64](f)
	for _, r := range f.rows() {
		t := a[int(r)&ma]
		if t == minInstant || t == maxInstant {
			out[r] = t // in any zone, even one that is none
			continue
		}
		loc, err := rowZone(f, r, &z)
		if err != nil {
			f.fail(r, err)
			continue
		}
		out[r] = t + int64(types.OffsetAt(types.Micros(t), loc))*secMicros
	}
}

// fromLocal is timestamp AT TIME ZONE: when the clocks of the zone show it.
func fromLocal(f *frame) {
	var z zoneArg
	a, ma := vals[int64](f, 1)
	out := result[int64](f)
	for _, r := range f.rows() {
		t := a[int(r)&ma]
		if t == minInstant || t == maxInstant {
			out[r] = t // in any zone, even one that is none
			continue
		}
		loc, err := rowZone(f, r, &z)
		if err != nil {
			f.fail(r, err)
			continue
		}
		out[r] = int64(types.LocalToUTC(t, loc))
	}
}

// zoneArg is a time zone's name from a row, looked up again only when it changes.
type zoneArg struct {
	name string
	loc  *time.Location
}

func (z *zoneArg) get(name string) (*time.Location, error) {
	if z.loc != nil && z.name == name {
		return z.loc, nil
	}
	loc, err := zoneOf(name)
	if err != nil {
		return nil, err
	}
	z.name, z.loc = strings.Clone(name), loc
	return loc, nil
}
