package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/villagecast/villagecast/scheduler"
)

// seenEvery is how often last-seen times are written.
const seenEvery = time.Minute

// Watch says that from now on the centre hears its units (its broker link is
// up); Unwatch that it does not. Nothing is judged while it does not, nor in
// the 60 s after it began to. Saying it twice changes nothing.
func (s *Store) Watch(ctx context.Context, now time.Time) error {
	ps := &s.presence
	ps.mu.Lock()
	watching := !ps.watch.Since.IsZero()
	if !watching {
		ps.watch = scheduler.Watch{Since: now}
	}
	ps.mu.Unlock()
	if watching {
		return nil
	}
	s.events.add(scheduler.Event{At: now, Kind: "presence", Code: "watching"})
	err := s.write(ctx, func(t *tx) error {
		return t.exec("INSERT INTO watched (start, finish, why) VALUES (?, ?, '') ON CONFLICT DO NOTHING", ms(now), ms(now))
	})
	if err != nil { // so that the next try is one
		ps.mu.Lock()
		ps.watch = scheduler.Watch{}
		ps.mu.Unlock()
	}
	return err
}

// Unwatch says that the centre does not hear its units from now on, and why.
func (s *Store) Unwatch(ctx context.Context, now time.Time, why string) error {
	ps := &s.presence
	ps.mu.Lock()
	since := ps.watch.Since
	ps.watch = scheduler.Watch{Why: why}
	incident := ps.incident
	ps.incident = nil
	ps.mu.Unlock()
	if since.IsZero() {
		return nil
	}
	s.events.add(scheduler.Event{At: now, Kind: "presence", Code: "not-watching", Text: why})
	err := s.write(ctx, func(t *tx) error {
		if incident != nil { // nobody sees its end
			if err := t.saveIncident(incident.Ended(now)); err != nil {
				return err
			}
		}
		return t.exec("UPDATE watched SET finish = max(start, ?), why = ? WHERE start = ?", ms(now), why, ms(since))
	})
	if err != nil { // so that the next try is one
		ps.mu.Lock()
		ps.watch.Since, ps.incident = since, incident
		ps.mu.Unlock()
	}
	return err
}

// Sweep judges who is offline, opens and closes outages and incidents, and keeps
// last-seen times. Call it each few seconds; it is cheap when nothing changed.
// What could not be written is tried again at the next.
func (s *Store) Sweep(ctx context.Context, now time.Time) (Swept, error) {
	ps := &s.presence
	ps.sweep.Lock()
	defer ps.sweep.Unlock()
	if err := s.lookDue(ctx, now); err != nil && ctx.Err() == nil {
		s.log.Error("look what is due", "error", err) // who is gone is judged all the same
	}
	swept, rows := s.judge(now)
	halts := ps.haltsChanged(s.core.tree.Load(), now)
	seen := now.Sub(ps.flushed) >= seenEvery
	if len(rows)+len(swept.Opened)+len(swept.Closed) == 0 && swept.Incident == nil && !seen && halts.empty() {
		return swept, nil
	}
	ps.mu.RLock()
	since := ps.watch.Since
	ps.mu.RUnlock()
	err := s.write(ctx, func(t *tx) error {
		if seen {
			rows = ps.touchedRows(rows)
			if err := t.exec("UPDATE watched SET finish = ? WHERE start = ?", ms(now), ms(since)); err != nil {
				return err
			}
		}
		if err := t.savePresence(rows); err != nil {
			return err
		}
		if err := t.saveIncident(swept.Incident); err != nil {
			return err
		}
		for _, n := range swept.Notes {
			if err := t.note(n.At, n.Unit, n.Code, n.Text); err != nil {
				return err
			}
		}
		if err := t.keepHalts(halts); err != nil {
			return err
		}
		return t.saveOutages(swept)
	})
	if err != nil {
		ps.again(rows)
		return swept, fmt.Errorf("sweep presence: %w", err)
	}
	if seen {
		ps.flushed = now
	}
	ps.settle(swept)
	ps.haltsKept(halts)
	return swept, nil
}

