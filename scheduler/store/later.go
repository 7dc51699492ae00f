package store

import (
	"context"
	"slices"
	"time"

	"github.com/villagecast/villagecast/device/timetable"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// Later tells on how many units of an area a warning of a level would not sound
// now, and until when.
func (s *Store) Later(ctx context.Context, area string, level wire.Level) (w scheduler.Later, err error) {
	err = s.read(ctx, func(t *tx) error {
		w, err = t.later(area, level)
		return err
	})
	return w, err
}

func (t *tx) later(area string, level wire.Level) (w scheduler.Later, err error) {
	all, err := t.exceptions("ended = 0 AND until > ?", ms(t.now))
	if err != nil {
		return w, err
	}
	county, err := t.county()
	if err != nil {
		return w, err
	}
	there := map[wire.Address]wire.Orders{}
	for _, e := range all {
		o := there[e.Address]
		o.Address = e.Address
		o.Exceptions = append(o.Exceptions, e.Wire())
		there[e.Address] = o
	}
	seen := map[string]time.Time{} // units of one village are mostly alike
	for _, e := range t.s.presence.list() {
		u := e.unit
		if u.State == scheduler.UnitRemoved || !u.Has(wire.OutputSound) || !t.tree().Within(u.Area, area) {
			continue
		}
		own := there[wire.UnitAddress(u.ID)]
		key := u.Area + encode(u.Quiet) + encode(own)
		until, known := seen[key]
		if !known {
			until, w.Why = t.opens(u, county.County, there, level, w.Why)
			seen[key] = until
		}
		if !until.After(t.now) && !until.IsZero() {
			continue
		}
		w.Units++
		w.Never = w.Never || until.IsZero()
		if until.After(w.Until) {
			w.Until = until
		}
	}
	if w.Never {
		w.Until = time.Time{}
	}
	return w, nil
}

// opens is when a warning of the level may sound on a unit, and why not now; the
// reason found before stays.
func (t *tx) opens(u scheduler.Unit, county wire.County, there map[wire.Address]wire.Orders, level wire.Level, before timetable.Reason) (time.Time, timetable.Reason) {
	in := timetable.Input{Bulletins: []wire.Bulletin{{Address: wire.AreaAddress(t.tree().Root()), County: &county},
		{Address: wire.UnitAddress(u.ID), Settings: &wire.Settings{Unit: u.ID, Chain: t.tree().Chain(u.Area), Outputs: u.Outputs, Quiet: u.Quiet}}}}
	for _, a := range slices.Sorted(slices.Values(u.Hears(t.tree()))) {
		if o, ok := there[a]; ok {
			in.Orders = append(in.Orders, o)
		}
	}
	table, _ := timetable.Compile(in)
	until, why := table.Opens(level, t.now)
	if before.Code != "" {
		why = before
	}
	return until, why
}
