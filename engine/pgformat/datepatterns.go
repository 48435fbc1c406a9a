package pgformat

// patternID says what a pattern stands for. Those of one letter case come first, then the spellings of names.
type patternID uint8

const (
	patAD patternID = iota + 1
	patBCDots
	patAM
	patAMDots
	patCC
	patDay
	patDDD
	patDD
	patDy
	patD
	patFF
	patFX
	patHH24
	patHH12
	patIDDD
	patID
	patIW
	patIYYY
	patIYY
	patIY
	patI
	patJ
	patMI
	patMM
	patMonth
	patMon
	patMS
	patOF
	patQ
	patRM
	patSSSS
	patSS
	patTZH
	patTZM
	patTZ
	patUS
	patWW
	patW
	patYcomma
	patYYYY
	patYYY
	patYY
	patY
)

// datePatterns are the patterns for times; of those that begin alike the first is taken.
var datePatterns = index([]pattern{
	{"A.D.", patBCDots, false, anyCalendar},
	{"A.M.", patAMDots, false, anyCalendar},
	{"AD", patAD, false, anyCalendar},
	{"AM", patAM, false, anyCalendar},
	{"B.C.", patBCDots, false, anyCalendar},
	{"BC", patAD, false, anyCalendar},
	{"CC", patCC, true, anyCalendar},
	{"DAY", patDay, false, anyCalendar},
	{"DDD", patDDD, true, gregorian},
	{"DD", patDD, true, gregorian},
	{"DY", patDy, false, anyCalendar},
	{"Day", patDay, false, anyCalendar},
	{"Dy", patDy, false, anyCalendar},
	{"D", patD, true, gregorian},
	{"FF1", patFF, true, anyCalendar},
	{"FF2", patFF, true, anyCalendar},
	{"FF3", patFF, true, anyCalendar},
	{"FF4", patFF, true, anyCalendar},
	{"FF5", patFF, true, anyCalendar},
	{"FF6", patFF, true, anyCalendar},
	{"FX", patFX, false, anyCalendar},
	{"HH24", patHH24, true, anyCalendar},
	{"HH12", patHH12, true, anyCalendar},
	{"HH", patHH12, true, anyCalendar},
	{"IDDD", patIDDD, true, isoWeeks},
	{"ID", patID, true, isoWeeks},
	{"IW", patIW, true, isoWeeks},
	{"IYYY", patIYYY, true, isoWeeks},
	{"IYY", patIYY, true, isoWeeks},
	{"IY", patIY, true, isoWeeks},
	{"I", patI, true, isoWeeks},
	{"J", patJ, true, anyCalendar},
	{"MI", patMI, true, anyCalendar},
	{"MM", patMM, true, gregorian},
	{"MONTH", patMonth, false, gregorian},
	{"MON", patMon, false, gregorian},
	{"MS", patMS, true, anyCalendar},
	{"Month", patMonth, false, gregorian},
	{"Mon", patMon, false, gregorian},
	{"OF", patOF, false, anyCalendar},
	{"P.M.", patAMDots, false, anyCalendar},
	{"PM", patAM, false, anyCalendar},
	{"Q", patQ, true, anyCalendar},
	{"RM", patRM, false, gregorian},
	{"SSSSS", patSSSS, true, anyCalendar},
	{"SSSS", patSSSS, true, anyCalendar},
	{"SS", patSS, true, anyCalendar},
	{"TZH", patTZH, false, anyCalendar},
	{"TZM", patTZM, true, anyCalendar},
	{"TZ", patTZ, false, anyCalendar},
	{"US", patUS, true, anyCalendar},
	{"WW", patWW, true, gregorian},
	{"W", patW, true, gregorian},
	{"Y,YYY", patYcomma, true, gregorian},
	{"YYYY", patYYYY, true, gregorian},
	{"YYY", patYYY, true, gregorian},
	{"YY", patYY, true, gregorian},
	{"Y", patY, true, gregorian},
	{"a.d.", patBCDots, false, anyCalendar},
	{"a.m.", patAMDots, false, anyCalendar},
	{"ad", patAD, false, anyCalendar},
	{"am", patAM, false, anyCalendar},
	{"b.c.", patBCDots, false, anyCalendar},
	{"bc", patAD, false, anyCalendar},
	{"cc", patCC, true, anyCalendar},
	{"day", patDay, false, anyCalendar},
	{"ddd", patDDD, true, gregorian},
	{"dd", patDD, true, gregorian},
	{"dy", patDy, false, anyCalendar},
	{"d", patD, true, gregorian},
	{"ff1", patFF, true, anyCalendar},
	{"ff2", patFF, true, anyCalendar},
	{"ff3", patFF, true, anyCalendar},
	{"ff4", patFF, true, anyCalendar},
	{"ff5", patFF, true, anyCalendar},
	{"ff6", patFF, true, anyCalendar},
	{"fx", patFX, false, anyCalendar},
	{"hh24", patHH24, true, anyCalendar},
	{"hh12", patHH12, true, anyCalendar},
	{"hh", patHH12, true, anyCalendar},
	{"iddd", patIDDD, true, isoWeeks},
	{"id", patID, true, isoWeeks},
	{"iw", patIW, true, isoWeeks},
	{"iyyy", patIYYY, true, isoWeeks},
	{"iyy", patIYY, true, isoWeeks},
	{"iy", patIY, true, isoWeeks},
	{"i", patI, true, isoWeeks},
	{"j", patJ, true, anyCalendar},
	{"mi", patMI, true, anyCalendar},
	{"mm", patMM, true, gregorian},
	{"month", patMonth, false, gregorian},
	{"mon", patMon, false, gregorian},
	{"ms", patMS, true, anyCalendar},
	{"of", patOF, false, anyCalendar},
	{"p.m.", patAMDots, false, anyCalendar},
	{"pm", patAM, false, anyCalendar},
	{"q", patQ, true, anyCalendar},
	{"rm", patRM, false, gregorian},
	{"sssss", patSSSS, true, anyCalendar},
	{"ssss", patSSSS, true, anyCalendar},
	{"ss", patSS, true, anyCalendar},
	{"tzh", patTZH, false, anyCalendar},
	{"tzm", patTZM, true, anyCalendar},
	{"tz", patTZ, false, anyCalendar},
	{"us", patUS, true, anyCalendar},
	{"ww", patWW, true, gregorian},
	{"w", patW, true, gregorian},
	{"y,yyy", patYcomma, true, gregorian},
	{"yyyy", patYYYY, true, gregorian},
	{"yyy", patYYY, true, gregorian},
	{"yy", patYY, true, gregorian},
	{"y", patY, true, gregorian},
})

