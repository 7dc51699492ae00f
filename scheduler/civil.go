package scheduler

import (
	"fmt"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// The forms of civil time on the wire.
const (
	dateForm     = "2006-01-02"
	dateTimeForm = "2006-01-02T15:04:05"
)

// seconds is the second of the day; 24:00 is the end of it.
func seconds(c wire.Clock) (int, bool) {
	if c == "24:00" || c == "24:00:00" {
		return 86400, true
	}
	for _, form := range []string{"15:04", "15:04:05"} {
		if t, err := time.Parse(form, string(c)); err == nil && len(c) == len(form) {
			return t.Hour()*3600 + t.Minute()*60 + t.Second(), true
		}
	}
	return 0, false
}

func checkClock(field string, c wire.Clock) error {
	if s, ok := seconds(c); ok && s < 86400 {
		return nil
	}
	return invalid(field, string(c), Words{"不是一天里的时刻", "this is no time of day"}, Words{"写成 “07:00” 或 “07:00:30”", `write it as "07:00" or "07:00:30"`})
}

// CheckWindow checks a window; the field names it in the error.
func CheckWindow(field string, w wire.Window) error {
	if err := checkClock(field+".from", w.From); err != nil {
		return err
	}
	to, ok := seconds(w.To)
	if !ok {
		return invalid(field+".to", string(w.To),
			Words{"不是一天里的时刻", "this is no time of day"},
			Words{"写成 “21:00”；一天的末尾是 “24:00”", `write it as "21:00"; the end of the day is "24:00"`})
	}
	if from, _ := seconds(w.From); from == to {
		return invalid(field, string(w.From)+"–"+string(w.To),
			Words{"时段是空的", "the window is empty"},
			Words{"结束要晚于开始；全天是 “00:00”–“24:00”", `let it end later than it begins; the whole day is "00:00"–"24:00"`})
	}
	return nil
}

func checkWindows(field string, ws []wire.Window) error {
	for i, w := range ws {
		if err := CheckWindow(fmt.Sprintf("%s[%d]", field, i), w); err != nil {
			return err
		}
	}
	return nil
}

func checkDate(field string, d wire.Date) error {
	if _, err := time.Parse(dateForm, string(d)); err != nil {
		return invalid(field, string(d), Words{"不是日期", "this is no date"}, Words{"写成 “2026-11-24”", `write it as "2026-11-24"`})
	}
	return nil
}

// civil reads a civil instant in a zone; the zero time if it is empty or none.
func civil(d wire.DateTime, zone *time.Location) time.Time {
	t, err := time.ParseInLocation(dateTimeForm, string(d), zone)
	if err != nil {
		return time.Time{}
	}
	return t
}

// Ends is when the programme's validity is over, in the county's zone; zero
// when it has no end yet.
func (p Programme) Ends(zone *time.Location) time.Time { return civil(p.Rule.Until, zone) }
