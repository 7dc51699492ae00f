package store

import (
	"context"
	"fmt"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// hold keeps a warning that needs a second person; it is complete and checked, and
// is not changed any more. One that waits already under its id is left alone.
func (t *tx) hold(w scheduler.Warning) (scheduler.Warning, error) {
	old, _, found, err := t.held(w.ID)
	if err != nil || found {
		return old, err
	}
	w.Waits = true
	if err := t.exec("INSERT INTO warning_waiting (id, body, person, at, until) VALUES (?, ?, ?, ?, ?)", w.ID, encode(w), t.actor.ID, ms(t.now), ms(w.Until)); err != nil {
		return w, fmt.Errorf("hold warning: %w", err)
	}
	return w, t.changed("ask for warning", "warning", w.ID, fmt.Sprintf("%s, %s: waits for a second person", w.Level, w.Title), nil, w)
}

// held finds a warning that waits, and who asked for it.
func (t *tx) held(id string) (w scheduler.Warning, by string, found bool, err error) {
	var body string
	if found, err = t.one("SELECT body, person FROM warning_waiting WHERE id = ? AND until > ?", []any{id, ms(t.now)}, &body, &by); found && err == nil {
		err = decode(body, &w)
	}
	return w, by, found, err
}

// waitingWarnings are those that wait, the oldest first.
func (t *tx) waitingWarnings() (out []scheduler.Waiting, err error) {
	err = t.each(func(scan func(...any) error) error {
		var w scheduler.Warning
		var body, by, name string
		var since int64
		if err := scan(&body, &by, &name, &since); err != nil {
			return err
		}
		err := decode(body, &w)
		out = append(out, scheduler.Waiting{Warning: &w, By: by, Name: name, Since: at(since)})
		return err
	}, "SELECT body, person, coalesce((SELECT name FROM person WHERE id = w.person), ''), at FROM warning_waiting w WHERE until > ? ORDER BY at, id", ms(t.now))
	return out, err
}

// Confirm is the second person's word, upon which a warning that waits goes out at
// once. Confirming what is out changes nothing.
func (s *Store) Confirm(ctx context.Context, id string) (out scheduler.Warning, r Reach, err error) {
	err = s.write(ctx, func(t *tx) error {
		w, by, found, err := t.held(id)
		switch {
		case err != nil:
			return err
		case !found:
			if out, found, err = t.warning(id); err == nil && !found {
				err = scheduler.Missing("warning that waits", id, t.ids("warning_waiting"))
			}
			r = t.reach([]wire.Address{wire.AreaAddress(out.Area)}, nil)
			return err
		case by == t.actor.ID:
			return &scheduler.Error{Kind: scheduler.Forbidden, Field: "person", Value: by,
				Message: scheduler.Words{ZH: "预警要由另一个人确认，不能是发起的人", EN: "a warning is confirmed by another person than the one who asked for it"},
				Remedy:  scheduler.Words{ZH: "请 " + w.Area + " 或它上级的值班员或管理员确认", EN: "ask a duty officer or an administrator of " + w.Area + " or of an area above it"}}
		}
		if err := t.drop(id); err != nil {
			return err
		}
		w.Waits, w.Confirmed = false, t.actor.ID
		out, r, err = t.issue(w)
		if err != nil {
			return err
		}
		return t.audit("confirm warning", "warning", id, fmt.Sprintf("%s, asked for by %s", w.Title, by))
	})
	return out, r, err
}

func (t *tx) drop(id string) error {
	return t.exec("DELETE FROM warning_waiting WHERE id = ? OR until <= ?", id, ms(t.now))
}

// liftHeld takes back a warning that still waits.
func (t *tx) liftHeld(id string) (w scheduler.Warning, found bool, err error) {
	if w, _, found, err = t.held(id); err != nil || !found {
		return w, found, err
	}
	w.Ended, w.End, w.Waits = at(ms(t.now)), "lifted", false
	if err := t.drop(id); err != nil {
		return w, true, err
	}
	return w, true, t.audit("lift warning", "warning", id, w.Title+", which waited for a second person")
}

// undoReaching undoes the releases on their way into an area: after a STOP
// nothing that was pressed before it begins to sound.
func (t *tx) undoReaching(area string) error {
	all, err := t.ways("s.ended = 0 AND p.state = 'releasing'")
	if err != nil {
		return err
	}
	for _, w := range all {
		for _, a := range w.addresses {
			kind, id := a.Split()
			if kind == "unit" {
				u, _, err := t.unit(id)
				if err != nil {
					return err
				}
				id = u.Area
			}
			if !t.tree().Within(id, area) && !t.tree().Within(area, id) {
				continue
			}
			if _, err := t.undo(w); err != nil {
				return err
			}
			break
		}
	}
	return nil
}

// unapproved are the programmes of what waits for an approver and that nobody who
// is active can approve, after somebody left.
func (t *tx) unapproved() (out []string, err error) {
	all, err := t.ways("s.ended = 0 AND p.state = 'submitted' ORDER BY s.programme")
	if err != nil || len(all) == 0 {
		return nil, err
	}
	var actors []scheduler.Actor
	err = t.each(func(scan func(...any) error) error {
		p, err := scanPerson(scan)
		actors = append(actors, scheduler.Actor{ID: p.ID, Grants: p.Grants})
		return err
	}, "SELECT "+personColumns+" FROM person WHERE state = 'active'")
	for _, w := range all {
		can := false
		for _, a := range actors {
			can = can || scheduler.Waiting{Submission: &w.Submission}.For(t.tree(), a)
		}
		if !can {
			out = append(out, w.Programme)
		}
	}
	return out, err
}
