package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// Calendars lists every calendar by id.
func (s *Store) Calendars(ctx context.Context) (out []scheduler.Calendar, err error) {
	err = s.read(ctx, func(t *tx) error {
		all, err := t.calendars()
		for _, c := range all {
			out = append(out, c)
		}
		slices.SortFunc(out, func(a, b scheduler.Calendar) int {
			if a.ID < b.ID {
				return -1
			}
			return 1
		})
		return err
	})
	return out, err
}

func (t *tx) calendars() (map[string]scheduler.Calendar, error) {
	out := map[string]scheduler.Calendar{}
	err := t.each(func(scan func(...any) error) error {
		var c scheduler.Calendar
		var dates string
		if err := scan(&c.ID, &c.Name, &dates, &c.Rev); err != nil {
			return err
		}
		err := decode(dates, &c.Dates)
		out[c.ID] = c
		return err
	}, "SELECT id, name, dates, rev FROM calendar")
	return out, err
}

// Calendar is one calendar.
func (s *Store) Calendar(ctx context.Context, id string) (c scheduler.Calendar, err error) {
	err = s.read(ctx, func(t *tx) error {
		all, err := t.calendars()
		var found bool
		if c, found = all[id]; err == nil && !found {
			return scheduler.Missing("calendar", id, t.ids("calendar"))
		}
		return err
	})
	return c, err
}

// PutCalendar makes or changes a calendar; the bulletins with programmes that
// name it are made anew. Its dates are kept sorted, each once.
func (s *Store) PutCalendar(ctx context.Context, c scheduler.Calendar) (out scheduler.Calendar, change Change, err error) {
	if err := c.Validate(); err != nil {
		return c, "", err
	}
	c.Dates = slices.Compact(slices.Sorted(slices.Values(c.Dates)))
	err = s.write(ctx, func(t *tx) error {
		all, err := t.calendars()
		if err != nil {
			return err
		}
		old, found := all[c.ID]
		if err := checkRev(c.Rev, old.Rev); err != nil {
			return err
		}
		out, change = c, Updated
		out.Rev = old.Rev
		same := slices.Equal(c.Dates, old.Dates)
		switch {
		case !found:
			change = Created
		case same && c.Name == old.Name:
			change = Unchanged
			return nil
		}
		out.Rev++
		dates := out.Dates
		if dates == nil {
			dates = []wire.Date{}
		}
		if err := t.exec("INSERT INTO calendar (id, name, dates, rev) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name, dates = excluded.dates, rev = excluded.rev",
			c.ID, c.Name, encode(dates), out.Rev); err != nil {
			return fmt.Errorf("put calendar: %w", err)
		}
		if !same {
			addresses, err := t.addresses(`SELECT DISTINCT a.address FROM programme_names n JOIN programme_address a
				ON a.programme = n.programme AND a.version = n.version WHERE n.kind = 'calendar' AND n.name = ?`, c.ID)
			if err != nil {
				return err
			}
			if err := t.mark(wire.KindBulletin, addresses...); err != nil {
				return err
			}
			if err := t.guard(); err != nil {
				return err
			}
		}
		return t.changed("put calendar", "calendar", c.ID, c.Name, before(found, old), out)
	})
	return out, change, err
}

// RemoveCalendar removes a calendar that no draft or released programme names.
func (s *Store) RemoveCalendar(ctx context.Context, id string) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.unused("calendar", id, []use{{"programme", namedBy, []any{"calendar", id}}}); err != nil {
			return err
		}
		return t.remove("calendar", "calendar", id)
	})
}
