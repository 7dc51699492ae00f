package app_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// mishap is one thing that goes wrong, and for how long.
type mishap struct {
	unit     string // empty: the centre's own
	kind     string
	from, to time.Time
}

// What can happen. Everything on a unit's line goes on beside what happens to
// its device; of either kind one thing happens at a time.
const (
	power    = "power"    // it goes at any moment, and the card keeps what it likes of the last writes
	damage   = "damage"   // the same, and the card has spoilt a file
	restart  = "restart"  // the agent is stopped in order
	lost     = "sound"    // the sound output is lost
	full     = "full"     // the card is full
	readOnly = "readonly" // the card takes nothing
	step     = "step"     // somebody sets the system's clock
	centre   = "centre"   // the centre's program is stopped, with its broker unless that is another's
	mqtt     = "broker"   // the broker is restarted and has forgotten everything
)

func (m mishap) String() string {
	return fmt.Sprintf("%s–%s %-8s %s", shanghai(m.from), shanghai(m.to), m.kind, m.unit)
}

func shanghai(t time.Time) string {
	return t.In(time.FixedZone("", 8*3600)).Format("02 15:04:05.000")
}

// mishaps is a plan of what goes wrong.
type mishaps []mishap

func (ms mishaps) String() string {
	var b strings.Builder
	for _, m := range ms {
		fmt.Fprintln(&b, m)
	}
	return b.String()
}

// of are those of a unit, or of the centre.
func (ms mishaps) of(unit string) mishaps {
	return slices.DeleteFunc(slices.Clone(ms), func(m mishap) bool { return m.unit != unit })
}

// draw lets chance decide what happens to the units in [from, to). Nothing that
// stops the centre comes near one of the moments in which somebody works there.
func draw(r *rand.Rand, poles []*pole, from, to time.Time, outside bool, busy []time.Time) (plan mishaps) {
	hours := to.Sub(from).Hours()
	spread := func(unit string, often float64, kinds []string, longest, apart time.Duration) {
		at := from.Add(time.Duration(r.ExpFloat64() / often * float64(time.Hour)))
		for at.Before(to) {
			d := between(r, 5*time.Second, longest)
			plan = append(plan, mishap{unit, kinds[r.IntN(len(kinds))], at, at.Add(d)})
			at = at.Add(d + apart + time.Duration(r.ExpFloat64()/often*float64(time.Hour)))
		}
	}
	for _, p := range poles {
		device := []string{power, damage, restart, lost, full, readOnly}
		if !p.board.Chip { // what was set wrong would be kept by a chip, and believed
			device = append(device, step)
		}
		spread(p.unit, 2/hours, harms, time.Hour, time.Minute)
		spread(p.unit, 3/hours, device, 20*time.Minute, 20*time.Minute)
	}
	houses := []string{centre}
	if outside {
		houses = append(houses, mqtt)
	}
	spread("", 3/hours, houses, 10*time.Minute, 5*time.Minute)
	near := func(m mishap) bool {
		return m.unit == "" && slices.ContainsFunc(busy, func(at time.Time) bool {
			return at.After(m.from.Add(-time.Minute)) && at.Before(m.to.Add(time.Minute))
		})
	}
	plan = slices.DeleteFunc(plan, near)
	slices.SortStableFunc(plan, func(a, b mishap) int { return cmp.Or(a.from.Compare(b.from), cmp.Compare(a.unit, b.unit)) })
	return plan
}

// interval is a stretch of time, and what made it so.
type interval struct {
	from, to time.Time
	why      string
}

// intervals are a set of stretches of time.
type intervals []interval

func (is intervals) touch(from, to time.Time) bool {
	return slices.ContainsFunc(is, func(i interval) bool { return from.Before(i.to) && i.from.Before(to) })
}

