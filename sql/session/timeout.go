package session

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/vexfs/vexstream/engine/sqlerr"
)

// timeouts are the settings that are spans of time, in milliseconds where no unit is written.
var timeouts = map[string]bool{
	"statement_timeout": true, "lock_timeout": true, "idle_in_transaction_session_timeout": true, "idle_session_timeout": true,
}

// units of a span of time, the longest first; the last is less than what is kept.
var units = []struct {
	name string
	us   float64
}{{"d", 86_400e6}, {"h", 3600e6}, {"min", 60e6}, {"s", 1e6}, {"ms", 1e3}, {"us", 1}}

// timeout reads a span of time and gives it as PostgreSQL shows it: in the longest unit that it is a whole number of.
func timeout(name, value string) (time.Duration, string, error) {
	text := strings.TrimSpace(value)
	end := 0
	for end < len(text) && strings.IndexByte("+-.0123456789", text[end]) >= 0 {
		end++
	}
	bad := func() *sqlerr.Error {
		return sqlerr.New(sqlerr.InvalidParameterValue, "invalid value for parameter %q: %q", name, value)
	}
	n, err := strconv.ParseFloat(text[:end], 64)
	if err != nil {
		return 0, "", bad()
	}
	factor := 1e3
	if unit := strings.TrimSpace(text[end:]); unit != "" {
		factor = 0
		for _, u := range units {
			if u.name == unit {
				factor = u.us
			}
		}
		if factor == 0 {
			return 0, "", bad().WithHint(`Valid units for this parameter are "us", "ms", "s", "min", "h", and "d".`)
		}
	}
	ms := math.RoundToEven(n * factor / 1e3)
	if ms < 0 || ms > math.MaxInt32 {
		return 0, "", sqlerr.New(sqlerr.InvalidParameterValue, "%.0f ms is outside the valid range for parameter %q (0 ms .. 2147483647 ms)", ms, name)
	}
	shown := "0"
	for _, u := range units {
		if count := ms * 1e3 / u.us; ms > 0 && count == math.Trunc(count) {
			shown = strconv.FormatFloat(count, 'f', -1, 64) + u.name
			break
		}
	}
	return time.Duration(ms) * time.Millisecond, shown, nil
}

// Timeout is one of the settings statement_timeout, idle_in_transaction_session_timeout and idle_session_timeout; 0 for
// none. The protocol in front of the session keeps the time.
func (s *Session) Timeout(name string) time.Duration {
	value := s.settings.values[name]
	if value == "0" { // nearly always, and it is asked for with every statement
		return 0
	}
	d, _, _ := timeout(name, value) // it was checked when it was set
	return d
}
