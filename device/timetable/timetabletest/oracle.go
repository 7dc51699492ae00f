package timetabletest

import (
	"cmp"
	"slices"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// Scenario is all that a timetable decides by.
type Scenario struct {
	Bulletins []wire.Bulletin
	Orders    []wire.Orders
	// Heard are the instants, in order, at which the unit had a word of the centre;
	// without any, that does not matter.
	Heard []time.Time
	// From and To bound the time in question; nothing else is known of what was before.
	From, To time.Time
}

// Slot says what an output does during one second. The zero Slot is nothing.
type Slot struct {
	Programme string
	Version   int
	Interrupt string
	// Round is the scheduled start of the round in unix seconds.
	Round int64
	// Item is the index in the playlist, −1 in a pause. Offset is how many
	// seconds of the item, or pause, lie before this second.
	Item   int
	Offset int64
	// Volume is that of sound, in per cent of full output.
	Volume int
}

// Skip names a chain, or a round of an every rule, of which nothing played on
// an output. Rounds of loops are not named.
type Skip struct {
	Output    wire.Output
	Programme string
	Version   int
	// Start is the scheduled start in unix seconds, At the second in which it was given up.
	Start, At int64
	Why       string
}

// Result is what happens between From and To of a scenario.
type Result struct {
	From  time.Time
	Slots map[wire.Output][]Slot
	Skips []Skip
}

// Oracle tells what happens in a scenario. It panics on a scenario that is not
// valid: it is for tests.
func Oracle(s Scenario) Result {
	res := Result{From: s.From, Slots: map[wire.Output][]Slot{}}
	w := newWorld(s)
	for _, o := range w.settings.Outputs {
		sim := newSim(w, o)
		slots := make([]Slot, 0, w.to-w.from)
		for t := w.from; t < w.to; t++ {
			slots = append(slots, sim.second(t))
		}
		res.Slots[o] = slots
		res.Skips = append(res.Skips, sim.skips...)
	}
	slices.SortFunc(res.Skips, func(a, b Skip) int {
		return cmp.Or(cmp.Compare(a.Output, b.Output), cmp.Compare(a.Start, b.Start), cmp.Compare(a.Programme, b.Programme))
	})
	return res
}

// world is a scenario taken apart.
type world struct {
	from, to int64
	zone     *zone
	county   wire.County
	settings wire.Settings
	content  []content
	mutes    []wire.Mute
	heard    []time.Time
	orders   []wire.Orders
	caps     []capSpan
}

// content is a programme or an interrupt.
type content struct {
	programme wire.Programme
	sched     schedule
	interrupt bool
	life      window // of an interrupt
}

func newWorld(s Scenario) *world {
	w := &world{from: s.From.Unix(), to: s.To.Unix(), heard: s.Heard, orders: s.Orders}
	for _, b := range s.Bulletins {
		if b.County != nil {
			w.county = *b.County
		}
		if b.Settings != nil {
			w.settings = *b.Settings
		}
	}
	z, err := newZone(w.county.Zone)
	if err != nil {
		panic(err)
	}
	w.zone = z
	w.caps = w.capSpans()
	barred := map[string]bool{}
	for _, o := range s.Orders {
		w.mutes = append(w.mutes, o.Mutes...)
		for _, b := range o.Barred {
			barred[barKey(b.ID, b.Version)] = true
		}
	}
	leftOut := func(except []string) bool {
		return slices.ContainsFunc(except, func(id string) bool { return id == w.settings.Unit || slices.Contains(w.settings.Chain, id) })
	}
	for _, b := range s.Bulletins {
		for _, p := range b.Programmes {
			if !leftOut(p.Except) && !barred[barKey(p.ID, p.Version)] && !w.closedAccount(p.By, p.At) {
				w.content = append(w.content, content{programme: p, sched: scheduleOf(p.Rule, b.Calendars, z, w.from, w.to)})
			}
		}
	}
	for _, o := range s.Orders {
		for _, i := range o.Interrupts {
			if !leftOut(i.Except) && !barred[barKey(i.ID, 0)] && !w.closedAccount(i.By, i.Issued) && !w.tooHigh(i) {
				w.content = append(w.content, w.interrupt(i))
			}
		}
	}
	return w
}

func barKey(id string, version int) string { return id + "\x00" + string(rune(version)) }

func (w *world) interrupt(i wire.Interrupt) content {
	start := i.Issued
	if i.From != 0 {
		start = i.From
	}
	return content{
		interrupt: true, life: window{start / 1000, i.Until / 1000},
		programme: wire.Programme{
			ID: i.ID, Issuer: i.Issuer, Level: i.Level, Title: i.Title, Items: i.Items, Volume: i.Volume, OnCut: wire.CutRejoin, OnBlock: wire.BlockWait,
			Rule: wire.Rule{Rounds: i.Repeat, Pause: i.Pause},
		},
	}
}

func (w *world) muted(t int64) bool {
	return slices.ContainsFunc(w.mutes, func(m wire.Mute) bool { return t*1000 >= m.From && t*1000 < m.Until })
}
