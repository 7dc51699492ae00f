package timetable

import (
	"math"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// holds tells whether the rule holds on a civil day.
func (r *rule) holds(day int64) bool {
	if len(r.skip) > 0 && r.skip[day] || r.off != nil && r.off[day] {
		return false
	}
	if r.on != nil {
		if !r.on[day] {
			return false
		}
	} else if !r.days[(day%7+11)%7] { // 1970-01-01 was a Thursday
		return false
	}
	return r.cron == nil || r.cronDay(day)
}

// cronDay is the day part of cron's own rule: where both day of month and
// weekday are restricted, one of them is enough.
func (r *rule) cronDay(day int64) bool {
	const star = 1 << 63
	t := time.Unix(day*daySeconds, 0).UTC()
	if 1<<uint(t.Month())&r.cron.Month == 0 {
		return false
	}
	dom, dow := 1<<uint(t.Day())&r.cron.Dom > 0, 1<<uint(t.Weekday())&r.cron.Dow > 0
	if r.cron.Dom&star > 0 || r.cron.Dow&star > 0 {
		return dom && dow
	}
	return dom || dow
}

// starts calls yield with the civil starts of a civil day, in order: of rounds
// (every), chains (at, once) or the window (loop). Validity is not looked at.
func (r *rule) starts(day int64, yield func(civil int64)) {
	base := day * daySeconds
	if r.kind == wire.RuleOnce && floorDiv(r.once, daySeconds) != day || !r.holds(day) {
		return
	}
	switch {
	case r.kind == wire.RuleOnce:
		yield(r.once)
	case r.kind == wire.RuleLoop:
		yield(base + r.from)
	case r.kind == wire.RuleEvery:
		for s := r.from; s < r.to; s += r.every {
			yield(base + s)
		}
	default:
		for _, s := range r.times {
			yield(base + s)
		}
	}
}

// occurrence is one job to be: its scheduled start and the end that its window
// and validity set.
type occurrence struct {
	start, end int64
	why        string // EndWindow or EndValidity
}

// occurrences appends those of one civil day whose start lies in the validity,
// and for a loop also the one that the validity finds open.
func (r *rule) occurrences(z *zone, day int64, list []occurrence) []occurrence {
	since, until, why := int64(math.MinInt64), never, EndValidity
	if r.src.From != "" {
		since = z.instant(r.since)
	}
	if r.src.Until != "" {
		until = z.instant(r.until)
	}
	windowed := r.kind == wire.RuleLoop || r.kind == wire.RuleEvery
	if windowed {
		if end := z.instant(day*daySeconds + r.to); end <= until {
			until, why = end, EndWindow
		}
	}
	r.starts(day, func(civil int64) {
		at := z.instant(civil)
		if at >= until || at < since && r.kind != wire.RuleLoop {
			return
		}
		if n := len(list); n > 0 && list[n-1].start == at {
			return // two readings of the wall in one gap: the same instant, the same round
		}
		list = append(list, occurrence{at, until, why})
	})
	return list
}

// Next lists the scheduled starts of the next n rounds or chains of a rule at or
// after from, in the named zone. For a loop these are the starts of its windows.
// It gives fewer when the rule has no more within five years.
func Next(r wire.Rule, zoneName string, calendars map[string][]wire.Date, from time.Time, n int) ([]time.Time, error) {
	rl, err := parseRule(r)
	if err != nil {
		return nil, err
	}
	if err := rl.bind(calendars); err != nil {
		return nil, err
	}
	loc, err := loadZone(zoneName)
	if err != nil {
		return nil, err
	}
	z := newZone(loc)
	var out []time.Time
	first := floorDiv(z.civil(from.UnixNano()), daySeconds)
	if r.From != "" {
		first = max(first, floorDiv(rl.since, daySeconds))
	}
	if rl.kind == wire.RuleOnce {
		first = max(first, floorDiv(rl.once, daySeconds)+1)
	}
	var list []occurrence
	for day := first - 1; day < first+5*366 && len(out) < n; day++ {
		list = rl.occurrences(z, day, list[:0])
		for _, o := range list {
			t := time.Unix(0, o.start).In(loc)
			if !t.Before(from) && len(out) < n && (len(out) == 0 || t.After(out[len(out)-1])) {
				out = append(out, t)
			}
		}
	}
	return out, nil
}