// Date is a parsed template for dates, times and intervals.
type Date struct {
	nodes []node
	name  string // the template
}

// ParseDate parses a template. Every text is one: what is no pattern stands for itself.
func ParseDate(s string) *Date {
	d := &Date{name: s}
	for s != "" {
		fill := true
		if len(s) >= 2 {
			switch s[:2] {
			case "FM", "fm":
				fill, s = false, s[2:]
			case "TM", "tm":
				s = s[2:]
				// The names of locale C are not padded when they are asked for as the locale's.
				if s != "" {
					if p := find(datePatterns, s); p != nil && (p.id == patMonth || p.id == patDay) {
						fill = false
					}
				}
			}
		}
		if s == "" {
			break
		}
		if p := find(datePatterns, s); p != nil {
			n := node{kind: nodePattern, fill: fill, pat: p}
			s = s[len(p.name):]
			if len(s) >= 2 {
				switch s[:2] {
				case "TH", "th":
					n.th, s = s[0], s[2:]
				case "SP":
					s = s[2:]
				}
			}
			d.nodes = append(d.nodes, n)
			continue
		}
		d.nodes, s = d.literal(s)
	}
	return d
}

func (d *Date) literal(s string) ([]node, string) {
	if s[0] == '"' {
		return quoted(d.nodes, s[1:])
	}
	if s[0] == '\\' && len(s) > 1 && s[1] == '"' {
		s = s[1:]
	}
	kind := nodeText
	switch {
	case isSeparator(s[0]):
		kind = nodeSeparator
	case isSpace(s[0]):
		kind = nodeSpace
	}
	n, s := character(s, kind)
	return append(d.nodes, n), s
}
