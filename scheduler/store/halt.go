package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// haltsShown is how long halts that everybody obeys are listed.
const haltsShown = 24 * time.Hour

// haltBody is what of a halt is kept as JSON.
type haltBody struct {
	From     int64               `json:"from"`
	Contents []scheduler.Content `json:"contents,omitempty"`
	Wanted   []scheduler.Wanted  `json:"wanted"`
	Except   []string            `json:"except,omitempty"`
}

// halt begins to wait for every unit's word that it obeys. The snapshots of a
// kind that will say so are those of the addresses: each in its next revision.
func (t *tx) halt(h scheduler.Halt, kind wire.Kind, addresses ...wire.Address) (string, error) {
	h.ID, h.At, h.By, h.Name = newID("h"), at(ms(t.now)), t.actor.ID, t.actor.Name
	h.From = later(h.From, h.At)
	for _, a := range addresses {
		row, err := t.snapshot(Target{a, kind})
		if err != nil {
			return "", err
		}
		h.Wanted = append(h.Wanted, scheduler.Wanted{Address: a, Kind: kind, Revision: max(row.given+1, uint64(ms(t.now)))})
	}
	err := t.exec("INSERT INTO halt (id, kind, area, ref, at, over, actor, name, why, body, closed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
		h.ID, string(h.Kind), h.Area, h.Ref, ms(h.At), ms(h.Over), h.By, h.Name, h.Why, encode(haltBody{ms(h.From), h.Contents, h.Wanted, h.Except}))
	if err != nil {
		return "", fmt.Errorf("halt: %w", err)
	}
	t.after = append(t.after, func() { t.s.presence.addHalt(h) })
	return h.ID, nil
}

// endHalt closes the halt of a mute that was ended before its time.
func (t *tx) endHalt(kind scheduler.HaltKind, ref string) error {
	t.after = append(t.after, func() { t.s.presence.dropHalt(kind, ref) })
	return t.exec("UPDATE halt SET closed = ? WHERE kind = ? AND ref = ? AND closed = 0", ms(t.now), string(kind), ref)
}

const haltColumns = "id, kind, area, ref, at, over, actor, name, why, body, closed"

func (t *tx) halts(where string, args ...any) (out []scheduler.Halt, err error) {
	err = t.each(func(scan func(...any) error) error {
		var h scheduler.Halt
		var body string
		var when, over, closed int64
		if err := scan(&h.ID, &h.Kind, &h.Area, &h.Ref, &when, &over, &h.By, &h.Name, &h.Why, &body, &closed); err != nil {
			return err
		}
		var b haltBody
		err := decode(body, &b)
		h.At, h.Over, h.Closed, h.From = at(when), at(over), at(closed), at(b.From)
		h.Contents, h.Wanted, h.Except = b.Contents, b.Wanted, b.Except
		out = append(out, h)
		return err
	}, "SELECT "+haltColumns+" FROM halt WHERE "+where, args...)
	return out, err
}

// Halts lists the halts of an area, "" for the county: the open ones and those of
// the last day, or with all every one, newest first; each with the units that
// have not said that they obey.
func (s *Store) Halts(ctx context.Context, area string, all bool) (out []scheduler.HaltView, err error) {
	err = s.read(ctx, func(t *tx) error {
		tree := t.tree()
		if _, ok := tree.Area(area); !ok && area != "" {
			return scheduler.Missing("area", area, tree.IDs)
		}
		since := ms(t.now.Add(-haltsShown))
		if all {
			since = 0
		}
		list, err := t.halts("(closed = 0 OR at >= ?) ORDER BY at DESC, id DESC LIMIT 1000", since)
		if err != nil {
			return err
		}
		admins, err := t.admins()
		if err != nil {
			return err
		}
		for _, h := range list {
			if area != "" && !tree.Within(h.Area, area) && !tree.Within(area, h.Area) {
				continue
			}
			v, err := t.haltView(h, area, admins, false)
			if err != nil {
				return err
			}
			if err := t.goOn(v); err != nil {
				return err
			}
			out = append(out, v)
		}
		return ctx.Err()
	})
	return out, err
}

// Halt is one, with every unit that it reaches and when each fell silent.
func (s *Store) Halt(ctx context.Context, id string) (v scheduler.HaltView, err error) {
	err = s.read(ctx, func(t *tx) error {
		list, err := t.halts("id = ?", id)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return scheduler.Missing("stop", id, t.ids("halt"))
		}
		admins, err := t.admins()
		if err != nil {
			return err
		}
		if v, err = t.haltView(list[0], "", admins, true); err != nil {
			return err
		}
		if err := t.silentSince(&v); err != nil {
			return err
		}
		return t.goOn(v)
	})
	return v, err
}

// admins are whom to call in the villages.
func (t *tx) admins() (map[string]string, error) {
	var people []scheduler.Person
	err := t.each(func(scan func(...any) error) error {
		p, err := scanPerson(scan)
		people = append(people, p)
		return err
	}, "SELECT "+personColumns+" FROM person WHERE phone <> '' ORDER BY id")
	return scheduler.Admins(people), err
}

