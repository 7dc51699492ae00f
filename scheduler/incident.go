package scheduler

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// The rule of incidents: when most of the units that were there fall within
// FloodWindow, it is the centre's trouble, or that of its network.
const (
	FloodWindow = time.Minute
	// floodLeast is how many have to fall at least: of a few units most are soon
	// gone.
	floodLeast = 6
	// fading is after how long without a word a unit may be part of a flood:
	// one heartbeat is missing.
	fading = 20 * time.Second
	// floodCalm is for how long most have to be back before it is over.
	floodCalm = time.Minute
)

// Incident is a time in which the centre lost most of its units at once. It is
// one thing, not an outage of each: those that are gone when it is over have an
// outage then, from when they were last heard.
type Incident struct {
	ID   int64
	From time.Time
	// To is zero while it lasts.
	To time.Time
	// There is how many units were there before.
	There int
	// Gone are those that fell, by id.
	Gone map[string]Absence
	// calm is since when most are back.
	calm time.Time
}

// Absence is the time for which a unit was gone in an incident.
type Absence struct {
	From time.Time `json:"from"`
	// To is zero while it is gone.
	To time.Time `json:"to,omitzero"`
}

// Left is how many are still gone.
func (i *Incident) Left() (n int) {
	for _, a := range i.Gone {
		if a.To.IsZero() {
			n++
		}
	}
	return n
}

// Same tells whether two are the same in what is kept of them.
func (i *Incident) Same(o *Incident) bool {
	if i == nil || o == nil {
		return i == o
	}
	return i.ID == o.ID && i.From.Equal(o.From) && i.To.Equal(o.To) && maps.Equal(i.Gone, o.Gone) && i.calm.Equal(o.calm)
}

// Holds tells whether a unit is gone in it.
func (i *Incident) Holds(unit string) bool {
	if i == nil || !i.To.IsZero() {
		return false
	}
	a, fell := i.Gone[unit]
	return fell && a.To.IsZero()
}

// Text says it in words.
func (i *Incident) Text() string {
	return fmt.Sprintf("most units fell at once (%d of %d): look at the centre's own network first", len(i.Gone), i.There)
}

// Flood looks at all units at once. Give it each of them in Add, then ask Next.
type Flood struct {
	watch Watch
	now   time.Time
	there int
	lost  int
	asked map[string]bool      // every unit that counts
	gone  map[string]time.Time // since when
	fine  map[string]time.Time // since when online
}

// NewFlood looks at now.
func NewFlood(w Watch, now time.Time) *Flood {
	return &Flood{watch: w, now: now, asked: map[string]bool{}, gone: map[string]time.Time{}, fine: map[string]time.Time{}}
}

// Add looks at one unit that is installed and not under work.
func (f *Flood) Add(u Unit, p Presence) {
	f.asked[u.ID] = true
	fell := !p.Online && p.Since.After(f.watch.Since) && f.now.Sub(p.Since) < FloodWindow
	if p.LastSeen.IsZero() || !p.Online && !fell {
		return // it was not there
	}
	f.there++
	since := latest(p.LastSeen, f.watch.Since, u.StateSince)
	silent := f.now.Sub(since)
	switch {
	case p.Online && (silent < fading || !f.watch.judges(p, f.now)):
		f.fine[u.ID] = p.Since
	default:
		f.gone[u.ID] = since
		if !p.Online || silent >= OfflineAfter {
			f.lost++
		}
	}
}

// Next is the incident after the look: the one given goes on, or is over with its
// To set; or a new one begins; or nil.
func (f *Flood) Next(i *Incident) *Incident {
	if i == nil {
		if f.lost == 0 || len(f.gone) < floodLeast || 2*len(f.gone) <= f.there {
			return nil
		}
		i = &Incident{There: f.there, From: f.now}
	} else {
		c := *i
		i = &c
	}
	gone := make(map[string]Absence, len(i.Gone)+len(f.gone))
	for id, a := range i.Gone {
		if since, back := f.fine[id]; back && a.To.IsZero() {
			a.To = latest(since, a.From)
		}
		if a.To.IsZero() && !f.asked[id] {
			a.To = f.now // taken out of service meanwhile, or under work
		}
		gone[id] = a
	}
	for id, since := range f.gone {
		if a, known := gone[id]; !known || !a.To.IsZero() {
			gone[id] = Absence{From: since}
		}
		if since.Before(i.From) {
			i.From = since
		}
	}
	i.Gone = gone
	switch {
	case 4*i.Left() >= len(i.Gone):
		i.calm = time.Time{}
	case i.calm.IsZero():
		i.calm = f.now
	case f.now.Sub(i.calm) >= floodCalm:
		i.To = f.now
	}
	return i
}

// Forgive is the presence of a unit whose fall is part of an incident: it does
// not count against the unit.
func (i *Incident) Forgive(p Presence) Presence { return p.forgiven(i.From) }

// Ended is the incident as it is over at t, with those that are not back gone
// until then.
func (i *Incident) Ended(t time.Time) *Incident {
	c := *i
	c.To = latest(t, c.From)
	return &c
}

// Units are the ids of those that fell, sorted.
func (i *Incident) Units() []string {
	ids := make([]string, 0, len(i.Gone))
	for id := range i.Gone {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
