package timetabletest

import (
	"strings"
	"time"
)

// cronMatches tells whether the minute of the civil time fits the five fields.
func cronMatches(expr string, civil int64) bool {
	f := strings.Fields(expr)
	t := time.Unix(civil, 0).UTC()
	return fieldMatches(f[0], t.Minute(), 0, 59, nil) && fieldMatches(f[1], t.Hour(), 0, 23, nil) && cronDay(f, t)
}

// cronDayMatches looks at day, month and weekday only.
func cronDayMatches(expr string, civil int64) bool {
	return cronDay(strings.Fields(expr), time.Unix(civil, 0).UTC())
}

func cronDay(f []string, t time.Time) bool {
	dom := fieldMatches(f[2], t.Day(), 1, 31, nil)
	dow := fieldMatches(f[4], int(t.Weekday()), 0, 6, []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"})
	months := []string{"", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}
	if !fieldMatches(f[3], int(t.Month()), 1, 12, months) {
		return false
	}
	// Where both are restricted, either will do.
	if f[2] != "*" && f[4] != "*" {
		return dom || dow
	}
	return dom && dow
}

func fieldMatches(field string, value, least, most int, names []string) bool {
	number := func(s string) int {
		for i, n := range names {
			if n != "" && strings.EqualFold(n, s) {
				return i
			}
		}
		return int(mustInt(s))
	}
	for part := range strings.SplitSeq(field, ",") {
		span, stepText, stepped := strings.Cut(part, "/")
		from, to := least, most
		if span != "*" {
			a, b, ranged := strings.Cut(span, "-")
			from = number(a)
			switch {
			case ranged:
				to = number(b)
			case !stepped:
				to = from
			}
		}
		step := 1
		if stepped {
			step = int(mustInt(stepText))
		}
		if value >= from && value <= to && (value-from)%step == 0 {
			return true
		}
	}
	return false
}
