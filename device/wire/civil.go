package wire

import (
	"fmt"
	"time"
)

// Seconds is the clock's second of the day, 0 to 86,400 ("24:00").
func (c Clock) Seconds() (int, error) {
	s := string(c)
	h, ok1 := digits(s, 0, 2)
	m, ok2 := digits(s, 3, 5)
	sec, ok3 := 0, true
	if len(s) == 8 {
		sec, ok3 = digits(s, 6, 8)
		ok3 = ok3 && s[5] == ':'
	}
	ok := ok1 && ok2 && ok3 && s[2] == ':' && (len(s) == 5 || len(s) == 8) && m < 60 && sec < 60
	if n := h*3600 + m*60 + sec; ok && n <= 86400 {
		return n, nil
	}
	return 0, fmt.Errorf("%w: %.20q is no time of day: use \"07:00\", \"07:00:30\" or \"24:00\"", ErrMalformed, s)
}

// Time is midnight of the day, as wall-clock time taken as UTC.
func (d Date) Time() (time.Time, error) {
	t, err := time.Parse("2006-01-02", string(d))
	if err != nil || len(d) != 10 {
		return time.Time{}, fmt.Errorf("%w: %.20q is no day: use \"2026-11-24\"", ErrMalformed, string(d))
	}
	return t, nil
}

// Time is the civil instant as wall-clock time taken as UTC.
func (d DateTime) Time() (time.Time, error) {
	t, err := time.Parse("2006-01-02T15:04:05", string(d))
	if err != nil || len(d) != 19 {
		return time.Time{}, fmt.Errorf("%w: %.30q is no civil instant: use \"2026-11-24T07:00:00\"", ErrMalformed, string(d))
	}
	return t, nil
}

// digits reads the decimal digits of s[from:to].
func digits(s string, from, to int) (int, bool) {
	if len(s) < to {
		return 0, false
	}
	n := 0
	for _, c := range s[from:to] {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}
