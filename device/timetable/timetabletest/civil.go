package timetabletest

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// civil time is counted in seconds since 1970 as a wall clock would without
// any zone; instants are unix seconds.

const day = 86400

// zone maps civil seconds to instants by looking at the clock on the wall
// minute by minute.
type zone struct {
	loc  *time.Location
	seen map[int64]int64
}

func newZone(name string) (*zone, error) {
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("load zone: %w", err)
	}
	return &zone{loc: loc, seen: map[int64]int64{}}, nil
}

// civil is what the clock on the wall shows at the instant.
func (z *zone) civil(instant int64) int64 {
	_, offset := time.Unix(instant, 0).In(z.loc).Zone()
	return instant + int64(offset)
}

// instant is the first instant at which the clock on the wall shows civil or,
// where it jumps over it, the first after. The clocks of this century jump on
// whole minutes.
func (z *zone) instant(civil int64) int64 {
	if at, ok := z.seen[civil]; ok {
		return at
	}
	at := civil - civil%60 - 15*3600
	for z.civil(at+59) < civil {
		at += 60
	}
	for z.civil(at) < civil {
		at++
	}
	z.seen[civil] = at
	return at
}

func mustInt(s string) int64 {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(fmt.Sprintf("timetabletest: %q is no number", s))
	}
	return int64(n)
}

// secondsOf reads "07:00" or "07:00:30".
func secondsOf(c wire.Clock) int64 {
	n := int64(0)
	for i, part := range strings.Split(string(c), ":") {
		n += mustInt(part) * []int64{3600, 60, 1}[i]
	}
	return n
}

// dateOf reads "2026-11-24" as the civil second of its midnight.
func dateOf(d wire.Date) int64 {
	p := strings.Split(string(d), "-")
	return time.Date(int(mustInt(p[0])), time.Month(mustInt(p[1])), int(mustInt(p[2])), 0, 0, 0, 0, time.UTC).Unix()
}

// momentOf reads "2026-11-24T07:00:00" as civil seconds.
func momentOf(d wire.DateTime) int64 {
	date, clock, _ := strings.Cut(string(d), "T")
	return dateOf(wire.Date(date)) + secondsOf(wire.Clock(clock))
}
