package scheduler

import (
	"fmt"
	"testing"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// town is units whose presence a test moves; the flood is looked at each 5 s.
type town struct {
	w        Watch
	now      time.Time
	units    []Unit
	p        []Presence
	open     [][]Outage
	incident *Incident
	began    int // incidents
	opened   int // outages
}

func newTown(n int) *town {
	w := &town{w: Watch{Since: noon.Add(-time.Hour)}, now: noon}
	for i := range n {
		w.units = append(w.units, Unit{ID: fmt.Sprintf("u%03d", i), State: UnitInstalled})
		w.p = append(w.p, Presence{})
		w.open = append(w.open, nil)
		w.born(i)
	}
	return w
}

func (w *town) born(i int) {
	w.p[i], _ = w.p[i].Born(wire.Birth{Unit: w.units[i].ID, Spool: "s", Session: w.p[i].Session + 1, Boot: "b"}, w.now)
}

// run passes time; up tells which units send their heartbeats.
func (w *town) run(d time.Duration, up func(i int) bool) {
	for end := w.now.Add(d); w.now.Before(end); {
		w.now = w.now.Add(time.Second)
		second := int(w.now.Sub(noon) / time.Second)
		for i := range w.p {
			if up(i) && (second+i)%15 == 0 {
				w.p[i], _ = w.p[i].Beat(wire.Heartbeat{Unit: w.units[i].ID, Session: w.p[i].Session, Boot: "b"}, w.now)
			}
		}
		if second%5 == 0 {
			w.sweep()
		}
	}
}

func (w *town) sweep() {
	f := NewFlood(w.w, w.now)
	for i := range w.p {
		f.Add(w.units[i], w.p[i])
	}
	next := f.Next(w.incident)
	if next != nil && w.incident == nil {
		w.began++
	}
	for i := range w.p {
		p := w.p[i]
		j := Judge(p, Scene{Unit: w.units[i], Open: w.open[i], Incident: next.Holds(w.units[i].ID), Watch: w.w}, w.now)
		w.p[i] = j.Presence
		w.opened += len(j.Opened)
		w.open[i] = append(w.open[i], j.Opened...)
		if len(j.Closed) > 0 {
			w.open[i] = nil
		}
	}
	if w.incident = next; next != nil && !next.To.IsZero() {
		w.incident = nil
	}
}

func all(int) bool { return true }

func TestMostUnitsFallingIsOneIncident(t *testing.T) {
	for _, byWill := range []bool{false, true} {
		w := newTown(40)
		w.run(5*time.Minute, all)
		some := func(i int) bool { return i >= 30 } // ten stay
		cut := w.now
		if byWill {
			for i := range 30 {
				w.p[i], _ = w.p[i].Gone(wire.Will{Unit: w.units[i].ID, Session: w.p[i].Session}, w.now)
			}
		}
		w.run(10*time.Minute, some)
		if w.began != 1 || w.incident == nil || w.opened != 0 {
			t.Fatalf("wills %v: %d incidents, one lasts: %v, %d outages", byWill, w.began, w.incident != nil, w.opened)
		}
		if w.incident.Left() != 30 || w.incident.There != 40 || w.incident.From.After(cut) || w.incident.From.Before(cut.Add(-16*time.Second)) {
			t.Errorf("%d of %d gone from %v, cut at %v", w.incident.Left(), w.incident.There, w.incident.From, cut)
		}
		// All but three come back within ten seconds.
		for i := 3; i < 30; i++ {
			w.born(i)
		}
		w.run(FloodWindow-10*time.Second, func(i int) bool { return i >= 3 })
		if w.incident == nil || w.opened != 0 {
			t.Error("it is over before the last have had their time")
		}
		w.run(time.Minute, func(i int) bool { return i >= 3 })
		if w.incident != nil || w.opened != 3 {
			t.Fatalf("it lasts: %v; outages of those still gone: %d, want 3", w.incident != nil, w.opened)
		}
		for i := range 3 {
			if from := w.open[i][0].From; from.After(cut) || from.Before(cut.Add(-16*time.Second)) {
				t.Errorf("an outage from %v, the unit was last heard before %v", from, cut)
			}
		}
		w.run(10*time.Minute, func(i int) bool { return i >= 3 })
		if w.began != 1 || w.opened != 3 {
			t.Errorf("afterwards %d incidents, %d outages", w.began, w.opened)
		}
	}
}

func TestWhatIsNoIncident(t *testing.T) {
	for _, c := range []struct {
		name    string
		units   int
		up      func(w *town, i int) bool
		outages int
	}{
		{"half of them", 40, func(_ *town, i int) bool { return i >= 20 }, 20},
		{"all five of a small county", 5, func(*town, int) bool { return false }, 5},
		{"most, but one each two minutes", 12, func(w *town, i int) bool { return w.now.Sub(noon) < time.Duration(i+1)*2*time.Minute }, 12},
	} {
		w := newTown(c.units)
		w.run(30*time.Minute, func(i int) bool { return c.up(w, i) })
		if w.began != 0 || w.opened != c.outages {
			t.Errorf("%s: %d incidents, %d outages, want %d", c.name, w.began, w.opened, c.outages)
		}
	}
}

// TestAfterANightOff: the centre begins to listen in the morning. Units that
// come within their grace had nothing; if most do not, that is one incident.
func TestAfterANightOff(t *testing.T) {
	for _, back := range []int{40, 37, 5} {
		w := newTown(40)
		w.run(time.Minute, all)
		w.now = w.now.Add(14 * time.Hour)
		w.w.Since = w.now
		w.run(WatchGrace-5*time.Second, func(int) bool { return false })
		if w.opened != 0 || w.began != 0 {
			t.Errorf("%d outages and %d incidents within the grace", w.opened, w.began)
		}
		for i := range back {
			w.born(i)
		}
		w.run(5*time.Minute, func(i int) bool { return i < back })
		wantOutages, wantIncidents := 40-back, 0
		if back < 20 {
			wantOutages, wantIncidents = 0, 1
		}
		if w.opened != wantOutages || w.began != wantIncidents {
			t.Errorf("%d of 40 back: %d outages, %d incidents", back, w.opened, w.began)
		}
		for i := back; i < 40 && wantOutages > 0; i++ {
			if o := w.open[i][0]; !o.From.Equal(w.w.Since) {
				t.Errorf("the night counts as outage: from %v, the centre listens since %v", o.From, w.w.Since)
			}
		}
	}
}
