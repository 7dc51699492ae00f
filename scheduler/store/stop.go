package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/villagecast/villagecast/device/timetable"
	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// Stop ends what is on air in the area, now and for good: it bars every
// programme version that is sounding, waiting or due now there, and every
// warning in force. A new version or a new warning sounds.
func (s *Store) Stop(ctx context.Context, area, why string) (out Stopped, err error) {
	err = s.write(ctx, func(t *tx) error {
		out, err = t.stop(area, why)
		return err
	})
	return out, err
}

func (t *tx) stop(area, why string) (out Stopped, err error) {
	tree := t.tree()
	if _, ok := tree.Area(area); !ok {
		return out, scheduler.Missing("area", area, tree.IDs)
	}
	address := wire.AreaAddress(area)
	out = Stopped{Programmes: []wire.Bar{}, Warnings: []string{}, Reach: t.reach([]wire.Address{address}, nil)}
	zone, err := t.zone()
	if err != nil {
		return out, err
	}
	ps, err := t.onAirNow(area)
	if err != nil {
		return out, err
	}
	h := scheduler.Halt{Kind: scheduler.HaltStop, Area: area, Why: why}
	for _, p := range ps {
		out.Programmes = append(out.Programmes, wire.Bar{ID: p.ID, Version: p.Version, At: ms(t.now), By: t.actor.ID})
		if err := t.stopVersions(&h, address, p, zone); err != nil {
			return out, err
		}
		if err := t.stopWhole(p, area); err != nil {
			return out, err
		}
	}
	if out.Warnings, err = t.stopWarnings(address, area); err != nil {
		return out, err
	}
	if err := t.undoReaching(area); err != nil {
		return out, err
	}
	if err := t.stopped(&h, out.Warnings); err != nil {
		return out, err
	}
	if len(h.Contents) > 0 {
		if out.Halt, err = t.halt(h, wire.KindOrders, address); err != nil {
			return out, err
		}
	}
	if err := t.mark(wire.KindOrders, address); err != nil {
		return out, err
	}
	return out, t.changed("stop", "area", area, fmt.Sprintf("%d programmes, %d warnings: %s", len(out.Programmes), len(out.Warnings), why), nil,
		map[string]any{"programmes": out.Programmes, "warnings": out.Warnings})
}

func (t *tx) bar(a wire.Address, b wire.Bar, until time.Time) error {
	return t.exec("INSERT INTO bar (address, id, version, at, actor, until) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", string(a), b.ID, b.Version, b.At, b.By, ms(until))
}

// stopVersions bars a version and those before it that a unit may still hold
// which was not reached for long.
func (t *tx) stopVersions(h *scheduler.Halt, address wire.Address, p scheduler.Programme, zone *time.Location) error {
	before, err := t.programmes("SELECT "+programmeColumns+" FROM programme WHERE id = ? AND version <= ? AND released_at > 0 AND (version = ? OR ends > ?) ORDER BY version DESC",
		p.ID, p.Version, p.Version, ms(t.now))
	if err != nil {
		return err
	}
	for _, v := range before {
		ends := v.Ends(zone)
		h.Contents = append(h.Contents, scheduler.Content{Programme: v.ID, Version: v.Version, Title: v.Title})
		h.Over = later(h.Over, ends)
		if err := t.bar(address, wire.Bar{ID: v.ID, Version: v.Version, At: ms(t.now), By: t.actor.ID}, ends); err != nil {
			return err
		}
	}
	return nil
}

// stopped adds the warnings that were barred.
func (t *tx) stopped(h *scheduler.Halt, warnings []string) error {
	for _, id := range warnings {
		list, err := t.warnings("id = ?", id)
		if err != nil {
			return err
		}
		for _, w := range list {
			h.Contents = append(h.Contents, scheduler.Content{Warning: id, Title: cmp.Or(w.Title, w.Text)})
			h.Over = later(h.Over, w.Until)
		}
	}
	return nil
}

// stopWhole takes a version out of the bulletins that goes out nowhere else.
func (t *tx) stopWhole(p scheduler.Programme, area string) error {
	addresses, err := t.addresses(addressesOf, p.ID, p.Version)
	if err != nil || p.State != scheduler.ProgrammeReleased {
		return err
	}
	for _, a := range addresses {
		kind, id := a.Split()
		if kind == "unit" {
			u, _, err := t.unit(id)
			if err != nil {
				return err
			}
			id = u.Area
		}
		if !t.tree().Within(id, area) {
			return nil
		}
	}
	if _, err := t.end(p.ID, scheduler.ProgrammeStopped); err != nil {
		return err
	}
	return t.mark(wire.KindBulletin, addresses...)
}

