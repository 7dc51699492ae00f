package store

import (
	"cmp"
	"context"
	"fmt"
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
	v := UnitView{Unit: e.unit, Presence: e.p, Shows: scheduler.ShowsOf(e.unit, e.p, e.open, paused, ps.watch, now), Pending: []string{}}
	addresses := e.unit.Hears(tree)
	v.Delivery = ps.delivered(e, tree, nil, nil)
	for _, a := range v.Delivery.Agreements {
		if name := string(a.Address); (a.Held < a.Revision || a.Composing) && !slices.Contains(v.Pending, name) {
			v.Pending = append(v.Pending, name)
		}
	}
	for i := range ps.mutes {
		if m := ps.mutes[i]; slices.Contains(addresses, m.Address) && !m.From.After(now) && m.Until.After(now) && (v.Mute == nil || m.Pause) {
			v.Mute = &m
		}
	}
	return v
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
	st := scheduler.Status{Area: a, At: now, Below: []scheduler.AreaStatus{}, OnAir: []scheduler.OnAirCount{}, Outages: []scheduler.Outage{}, Missing: []string{},
		Paused: []scheduler.Mute{}, Troubled: []scheduler.Trouble{}}
	s.tally(&st, tree, now)
	err := s.read(ctx, func(t *tx) error {
		c, err := t.county()
		if err != nil {
			return err
		}
		st.County = c.Name
		st.InForce, err = t.inForce(area)
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
	st.Incident = ps.incident
	inside := map[string]bool{}
	for _, id := range tree.Subtree(st.Area.ID) {
		inside[id] = true
	}
	paused := ps.pauses(now)
	by, known := map[string]*areaTally{}, wants{}
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
		shows := scheduler.ShowsOf(e.unit, e.p, e.open, paused[id], ps.watch, now)
		t.counts.Add(shows)
		if len(e.unit.SecretHash) > 0 {
			st.Secrets++
		}
		t.installed = t.installed || e.unit.State == scheduler.UnitInstalled
		t.reached = t.reached || e.p.Online
		if e.unit.State == scheduler.UnitInstalled {
			ps.progress(st, e, tree, known)
		}
		st.Outages = append(st.Outages, e.open...)
		st.Troubled = append(st.Troubled, troubles(e)...)
		countOnAir(onAir, e.p.OnAir)
	}
	st.Paused = ps.pausedIn(inside, now)
	slices.SortFunc(st.Troubled, func(a, b scheduler.Trouble) int {
		return cmp.Or(cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.Code, b.Code))
	})
	s.sum(st, tree, by)
	switch {
	case ps.watch.Since.IsZero():
		st.NotWatched = scheduler.WhyNotWatched(cmp.Or(ps.watch.Why, "the centre does not hear its units"))
	case !ps.watch.Judging(now) && st.Units.Unknown > 0:
		began, left := int(now.Sub(ps.watch.Since).Seconds()), int(ps.watch.Since.Add(scheduler.WatchGrace).Sub(now).Seconds())+1
		st.NotWatched = scheduler.Words{ZH: fmt.Sprintf("中心 %d 秒前才开始监听；此后没有消息的终端 %d 秒后再判断", began, left),
			EN: fmt.Sprintf("the centre began to listen %d s ago; units that it has not heard since are judged in %d s", began, left)}
	}
	for _, o := range onAir {
		st.OnAir = append(st.OnAir, *o)
	}
	slices.SortFunc(st.OnAir, func(a, b scheduler.OnAirCount) int {
		return cmp.Or(cmp.Compare(b.Level.Rank(), a.Level.Rank()), cmp.Compare(b.Units, a.Units), cmp.Compare(a.Programme+a.Interrupt, b.Programme+b.Interrupt))
	})
	slices.SortFunc(st.Outages, func(a, b scheduler.Outage) int { return cmp.Compare(b.ID, a.ID) })
	st.Outages = st.Outages[:min(100, len(st.Outages))]
}

// troubles are the centre's conditions of a unit.
func troubles(e *entry) (out []scheduler.Trouble) {
	for _, c := range e.p.Found() {
		t := scheduler.Trouble{Unit: e.unit.ID, Name: e.unit.Name, Condition: c}
		if c.Code == scheduler.ConditionFlapping {
			t.Count = e.p.Flaps
		}
		out = append(out, t)
	}
	return out
}

// pausedIn are the pauses in force of units in some areas, by unit.
func (ps *presences) pausedIn(areas map[string]bool, now time.Time) []scheduler.Mute {
	out := []scheduler.Mute{}
	for _, m := range ps.mutes {
		kind, id := m.Address.Split()
		if e := ps.entries[id]; m.Pause && kind == "unit" && e != nil && areas[e.unit.Area] && !m.From.After(now) && m.Until.After(now) {
			out = append(out, m)
		}
	}
	slices.SortFunc(out, func(a, b scheduler.Mute) int {
		return cmp.Or(cmp.Compare(a.Address, b.Address), a.Until.Compare(b.Until))
	})
	return out
}

type areaTally struct {
	counts             scheduler.Counts
	installed, reached bool
}

// progress counts what a unit does not hold.
func (ps *presences) progress(st *scheduler.Status, e *entry, tree *scheduler.Tree, known wants) {
	d := ps.delivered(e, tree, nil, known)
	st.Delivery.Add(d.State)
	if slices.ContainsFunc(d.Agreements, func(a scheduler.Agreement) bool { return a.Held < a.Revision || a.Composing }) {
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
