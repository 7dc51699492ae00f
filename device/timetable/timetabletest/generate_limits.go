package timetabletest

import (
	"slices"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

var warningLevels = []wire.Level{wire.LevelRed, wire.LevelOrange, wire.LevelYellow, wire.LevelBlue}

// levels are some of the warning levels.
func (m *maker) levels() []wire.Level {
	return slices.DeleteFunc(slices.Clone(warningLevels), func(wire.Level) bool { return m.odds(2) })
}

// above is an area that may issue on the address.
func (m *maker) above(a wire.Address) string {
	_, id := a.Split()
	return one(m, m.chain[:slices.Index(m.chain, id)+1]...)
}

// limits sets volume caps, the levels at which areas may warn, and when the
// centre spoke.
func (m *maker) limits(s *Scenario) {
	county := s.Bulletins[0].County
	for range m.r.IntN(3) {
		if m.odds(2) {
			county.Caps = append(county.Caps, wire.VolumeCap{Window: m.window(), Volume: one(m, 0, 30, 60, 90)})
		}
	}
	limits := append([]wire.Level{wire.LevelNone}, warningLevels...)
	if m.odds(3) {
		for range 1 + m.r.IntN(4) {
			county.Highest = append(county.Highest, one(m, limits...))
		}
	}
	if m.odds(5) {
		county.HighestIn = map[string]wire.Level{one(m, m.chain...): one(m, limits...)}
	}
	at := s.From.Add(-time.Duration(m.r.IntN(3*3600)) * time.Second)
	for ; at.Before(s.To); at = at.Add(time.Duration(60+m.r.IntN(3*3600)) * time.Second) {
		s.Heard = append(s.Heard, at)
	}
}

// exceptions adds quiet times that end.
func (m *maker) exceptions(s *Scenario, o *wire.Orders) {
	for range m.r.IntN(3) {
		if !m.odds(3) {
			continue
		}
		start := s.From.UnixMilli() + (m.r.Int64N(int64(m.hours)*3600)-1800)*1000
		e := wire.Exception{ID: "x" + string(rune('1'+len(o.Exceptions))), From: start, Until: start + one[int64](m, 300, 3600, 4*3600, 3*day)*1000, Why: "exam"}
		if m.odds(2) {
			e.Loud = m.levels()
		}
		if m.odds(3) {
			w := m.window()
			e.Window, e.From = &w, e.From-2*day*1000
			e.Until += 2 * day * 1000
		}
		o.Exceptions = append(o.Exceptions, e)
	}
}

// locked closes an account, in the county's orders and elsewhere, where it does not count.
func (m *maker) locked(s *Scenario) {
	if !m.odds(3) {
		return
	}
	l := wire.Locked{ID: one(m, "li", "li", "wang"), Since: s.From.UnixMilli() + one[int64](m, -7200_000, -3600_000, 0, 1800_000)}
	s.Orders[0].Locked = append(s.Orders[0].Locked, l)
}
