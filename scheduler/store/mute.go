package store

import (
	"context"
	"fmt"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// Mute silences an area or a unit but for warnings; with Pause it says that a
// unit is under work and counted as no outage. From zero is now.
func (s *Store) Mute(ctx context.Context, m scheduler.Mute) (out scheduler.Mute, err error) {
	err = s.write(ctx, func(t *tx) error {
		if m.ID == "" {
			m.ID = newID("m")
		}
		if m.From.IsZero() {
			m.From = t.now.Truncate(time.Millisecond)
		}
		m.Ended, m.By = time.Time{}, t.actor.ID
		if err := m.Validate(t.world(), t.now); err != nil {
			return err
		}
		taken, err := t.mutes("id = ?", m.ID)
		if err != nil {
			return err
		}
		if len(taken) > 0 {
			return conflict("id", m.ID,
				scheduler.Words{ZH: "已有静音用这个编号", EN: "there is a mute with this id already"},
				scheduler.Words{ZH: "换一个编号，或不写", EN: "give another id, or none"})
		}
		out = m
		if err := t.exec("INSERT INTO mute (id, address, start, until, why, pause, ended, actor) VALUES (?, ?, ?, ?, ?, ?, 0, ?)",
			m.ID, string(m.Address), ms(m.From), ms(m.Until), m.Why, m.Pause, m.By); err != nil {
			return fmt.Errorf("mute: %w", err)
		}
		area, err := t.areaOf(m.Address)
		if err != nil {
			return err
		}
		h := scheduler.Halt{Kind: scheduler.HaltMute, Area: area, Ref: m.ID, From: m.From, Over: m.Until, Why: m.Why}
		if _, err := t.halt(h, wire.KindOrders, m.Address); err != nil {
			return err
		}
		if err := t.roomInOrders(m.Address); err != nil {
			return err
		}
		return t.muted("mute", m)
	})
	return out, err
}

// muted marks and audits what a change of a mute touches.
func (t *tx) muted(act string, m scheduler.Mute) error {
	if err := t.mark(wire.KindOrders, m.Address); err != nil {
		return err
	}
	now, err := t.mutes("ended = 0 AND until > ?", ms(t.now))
	if err != nil {
		return err
	}
	t.after = append(t.after, func() { t.s.presence.setMutes(now) })
	return t.changed(act, "mute", m.ID, string(m.Address), nil, m)
}

// Unmute ends a mute or a pause. Ending one that is over changes nothing.
func (s *Store) Unmute(ctx context.Context, id string) (m scheduler.Mute, err error) {
	err = s.write(ctx, func(t *tx) error {
		list, err := t.mutes("id = ?", id)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return scheduler.Missing("mute", id, t.ids("mute"))
		}
		if m = list[0]; !m.Ended.IsZero() || !m.Until.After(t.now) {
			return nil
		}
		m.Ended = t.now
		if err := t.exec("UPDATE mute SET ended = ? WHERE id = ?", ms(m.Ended), id); err != nil {
			return fmt.Errorf("unmute: %w", err)
		}
		if err := t.endHalt(scheduler.HaltMute, m.ID); err != nil {
			return fmt.Errorf("unmute: %w", err)
		}
		return t.muted("unmute", m)
	})
	return m, err
}

// MuteByID is one mute or pause, of whatever time.
func (s *Store) MuteByID(ctx context.Context, id string) (m scheduler.Mute, err error) {
	err = s.read(ctx, func(t *tx) error {
		list, err := t.mutes("id = ?", id)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return scheduler.Missing("mute", id, t.ids("mute"))
		}
		m = list[0]
		return nil
	})
	return m, err
}

// Mutes lists those in force or still to come.
func (s *Store) Mutes(ctx context.Context) (out []scheduler.Mute, err error) {
	err = s.read(ctx, func(t *tx) error {
		out, err = t.mutes("ended = 0 AND until > ? ORDER BY start, id", ms(t.now))
		return err
	})
	return out, err
}

func (t *tx) mutes(where string, args ...any) (out []scheduler.Mute, err error) {
	err = t.each(func(scan func(...any) error) error {
		var m scheduler.Mute
		var from, until, ended int64
		err := scan(&m.ID, &m.Address, &from, &until, &m.Why, &m.Pause, &ended, &m.By)
		m.From, m.Until, m.Ended = at(from), at(until), at(ended)
		out = append(out, m)
		return err
	}, "SELECT id, address, start, until, why, pause, ended, actor FROM mute WHERE "+where, args...)
	return out, err
}
