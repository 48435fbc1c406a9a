package pgformat

// Days by their Julian number, in 32 bits as PostgreSQL counts them: a month beyond the year counts on.

func julian(y, m, d int32) int32 {
	if m > 2 {
		m++
		y += 4800
	} else {
		m += 13
		y += 4799
	}
	century := y / 100
	j := y*365 - 32167
	j += y/4 - century + century/4
	return j + 7834*m/256 + d
}

func fromJulian(jd int32) (y, m, d int32) {
	j := uint32(jd) + 32044
	quad := j / 146097
	extra := (j-quad*146097)*4 + 3
	j += 60 + quad*3 + extra/146097
	quad = j / 1461
	j -= quad * 1461
	years := int32(j * 4 / 1461)
	if years != 0 {
		j = (j + 305) % 365
	} else {
		j = (j + 306) % 366
	}
	j += 123
	years += int32(quad * 4)
	quad = j * 2141 / 65536
	return years - 4800, int32((quad+10)%12 + 1), int32(j - 7834*quad/256)
}

// weekday of a Julian day, 0 for Sunday.
func weekday(j int32) int32 {
	if j = (j + 1) % 7; j < 0 {
		j += 7
	}
	return j
}

// isoStart is the Julian day of the Monday that begins week 1 of an ISO year.
func isoStart(year int32) int32 {
	day4 := julian(year, 1, 4)
	return day4 - weekday(day4-1)
}

// isoWeek is the ISO year and week of a date.
func isoWeek(y, m, d int32) (year, week int32) {
	j, start := julian(y, m, d), isoStart(y)
	if j < start {
		y--
		start = isoStart(y)
	}
	week = (j-start)/7 + 1
	if week >= 53 {
		if next := isoStart(y + 1); j >= next {
			y, week = y+1, (j-next)/7+1
		}
	}
	return y, week
}

// isoYearDay is the day of the ISO year, from 1.
func isoYearDay(y, m, d int32) int32 {
	year, _ := isoWeek(y, m, d)
	return julian(y, m, d) - isoStart(year) + 1
}

func leap(y int32) bool { return y%4 == 0 && (y%100 != 0 || y%400 == 0) }

// yearDays are the days before each month, of common and of leap years.
var yearDays = [2][13]int32{
	{0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365},
	{0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366},
}

func daysOf(y int32) *[13]int32 {
	if leap(y) {
		return &yearDays[1]
	}
	return &yearDays[0]
}

func monthLength(y, m int32) int32 { t := daysOf(y); return t[m] - t[m-1] }
