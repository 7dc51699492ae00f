package store

import (
	"slices"
	"time"

	"github.com/villagecast/villagecast/device/timetable"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// waits tells how many units of an area a warning of a level may not sound on
// yet, and until when at the longest: quiet hours and exceptions hold it back.
func (t *tx) waits(area string, level wire.Level) (w scheduler.Waits, err error) {
	pl := t.planner(t.now)
	county, err := t.county()
	if err != nil {
		return w, err
	}
	seen := map[string]time.Time{}
	for _, e := range t.s.presence.list() {
		u := e.unit
		if u.State == scheduler.UnitRemoved || !slices.Contains(u.Outputs, wire.OutputSound) || !t.tree().Within(u.Area, area) {
			continue
		}
		own, err := t.exceptions("address = ? AND ended = 0 AND until > ?", string(wire.UnitAddress(u.ID)), ms(t.now))
		if err != nil {
			return w, err
		}
		key := u.Area + encode(u.Quiet) + encode(own)
		until, known := seen[key]
		if !known {
			in := timetable.Input{Bulletins: []wire.Bulletin{{Address: wire.AreaAddress(t.tree().Root()), County: &county.County},
				{Address: wire.UnitAddress(u.ID), Settings: &wire.Settings{Unit: u.ID, Chain: t.tree().Chain(u.Area), Outputs: u.Outputs, Quiet: u.Quiet}}}}
			for _, a := range addressesOfUnit(u, t.tree()) {
				o, err := pl.ordersOf(a)
				if err != nil {
					return w, err
				}
				in.Orders = append(in.Orders, wire.Orders{Address: a, Exceptions: o.Exceptions})
			}
			table, _ := timetable.Compile(in)
			var why timetable.Reason
			if until, why = table.Opens(level, t.now); !until.Equal(t.now) {
				w.Why = why
			}
			seen[key] = until
		}
		if until.Equal(t.now) {
			continue
		}
		w.Units++
		if until.IsZero() || w.Never {
			w.Never, w.Until = true, time.Time{}
		} else if until.After(w.Until) {
			w.Until = until
		}
	}
	return w, nil
}