// overlap is how much of [from, to) lies in one of them.
func (is intervals) overlap(from, to time.Time) (sum time.Duration) {
	for _, i := range is {
		a, b := later(from, i.from), earlier(to, i.to)
		sum += max(0, b.Sub(a))
	}
	return sum
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// by tells what touches [from, to): heardLate if that does, else one of them.
func (is intervals) by(from, to time.Time) (why string) {
	for _, i := range is {
		if from.Before(i.to) && i.from.Before(to) && why != heardLate {
			why = i.why
		}
	}
	return why
}

// clear is the end of the first stretch of time d, beginning at an instant or
// later, that none of them touches.
func (is intervals) clear(at time.Time, d time.Duration) time.Time {
	for {
		i := slices.IndexFunc(is, func(i interval) bool { return at.Before(i.to) && i.from.Before(at.Add(d)) })
		if i < 0 {
			return at.Add(d)
		}
		at = is[i].to
	}
}

const (
	// lastMark is how old the newest mark of life on the card may be.
	lastMark = time.Minute + 2*time.Second
	// learning is how long a unit takes for the time of the centre.
	learning = 30 * time.Second
	// fetching is how long it takes for a small file, which each unit begins to
	// fetch at its own time.
	fetching = 6 * time.Minute
	// hearing is how long it takes for a word that is urgent, with its sound.
	hearing = 90 * time.Second
	// after is how long what a fault delayed may delay others: the grace of a
	// notice, and its length.
	after = 13 * time.Minute
)

// verdict is what the plan makes of a unit's time: when its sound output was
// lost, and when it could not play, or what had to wait meanwhile still delays
// others. Everywhere else all that is due has to play as if nothing had happened.
type verdict struct {
	silent, disturbed intervals
	// unheard is when something holds of which the unit knows nothing.
	unheard intervals
	// deaf is when nothing reaches the unit, or nothing that reaches it stays.
	deaf intervals
}

// heardLate disturbs: what should have been cut or ended went on.
const heardLate = "heard of late"

// act is something that somebody decides during the day: it begins to matter at
// an instant, and is over at another.
type act struct {
	area            string
	at, from, until time.Time
	urgent          bool
	do              func()
}

// judge reads the plan for one unit.
func (ms mishaps) judge(p *pole, acts []act) (v verdict) {
	for _, m := range ms {
		switch {
		case m.unit == "", m.unit == p.unit && slices.Contains(harms, m.kind), m.unit == p.unit && m.kind != lost && m.kind != step:
			v.deaf = append(v.deaf, interval{m.from, m.to.Add(backWithin), m.kind})
		}
	}
	for _, m := range ms.of(p.unit) {
		ready := m.to.Add(5 * time.Second)
		switch m.kind {
		case lost:
			v.silent = append(v.silent, interval{m.from, m.to, m.kind})
			continue
		case restart: // what it knows of the time stays
		case power, damage:
			if !p.board.Chip {
				ready = later(ready, v.deaf.without(m).clear(m.to, learning))
			}
			if m.kind == damage {
				ready = later(ready, v.deaf.clear(m.to, fetching))
			}
		default:
			continue
		}
		v.disturbed = append(v.disturbed, interval{m.from.Add(-lastMark), ready.Add(after), m.kind})
	}
	for _, a := range acts {
		if heard := v.heard(a); heard.After(a.from) {
			v.unheard = append(v.unheard, interval{a.from, heard, "not heard of"})
			v.disturbed = append(v.disturbed, interval{a.from.Add(-time.Minute), later(heard, a.until).Add(after), heardLate})
		}
	}
	return v
}

// without are all but what a mishap itself made.
func (is intervals) without(m mishap) intervals {
	return slices.DeleteFunc(slices.Clone(is), func(i interval) bool { return i.from.Equal(m.from) && i.why == m.kind })
}

// heard is when a unit has all that an act needs, at the latest.
func (v verdict) heard(a act) time.Time {
	if !a.urgent {
		return v.deaf.clear(a.at, fetching)
	}
	if v.deaf.touch(a.at.Add(-time.Second), a.at.Add(hearing)) {
		return v.deaf.clear(a.at, hearing)
	}
	return a.at
}
