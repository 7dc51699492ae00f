package airtime

import (
	"math"
	"sync"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

const (
	// Drift is how much of its age a reading loses in certainty: 100 ppm.
	Drift = 100e-6
	// Smooth is the greatest correction that happens at once: a player begins
	// what is late by so much whole.
	Smooth = 200 * time.Millisecond
	// Usual is the uncertainty beyond which a clock is called uncertain: three
	// and a half days without an answer.
	Usual = 30 * time.Second
	// Leap is how far the centre may move a trusted clock with one answer.
	Leap = 10 * time.Minute

	// patience is how long a correction waits for silence.
	patience = 10 * time.Minute
	// insisted is how long the centre must say what is not believed of it at
	// first; agree is how near its answers must then be to each other.
	insisted = 6 * time.Hour
	agree    = 10 * time.Second
	// unknownChip is the uncertainty of a clock chip that was never compared.
	unknownChip = 5 * time.Minute
	// slack is by how much a clock may be behind the floor beyond what it
	// states: signed times come from a clock that need not be ours.
	slack = 10 * time.Minute
)

// firstDay is before anything that a centre ever signed.
var firstDay = time.Date(2025, 11, 24, 0, 0, 0, 0, time.UTC)

// Sources of air time.
const (
	SourceCentre = "centre"
	SourceSystem = "system"
	SourceNone   = "none"
)

// reading is an instant that was true within so much when the board's elapsed
// time was mark.
type reading struct {
	at     time.Time
	mark   time.Duration
	within time.Duration
}

func (r reading) now(elapsed time.Duration) time.Time { return r.at.Add(elapsed - r.mark) }

func (r reading) uncertainty(elapsed time.Duration) time.Duration {
	return r.within + aged(elapsed-r.mark)
}

func aged(d time.Duration) time.Duration {
	return time.Duration(math.Ceil(float64(max(d, 0)) * Drift))
}

// Clock is air time. All methods may be called at the same time.
type Clock struct {
	system System

	mu     sync.Mutex
	source string
	known  reading // valid unless source is SourceNone
	learnt Kept    // what is to be remembered of it
	fresh  bool    // learnt was not handed out by Keep yet
	floor  reading // signed or proved: no time can be before it
	hint   reading // signed, and seen by a clock that cannot judge it
	// next is a correction that waits for silence.
	next  *reading
	since time.Duration
	from  string
	// claims are what the centre, or a time service, insists on against what is
	// known, by source.
	claims  map[string]claim
	differs time.Duration // of the centre, or of the system: last difference not believed
	reason  string
}

// claim is a reading that is not believed, and since when it has been said.
type claim struct {
	reading
	since time.Duration
}

// New is a clock at the start of a program. kept is what Keep gave, the zero
// value if nothing was kept; floor is the newest instant that is known to be past.
func New(system System, kept Kept, floor time.Time) *Clock {
	system.fill()
	c := &Clock{system: system, source: SourceNone, claims: map[string]claim{}}
	elapsed := system.Elapsed()
	if kept.valid() {
		floor = latest(floor, kept.At.Add(-kept.Within))
	}
	c.floor = reading{at: latest(floor, firstDay), mark: elapsed}
	c.hint = c.floor
	c.begin(kept, elapsed)
	c.poll(elapsed)
	return c
}

// begin trusts what the board itself has carried over: its elapsed time if it
// has not been off, else its clock chip.
func (c *Clock) begin(kept Kept, elapsed time.Duration) {
	if kept.valid() && c.system.Boot != "" && kept.Boot == c.system.Boot && elapsed >= kept.Elapsed {
		c.source, c.known, c.learnt = kept.Source, kept.reading(), kept
		return
	}
	if !c.system.Chip {
		c.reason = WhyNoChip
		return
	}
	r := reading{at: c.system.Now(), mark: elapsed, within: unknownChip}
	if kept.valid() {
		// The chip holds what the system's clock held. If somebody has set it
		// right meanwhile, the offset of then is wrong by itself.
		at := r.at.Add(kept.Offset)
		r = reading{at: at, mark: elapsed, within: kept.Within + aged(at.Sub(kept.At)) + kept.Offset.Abs()}
	}
	if r.at.Add(r.within + time.Second).Before(c.floor.at) {
		c.reason = WhyBehind
		return
	}
	c.source, c.known = SourceSystem, r
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Reasons why a clock is not trusted.
const (
	WhyNoChip = "no-chip" // the board has no clock chip, and nobody has told the time yet
	WhyBehind = "behind"  // what tells the time is behind what was signed or proved before
)

// Now is air time. Of a clock that is not trusted it is the instant before
// which it cannot be.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now(c.system.Elapsed())
}

func (c *Clock) now(elapsed time.Duration) time.Time {
	if c.source != SourceNone {
		return c.known.now(elapsed)
	}
	return c.bottom(elapsed)
}

// bottom is the instant before which it cannot be, as far as anything says so.
func (c *Clock) bottom(elapsed time.Duration) time.Time {
	return latest(c.floor.now(elapsed), c.hint.now(elapsed))
}

// Stamp is air time for a message in unix milliseconds, never below the floor.
func (c *Clock) Stamp() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return latest(c.now(c.system.Elapsed()), c.floor.at).UnixMilli()
}

