package store

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// Units lists units by id, and the cursor of the next page or "".
func (s *Store) Units(ctx context.Context, f UnitFilter) ([]UnitView, string, error) {
	now := time.Now()
	tree := s.core.tree.Load()
	if _, ok := tree.Area(f.Area); !ok && f.Area != "" {
		return nil, "", scheduler.Missing("area", f.Area, tree.IDs)
	}
	ps := &s.presence
	ps.mu.RLock()
	defer ps.mu.RUnlock()
	paused := ps.pauses(now)
	out := []UnitView{}
	for _, id := range slices.Sorted(maps.Keys(ps.entries)) {
		if id <= f.After {
			continue
		}
		e := ps.entries[id]
		if f.State == "" && e.unit.State == scheduler.UnitRemoved || f.State != "" && e.unit.State != f.State ||
			f.Text != "" && !strings.Contains(id, f.Text) && !strings.Contains(e.unit.Name, f.Text) ||
			f.Area != "" && !tree.Within(e.unit.Area, f.Area) {
			continue
		}
		if v := ps.view(e, tree, paused[id], now); f.Shows == "" || v.Shows == f.Shows {
			out = append(out, v)
		}
		if len(out) > limitOf(f.Page) {
			break
		}
	}
	out, next := cut(out, f.Page, func(v UnitView) string { return v.ID })
	return out, next, ctx.Err()
}

// Unit is one unit, a removed one too.
func (s *Store) Unit(ctx context.Context, id string) (UnitView, error) {
	now := time.Now()
	ps := &s.presence
	ps.mu.RLock()
	defer ps.mu.RUnlock()
	e, ok := ps.entries[id]
	if !ok {
		return UnitView{}, scheduler.Missing("unit", id, func() []string { return slices.Sorted(maps.Keys(ps.entries)) })
	}
	return ps.view(e, s.core.tree.Load(), ps.paused(id, now), now), ctx.Err()
}

// view is a unit as people see it; the lock is held.
func (ps *presences) view(e *entry, tree *scheduler.Tree, paused bool, now time.Time) UnitView {
	v := UnitView{Unit: e.unit, Presence: e.p, Shows: scheduler.ShowsOf(e.unit, e.p, paused, ps.watch, now), Pending: []string{}}
	addresses := append(scheduler.Above(tree, e.unit.Area), wire.UnitAddress(e.unit.ID))
	for _, a := range addresses {
		if ps.pending(e, a) {
			v.Pending = append(v.Pending, string(a))
		}
	}
	for i := range ps.mutes {
		if m := ps.mutes[i]; slices.Contains(addresses, m.Address) && !m.From.After(now) && m.Until.After(now) && (v.Mute == nil || m.Pause) {
			v.Mute = &m
		}
	}
	return v
}

// pending tells whether a unit does not hold the newest snapshots of an address.
func (ps *presences) pending(e *entry, a wire.Address) bool {
	var held wire.Held
	if e.p.Have != nil {
		for _, h := range e.p.Have.Held {
			if h.Address == a {
				held = h
				break
			}
		}
	}
	return ps.saved[Target{a, wire.KindBulletin}] > held.Bulletin || ps.saved[Target{a, wire.KindOrders}] > held.Orders
}

// Status is an area, "" for the county, at a glance.
func (s *Store) Status(ctx context.Context, area string, now time.Time) (scheduler.Status, error) {
	tree := s.core.tree.Load()
	if area == "" {
		area = tree.Root()
	}
	a, ok := tree.Area(area)
	if !ok && area != "" {
		return scheduler.Status{}, scheduler.Missing("area", area, tree.IDs)
	}
	st := scheduler.Status{Area: a, At: now, Below: []scheduler.AreaStatus{}, OnAir: []scheduler.OnAirCount{}, Outages: []scheduler.Outage{}, Missing: []string{}}
	s.tally(&st, tree, now)
	err := s.read(ctx, func(t *tx) error {
		c, err := t.county()
		st.County = c.Name
		return err
	})
	if err != nil {
		return st, err
	}
	st.Warnings, _, err = s.Warnings(ctx, WarningFilter{Area: area, InForce: true})
	return st, err
}

