package store

import (
	"context"
	"fmt"

	"github.com/villagecast/villagecast/scheduler"
)

// SetFreeze sets a change freeze. approved are ids of programmes that may go out
// in it: what is released of them now, or submitted.
func (s *Store) SetFreeze(ctx context.Context, f scheduler.Freeze, approved []string) (out scheduler.Freeze, err error) {
	err = s.write(ctx, func(t *tx) error {
		f.ID, f.By, f.Set, f.Lifted, f.Approved = newID("f"), t.actor.ID, at(ms(t.now)), at(0), nil
		if f.From.IsZero() {
			f.From = f.Set
		}
		if err := f.Validate(t.now); err != nil {
			return err
		}
		for _, id := range once(approved) {
			hashes, err := t.approvedOf(id)
			if err != nil {
				return err
			}
			f.Approved = append(f.Approved, hashes...)
		}
		out = f
		if err := t.exec("INSERT INTO freeze (id, start, until, why, person, at, lifted, approved) VALUES (?, ?, ?, ?, ?, ?, 0, ?)",
			f.ID, ms(f.From), ms(f.Until), f.Why, f.By, ms(f.Set), encode(f.Approved)); err != nil {
			return fmt.Errorf("set freeze: %w", err)
		}
		return t.changed("set freeze", "freeze", f.ID, f.Why, nil, f)
	})
	return out, err
}

// approvedOf are the contents of a programme that may go out in a freeze: of the
// version released last, and of one that is on its way.
func (t *tx) approvedOf(id string) (out []scheduler.Approved, err error) {
	all, err := t.ways("s.programme = ? AND (s.outcome = ? OR s.ended = 0) ORDER BY s.id", id, scheduler.OutcomeReleased)
	if err != nil {
		return nil, err
	}
	for _, w := range all {
		out = append(out, scheduler.Approved{Programme: id, Hash: w.Hash})
	}
	released, err := t.programmes("SELECT "+programmeColumns+" FROM programme WHERE id = ? AND state = 'released'", id)
	if err != nil {
		return nil, err
	}
	for _, p := range released { // also of before submissions were kept
		_, drafted, err := t.version(id, p.Version)
		if err != nil {
			return nil, err
		}
		addresses, err := t.addresses(addressesOf, id, p.Version)
		if err != nil {
			return nil, err
		}
		out = append(out, scheduler.Approved{Programme: id, Hash: drafted.ContentHash(p.Items, addresses)})
	}
	if len(out) == 0 {
		if _, _, err := t.version(id, 0); err != nil {
			return nil, err
		}
		return nil, conflict("approved", id,
			scheduler.Words{ZH: "它没有经过审核", EN: "it was never approved"},
			scheduler.Words{ZH: "在设重保期之前签发或提交它", EN: "release or submit it before the freeze is set"})
	}
	return out, nil
}

// LiftFreeze ends a freeze before its time. Lifting what is over changes nothing.
func (s *Store) LiftFreeze(ctx context.Context, id string) (f scheduler.Freeze, err error) {
	err = s.write(ctx, func(t *tx) error {
		all, err := t.freezes("id = ?", id)
		if err != nil {
			return err
		}
		if len(all) == 0 {
			return scheduler.Missing("freeze", id, t.ids("freeze"))
		}
		if f = all[0]; !f.Lifted.IsZero() || !f.Until.After(t.now) {
			return nil
		}
		f.Lifted = at(ms(t.now))
		if err := t.exec("UPDATE freeze SET lifted = ? WHERE id = ?", ms(f.Lifted), id); err != nil {
			return fmt.Errorf("lift freeze: %w", err)
		}
		return t.changed("lift freeze", "freeze", id, f.Why, all[0], f)
	})
	return f, err
}

// Freezes lists those in force and to come, the first to begin first; with past,
// all.
func (s *Store) Freezes(ctx context.Context, past bool) (out []scheduler.Freeze, err error) {
	err = s.read(ctx, func(t *tx) error {
		out, err = t.freezes("? OR lifted = 0 AND until > ?", past, ms(t.now))
		return err
	})
	return out, err
}

func (t *tx) freezes(where string, args ...any) (out []scheduler.Freeze, err error) {
	err = t.each(func(scan func(...any) error) error {
		var f scheduler.Freeze
		var from, until, set, lifted int64
		var approved string
		if err := scan(&f.ID, &from, &until, &f.Why, &f.By, &set, &lifted, &approved); err != nil {
			return err
		}
		f.From, f.Until, f.Set, f.Lifted = at(from), at(until), at(set), at(lifted)
		err := decode(approved, &f.Approved)
		out = append(out, f)
		return err
	}, "SELECT id, start, until, why, person, at, lifted, approved FROM freeze WHERE "+where+" ORDER BY start, id", args...)
	return out, err
}

// guard refuses a change in a freeze after which a snapshot has to be made anew.
func (t *tx) guard() error {
	if !t.stale {
		return nil
	}
	return t.unfrozen(nil)
}

// thaw refuses what may not go out in a freeze that is in force.
func (t *tx) thaw(r ready) error {
	return t.unfrozen(func(f scheduler.Freeze) bool { return f.Allows(r.programme.ID, r.hash) })
}

// unfrozen refuses a change to what goes out while a freeze is in force that does
// not allow it; nil allows nothing.
func (t *tx) unfrozen(allows func(scheduler.Freeze) bool) error {
	all, err := t.freezes("lifted = 0 AND start <= ? AND until > ?", ms(t.now), ms(t.now))
	if err != nil {
		return err
	}
	for _, f := range all {
		if f.Holds(t.now) && (allows == nil || !allows(f)) {
			zone, err := t.zone()
			if err != nil {
				return err
			}
			return f.Refusal(zone)
		}
	}
	return nil
}
