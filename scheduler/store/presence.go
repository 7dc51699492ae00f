package store

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// entry is what is known of one unit, in memory. Heartbeats change it without
// touching the disk.
type entry struct {
	num  int64
	unit scheduler.Unit
	p    scheduler.Presence
	open []scheduler.Outage
	// paused is when it was last seen to be under work; due is what should
	// sound on it now.
	paused time.Time
	due    *scheduler.Due
	agenda *agenda
	// told are since when the centre's conditions stand that were noted.
	told map[string]int64
	// dirty says that the row on disk does not show p; touched that only its
	// last-seen time is older.
	dirty, touched bool
}

// presences holds the county's units as they are now. Units are put here when a
// change of theirs is committed.
type presences struct {
	mu      sync.RWMutex
	entries map[string]*entry
	mutes   []scheduler.Mute
	halts   []*openHalt // what some unit has not said that it obeys
	watch   scheduler.Watch
	// incident is the centre's own trouble while it lasts, else nil.
	incident *scheduler.Incident
	saved    map[Target]uint64 // the revisions of the envelopes kept
	stale    map[Target]bool   // the snapshots that do not show all decisions yet
	decided  uint64            // counts decisions: what stands in snapshots may be another since
	flushed  time.Time         // when last-seen times were last written
	sweep    sync.Mutex        // one sweep at a time
}

func (ps *presences) load(t *tx) error {
	ps.entries, ps.saved, ps.stale = map[string]*entry{}, map[Target]uint64{}, map[Target]bool{}
	ps.watch.Why = "the centre has just started"
	err := t.each(func(scan func(...any) error) error {
		u, num, err := scanUnit(scan)
		ps.entries[u.ID] = &entry{num: num, unit: u, p: scheduler.Presence{Unit: u.ID}}
		return err
	}, "SELECT "+unitColumns+" FROM unit")
	if err != nil {
		return err
	}
	if err := ps.loadRows(t); err != nil {
		return err
	}
	if ps.mutes, err = t.mutes("ended = 0 AND until > ?", ms(t.now)); err != nil {
		return err
	}
	if ps.incident, err = t.openIncident(); err != nil {
		return err
	}
	if err := ps.loadHalts(t); err != nil {
		return err
	}
	return t.each(func(scan func(...any) error) error {
		var g Target
		var saved uint64
		var stale bool
		err := scan(&g.Address, &g.Kind, &saved, &stale)
		if ps.saved[g] = saved; stale {
			ps.stale[g] = true
		}
		return err
	}, "SELECT address, kind, saved, stale > 0 FROM snapshot WHERE saved > 0 OR stale > 0")
}

func (ps *presences) loadRows(t *tx) error {
	err := t.each(func(scan func(...any) error) error {
		var p scheduler.Presence
		var since, seen, clockAt int64
		var have, clock, features string
		err := scan(&p.Unit, &p.Online, &since, &seen, &p.Session, &p.Spool, &p.Boot, &p.Cause, &p.Software, &p.SoundOutput, &p.Page, &have, &clock, &clockAt, &features)
		if err != nil {
			return err
		}
		// The clock may have been set back: nobody was heard in the future.
		p.Since, p.LastSeen, p.ClockAt = sooner(at(since), t.now), sooner(at(seen), t.now), sooner(at(clockAt), t.now)
		if err = decode(have, &p.Have); err == nil {
			err = errors.Join(decode(clock, &p.Clock), decode(features, &p.Features))
		}
		ps.entries[p.Unit].p = p
		return err
	}, `SELECT u.id, online, since, last_seen, session, spool, boot, cause, software, sound_output, page, have, clock, clock_at, features FROM presence JOIN unit u ON u.num = unit`)
	if err != nil {
		return err
	}
	open, err := t.outages("finish = 0")
	for _, o := range open {
		e := ps.entries[o.Unit]
		e.open = append(e.open, o)
	}
	return err
}

// put takes over a unit as it was committed.
func (ps *presences) put(u scheduler.Unit, num int64) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	e := ps.entries[u.ID]
	if e == nil {
		e = &entry{num: num, p: scheduler.Presence{Unit: u.ID}}
		ps.entries[u.ID] = e
	}
	e.unit = u
	if u.State == scheduler.UnitRemoved {
		e.open = nil
	}
}

// keep notes the revision of an envelope that was saved, drop forgets those of an address.
func (ps *presences) keep(g Target, revision uint64) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.saved[g] = revision
}

func (ps *presences) drop(a wire.Address) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for _, kind := range []wire.Kind{wire.KindBulletin, wire.KindOrders} {
		delete(ps.saved, Target{a, kind})
		delete(ps.stale, Target{a, kind})
	}
}

