package scheduler

import (
	"time"

	"github.com/villagecast/villagecast/device/timetable"
	"github.com/villagecast/villagecast/device/wire"
)

// NextStarts are the next n starts of a rule after now, in the county's zone.
func NextStarts(r wire.Rule, zone string, calendars map[string][]wire.Date, now time.Time, n int) ([]time.Time, error) {
	return timetable.Next(r, zone, calendars, now, n)
}