// judge decides about every unit, in memory, and gives the units whose rows
// have to be written.
func (s *Store) judge(now time.Time) (swept Swept, rows []string) {
	ps := &s.presence
	ps.mu.Lock()
	defer ps.mu.Unlock()
	paused := ps.pauses(now)
	incident := ps.flood(paused, now)
	if !incident.Same(ps.incident) {
		swept.Incident = incident
	}
	for id, e := range ps.entries {
		if e.unit.State == scheduler.UnitRemoved {
			continue
		}
		if paused[id] {
			e.paused = now
		}
		was := e.p
		if incident.Holds(id) {
			was = incident.Forgive(was)
		}
		j := scheduler.Judge(was, scheduler.Scene{Unit: e.unit, Open: e.open, Paused: paused[id], Resumed: e.paused,
			Incident: incident.Holds(id), Due: e.due, Watch: ps.watch}, now)
		if incident.Holds(id) {
			j.Presence = incident.Forgive(j.Presence)
		}
		if e.p.Online && !j.Presence.Online {
			swept.Offline = append(swept.Offline, id)
			e.dirty = true
		}
		s.events.add(changes(id, e.p, j.Presence, now)...)
		swept.Notes = append(swept.Notes, e.notes(j.Presence, now)...)
		e.p = j.Presence
		if e.dirty {
			rows = append(rows, id)
			e.dirty = false
		}
		swept.Opened = append(swept.Opened, j.Opened...)
		swept.Closed = append(swept.Closed, j.Closed...)
	}
	return swept, rows
}

// notes are what is kept of the centre's own conditions: when each began, and
// when it was over.
func (e *entry) notes(next scheduler.Presence, now time.Time) (out []scheduler.Notable) {
	for _, c := range next.Found() {
		if e.told[c.Code] != c.Since {
			e.tell(c.Code, c.Since)
			out = append(out, scheduler.Notable{At: now, Unit: e.unit.ID, Code: c.Code, Text: c.Text})
		}
	}
	if e.told[scheduler.ConditionFlapping] != 0 && next.Flapping.IsZero() {
		e.tell(scheduler.ConditionFlapping, 0)
		out = append(out, scheduler.Notable{At: now, Unit: e.unit.ID, Code: "flapping-over", Text: fmt.Sprintf("offline %d times since %s", e.p.Flaps, e.p.Flapping.UTC().Format(time.RFC3339))})
	}
	if e.told[scheduler.ConditionTwins] != 0 && next.Twins.IsZero() {
		e.tell(scheduler.ConditionTwins, 0)
		out = append(out, scheduler.Notable{At: now, Unit: e.unit.ID, Code: "two-devices-over", Text: "only one device speaks as this unit now"})
	}
	return out
}

func (e *entry) tell(code string, since int64) {
	if e.told == nil {
		e.told = map[string]int64{}
	}
	e.told[code] = since
}

// touchedRows adds the units that were only seen.
func (ps *presences) touchedRows(rows []string) []string {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	have := make(map[string]bool, len(rows))
	for _, id := range rows {
		have[id] = true
	}
	for id, e := range ps.entries {
		if e.touched && !have[id] {
			rows = append(rows, id)
		}
		e.touched = false
	}
	return rows
}

// again marks rows that could not be written.
func (ps *presences) again(rows []string) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for _, id := range rows {
		ps.entries[id].dirty = true
	}
}

