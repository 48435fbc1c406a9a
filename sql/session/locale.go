package session

import (
	"strconv"
	"strings"
	"time"

	"github.com/vexfs/vexstream/engine/expr"
	"github.com/vexfs/vexstream/engine/sqlerr"
	"github.com/vexfs/vexstream/engine/types"
)

// Locale is what the session's settings say about text forms, and the time of a statement that begins now.
func (s *Session) Locale() *types.Locale {
	l := s.locale
	l.Now = s.e.Committer.Now()
	return &l
}

// Encoding is the one of the client's texts; nil: UTF-8. Any goroutine may ask.
func (s *Session) Encoding() *expr.Encoding { return s.encoding.Load() }

// localize changes what a setting of text forms says, and gives its value as SHOW spells it. known is false for other settings.
// Errors: 22023.
func localize(l *types.Locale, name, value string) (shown string, known bool, err error) {
	switch name {
	case "timezone":
		shown, err = setZone(l, value)
	case "datestyle":
		shown, err = setDateStyle(l, value)
	case "intervalstyle":
		var i int
		shown, i, err = oneOf("intervalstyle", value, "postgres", "postgres_verbose", "sql_standard", "iso_8601")
		l.Spans = types.IntervalStyle(i)
	case "bytea_output":
		var i int
		shown, i, err = oneOf("bytea_output", value, "escape", "hex")
		l.Escape = i == 0
	case "extra_float_digits":
		shown, err = setFloatDigits(l, value)
	default:
		return "", false, nil
	}
	return shown, true, err
}

func badValue(name, value string) *sqlerr.Error {
	return sqlerr.New(sqlerr.InvalidParameterValue, "invalid value for parameter %q: \"%s\"", name, value)
}

// oneOf finds the word that a setting is set to.
func oneOf(name, value string, words ...string) (string, int, error) {
	for i, w := range words {
		if strings.EqualFold(w, value) {
			return w, i, nil
		}
	}
	return "", 0, badValue(name, value).WithHint("Available values: %s.", strings.Join(words, ", "))
}

func setZone(l *types.Locale, value string) (string, error) {
	zone, shown, ok := types.SessionZone(value)
	if !ok {
		return "", badValue("TimeZone", value)
	}
	if l.Zone = zone; zone == time.UTC {
		l.Zone = nil
	}
	return shown, nil
}

// setDateStyle reads a list of a style and an order, of which either may be missing.
func setDateStyle(l *types.Locale, value string) (string, error) {
	var style, order []int // what was named: one each, or the same again
	bad := badValue("DateStyle", value)
	for word := range strings.SplitSeq(value, ",") {
		switch word = strings.ToUpper(strings.TrimSpace(word)); {
		case word == "ISO":
			style = append(style, int(types.DatesISO))
		case word == "SQL":
			style = append(style, int(types.DatesSQL))
		case strings.HasPrefix(word, "POSTGRES"):
			style = append(style, int(types.DatesPostgres))
		case word == "GERMAN":
			style = append(style, int(types.DatesGerman))
		case word == "YMD":
			order = append(order, int(types.OrderYMD))
		case word == "DMY", strings.HasPrefix(word, "EURO"):
			order = append(order, int(types.OrderDMY))
		case word == "MDY", word == "US", strings.HasPrefix(word, "NONEURO"):
			order = append(order, int(types.OrderMDY))
		case word == "DEFAULT":
			if style == nil {
				style = append(style, int(types.DatesISO))
			}
			if order == nil {
				order = append(order, int(types.OrderMDY))
			}
		default:
			return "", bad.WithDetail("Unrecognized key word: \"%s\".", strings.ToLower(word))
		}
	}
	for _, named := range [][]int{style, order} {
		for _, v := range named {
			if v != named[0] {
				return "", bad.WithDetail("Conflicting \"datestyle\" specifications.")
			}
		}
	}
	if style != nil {
		l.Dates = types.DateStyle(style[0])
	}
	if order != nil {
		l.Order = types.DateOrder(order[0])
	} else if style != nil && l.Dates == types.DatesGerman {
		l.Order = types.OrderDMY
	}
	return [...]string{"ISO", "SQL", "Postgres", "German"}[l.Dates] + ", " + [...]string{"MDY", "DMY", "YMD"}[l.Order], nil
}

// setFloatDigits reads how many digits more than the usual 15 are written; from 1 on, as many as there must be.
func setFloatDigits(l *types.Locale, value string) (string, error) {
	n, err := strconv.Atoi(strings.TrimSpace(value))
	switch {
	case err != nil:
		return "", badValue("extra_float_digits", value)
	case n < -15 || n > 3:
		return "", sqlerr.New(sqlerr.InvalidParameterValue, "%d is outside the valid range for parameter \"extra_float_digits\" (-15 .. 3)", n)
	case n > 0:
		l.FloatDigits = 0
	default:
		l.FloatDigits = max(15+n, 1)
	}
	return strconv.Itoa(n), nil
}