// haltView counts the units of a halt below an area, and lists those that have not
// said that they obey, or all.
func (t *tx) haltView(h scheduler.Halt, area string, admins map[string]string, details bool) (scheduler.HaltView, error) {
	v := scheduler.HaltView{Halt: h, List: []scheduler.HaltUnit{}}
	said, err := t.obeyed(h)
	if err != nil {
		return v, err
	}
	tree := t.tree()
	ps := &t.s.presence
	ps.mu.RLock()
	defer ps.mu.RUnlock()
	for _, e := range ps.entries {
		if area != "" && !tree.Within(e.unit.Area, area) || !h.Reaches(e.unit, tree) {
			continue
		}
		u := scheduler.HaltUnit{Unit: e.unit.ID, Name: e.unit.Name, State: scheduler.HaltSilent, Online: e.p.Online, LastSeen: e.p.LastSeen, Said: said[e.num]}
		if u.Said.IsZero() {
			u.State, u.Why = h.Obeys(e.p, ps.wantedNow(h.Of(e.unit, tree)), t.now)
			if u.State == scheduler.HaltSilent && h.Closed.IsZero() { // its word is yet to come
				u.State, u.Why = scheduler.HaltHolds, scheduler.Words{ZH: "终端还没说已静下来", EN: "it has not said that it is silent"}
			}
		}
		v.Last = later(v.Last, u.Said)
		v.Units++
		if u.State == scheduler.HaltSilent {
			v.Silent++
			if !details {
				continue
			}
		}
		u.Town, u.Area, u.Contact = scheduler.Whom(tree, e.unit.Area, admins)
		v.List = append(v.List, u)
	}
	slices.SortFunc(v.List, func(a, b scheduler.HaltUnit) int {
		return cmp.Or(cmp.Compare(a.Town.ID, b.Town.ID), cmp.Compare(a.Area.ID, b.Area.ID), cmp.Compare(a.Unit, b.Unit))
	})
	return v, nil
}

// obeyed is when units said that they obey, by their numbers.
func (t *tx) obeyed(h scheduler.Halt) (map[int64]time.Time, error) {
	said := map[int64]time.Time{}
	err := t.each(func(scan func(...any) error) error {
		var unit, when int64
		err := scan(&unit, &when)
		said[unit] = at(when)
		return err
	}, "SELECT unit, said FROM halt_unit WHERE halt = ?", h.ID)
	t.s.presence.said(h.ID, said)
	return said, err
}

// silentBefore is how long before a halt a stretch may have begun that it ended:
// none is longer.
const silentBefore = 16 * time.Minute

// silentSince fills in when each unit was first without what was ended, by its
// proof: the end of the last stretch of it.
func (t *tx) silentSince(v *scheduler.HaltView) error {
	last := map[int64]int64{}
	from, until := ms(v.At.Add(-silentBefore)), ms(t.now)
	one := func(where string, args ...any) error {
		return t.each(func(scan func(...any) error) error {
			var unit, end int64
			err := scan(&unit, &end)
			last[unit] = max(last[unit], end)
			return err
		}, "SELECT a.unit, max(a.start + a.length) FROM asrun a JOIN content c ON c.num = a.content WHERE a.start >= ? AND a.start <= ? AND "+where+" GROUP BY a.unit",
			append([]any{from, until}, args...)...)
	}
	if len(v.Contents) == 0 { // of a mute: what sounded when it began, not what came after it
		if err := one("c.programme <> '' AND a.start <= ?", ms(v.From)); err != nil {
			return err
		}
	}
	for _, c := range v.Contents {
		if err := one("c.programme = ? AND c.version = ? AND c.interrupt = ?", c.Programme, c.Version, c.Warning); err != nil {
			return err
		}
	}
	for i := range v.List {
		num, _ := t.s.presence.number(v.List[i].Unit)
		if end := last[num]; end >= ms(v.At) && v.List[i].State == scheduler.HaltSilent {
			v.List[i].Silent = at(end)
		}
	}
	return nil
}

// withdrawn waits for the word of every unit that a withdrawn version was for.
func (t *tx) withdrawn(p scheduler.Programme, from []wire.Address) error {
	zone, err := t.zone()
	if err != nil {
		return err
	}
	_, err = t.halt(scheduler.Halt{Kind: scheduler.HaltWithdraw, Area: cmp.Or(p.Issuer, t.tree().Root()), Ref: p.ID, Over: p.Ends(zone), Except: p.Targets.Except,
		Contents: []scheduler.Content{{Programme: p.ID, Version: p.Version, Title: p.Title}}}, wire.KindBulletin, from...)
	return err
}

// areaOf is the area that an address is, or in which its unit stands.
func (t *tx) areaOf(a wire.Address) (string, error) {
	kind, id := a.Split()
	if kind != "unit" {
		return id, nil
	}
	u, _, err := t.unit(id)
	return u.Area, err
}
