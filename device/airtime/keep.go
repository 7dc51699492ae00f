package airtime

import "time"

// Kept is what a unit remembers of its clock over a restart.
type Kept struct {
	Source string `json:"source,omitempty"`
	// At was air time, true within Within, when the board's elapsed time was
	// Elapsed in its boot Boot.
	At      time.Time     `json:"at,omitzero"`
	Within  time.Duration `json:"within,omitempty"`
	Boot    string        `json:"boot,omitempty"`
	Elapsed time.Duration `json:"elapsed,omitempty"`
	// Offset was air time less the system's clock.
	Offset time.Duration `json:"offset,omitempty"`
}

func (k Kept) valid() bool {
	return !k.At.Before(firstDay) && k.Within >= 0 && (k.Source == SourceCentre || k.Source == SourceSystem)
}

func (k Kept) reading() reading { return reading{at: k.At, mark: k.Elapsed, within: k.Within} }

// remember notes what was learned from somebody who knows.
func (c *Clock) remember(r reading, source string, elapsed time.Duration) {
	at := r.now(elapsed)
	k := Kept{Source: source, At: at.Round(0).UTC(), Within: r.uncertainty(elapsed), Boot: c.system.Boot, Elapsed: elapsed, Offset: at.Sub(c.system.Now())}
	if k.Offset.Abs() < time.Second { // no more than the clocks' own noise
		k.Within, k.Offset = k.Within+k.Offset.Abs(), 0
	}
	if !c.fresh && c.learnt.valid() && c.learnt.Boot == k.Boot && c.learnt.Source == k.Source && elapsed-c.learnt.Elapsed < keepEvery &&
		k.At.Sub(c.learnt.reading().now(elapsed)).Abs() <= Smooth {
		return // a time service is asked each few seconds: the card need not know
	}
	c.learnt, c.fresh = k, true
}

// keepEvery is how often what is learned is worth a write.
const keepEvery = 20 * time.Minute

// Keep gives what is to be remembered, and whether it is new since the last Keep.
func (c *Clock) Keep() (k Kept, fresh bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fresh, c.fresh = c.fresh, false
	return c.learnt, fresh
}
