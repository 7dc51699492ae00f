package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// Delivery says who has got everything, or one programme: a unit counts only by
// the revisions that it said it holds.
func (s *Store) Delivery(ctx context.Context, q scheduler.DeliveryQuery) (out scheduler.Delivery, err error) {
	err = s.read(ctx, func(t *tx) error {
		if out, err = t.delivery(q); err != nil {
			return err
		}
		return ctx.Err()
	})
	return out, err
}

func (t *tx) delivery(q scheduler.DeliveryQuery) (scheduler.Delivery, error) {
	tree := t.tree()
	area, ok := tree.Area(cmp.Or(q.Area, tree.Root()))
	if !ok && q.Area != "" {
		return scheduler.Delivery{}, scheduler.Missing("area", q.Area, tree.IDs)
	}
	out := scheduler.Delivery{Area: area, Below: []scheduler.AreaDelivery{}, Units: []scheduler.UnitDelivery{}}
	var on *stood
	if q.Programme != "" {
		var err error
		if on, err = t.stands(q.Programme); err != nil {
			return out, err
		}
		out.Programme, out.Version, out.Title = on.programme.ID, on.programme.Version, on.programme.Title
	}
	by, known := map[string]scheduler.DeliveryCounts{}, wants{}
	ps := &t.s.presence
	ps.mu.RLock()
	defer ps.mu.RUnlock()
	for _, e := range ps.entries {
		if !tree.Within(e.unit.Area, area.ID) || on != nil && !on.reaches(e.unit, tree) {
			continue
		}
		switch e.unit.State {
		case scheduler.UnitPlanned, scheduler.UnitUnplaced:
			out.Planned++
			continue
		case scheduler.UnitRemoved:
			continue
		}
		d := ps.delivered(e, tree, on, known)
		out.Units = append(out.Units, d)
		c := by[e.unit.Area]
		c.Add(d.State)
		by[e.unit.Area] = c
	}
	slices.SortFunc(out.Units, func(a, b scheduler.UnitDelivery) int {
		return cmp.Or(cmp.Compare(a.Area, b.Area), cmp.Compare(a.Unit, b.Unit))
	})
	for _, c := range by {
		out.Counts.Sum(c)
	}
	for _, child := range tree.Children(area.ID) {
		a, _ := tree.Area(child)
		below := scheduler.AreaDelivery{Area: a}
		for _, id := range tree.Subtree(child) {
			below.Units.Sum(by[id])
		}
		if below.Units.Units > 0 {
			out.Below = append(out.Below, below)
		}
	}
	return out, nil
}

// stood is where a released programme stands: at each address, from which
// revision of its bulletin on; 0 while that is not made.
type stood struct {
	programme scheduler.Programme
	from      map[wire.Address]uint64
}

func (t *tx) stands(id string) (*stood, error) {
	var version int
	found, err := t.one("SELECT version FROM programme WHERE id = ? AND state = ?", []any{id, scheduler.ProgrammeReleased}, &version)
	if err != nil {
		return nil, err
	}
	if !found {
		if _, _, err := t.version(id, 0); err != nil {
			return nil, err
		}
		return nil, conflict("programme", id,
			scheduler.Words{ZH: "这个播发任务没有在播的版本", EN: "no version of this programme is on air"},
			scheduler.Words{ZH: fmt.Sprintf("先签发：villagecast release %s", id), EN: fmt.Sprintf("release it first: villagecast release %s", id)})
	}
	p, _, err := t.version(id, version)
	if err != nil {
		return nil, err
	}
	out := &stood{programme: p, from: map[wire.Address]uint64{}}
	return out, t.each(func(scan func(...any) error) error {
		var a wire.Address
		var from uint64
		err := scan(&a, &from)
		out.from[a] = from
		return err
	}, "SELECT address, revision FROM programme_address WHERE programme = ? AND version = ?", id, version)
}

// reaches tells whether the programme is for a unit.
func (s *stood) reaches(u scheduler.Unit, tree *scheduler.Tree) bool {
	if slices.Contains(s.programme.Targets.Except, u.ID) {
		return false
	}
	for _, a := range u.Hears(tree) {
		if _, ok := s.from[a]; ok {
			return true
		}
	}
	return false
}

// HoldsAll tells whether there is nothing to wait for: the unit said that it holds all
// that is decided for it, or it is not there.
func (s *Store) HoldsAll(unit string) bool {
	ps := &s.presence
	ps.mu.RLock()
	defer ps.mu.RUnlock()
	e, ok := ps.entries[unit]
	return !ok || !e.p.Online || ps.delivered(e, s.core.tree.Load(), nil, nil).State != scheduler.DeliveryPending
}

// wants is what the units of each area should hold of the areas above, worked
// out once for many units.
type wants map[string][]scheduler.Wanted

// wanted is what a unit should hold; the lock is held. known may be nil.
func (ps *presences) wanted(u scheduler.Unit, tree *scheduler.Tree, on *stood, known wants) []scheduler.Wanted {
	above, ok := known[u.Area]
	if !u.Placed() {
		above = nil
	} else if !ok {
		above = ps.wantedOf(scheduler.Above(tree, u.Area), on)
		if known != nil {
			known[u.Area] = above
		}
	}
	own := ps.wantedOf([]wire.Address{wire.UnitAddress(u.ID)}, on)
	return append(above[:len(above):len(above)], own...)
}

// wantedOf is what a unit should hold of some addresses. Those for which nothing
// was ever decided are left out.
func (ps *presences) wantedOf(addresses []wire.Address, on *stood) (out []scheduler.Wanted) {
	for _, a := range addresses {
		if on != nil {
			if from, stands := on.from[a]; stands {
				g := Target{a, wire.KindBulletin}
				w := scheduler.Wanted{Address: a, Kind: wire.KindBulletin, Revision: from}
				if from == 0 { // not noted: of an older database, or not made yet
					w.Revision, w.Composing = ps.saved[g], ps.stale[g]
				}
				out = append(out, w)
			}
			continue
		}
		for _, kind := range []wire.Kind{wire.KindBulletin, wire.KindOrders} {
			g := Target{a, kind}
			if ps.saved[g] > 0 || ps.stale[g] {
				out = append(out, scheduler.Wanted{Address: a, Kind: kind, Revision: ps.saved[g], Composing: ps.stale[g]})
			}
		}
	}
	return out
}

func (ps *presences) delivered(e *entry, tree *scheduler.Tree, on *stood, known wants) scheduler.UnitDelivery {
	if on != nil {
		return scheduler.DeliveryOf(e.unit, e.p, ps.wanted(e.unit, tree, on, known), &on.programme)
	}
	return scheduler.DeliveryOf(e.unit, e.p, ps.wanted(e.unit, tree, nil, known), nil)
}