// composing notes that snapshots do not show all decisions yet, or that they do.
func (ps *presences) composing(yes bool, kind wire.Kind, addresses ...wire.Address) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if yes {
		ps.decided++
	}
	for _, a := range addresses {
		if yes {
			ps.stale[Target{a, kind}] = true
		} else {
			delete(ps.stale, Target{a, kind})
		}
	}
}

func (ps *presences) setMutes(ms []scheduler.Mute) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.mutes = ms
}

// list is a copy of all entries, by id.
func (ps *presences) list() []entry {
	ps.mu.RLock()
	defer ps.mu.RUnlock()
	out := make([]entry, 0, len(ps.entries))
	for _, id := range slices.Sorted(maps.Keys(ps.entries)) {
		out = append(out, *ps.entries[id])
	}
	return out
}

// number is the number of a unit.
func (ps *presences) number(unit string) (int64, bool) {
	ps.mu.RLock()
	defer ps.mu.RUnlock()
	e, ok := ps.entries[unit]
	if !ok {
		return 0, false
	}
	return e.num, true
}

// heard tells whether anything was ever heard of a unit.
func (ps *presences) heard(unit string) bool {
	ps.mu.RLock()
	defer ps.mu.RUnlock()
	e, ok := ps.entries[unit]
	return ok && !e.p.LastSeen.IsZero()
}

// paused tells whether a unit is under work.
func (ps *presences) paused(unit string, now time.Time) bool {
	a := wire.UnitAddress(unit)
	return slices.ContainsFunc(ps.mutes, func(m scheduler.Mute) bool {
		return m.Pause && m.Address == a && !m.From.After(now) && m.Until.After(now)
	})
}

// pauses are the units under work.
func (ps *presences) pauses(now time.Time) map[string]bool {
	out := map[string]bool{}
	for _, m := range ps.mutes {
		if _, id := m.Address.Split(); m.Pause && ps.paused(id, now) {
			out[id] = true
		}
	}
	return out
}

// change lets f decide about the presence of a unit that is not removed, and
// tells those who watch when it comes, goes, or plays something else.
func (s *Store) change(unit string, now time.Time, f func(scheduler.Presence) (scheduler.Presence, bool)) (scheduler.Unit, error) {
	return s.changeOf(unit, false, now, f)
}

// changeOf is change, of removed units too if they are wanted.
func (s *Store) changeOf(unit string, removed bool, now time.Time, f func(scheduler.Presence) (scheduler.Presence, bool)) (scheduler.Unit, error) {
	ps := &s.presence
	ps.mu.Lock()
	e, ok := ps.entries[unit]
	if !ok || e.unit.State == scheduler.UnitRemoved && !removed {
		ps.mu.Unlock()
		return scheduler.Unit{}, scheduler.Missing("unit", unit, nil)
	}
	old := e.p
	next, counts := f(old)
	if counts {
		e.p = next
		e.touched = true
		e.dirty = e.dirty || next.Online != old.Online || next.Session != old.Session || next.Boot != old.Boot
	}
	u := e.unit
	var obeyed []scheduler.Event
	if counts && len(ps.halts) > 0 {
		obeyed = ps.obey(e, s.core.tree.Load(), now)
	}
	ps.mu.Unlock()
	if counts {
		s.events.add(append(changes(unit, old, next, now), obeyed...)...)
	}
	return u, nil
}

// changes are the events of a change of presence.
func changes(unit string, old, next scheduler.Presence, now time.Time) (out []scheduler.Event) {
	if old.Online != next.Online {
		code := "online"
		if !next.Online {
			code = "offline"
		}
		out = append(out, scheduler.Event{At: now, Kind: "presence", Unit: unit, Ref: unit, Code: code, Text: next.Cause})
	}
	if !slices.Equal(old.OnAir, next.OnAir) {
		e := scheduler.Event{At: now, Kind: "onair", Unit: unit, Ref: unit, Code: "idle"}
		for _, a := range next.OnAir {
			e.Code, e.Text = "on-air", a.Title
		}
		out = append(out, e)
	}
	if was, is := old.AllConditions(), next.AllConditions(); !slices.Equal(was, is) {
		e := scheduler.Event{At: now, Kind: "unit", Unit: unit, Ref: unit, Code: "conditions"}
		for _, c := range is {
			e.Text += c.Code + " "
		}
		out = append(out, e)
	}
	return out
}

