package oracle

import (
	"fmt"
	"strings"

	"github.com/vexfs/vexstream/engine/types"
)

// frame is a frame clause with bounds in rows, peers or all.
func (s *selects) frame() string {
	mode := pick(s.generator, []string{"ROWS", "GROUPS", "RANGE"})
	starts := []string{"UNBOUNDED PRECEDING", "CURRENT ROW"}
	ends := []string{"CURRENT ROW", "UNBOUNDED FOLLOWING"}
	if mode != "RANGE" {
		starts = append(starts, "1 PRECEDING", "2 PRECEDING")
		ends = append(ends, "1 FOLLOWING", "3 FOLLOWING")
	}
	frame := fmt.Sprintf(" %s BETWEEN %s AND %s", mode, pick(s.generator, starts), pick(s.generator, ends))
	if mode != "RANGE" && s.chance(20) {
		frame = " " + mode + pick(s.generator, []string{" BETWEEN 1 FOLLOWING AND 3 FOLLOWING", " BETWEEN 3 PRECEDING AND 1 PRECEDING", " 2 PRECEDING"})
	}
	return frame + s.exclude()
}

func (s *selects) exclude() string {
	return pick(s.generator, []string{"", "", " EXCLUDE CURRENT ROW", " EXCLUDE TIES", " EXCLUDE GROUP", " EXCLUDE NO OTHERS"})
}

// distances are frames by distance, for a key of a type.
var distances = map[types.Type][]string{
	types.Int4:    {"1 PRECEDING AND 1 FOLLOWING", "CURRENT ROW AND 2 FOLLOWING", "3 PRECEDING AND 1 PRECEDING"},
	types.Int8:    {"1 PRECEDING AND 1 FOLLOWING", "UNBOUNDED PRECEDING AND 2 FOLLOWING"},
	types.Numeric: {"1.5 PRECEDING AND 0.75 FOLLOWING"}, types.Float8: {"0.25 PRECEDING AND 2.0 FOLLOWING"},
	types.Interval: {"'1 day' PRECEDING AND '1 mon' FOLLOWING"},
	types.Date:     {"'1 day' PRECEDING AND '1 mon' FOLLOWING"}, types.Timestamptz: {"'30 min' PRECEDING AND '30 min' FOLLOWING", "'1 year' PRECEDING AND CURRENT ROW"},
}

// overs are calls of window functions. windows becomes a WINDOW clause where one is used.
func (s *selects) overs(cols []column, windows *node) []column {
	names := make([]string, len(cols))
	for i, c := range cols {
		names[i] = c.name
	}
	var out []column
	for range 2 {
		total := strings.Join(names, pick(s.generator, []string{", ", " DESC, ", " NULLS FIRST, "}))
		by := pick(s.generator, cols)
		partition := ""
		if s.chance(60) {
			partition = "PARTITION BY " + pick(s.generator, names) + " "
		}
		c := pick(s.generator, cols)
		frame := ""
		if s.chance(70) {
			frame = s.frame()
		}
		over := " OVER (" + partition + "ORDER BY " + total + frame + ")"
		loose := " OVER (" + partition + "ORDER BY " + by.name + ")"
		out = append(out, pick(s.generator, []column{
			{"row_number()" + over, types.Int8},
			{"rank()" + loose, types.Int8},
			{"dense_rank()" + loose, types.Int8},
			{"percent_rank()" + loose, types.Float8},
			{"cume_dist()" + loose, types.Float8},
			{"ntile(3)" + over, types.Int4},
			{"lag(" + c.name + ")" + over, c.t},
			{"lead(" + c.name + ", 2)" + over, c.t},
			{"lag(" + c.name + ", 1, " + c.name + ")" + over, c.t},
			{"first_value(" + c.name + ")" + over, c.t},
			{"last_value(" + c.name + ")" + over, c.t},
			{"nth_value(" + c.name + ", 2)" + over, c.t},
			{"count(" + c.name + ")" + over, types.Int8},
			{"count(*)" + loose, types.Int8},
		}))
		a := s.aggregate(cols)
		if strings.Contains(a.name, "DISTINCT") || strings.Contains(a.name, "ORDER BY") {
			continue
		}
		switch near := distances[by.t]; {
		case windows.text == "" && s.chance(20):
			windows.text = " WINDOW w1 AS (" + partition + "ORDER BY " + total + "), w2 AS (w1" + s.frame() + ")"
			a.name += pick(s.generator, []string{" OVER w1", " OVER w2", " OVER (w1" + s.frame() + ")"})
		case near != nil && s.chance(30):
			a.name += " OVER (" + partition + "ORDER BY " + by.name + pick(s.generator, []string{"", " DESC", " NULLS FIRST"}) + " RANGE BETWEEN " + pick(s.generator, near) + s.exclude() + ")"
		default:
			a.name += over
		}
		out = append(out, a)
	}
	return out
}
