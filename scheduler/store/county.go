package store

import (
	"context"
	"fmt"
	"slices"
	"time"
	_ "time/tzdata" // a machine without zone files keeps the same time

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// County is what holds for every unit. Before it was set it has the defaults:
// zone Asia/Shanghai, quiet hours 21:30–06:30, red and orange loud.
func (s *Store) County(ctx context.Context) (c scheduler.County, err error) {
	err = s.read(ctx, func(t *tx) error {
		c, err = t.county()
		return err
	})
	return c, err
}

func (t *tx) county() (scheduler.County, error) {
	var c scheduler.County
	var body string
	found, err := t.one("SELECT body, rev FROM county", nil, &body, &c.Rev)
	if err != nil {
		return c, err
	}
	if !found {
		c.County = wire.County{Zone: "Asia/Shanghai", Quiet: []wire.Window{{From: "21:30", To: "06:30"}}, Loud: []wire.Level{wire.LevelRed, wire.LevelOrange}}
		return c, nil
	}
	rev := c.Rev
	err = decode(body, &c)
	c.Rev = rev
	return c, err
}

// zone is the county's time zone.
func (t *tx) zone() (*time.Location, error) {
	c, err := t.county()
	if err != nil {
		return nil, err
	}
	return scheduler.Zone(c.Zone)
}

// SetCounty changes it, with red and orange loud if no level is named; only the county's own bulletin is made anew.
func (s *Store) SetCounty(ctx context.Context, c scheduler.County) (out scheduler.County, change Change, err error) {
	if len(c.Loud) == 0 { // no county is asleep to every warning because a line was left out
		c.Loud = []wire.Level{wire.LevelRed, wire.LevelOrange}
	}
	if err := c.Validate(); err != nil {
		return c, "", err
	}
	err = s.write(ctx, func(t *tx) error {
		old, err := t.county()
		if err != nil {
			return err
		}
		if err := checkRev(c.Rev, old.Rev); err != nil {
			return err
		}
		for id := range c.HighestIn {
			if _, ok := t.tree().Area(id); !ok {
				return scheduler.Missing("area", id, t.tree().IDs)
			}
		}
		out, change = old, Unchanged
		for i, r := range c.Approval {
			if _, ok := t.tree().Area(r.Area); !ok && r.Area != "" && t.tree().Root() != "" {
				e := scheduler.Missing("area", r.Area, t.tree().IDs)
				e.Kind, e.Field = scheduler.Invalid, fmt.Sprintf("approval[%d].area", i)
				return e
			}
		}
		sent := encode(old.County) != encode(c.County)
		if old.Rev > 0 && !sent && slices.Equal(old.Approval, c.Approval) {
			return nil
		}
		out = scheduler.County{County: c.County, Approval: c.Approval, Rev: old.Rev + 1}
		if change = Updated; old.Rev == 0 {
			change = Created
		}
		if root := t.tree().Root(); root != "" && (sent || old.Rev == 0) {
			if err := t.mark(wire.KindBulletin, wire.AreaAddress(root)); err != nil {
				return err
			}
			if err := t.guard(); err != nil {
				return err
			}
		}
		if err := t.changed("set county", "county", "", c.Name, before(old.Rev > 0, old), out); err != nil {
			return err
		}
		return t.exec("INSERT INTO county (one, body, rev) VALUES (1, ?, ?) ON CONFLICT (one) DO UPDATE SET body = excluded.body, rev = excluded.rev", encode(out), out.Rev)
	})
	return out, change, err
}