// tally counts the units below the status's area.
func (s *Store) tally(st *scheduler.Status, tree *scheduler.Tree, now time.Time) {
	ps := &s.presence
	ps.mu.RLock()
	defer ps.mu.RUnlock()
	switch {
	case ps.watch.Since.IsZero():
		st.NotWatched = cmp.Or(ps.watch.Why, "the centre does not hear its units")
	case !ps.watch.Judging(now):
		st.NotWatched = "the centre listens since " + ps.watch.Since.Format("15:04:05") + " and judges a minute later"
	}
	inside := map[string]bool{}
	for _, id := range tree.Subtree(st.Area.ID) {
		inside[id] = true
	}
	paused := ps.pauses(now)
	by := map[string]*areaTally{}
	onAir := map[wire.OnAir]*scheduler.OnAirCount{}
	for id, e := range ps.entries {
		if !inside[e.unit.Area] || e.unit.State == scheduler.UnitRemoved {
			continue
		}
		t := by[e.unit.Area]
		if t == nil {
			t = &areaTally{}
			by[e.unit.Area] = t
		}
		shows := scheduler.ShowsOf(e.unit, e.p, paused[id], ps.watch, now)
		t.counts.Add(shows)
		t.installed = t.installed || e.unit.State == scheduler.UnitInstalled
		t.reached = t.reached || e.p.Online
		if e.unit.State == scheduler.UnitInstalled {
			ps.progress(st, e, tree)
		}
		st.Outages = append(st.Outages, e.open...)
		countOnAir(onAir, e.p.OnAir)
	}
	s.sum(st, tree, by)
	for _, o := range onAir {
		st.OnAir = append(st.OnAir, *o)
	}
	slices.SortFunc(st.OnAir, func(a, b scheduler.OnAirCount) int {
		return cmp.Or(cmp.Compare(b.Level.Rank(), a.Level.Rank()), cmp.Compare(b.Units, a.Units), cmp.Compare(a.Programme+a.Interrupt, b.Programme+b.Interrupt))
	})
	slices.SortFunc(st.Outages, func(a, b scheduler.Outage) int { return cmp.Compare(b.ID, a.ID) })
	st.Outages = st.Outages[:min(100, len(st.Outages))]
}

type areaTally struct {
	counts             scheduler.Counts
	installed, reached bool
}

// progress counts what a unit does not hold.
func (ps *presences) progress(st *scheduler.Status, e *entry, tree *scheduler.Tree) {
	if slices.ContainsFunc(scheduler.Above(tree, e.unit.Area), func(a wire.Address) bool { return ps.pending(e, a) }) || ps.pending(e, wire.UnitAddress(e.unit.ID)) {
		st.Pending++
	}
	if c := e.p.Clock; c != nil && e.p.Online {
		switch c.State {
		case wire.ClockUntrusted:
			st.ClockUntrusted++
		case wire.ClockUncertain:
			st.ClockUncertain++
		}
	}
	if h := e.p.Have; h != nil {
		if len(h.Refused) > 0 {
			st.Refused++
		}
		if h.Ready < h.Assets {
			st.Unready++
		}
	}
}

// countOnAir counts each thing once a unit, whatever its outputs.
func countOnAir(all map[wire.OnAir]*scheduler.OnAirCount, on []wire.OnAir) {
	seen := map[wire.OnAir]bool{}
	for _, o := range on {
		key := wire.OnAir{Programme: o.Programme, Version: o.Version, Interrupt: o.Interrupt}
		if o.Programme == "" && o.Interrupt == "" || seen[key] {
			continue
		}
		seen[key] = true
		c := all[key]
		if c == nil {
			c = &scheduler.OnAirCount{OnAir: o}
			c.Output, c.Text, c.Why = "", "", ""
			all[key] = c
		}
		c.Units++
		if o.Since > 0 && (c.Since == 0 || o.Since < c.Since) {
			c.Since = o.Since
		}
		c.Until = max(c.Until, o.Until)
	}
}

// sum adds the tallies of all areas up to the area asked for and to those
// directly below it.
func (s *Store) sum(st *scheduler.Status, tree *scheduler.Tree, by map[string]*areaTally) {
	for _, id := range slices.Sorted(maps.Keys(by)) {
		t := by[id]
		st.Units.Sum(t.counts)
		if t.installed && !t.reached {
			st.Missing = append(st.Missing, id)
		}
	}
	for _, child := range tree.Children(st.Area.ID) {
		a, _ := tree.Area(child)
		below := scheduler.AreaStatus{Area: a}
		for _, id := range tree.Subtree(child) {
			if t := by[id]; t != nil {
				below.Units.Sum(t.counts)
			}
		}
		st.Below = append(st.Below, below)
	}
}
