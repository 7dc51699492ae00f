package timetabletest

import (
	"slices"

	"github.com/villagecast/villagecast/device/wire"
)

// silence is a span in which an output keeps silent, but for warnings of the
// levels named.
type silence struct {
	window
	loud []wire.Level
}

// dailySpans are the spans of a time of day, on all days round the scenario.
func (w *world) dailySpans(q wire.Window) []window {
	var spans []window
	first := w.zone.civil(w.from) - w.zone.civil(w.from)%day - 2*day
	for d := first; d < w.zone.civil(w.to)+3*day; d += day {
		from, to := d+secondsOf(q.From), d+secondsOf(q.To)
		if to < from {
			to += day
		}
		spans = append(spans, window{w.zone.instant(from), w.zone.instant(to)})
	}
	return spans
}

// silences are the spans, in or near the scenario, in which content must not play on the output.
func (w *world) silences(o wire.Output) []silence {
	return slices.DeleteFunc(w.allSilences(o), func(s silence) bool { return s.to <= w.from || s.from > w.to+day })
}

func (w *world) allSilences(o wire.Output) []silence {
	var list []silence
	if o == wire.OutputScreen {
		for _, q := range w.county.Dark {
			for _, s := range w.dailySpans(q) {
				list = append(list, silence{s, []wire.Level{wire.LevelRed, wire.LevelOrange, wire.LevelYellow, wire.LevelBlue}})
			}
		}
		return list
	}
	for _, q := range slices.Concat(w.county.Quiet, w.settings.Quiet) {
		for _, s := range w.dailySpans(q) {
			list = append(list, silence{s, w.county.Loud})
		}
	}
	for _, orders := range w.orders {
		for _, e := range orders.Exceptions {
			spans := []window{{e.From / 1000, e.Until / 1000}}
			if e.Window != nil {
				spans = w.dailySpans(*e.Window)
			}
			loud := e.Loud
			if len(loud) == 0 {
				loud = w.county.Loud
			}
			for _, s := range spans {
				s.from, s.to = max(s.from, e.From/1000), min(s.to, e.Until/1000)
				if s.from < s.to {
					list = append(list, silence{s, loud})
				}
			}
		}
	}
	return list
}

type capSpan struct {
	window
	volume int
}

func (w *world) capSpans() []capSpan {
	var list []capSpan
	for _, c := range w.county.Caps {
		for _, s := range w.dailySpans(c.Window) {
			list = append(list, capSpan{s, c.Volume})
		}
	}
	return slices.DeleteFunc(list, func(s capSpan) bool { return s.to <= w.from || s.from >= w.to })
}

// volume is that of a content on the sound output.
func (w *world) volume(c *content, t int64) int {
	v := w.settings.Volume * c.programme.Volume / 100
	if c.interrupt && slices.Contains(w.county.Loud, c.programme.Level) {
		return v
	}
	for _, s := range w.caps {
		if t >= s.from && t < s.to {
			v = min(v, s.volume)
		}
	}
	return v
}

// forgotten tells whether a programme is silent since the centre is.
func (w *world) forgotten(p *wire.Programme, t int64) bool {
	if p.SilentAfter == 0 {
		return false
	}
	for i := len(w.heard) - 1; i >= 0; i-- {
		if at := w.heard[i].Unix(); at <= t {
			return t >= at+int64(p.SilentAfter)*3600
		}
	}
	return false
}

// closedAccount tells whether somebody gave something after their account was closed.
func (w *world) closedAccount(by string, at int64) bool {
	for _, o := range w.orders {
		for _, l := range o.Locked {
			if o.Address == wire.AreaAddress(w.settings.Chain[0]) && l.ID == by && at >= l.Since {
				return true
			}
		}
	}
	return false
}

// tooHigh tells whether a warning's issuer may not warn at its level.
func (w *world) tooHigh(i wire.Interrupt) bool {
	order := []wire.Level{wire.LevelNone, wire.LevelBlue, wire.LevelYellow, wire.LevelOrange, wire.LevelRed}
	most, named := w.county.HighestIn[i.Issuer]
	if !named {
		if len(w.county.Highest) == 0 {
			return false
		}
		for depth, id := range w.settings.Chain {
			if id == i.Issuer {
				for most = w.county.Highest[0]; depth > 0 && len(w.county.Highest) > depth; depth = 0 {
					most = w.county.Highest[depth]
				}
				if depth > 0 {
					most = w.county.Highest[len(w.county.Highest)-1]
				}
			}
		}
	}
	return slices.Index(order, i.Level) > slices.Index(order, most)
}