// stopWarnings bars the warnings in force that reach the area; those for it, or
// for a part of it, are over everywhere.
func (t *tx) stopWarnings(address wire.Address, area string) ([]string, error) {
	all, err := t.warnings("ended = 0 AND until > ? ORDER BY issued, id", ms(t.now))
	if err != nil {
		return nil, err
	}
	out := []string{}
	for _, w := range all {
		inside := t.tree().Within(w.Area, area)
		if !inside && !t.tree().Within(area, w.Area) {
			continue
		}
		out = append(out, w.ID)
		if err := t.bar(address, wire.Bar{ID: w.ID, At: ms(t.now), By: t.actor.ID}, w.Until); err != nil {
			return nil, err
		}
		if !inside {
			continue
		}
		w.Ended, w.End = t.now, "stopped"
		if err := t.endWarning(w); err != nil {
			return nil, err
		}
		if err := t.mark(wire.KindOrders, wire.AreaAddress(w.Area)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// onAirNow are the programme versions that are sounding, waiting or due in the
// area: by what its units say, and by the rules.
func (t *tx) onAirNow(area string) ([]scheduler.Programme, error) {
	type key struct {
		id      string
		version int
	}
	found := map[key]scheduler.Programme{}
	for _, e := range t.s.presence.list() {
		if !t.tree().Within(e.unit.Area, area) {
			continue
		}
		for _, o := range e.p.OnAir {
			k := key{o.Programme, o.Version}
			if _, known := found[k]; known || o.Programme == "" {
				continue
			}
			p, _, err := t.version(o.Programme, o.Version)
			if err != nil && scheduler.KindOf(err) == "" {
				return nil, err
			}
			if err == nil {
				found[k] = p
			}
		}
	}
	released, err := t.releasedFor(area)
	if err != nil {
		return nil, err
	}
	for _, p := range released {
		due, err := t.due(p)
		if err != nil {
			return nil, err
		}
		if due {
			found[key{p.ID, p.Version}] = p
		}
	}
	out := make([]scheduler.Programme, 0, len(found))
	for _, p := range found {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b scheduler.Programme) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Version, b.Version))
	})
	return out, nil
}

// releasedFor are the released versions that reach the area.
func (t *tx) releasedFor(area string) ([]scheduler.Programme, error) {
	reaching, err := t.reaching(area)
	if err != nil {
		return nil, err
	}
	all, err := t.programmes("SELECT "+programmeColumns+" FROM programme WHERE state = ? ORDER BY id", scheduler.ProgrammeReleased)
	return slices.DeleteFunc(all, func(p scheduler.Programme) bool { return !reaching[p.ID] }), err
}

// due tells whether a version, were it alone, would sound now, or had a round
// whose grace is not over: one that waits is stopped too. A loop is due all
// through its window.
func (t *tx) due(p scheduler.Programme) (bool, error) {
	county, err := t.county()
	if err != nil {
		return false, err
	}
	p.Rule.Pause = min(p.Rule.Pause, 60)
	in, err := t.alone(p, wire.County{Zone: county.Zone})
	if err != nil {
		return false, err
	}
	tl, _ := timetable.Preview(in, t.now, t.now.Add(time.Second))
	if len(tl.Stretches) > 0 || p.Rule.Kind == wire.RuleLoop {
		return len(tl.Stretches) > 0, nil
	}
	return t.waiting(p, in), nil
}

// alone is what a unit would go by that had this one version and nothing else,
// under settings of the county.
func (t *tx) alone(p scheduler.Programme, county wire.County) (in timetable.Input, err error) {
	calendars, err := t.calendars()
	if err != nil {
		return in, err
	}
	zone, err := scheduler.Zone(county.Zone)
	if err != nil {
		return in, err
	}
	chain := t.tree().Chain(p.Issuer)
	p.Targets.Except = nil
	for _, id := range chain {
		b := scheduler.ComposeBulletin(wire.AreaAddress(id), nil, nil, nil, nil, t.now, zone)
		if id == chain[0] {
			b.County = &county
		}
		if id == p.Issuer {
			c, s := b.County, b.Settings
			b = scheduler.ComposeBulletin(b.Address, c, s, []scheduler.Programme{p}, calendars, t.now, zone)
		}
		b.Revision = 1
		in.Bulletins = append(in.Bulletins, b)
	}
	in.Bulletins = append(in.Bulletins, wire.Bulletin{Address: wire.UnitAddress("any"), Revision: 1, Settings: &wire.Settings{
		Unit: "any", Chain: chain, Outputs: []wire.Output{wire.OutputSound, wire.OutputScreen}, Volume: 100}})
	return in, nil
}

// waiting tells whether a round of a timed programme was due within its grace
// and no unit has said that it played: then it may be waiting somewhere.
func (t *tx) waiting(p scheduler.Programme, in timetable.Input) bool {
	if p.Grace <= 0 {
		return false
	}
	since := t.now.Add(-time.Duration(p.Grace) * time.Second)
	tl, _ := timetable.Preview(in, since, t.now)
	if len(tl.Stretches) == 0 {
		return false
	}
	var n int
	played, err := t.one(`SELECT 1 FROM asrun a JOIN content c ON c.num = a.content WHERE c.programme = ? AND c.version = ? AND a.start >= ? LIMIT 1`,
		[]any{p.ID, p.Version, ms(since)}, &n)
	return err == nil && !played
}
