package expr

import (
	"strings"
	"time"

	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// rowZone is the zone that argument 0 of AT TIME ZONE names: text, or an interval east of UTC.
func rowZone(f *frame, r uint32, z *zoneArg) (*time.Location, error) {
	if f.args[0].col.Type.OID != types.OIDInterval {
		return z.get(f.str(0, r))
	}
	s, m := spans(f, 0)
	v := s[int(r)&m]
	if v.months != 0 || v.days != 0 {
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, "interval time zone \"%s\" must not include months or days",
			types.AppendInterval(nil, types.Span{Micros: v.us, Days: v.days, Months: v.months}))
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
	loc, err := types.LoadZone(strings.Clone(name))
	if err != nil {
		return nil, err
	}
	z.name, z.loc = strings.Clone(name), loc
	return loc, nil
}
