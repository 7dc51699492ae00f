package store

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// InForce lists what is in force in an area, above it or below it, "" for the
// county: the newest first.
func (s *Store) InForce(ctx context.Context, area string) (out []scheduler.InForce, err error) {
	err = s.read(ctx, func(t *tx) error {
		out, err = t.inForce(area)
		return err
	})
	return out, err
}

func (t *tx) inForce(area string) ([]scheduler.InForce, error) {
	out := []scheduler.InForce{}
	halts, err := t.halts("closed = 0 OR kind = 'stop' AND at >= ? OR kind = 'mute' AND over > ?", ms(t.now.Add(-haltsShown)), ms(t.now))
	if err != nil {
		return nil, err
	}
	views := map[string]scheduler.HaltView{}
	for _, h := range halts {
		if !t.concerns(h.Area, area) {
			continue
		}
		v, err := t.haltView(h, "", nil, false)
		if err != nil {
			return nil, err
		}
		if views[h.Ref] = v; h.Kind != scheduler.HaltMute {
			out = append(out, haltInForce(v))
		}
	}
	mutes, err := t.mutes("ended = 0 AND until > ?", ms(t.now))
	if err != nil {
		return nil, err
	}
	for _, m := range mutes {
		f, err := t.muteInForce(m)
		if err != nil {
			return nil, err
		}
		if v, open := views[m.ID]; open {
			f.Units, f.Obey, f.Name = v.Units, v.Silent, v.Name
		}
		if t.concerns(f.Area, area) {
			out = append(out, f)
		}
	}
	exceptions, err := t.exceptions("ended = 0 AND until > ? AND start <= ?", ms(t.now), ms(t.now))
	if err != nil {
		return nil, err
	}
	for _, e := range exceptions {
		f, err := t.exceptionInForce(e)
		if err != nil {
			return nil, err
		}
		if t.concerns(f.Area, area) {
			out = append(out, f)
		}
	}
	freezes, err := t.freezes("lifted = 0 AND until > ? AND start <= ?", ms(t.now), ms(t.now))
	if err != nil {
		return nil, err
	}
	for _, f := range freezes {
		out = append(out, scheduler.InForce{Kind: "freeze", ID: f.ID, Area: t.tree().Root(), Why: f.Why, Since: f.From, Until: f.Until, By: f.By, Lift: scheduler.ActSettings})
	}
	shut, err := t.shutOut()
	if err != nil {
		return nil, err
	}
	for _, f := range shut {
		if t.concerns(f.Area, area) {
			out = append(out, f)
		}
	}
	for i, f := range out {
		if f.Name == "" {
			if _, err := t.one("SELECT name FROM person WHERE id = ?", []any{f.By}, &out[i].Name); err != nil {
				return nil, err
			}
		}
	}
	slices.SortFunc(out, func(a, b scheduler.InForce) int { return cmp.Or(b.Since.Compare(a.Since), cmp.Compare(a.ID, b.ID)) })
	return out, nil
}

// concerns tells whether what holds in one area is to be seen in another.
func (t *tx) concerns(holds, seen string) bool {
	return seen == "" || t.tree().Within(holds, seen) || t.tree().Within(seen, holds)
}

func haltInForce(v scheduler.HaltView) scheduler.InForce {
	var titles []string
	for _, c := range v.Contents {
		if title := cmp.Or(c.Title, c.Programme, c.Warning); !slices.Contains(titles, title) {
			titles = append(titles, title)
		}
	}
	return scheduler.InForce{Kind: string(v.Kind), ID: v.ID, Area: v.Area, What: strings.Join(titles, ", "), Why: v.Why, Since: v.At, By: v.By, Name: v.Name,
		Units: v.Units, Obey: v.Silent}
}

func (t *tx) muteInForce(m scheduler.Mute) (scheduler.InForce, error) {
	f := scheduler.InForce{Kind: "mute", ID: m.ID, Why: m.Why, Since: m.From, Until: m.Until, By: m.By, Lift: scheduler.ActMute}
	if m.Pause {
		f.Kind, f.Lift = "pause", scheduler.ActPause
	}
	kind, id := m.Address.Split()
	if kind == "unit" {
		f.Unit = id
	}
	var err error
	f.Area, err = t.areaOf(m.Address)
	return f, err
}

// lastRevoked is what holds for the last certificate of a unit that has no other way in.
const lastRevoked = `revoked > 0 AND NOT EXISTS (SELECT 1 FROM certificate c WHERE c.unit = certificate.unit AND (c.revoked = 0 OR c.revoked > certificate.revoked))
	AND EXISTS (SELECT 1 FROM unit u WHERE u.id = certificate.unit AND length(u.secret) = 0)`

// shutOut are the units in service whose device was revoked, until another one, or
// the same by a new claim, is in.
func (t *tx) shutOut() (out []scheduler.InForce, err error) {
	list, err := t.certificates(lastRevoked+" AND unit IN (SELECT id FROM unit WHERE state <> ?) ORDER BY unit", scheduler.UnitRemoved)
	for i, c := range list {
		if err != nil || i > 0 && c.Unit == list[i-1].Unit { // one device may hold two for a while
			continue
		}
		f := scheduler.InForce{Kind: "revoked", ID: c.Serial, Unit: c.Unit, Why: c.Why, Since: c.Revoked, Lift: scheduler.ActEnrol}
		if f.Area, err = t.areaOf(wire.UnitAddress(c.Unit)); err == nil {
			_, err = t.one("SELECT actor FROM audit WHERE kind = 'unit' AND ref = ? AND act = 'revoke device' ORDER BY id DESC LIMIT 1", []any{c.Unit}, &f.By)
		}
		out = append(out, f)
	}
	return out, err
}

// InForceOf lists what is in force for one unit.
func (s *Store) InForceOf(ctx context.Context, unit string) ([]scheduler.InForce, error) {
	out := []scheduler.InForce{}
	err := s.read(ctx, func(t *tx) error {
		u, _, err := t.unit(unit)
		if err != nil {
			return err
		}
		all, err := t.inForce(u.Area)
		for _, f := range all {
			if f.Unit == unit || f.Unit == "" && t.tree().Within(u.Area, f.Area) {
				out = append(out, f)
			}
		}
		return err
	})
	return out, err
}
