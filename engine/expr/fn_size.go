package expr

import (
	"strconv"
	"strings"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// sizeUnits are the units of pg_size_pretty, each 1024 of the one before it.
var sizeUnits = []string{"bytes", "kB", "MB", "GB", "TB", "PB"}

// sizeLimit is from which number on the next unit is taken, for one unit or, while half units are kept, for halves.
const sizeLimit = 10 * 1024

// sizePretty writes a number of bytes in the largest unit that leaves four digits or so, rounded half away from zero.
func sizePretty(f *frame, dst []byte, r uint32) ([]byte, error) {
	v := f.i8(0, r)
	for i, unit := range sizeUnits {
		limit, halves := int64(sizeLimit), i > 0
		if halves {
			limit = 2*sizeLimit - 1
		}
		if last := i == len(sizeUnits)-1; last || v > -limit && v < limit {
			if halves {
				v = halfRounded(v)
			}
			return append(strconv.AppendInt(dst, v, 10), " "+unit...), nil
		}
		// One bit is kept for rounding; the first step from bytes keeps it by shifting one less.
		if halves {
			v /= 1024
		} else {
			v /= 512
		}
	}
	return dst, nil
}

func halfRounded(v int64) int64 {
	if v < 0 {
		return (v - 1) / 2
	}
	return (v + 1) / 2
}

func numericSizePretty(f *frame, dst []byte, r uint32) ([]byte, error) {
	var n, limit, step number
	n.load(f.raw(0, r))
	if n.kind != finite {
		return append(dst, n.String()+" bytes"...), nil
	}
	for i, unit := range sizeUnits {
		halves := i > 0
		limit.setInt(sizeLimit)
		if halves {
			limit.setInt(2*sizeLimit - 1)
		}
		abs := n
		abs.c.Abs(&n.c)
		if last := i == len(sizeUnits)-1; last || abs.cmp(&limit) < 0 {
			if halves {
				step.setInt(1)
				if n.c.Sign() < 0 {
					step.setInt(-1)
				}
				_ = addNumber(&n, &step)
				step.setInt(2)
				_ = quoNumber(&n, &step)
			}
			return append(append(dst, n.String()...), " "+unit...), nil
		}
		step.setInt(1024)
		if !halves {
			step.setInt(512)
		}
		_ = quoNumber(&n, &step)
	}
	return dst, nil
}

// sizeBytes reads what pg_size_pretty writes, and numbers with a point or an exponent before the unit.
func sizeBytes(f *frame, r uint32) (int64, error) {
	whole := f.str(0, r)
	bad := func() *sqlerr.Error {
		return sqlerr.New(sqlerr.InvalidParameterValue, "invalid size: \"%s\"", strings.Clone(whole))
	}
	s := strings.TrimSpace(whole)
	end := len(s) - len(strings.TrimLeft(s, "+-0123456789."))
	if end < len(s) && s[end]|0x20 == 'e' && end > 0 {
		rest := strings.TrimLeft(s[end+1:], "+-")
		if digits := len(rest) - len(strings.TrimLeft(rest, "0123456789")); digits > 0 {
			end = len(s) - len(rest) + digits
		}
	}
	var n, factor number
	if end == 0 || !n.set(s[:end]) {
		return 0, bad()
	}
	if unit := strings.TrimSpace(s[end:]); unit != "" {
		shift := -1
		for i, u := range sizeUnits {
			if strings.EqualFold(u, unit) {
				shift = 10 * i
			}
		}
		if shift < 0 {
			return 0, bad().WithDetail("Invalid size unit: \"%s\".", strings.Clone(unit)).
				WithHint(`Valid units are "bytes", "kB", "MB", "GB", "TB", and "PB".`)
		}
		factor.setInt(1 << shift)
		_ = mulNumber(&n, &factor)
	}
	n.rescale(0)
	if !n.c.IsInt64() {
		return 0, outOfRange(f.t)
	}
	return n.c.Int64(), nil
}
