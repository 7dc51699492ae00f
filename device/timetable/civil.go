package timetable

import (
	"fmt"
	"math"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	_ "time/tzdata" // a board without zone files keeps the same time
)

// Civil time is counted in seconds since 1970-01-01T00:00:00 on the wall, as if
// the wall were UTC; civil days are that divided by daySeconds. Instants are
// unix nanoseconds.
const (
	daySeconds = 86400
	second     = int64(time.Second)
	hour       = int64(time.Hour)
	never      = int64(math.MaxInt64)
)

// parseClock reads "07:00" or "07:00:30" as seconds of the day; "24:00" only
// where the end of a window stands.
func parseClock(c wire.Clock, end bool) (int64, bool) {
	s := string(c)
	if end && (s == "24:00" || s == "24:00:00") {
		return daySeconds, true
	}
	layout := "15:04"
	if len(s) == 8 {
		layout = "15:04:05"
	} else if len(s) != 5 {
		return 0, false
	}
	t, err := time.Parse(layout, s)
	if err != nil {
		return 0, false
	}
	return int64(t.Hour()*3600 + t.Minute()*60 + t.Second()), true
}

// parseDate reads a civil day as days since 1970.
func parseDate(d wire.Date) (int64, bool) {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil || !saneYear(t) {
		return 0, false
	}
	return t.Unix() / daySeconds, true
}

// parseDateTime reads a civil instant.
func parseDateTime(d wire.DateTime) (int64, bool) {
	t, err := time.Parse("2006-01-02T15:04:05", string(d))
	if err != nil {
		t, err = time.Parse("2006-01-02T15:04", string(d))
	}
	if err != nil || t.Nanosecond() != 0 || !saneYear(t) {
		return 0, false
	}
	return t.Unix(), true
}

// saneYear keeps instants far inside what nanoseconds can count.
func saneYear(t time.Time) bool { return t.Year() >= 1970 && t.Year() < 2200 }

// parseWindow gives a window in seconds from the midnight before it; to exceeds
// a day where the window crosses midnight.
func parseWindow(w wire.Window) (from, to int64, err error) {
	from, ok := parseClock(w.From, false)
	to, ok2 := parseClock(w.To, true)
	switch {
	case !ok || !ok2:
		return 0, 0, fmt.Errorf("no time of day")
	case from == to || from == 0 && to == daySeconds && w.From == w.To:
		return 0, 0, fmt.Errorf("empty")
	case to < from:
		to += daySeconds
	}
	return from, to, nil
}

// zone maps civil time to instants and back. It remembers the last stretch of
// constant offset, so it belongs to one goroutine.
type zone struct {
	loc    *time.Location
	off    int64 // seconds east
	lo, hi int64 // unix seconds between which off holds
}

func newZone(loc *time.Location) *zone { return &zone{loc: loc, lo: 1, hi: 0} }

// look makes off, lo and hi those of the instant, in unix seconds.
func (z *zone) look(unix int64) {
	if unix >= z.lo && unix < z.hi {
		return
	}
	t := time.Unix(unix, 0).In(z.loc)
	_, off := t.Zone()
	start, end := t.ZoneBounds()
	z.off, z.lo, z.hi = int64(off), math.MinInt64/4, math.MaxInt64/4
	if !start.IsZero() {
		z.lo = start.Unix()
	}
	if !end.IsZero() {
		z.hi = end.Unix()
	}
}

// civil is the wall's reading at an instant.
func (z *zone) civil(ns int64) int64 {
	unix := floorDiv(ns, second)
	z.look(unix)
	return unix + z.off
}

// instant is the first instant at which the wall shows civil or, where it is
// skipped, the first one after the gap.
func (z *zone) instant(civil int64) int64 {
	z.look(civil - z.off)
	if u := civil - z.off; u >= z.lo+daySeconds && u < z.hi {
		return u * second
	}
	// The offsets in force a day and a half before and after enclose a transition.
	first := int64(math.MaxInt64)
	for _, probe := range [3]int64{civil - 36*3600, civil, civil + 36*3600} {
		z.look(probe)
		if u := civil - z.off; u >= z.lo && u < z.hi {
			first = min(first, u)
		}
	}
	if first != math.MaxInt64 {
		return first * second
	}
	return z.afterGap(civil) * second
}

// afterGap is the first transition, in unix seconds, after which the wall
// shows more than civil.
func (z *zone) afterGap(civil int64) int64 {
	z.look(civil - 36*3600)
	for range 8 {
		if z.hi >= math.MaxInt64/4 || z.hi+z.off > civil+daySeconds*3 {
			break
		}
		at := z.hi
		z.look(at)
		if at+z.off > civil {
			return at
		}
	}
	return civil - z.off
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// nsOf is how many nanoseconds frames last, to the nearest; framesIn the other
// way. A frame is 62500/3 ns.
func nsOf(frames int64) int64 { return floorDiv(frames*62500*2+3, 6) }

func framesIn(ns int64) int64 { return floorDiv(ns*6+62500, 125000) }
