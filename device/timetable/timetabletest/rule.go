package timetabletest

import (
	"slices"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

const never = int64(1) << 60

// window is one opening of a loop or every rule, in instants.
type window struct{ from, to int64 }

// schedule is a rule worked out for a span of days.
type schedule struct {
	windows []window         // of a loop
	starts  map[int64]window // of rounds and chains, with the window that ends them
	valid   window
}

// scheduleOf works a rule out for the civil days around [from, to).
func scheduleOf(r wire.Rule, calendars map[string][]wire.Date, z *zone, from, to int64) schedule {
	s := schedule{starts: map[int64]window{}, valid: window{-never, never}}
	if r.From != "" {
		s.valid.from = z.instant(momentOf(r.From))
	}
	if r.Until != "" {
		s.valid.to = z.instant(momentOf(r.Until))
	}
	first := z.civil(from) - z.civil(from)%day - 3*day
	for d := first; d < z.civil(to)+2*day; d += day {
		if !dayHolds(r, calendars, d) {
			continue
		}
		switch r.Kind {
		case wire.RuleLoop:
			w, _ := openingOf(r, z, d)
			s.windows = append(s.windows, w)
		case wire.RuleEvery:
			w, civilEnd := openingOf(r, z, d)
			if w.from == w.to {
				continue // the clock jumped over it
			}
			for c := d + secondsOf(r.Window.From); c < civilEnd; c += int64(r.Every) * 60 {
				s.starts[z.instant(c)] = w
			}
		case wire.RuleAt:
			for _, c := range timesOf(r, d) {
				s.starts[z.instant(c)] = window{-never, never}
			}
		}
	}
	if r.Kind == wire.RuleOnce {
		s.starts[z.instant(momentOf(r.Once))] = window{-never, never}
	}
	for at := range s.starts {
		if at < s.valid.from || at >= s.valid.to {
			delete(s.starts, at)
		}
	}
	return s
}

// openingOf is the window that belongs to the civil day, and its civil end.
func openingOf(r wire.Rule, z *zone, d int64) (window, int64) {
	from, to := d+secondsOf(r.Window.From), d+secondsOf(r.Window.To)
	if to < from {
		to += day
	}
	return window{z.instant(from), z.instant(to)}, to
}

func timesOf(r wire.Rule, d int64) []int64 {
	var times []int64
	if r.Cron == "" {
		for _, c := range r.Times {
			times = append(times, d+secondsOf(c))
		}
		return times
	}
	for c := d; c < d+day; c += 60 {
		if cronMatches(r.Cron, c) {
			times = append(times, c)
		}
	}
	return times
}

// dayHolds tells whether the rule holds on the civil day that begins at d.
func dayHolds(r wire.Rule, calendars map[string][]wire.Date, d int64) bool {
	is := func(date wire.Date) bool { return dateOf(date) == d }
	in := func(name string) bool { return slices.ContainsFunc(calendars[name], is) }
	if slices.ContainsFunc(r.Skip, is) || slices.ContainsFunc(r.Off, in) {
		return false
	}
	if len(r.On) > 0 {
		return slices.ContainsFunc(r.On, in)
	}
	if r.Cron != "" {
		return cronDayMatches(r.Cron, d)
	}
	weekday := int(time.Unix(d, 0).UTC().Weekday())
	if weekday == 0 {
		weekday = 7
	}
	return len(r.Days) == 0 || slices.Contains(r.Days, weekday)
}