// saveOutages writes what opened, giving it its id, and what closed.
func (t *tx) saveOutages(swept Swept) error {
	for i := range swept.Opened {
		o := &swept.Opened[i]
		num, _ := t.s.presence.number(o.Unit)
		if o.Kind == scheduler.Unreachable {
			shut, err := t.certificates(lastRevoked+" AND unit = ? LIMIT 1", o.Unit)
			if err != nil {
				return err
			}
			if len(shut) > 0 {
				*o = o.ShutOut(shut[0].Why)
			}
		}
		res, err := t.sql.ExecContext(t.ctx, "INSERT INTO outage (unit, kind, start, finish, cause, detail) VALUES (?, ?, ?, 0, ?, ?)", num, o.Kind, ms(o.From), o.Cause, o.Detail)
		if err != nil {
			return err
		}
		if o.ID, err = res.LastInsertId(); err != nil {
			return err
		}
		t.event("outage", o.Unit, strconv.FormatInt(o.ID, 10), "opened", o.Says(time.UTC).EN)
	}
	for _, o := range swept.Closed {
		if err := t.exec("UPDATE outage SET finish = ? WHERE id = ?", ms(o.To), o.ID); err != nil {
			return err
		}
		t.event("outage", o.Unit, strconv.FormatInt(o.ID, 10), "closed", o.Says(time.UTC).EN)
	}
	return nil
}

// settle takes over what was written.
func (ps *presences) settle(swept Swept) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if i := swept.Incident; i != nil {
		if ps.incident = i; !i.To.IsZero() {
			ps.incident = nil
		}
	}
	for _, o := range swept.Opened {
		ps.entries[o.Unit].open = append(ps.entries[o.Unit].open, o)
	}
	for _, c := range swept.Closed {
		e := ps.entries[c.Unit]
		var left []scheduler.Outage
		for _, o := range e.open {
			if o.ID != c.ID {
				left = append(left, o)
			}
		}
		e.open = left
	}
}

// endOutages ends those of a unit that is taken out of service.
func (t *tx) endOutages(num int64) error {
	return t.exec("UPDATE outage SET finish = ? WHERE unit = ? AND finish = 0", ms(t.now), num)
}

// Outages lists outages, newest first (by id; one is written when it opens).
func (s *Store) Outages(ctx context.Context, f OutageFilter) (out []scheduler.Outage, next string, err error) {
	before, err := beforeOf(f.Page)
	if err != nil {
		return nil, "", err
	}
	err = s.read(ctx, func(t *tx) error {
		where, args, err := t.unitWhere("o.unit", f.Unit, f.Area)
		if err != nil {
			return err
		}
		to := ms(f.To)
		if to == 0 {
			to = 1 << 62
		}
		args = append([]any{before, f.Open, to, ms(f.From)}, args...)
		out, err = t.outages("o.id < ? AND (? = 0 OR o.finish = 0) AND o.start < ? AND (o.finish = 0 OR o.finish > ?)"+where+" ORDER BY o.id DESC LIMIT "+strconv.Itoa(limitOf(f.Page)+1), args...)
		return err
	})
	out, next = cut(out, f.Page, func(o scheduler.Outage) string { return strconv.FormatInt(o.ID, 10) })
	return out, next, err
}

func (t *tx) outages(where string, args ...any) (out []scheduler.Outage, err error) {
	err = t.each(func(scan func(...any) error) error {
		var o scheduler.Outage
		var from, to int64
		err := scan(&o.ID, &o.Unit, &o.Kind, &from, &to, &o.Cause, &o.Detail)
		o.From, o.To = at(from), at(to)
		out = append(out, o)
		return err
	}, "SELECT o.id, u.id, o.kind, o.start, o.finish, o.cause, o.detail FROM outage o JOIN unit u ON u.num = o.unit WHERE "+where, args...)
	return out, err
}

// unitWhere is the condition that a column of unit numbers is one unit, or one
// below an area.
func (t *tx) unitWhere(column, unit, area string) (where string, args []any, err error) {
	if unit != "" {
		num, ok := t.s.presence.number(unit)
		if !ok {
			return "", nil, scheduler.Missing("unit", unit, t.ids("unit"))
		}
		return " AND " + column + " = ?", []any{num}, nil
	}
	if area == "" {
		return "", nil, nil
	}
	ids := t.tree().Subtree(area)
	if ids == nil {
		return "", nil, scheduler.Missing("area", area, t.tree().IDs)
	}
	where = " AND +" + column + " IN (SELECT num FROM unit WHERE area IN (?"
	for i, id := range ids {
		if i > 0 {
			where += ", ?"
		}
		args = append(args, id)
	}
	return where + "))", args, nil
}
