package timetable

import (
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// Opens is the first instant from at on at which a warning of the level may
// sound, with the reason why not before. It is at itself where nothing is in the
// way, and zero where nothing ends that within the year.
func (t *Table) Opens(level wire.Level, at time.Time) (time.Time, Reason) {
	h := newHours(newZone(t.loc), t.quiet[wire.OutputSound][class(level)])
	var why Reason
	x := at.UnixNano()
	for end := at.AddDate(1, 0, 0).UnixNano(); ; {
		q := h.next(x)
		switch {
		case q.from > x:
			return t.time(x), why
		case q.to >= end:
			return time.Time{}, *q.why
		}
		x = q.to
		if why.Code == "" {
			why = *q.why
		}
	}
}
