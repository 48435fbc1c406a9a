package types

import "strings"

type tokenKind uint8

const (
	tokenReserved tokenKind = iota + 1
	tokenMonth
	tokenWeekday
	tokenEra
	tokenHalf
	tokenUnit   // says what the number behind it is: y2001m02d04
	tokenTime   // the T before a time
	tokenSummer // an hour more: EST DST
	tokenIgnored
	tokenNoDate // a part that extract knows, and no date
)

type dateToken struct {
	kind tokenKind
	v    int
}

// The values of reserved words, and of words that say what follows.
const (
	reservedNow = iota + 1
	reservedToday
	reservedTomorrow
	reservedYesterday
	reservedZulu
	reservedEpoch
	reservedInfinity
	reservedMinusInfinity

	labelYear
	labelMonth
	labelDay
	labelHour
	labelMinute
	labelSecond
	labelJulian
	labelTime
)

// dateTokens are the words that a date or time may have besides zones.
var dateTokens = func() map[string]dateToken {
	m := map[string]dateToken{
		"now": {tokenReserved, reservedNow}, "today": {tokenReserved, reservedToday}, "tomorrow": {tokenReserved, reservedTomorrow},
		"yesterday": {tokenReserved, reservedYesterday}, "allballs": {tokenReserved, reservedZulu}, "epoch": {tokenReserved, reservedEpoch},
		"infinity":  {tokenReserved, reservedInfinity},
		"-infinity": {tokenReserved, reservedMinusInfinity},
		"ad":        {tokenEra, 0}, "bc": {tokenEra, 1}, "am": {tokenHalf, 0}, "pm": {tokenHalf, 1}, "at": {tokenIgnored, 0}, "on": {tokenIgnored, 0},
		"t": {tokenTime, labelTime}, "dst": {tokenSummer, 3600}, "y": {tokenUnit, labelYear}, "m": {tokenUnit, labelMonth}, "d": {tokenUnit, labelDay},
		"h": {tokenUnit, labelHour}, "mm": {tokenUnit, labelMinute}, "s": {tokenUnit, labelSecond}, "j": {tokenUnit, labelJulian},
		"jd": {tokenUnit, labelJulian}, "julian": {tokenUnit, labelJulian},
	}
	for i, name := range strings.Fields("dow doy isodow isoyear") {
		m[name] = dateToken{tokenNoDate, i}
	}
	for i, name := range strings.Fields("january february march april may june july august september october november december") {
		m[name] = dateToken{tokenMonth, i + 1}
		m[name[:3]] = dateToken{tokenMonth, i + 1}
	}
	m["sept"] = dateToken{tokenMonth, 9}
	for i, names := range []string{"sunday sun", "monday mon", "tuesday tue tues", "wednesday wed weds", "thursday thu thur thurs", "friday fri", "saturday sat"} {
		for name := range strings.FieldsSeq(names) {
			m[name] = dateToken{tokenWeekday, i}
		}
	}
	return m
}()
