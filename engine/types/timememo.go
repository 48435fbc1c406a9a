package types

// TimeMemo reads timestamps one after the other, at less cost where one lies in the second of the one before it and is
// written as that is: only the fraction is read then.
type TimeMemo struct {
	second [secondLen]byte // YYYY-MM-DDTHH:MM:SS; zeros: none yet
	at     Micros          // of it, as UTC
}

const (
	secondLen = len("2026-01-01T00:00:00")
	fracLen   = len(".123456")
)

// ParseTimestamptz is ParseTimestamptz.
func (m *TimeMemo) ParseTimestamptz(s string, l *Locale) (Micros, error) {
	if at, n := m.Prefix(s); n == len(s) && n > 0 {
		return at, nil
	}
	at, err := ParseTimestamptz(s, l)
	if err != nil || len(s) <= secondLen || s[len(s)-1] != 'Z' {
		return at, err
	}
	if _, us, hasTime, rest, ok := isoPrefix(s); ok && hasTime && rest == "Z" {
		copy(m.second[:], s)
		m.at = at - Micros(us%int64(Second))
	}
	return at, nil
}

// Prefix gives the timestamp that s begins with, and its length, if it lies in the second of the one before and ends with Z;
// else 0 for the length. What comes behind it is not looked at.
func (m *TimeMemo) Prefix(s string) (at Micros, n int) {
	if len(s) <= secondLen || s[:secondLen] != string(m.second[:]) {
		return 0, 0
	}
	if s[secondLen] == 'Z' {
		return m.at, secondLen + 1
	}
	rest := s[secondLen:min(len(s), secondLen+fracLen+1)]
	if rest[0] != '.' {
		return 0, 0
	}
	i, f := 1, int64(0)
	for ; i < len(rest) && rest[i]-'0' <= 9; i++ {
		f = f*10 + int64(rest[i]-'0')
	}
	if i == 1 || i > fracLen || i == len(rest) || rest[i] != 'Z' {
		return 0, 0
	}
	return m.at + Micros(f*microScale[i]), secondLen + i + 1
}