// Elapsed is the board's elapsed time.
func (c *Clock) Elapsed() time.Duration { return c.system.Elapsed() }

// Trusted tells whether scheduled things may begin.
func (c *Clock) Trusted() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.source != SourceNone
}

// Floor is the newest instant that was signed or proved, to be remembered.
func (c *Clock) Floor() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.floor.at
}

// Bottom is the instant before which it cannot be: what was signed before it
// says nothing new to a clock that is not trusted.
func (c *Clock) Bottom() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bottom(c.system.Elapsed())
}

// Saw takes in a signed time. A trusted clock knows better than one that lies
// ahead of it: a centre with a wrong year must not silence its county for good.
// One that is not trusted keeps it as a hint, which the centre's next answer outranks.
func (c *Clock) Saw(signed time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	elapsed := c.system.Elapsed()
	switch {
	case c.source == SourceNone:
		c.raise(&c.hint, signed, elapsed)
	case !signed.After(c.now(elapsed).Add(c.uncertainty(elapsed))):
		c.raise(&c.floor, signed, elapsed)
	}
}

// Proved takes air time itself for past, when something is written under it, if
// it is the centre's: what a clock chip or a time service says may turn out to be
// too late an hour, and only what was signed holds against them.
func (c *Clock) Proved(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	elapsed := c.system.Elapsed()
	if c.source == SourceCentre {
		c.raise(&c.floor, at.Add(-c.known.uncertainty(elapsed)), elapsed)
	}
}

func (c *Clock) raise(r *reading, at time.Time, elapsed time.Duration) {
	if at.After(r.now(elapsed)) {
		*r = reading{at: at, mark: elapsed}
	}
}

// State is what air time is worth, as heartbeats say it.
func (c *Clock) State() wire.AirTime {
	c.mu.Lock()
	defer c.mu.Unlock()
	elapsed := c.system.Elapsed()
	s := wire.AirTime{State: wire.ClockUntrusted, Source: SourceNone}
	if c.source == SourceNone {
		return s
	}
	within := c.uncertainty(elapsed)
	s.State, s.Source = wire.ClockTrusted, c.source
	if within > Usual {
		s.State = wire.ClockUncertain
	}
	s.Offset = c.known.now(elapsed).Sub(c.system.Now()).Round(time.Millisecond).Milliseconds()
	s.Uncertainty = (within + time.Millisecond - 1).Milliseconds()
	s.Age = int64((elapsed - c.known.mark) / time.Second)
	return s
}

// Uncertainty is how far off air time may be.
func (c *Clock) Uncertainty() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.uncertainty(c.system.Elapsed())
}

func (c *Clock) uncertainty(elapsed time.Duration) time.Duration {
	within := c.known.uncertainty(elapsed)
	if c.next != nil {
		within = max(within, c.next.now(elapsed).Sub(c.known.now(elapsed)).Abs()+c.next.uncertainty(elapsed))
	}
	return within
}

// Differs is by how much the centre's clock, or the system's, differs from air
// time without being believed; 0 when all agree.
func (c *Clock) Differs() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.differs
}

// Why is why the clock is not trusted: one of the Why… constants, empty if it is.
func (c *Clock) Why() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.source != SourceNone {
		return ""
	}
	return c.reason
}
