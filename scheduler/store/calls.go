package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/villagecast/villagecast/scheduler"
)

// Calls lists the units below an area, "" for the county, that cannot be reached
// or are silent, by town, with whom to call. It is what the crew prints.
func (s *Store) Calls(ctx context.Context, area string, now time.Time) ([]scheduler.Call, error) {
	tree := s.core.tree.Load()
	root := cmp.Or(area, tree.Root())
	if _, ok := tree.Area(root); !ok && area != "" {
		return nil, scheduler.Missing("area", area, tree.IDs)
	}
	people, err := s.People(ctx)
	if err != nil {
		return nil, err
	}
	admins := scheduler.Admins(people)
	ps := &s.presence
	ps.mu.RLock()
	defer ps.mu.RUnlock()
	paused := ps.pauses(now)
	out := []scheduler.Call{}
	for id, e := range ps.entries {
		if e.unit.State != scheduler.UnitInstalled || paused[id] || !tree.Within(e.unit.Area, root) {
			continue
		}
		c := scheduler.Call{Unit: id, Name: e.unit.Name, Kind: scheduler.Unreachable, Since: e.p.LastSeen}
		if c.Since.IsZero() {
			c.Since = e.unit.StateSince
		}
		switch shows := scheduler.ShowsOf(e.unit, e.p, e.open, false, ps.watch, now); shows {
		case scheduler.ShowsOffline:
		case scheduler.ShowsSilent:
			c.Kind = scheduler.Silent
			for _, o := range e.open {
				c.Since = o.From
			}
		default:
			continue
		}
		c.Town, c.Area, c.Contact = scheduler.Whom(tree, e.unit.Area, admins)
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b scheduler.Call) int {
		return cmp.Or(cmp.Compare(a.Town.ID, b.Town.ID), cmp.Compare(a.Area.ID, b.Area.ID), cmp.Compare(a.Unit, b.Unit))
	})
	return out, ctx.Err()
}
