package store

import (
	"slices"
	"time"

	"github.com/villagecast/villagecast/scheduler"
)

// openHalt is a halt that some unit has not said that it obeys.
type openHalt struct {
	scheduler.Halt
	// said is when units said that they do; fresh are those of them that are not
	// on disk yet, back those whose word is to be taken back there.
	said        map[string]time.Time
	fresh, back []string
}

// loadHalts takes the open halts into memory. What units said while the centre was
// down they say again: only what is on disk counts.
func (ps *presences) loadHalts(t *tx) error {
	list, err := t.halts("closed = 0 ORDER BY at, id")
	if err != nil {
		return err
	}
	unit := map[int64]string{}
	for id, e := range ps.entries {
		unit[e.num] = id
	}
	for _, h := range list {
		o := &openHalt{Halt: h, said: map[string]time.Time{}}
		err := t.each(func(scan func(...any) error) error {
			var num, when int64
			err := scan(&num, &when)
			o.said[unit[num]] = at(when)
			return err
		}, "SELECT unit, said FROM halt_unit WHERE halt = ?", h.ID)
		if err != nil {
			return err
		}
		ps.halts = append(ps.halts, o)
	}
	return nil
}

func (ps *presences) addHalt(h scheduler.Halt) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for _, w := range h.Wanted { // it shows in none of them yet
		ps.stale[Target{w.Address, w.Kind}] = true
	}
	ps.halts = append(ps.halts, &openHalt{Halt: h, said: map[string]time.Time{}})
}

func (ps *presences) dropHalt(kind scheduler.HaltKind, ref string) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.halts = slices.DeleteFunc(ps.halts, func(o *openHalt) bool { return o.Kind == kind && o.Ref == ref })
}

// said adds to what is on disk of a halt what is not there yet.
func (ps *presences) said(halt string, onDisk map[int64]time.Time) {
	ps.mu.RLock()
	defer ps.mu.RUnlock()
	for _, o := range ps.halts {
		if o.ID != halt {
			continue
		}
		clear(onDisk)
		for unit, when := range o.said {
			if e := ps.entries[unit]; e != nil {
				onDisk[e.num] = when
			}
		}
	}
}

// wantedNow are the revisions that will do now: one that was never made, because
// it would have said nothing new, is not waited for. The lock is held.
func (ps *presences) wantedNow(wanted []scheduler.Wanted) []scheduler.Wanted {
	for i := range wanted {
		w := &wanted[i]
		g := Target{w.Address, w.Kind}
		if ps.saved[g] < w.Revision {
			w.Composing = ps.stale[g]
			w.Revision = ps.saved[g]
		}
	}
	return wanted
}

// obey takes a unit's newest words for every open halt, and gives what to tell
// those who watch. The lock is held.
func (ps *presences) obey(e *entry, tree *scheduler.Tree, now time.Time) (out []scheduler.Event) {
	for _, o := range ps.halts {
		if !o.Reaches(e.unit, tree) {
			continue
		}
		id := e.unit.ID
		_, said := o.said[id]
		switch {
		case said && !o.Sounds(e.p.OnAir), said && now.Before(o.From):
		case said: // it took its word back
			delete(o.said, id)
			o.fresh = slices.DeleteFunc(o.fresh, func(u string) bool { return u == id })
			o.back = append(o.back, id)
			out = append(out, scheduler.Event{At: now, Kind: "stop", Unit: id, Ref: o.ID, Code: "sounds", Text: "it said that it was silent, and plays again"})
		default:
			if state, _ := o.Obeys(e.p, ps.wantedNow(o.Of(e.unit, tree)), now); state == scheduler.HaltSilent {
				o.said[id] = now
				o.fresh = append(o.fresh, id)
				out = append(out, scheduler.Event{At: now, Kind: "stop", Unit: id, Ref: o.ID, Code: "silent"})
			}
		}
	}
	return out
}

// haltsToKeep are the changes of open halts that are not on disk yet.
type haltsToKeep struct {
	at     time.Time
	fresh  []haltWord
	back   []haltWord
	closed []string
}

type haltWord struct {
	halt, unit string
	num        int64
	said       time.Time
}

func (k haltsToKeep) empty() bool { return len(k.fresh)+len(k.back)+len(k.closed) == 0 }

// haltsChanged gives what is to be written, and closes the halts that everybody
// obeys or that are over.
func (ps *presences) haltsChanged(tree *scheduler.Tree, now time.Time) haltsToKeep {
	k := haltsToKeep{at: now}
	ps.mu.RLock()
	defer ps.mu.RUnlock()
	for _, o := range ps.halts {
		for _, id := range o.fresh {
			if e := ps.entries[id]; e != nil {
				k.fresh = append(k.fresh, haltWord{o.ID, id, e.num, o.said[id]})
			}
		}
		for _, id := range o.back {
			if e := ps.entries[id]; e != nil {
				k.back = append(k.back, haltWord{halt: o.ID, unit: id, num: e.num})
			}
		}
		if !o.Over.IsZero() && now.After(o.Over) || !now.Before(o.From) && ps.allObey(o, tree) {
			k.closed = append(k.closed, o.ID)
		}
	}
	return k
}

func (ps *presences) allObey(o *openHalt, tree *scheduler.Tree) bool {
	for id, e := range ps.entries {
		if _, said := o.said[id]; !said && o.Reaches(e.unit, tree) {
			return false
		}
	}
	return true
}

// keepHalts writes them.
func (t *tx) keepHalts(k haltsToKeep) error {
	for _, w := range k.back {
		if err := t.exec("DELETE FROM halt_unit WHERE halt = ? AND unit = ?", w.halt, w.num); err != nil {
			return err
		}
		if err := t.note(k.at, w.unit, "sounds-stopped", "it said that it had obeyed "+w.halt+", and played again"); err != nil {
			return err
		}
	}
	st, err := t.sql.PrepareContext(t.ctx, "INSERT INTO halt_unit (halt, unit, said) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
	if err != nil {
		return err
	}
	defer st.Close()
	for _, w := range k.fresh {
		if _, err := st.ExecContext(t.ctx, w.halt, w.num, ms(w.said)); err != nil {
			return err
		}
	}
	for _, id := range k.closed {
		t.event("stop", "", id, "closed", "")
		if err := t.exec("UPDATE halt SET closed = ? WHERE id = ?", ms(k.at), id); err != nil {
			return err
		}
	}
	return nil
}

// haltsKept forgets what is written now.
func (ps *presences) haltsKept(k haltsToKeep) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	written := func(words []haltWord, halt string) func(string) bool {
		done := map[string]bool{}
		for _, w := range words {
			done[w.unit] = done[w.unit] || w.halt == halt
		}
		return func(unit string) bool { return done[unit] }
	}
	for _, o := range ps.halts {
		o.fresh = slices.DeleteFunc(o.fresh, written(k.fresh, o.ID))
		o.back = slices.DeleteFunc(o.back, written(k.back, o.ID))
	}
	ps.halts = slices.DeleteFunc(ps.halts, func(o *openHalt) bool { return slices.Contains(k.closed, o.ID) })
}