// Born takes the first message of a unit's session: it is online. A planned
// unit becomes installed.
func (s *Store) Born(ctx context.Context, b wire.Birth, now time.Time) error {
	u, err := s.change(b.Unit, now, func(p scheduler.Presence) (scheduler.Presence, bool) { return p.Born(b, now) })
	if err != nil || u.State != scheduler.UnitPlanned {
		return err
	}
	return s.write(ctx, func(t *tx) error {
		u, _, err := t.unit(b.Unit)
		if err != nil || u.State != scheduler.UnitPlanned {
			return err
		}
		u.State = scheduler.UnitInstalled
		_, _, err = t.updateUnit(u)
		return err
	})
}

// Beat takes a heartbeat. It is kept in memory; the next Sweep writes what changed.
func (s *Store) Beat(_ context.Context, h wire.Heartbeat, now time.Time) error {
	_, err := s.change(h.Unit, now, func(p scheduler.Presence) (scheduler.Presence, bool) { return p.Beat(h, now) })
	return err
}

// OnAir takes what a unit says is on air. It is kept in memory only.
func (s *Store) OnAir(_ context.Context, unit string, session uint64, on []wire.OnAir, now time.Time) error {
	_, err := s.change(unit, now, func(p scheduler.Presence) (scheduler.Presence, bool) { return p.Airs(session, on, now) })
	return err
}

// Gone takes a will, a farewell, or what the embedded broker's disconnect hook
// knows (the will of the client that went). One of an older session changes nothing.
func (s *Store) Gone(_ context.Context, w wire.Will, now time.Time) error {
	_, err := s.changeOf(w.Unit, true, now, func(p scheduler.Presence) (scheduler.Presence, bool) { return p.Gone(w, now) })
	return err
}

// Have takes what a unit holds.
func (s *Store) Have(ctx context.Context, h wire.Have, now time.Time) error {
	if _, known := s.presence.number(h.Unit); !known {
		return scheduler.Missing("unit", h.Unit, nil)
	}
	return s.HaveAll(ctx, []wire.Have{h}, now)
}

// HaveAll takes what many units hold, in one transaction. Unknown units are left out;
// removed ones are not, for they say that they hold their last word.
func (s *Store) HaveAll(ctx context.Context, hs []wire.Have, now time.Time) error {
	units := make([]string, 0, len(hs))
	for _, h := range hs {
		if _, err := s.changeOf(h.Unit, true, now, func(p scheduler.Presence) (scheduler.Presence, bool) { return p.Holds(h, now) }); err == nil {
			units = append(units, h.Unit)
			for _, r := range h.Refused {
				s.log.Warn("unit refused a snapshot", "unit", h.Unit, "address", r.Address, "kind", r.Kind, "revision", r.Revision, "code", r.Code, "why", r.Why)
			}
			s.events.add(scheduler.Event{At: now, Kind: "unit", Unit: h.Unit, Ref: h.Unit, Code: "have"})
		}
	}
	return s.write(ctx, func(t *tx) error { return t.savePresence(units) })
}

// savePresence writes the rows of units as they are in memory.
func (t *tx) savePresence(units []string) error {
	if len(units) == 0 {
		return nil
	}
	st, err := t.sql.PrepareContext(t.ctx, `INSERT INTO presence (unit, online, since, last_seen, session, spool, boot, cause, software, sound_output, page, have, clock, clock_at, features)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (unit) DO UPDATE SET online = excluded.online, since = excluded.since, last_seen = excluded.last_seen,
		session = excluded.session, spool = excluded.spool, boot = excluded.boot, cause = excluded.cause, software = excluded.software,
		sound_output = excluded.sound_output, page = excluded.page, have = excluded.have, clock = excluded.clock, clock_at = excluded.clock_at, features = excluded.features`)
	if err != nil {
		return err
	}
	defer st.Close()
	for _, id := range units {
		ps := &t.s.presence
		ps.mu.RLock()
		num, p := ps.entries[id].num, ps.entries[id].p
		ps.mu.RUnlock()
		have := ""
		if p.Have != nil {
			have = encode(p.Have)
		}
		clock, features := "", ""
		if p.Clock != nil {
			clock = encode(p.Clock)
		}
		if len(p.Features) > 0 {
			features = encode(p.Features)
		}
		if _, err := st.ExecContext(t.ctx, num, p.Online, ms(p.Since), ms(p.LastSeen), int64(p.Session), p.Spool, p.Boot, p.Cause, p.Software, p.SoundOutput, p.Page, have, clock, ms(p.ClockAt), features); err != nil {
			return err
		}
	}
	return nil
}

// Presence is what the centre knows of a unit's device.
func (s *Store) Presence(ctx context.Context, unit string) (scheduler.Presence, error) {
	s.presence.mu.RLock()
	defer s.presence.mu.RUnlock()
	e, ok := s.presence.entries[unit]
	if !ok {
		return scheduler.Presence{}, scheduler.Missing("unit", unit, nil)
	}
	return e.p, ctx.Err()
}
