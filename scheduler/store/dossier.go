package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
)

// Dossier is the record of one version of a programme, 0 for the newest that was
// released.
func (s *Store) Dossier(ctx context.Context, id string, version int) (d scheduler.Dossier, err error) {
	err = s.read(ctx, func(t *tx) error {
		if version == 0 {
			if _, err := t.one("SELECT version FROM programme WHERE id = ? AND released_at > 0 ORDER BY version DESC LIMIT 1", []any{id}, &version); err != nil {
				return err
			}
		}
		if d.Programme, _, err = t.version(id, version); err != nil {
			return err
		}
		d.Author = d.Programme.Author
		if d.Acts, err = t.actsOn(d.Programme); err != nil {
			return err
		}
		for _, a := range d.Acts {
			if a.Approves() && !slices.Contains(d.Approvers, a.Who()) {
				d.Approvers = append(d.Approvers, a.Who())
			}
			if a.Act == "draft programme" && a.By == d.Programme.Author {
				d.Author = a.Who()
			}
		}
		if d.Units, err = t.played(d.Programme); err != nil {
			return err
		}
		return t.villages(&d)
	})
	return d, err
}

// actsOn is what was done with a version, by the audit and by the halts that
// ended it.
func (t *tx) actsOn(p scheduler.Programme) (out []scheduler.DossierAct, err error) {
	var next int64 // when the version after it was drafted
	if _, err := t.one("SELECT created FROM programme WHERE id = ? AND version = ?", []any{p.ID, p.Version + 1}, &next); err != nil {
		return nil, err
	}
	err = t.each(func(scan func(...any) error) error {
		l, err := scanAudit(scan)
		if err != nil {
			return err
		}
		of := struct{ Version int }{}
		_ = decode(l.Became, &of) // what says no version is told by its time
		if of.Version == p.Version || of.Version == 0 && !l.At.Before(p.Created) && (next == 0 || l.At.Before(at(next))) {
			out = append(out, scheduler.DossierAct{At: l.At, By: l.Actor, Name: l.Name, Act: l.Act, Text: l.Text})
		}
		return nil
	}, "SELECT "+auditColumns+" FROM audit WHERE kind = 'programme' AND ref = ? ORDER BY id", p.ID)
	if err != nil {
		return nil, err
	}
	halts, err := t.halts("kind = 'stop' AND at >= ?", ms(p.Created))
	for _, h := range halts {
		if slices.ContainsFunc(h.Contents, func(c scheduler.Content) bool { return c.Programme == p.ID && c.Version == p.Version }) {
			out = append(out, scheduler.DossierAct{At: h.At, By: h.By, Name: h.Name, Act: "STOP in " + h.Area, Text: h.Why})
		}
	}
	slices.SortStableFunc(out, func(a, b scheduler.DossierAct) int { return a.At.Compare(b.At) })
	return out, err
}

// played is where a version played, by what units proved.
func (t *tx) played(p scheduler.Programme) ([]scheduler.DossierUnit, error) {
	all := map[[2]string]*scheduler.DossierUnit{}
	f := AsRunFilter{Programme: p.ID, Version: p.Version, From: p.ReleasedAt.Add(-longest), Page: Page{Limit: 1000}}
	for {
		list, next, err := t.asruns(f)
		if err != nil {
			return nil, err
		}
		for _, a := range list {
			key := [2]string{a.Unit, string(a.Output)}
			if all[key] == nil {
				all[key] = &scheduler.DossierUnit{Unit: a.Unit, Output: string(a.Output)}
			}
			all[key].Note(a, contentOf(a.AsRun))
		}
		if f.After = next; next == "" {
			break
		}
	}
	out := []scheduler.DossierUnit{}
	for _, u := range all {
		if e, _ := t.s.presence.held(u.Unit); e.ID != "" {
			u.Area = e.Area
		}
		out = append(out, *u)
	}
	slices.SortFunc(out, func(a, b scheduler.DossierUnit) int {
		return cmp.Or(cmp.Compare(a.Area, b.Area), cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.Output, b.Output))
	})
	return out, nil
}

// contentOf is how long a stretch had content.
func contentOf(a wire.AsRun) time.Duration {
	var frames int64
	for _, r := range a.Rounds {
		frames += r.Frames
	}
	return time.Duration(float64(frames) / wire.Rate * float64(time.Second))
}

// villages sums up by area what units proved, and names those that it was for and
// where nothing is proved.
func (t *tx) villages(d *scheduler.Dossier) error {
	addresses, err := t.addresses(addressesOf, d.Programme.ID, d.Programme.Version)
	if err != nil {
		return err
	}
	by := map[string]*scheduler.DossierVillage{}
	village := func(area string) *scheduler.DossierVillage {
		if by[area] == nil {
			v := &scheduler.DossierVillage{}
			v.Town, v.Area, _ = scheduler.Whom(t.tree(), area, nil)
			by[area] = v
		}
		return by[area]
	}
	reach, counted := newReacher(t.tree(), addresses, d.Programme.Targets.Except), map[string]bool{}
	for _, e := range t.s.presence.list() {
		if e.unit.State == scheduler.UnitInstalled && reach.hits(e.unit) {
			village(e.unit.Area).Units++
			d.Targeted++
			counted[e.unit.ID] = true
		}
	}
	played := map[string]bool{}
	for _, u := range d.Units {
		v := village(u.Area)
		if v.From.IsZero() || u.From.Before(v.From) {
			v.From = u.From
		}
		v.To = later(v.To, u.To)
		if !counted[u.Unit] { // it was moved or removed since
			v.Units++
			d.Targeted++
			counted[u.Unit] = true
		}
		if !played[u.Unit] {
			played[u.Unit] = true
			v.Played++
		}
	}
	d.Villages = []scheduler.DossierVillage{}
	for _, v := range by {
		d.Villages = append(d.Villages, *v)
	}
	slices.SortFunc(d.Villages, func(a, b scheduler.DossierVillage) int {
		return cmp.Or(cmp.Compare(a.Town.ID, b.Town.ID), cmp.Compare(a.Area.ID, b.Area.ID))
	})
	return nil
}
