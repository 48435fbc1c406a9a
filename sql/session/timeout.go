package session

import (
	"time"
)

// timeouts are the settings that are spans of time, in milliseconds where no unit is written.
var timeouts = map[string]bool{
	"statement_timeout": true, "lock_timeout": true, "idle_in_transaction_session_timeout": true, "idle_session_timeout": true,
}

// timeout reads a span of time and gives it as PostgreSQL shows it: in the longest unit that it is a whole number of.
func timeout(name, value string) (time.Duration, string, error) {
	p := parameter{name: name, kind: "integer", unit: "ms", least: "0", most: "2147483647"}
	ms, err := p.number(value)
	if err != nil {
		return 0, "", err
	}
	return time.Duration(ms) * time.Millisecond, p.shown(p.text(ms)), nil
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
