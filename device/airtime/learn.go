package airtime

import "time"

// Sample is one answer of the centre.
type Sample struct {
	// At is the centre's time, half way between question and answer.
	At time.Time
	// Asked and Answered are the board's elapsed time at both.
	Asked, Answered time.Duration
}

// round is how long the answer took.
func (s Sample) round() time.Duration { return s.Answered - s.Asked }

// resolution is that of the centre's answer.
const resolution = time.Millisecond

// reading is the sample as a reading: half of the way is its uncertainty.
func (s Sample) reading() reading {
	half := s.round() / 2
	return reading{at: s.At, mark: s.Asked + half, within: half + resolution}
}

// Best is the sample with the least round trip; ok is false when there is none.
func Best(samples []Sample) (best Sample, ok bool) {
	for i, s := range samples {
		if s.round() >= 0 && (!ok || s.round() < best.round()) {
			best, ok = samples[i], true
		}
	}
	return best, ok
}

// Learn takes in an answer of the centre that carried the nonce just asked for.
// It tells whether the answer was believed.
func (c *Clock) Learn(s Sample) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	elapsed := c.system.Elapsed()
	r := s.reading()
	at := r.now(elapsed)
	if _, synced := c.system.Synced(); synced && c.source == SourceSystem {
		c.compare(at.Sub(c.now(elapsed)), r.uncertainty(elapsed)+c.known.uncertainty(elapsed)+time.Second)
		return false
	}
	if c.contradicts(at, elapsed) && !c.insists(SourceCentre, r, elapsed) {
		c.differs = at.Sub(c.now(elapsed))
		if c.source == SourceNone {
			c.reason = WhyBehind
		}
		return false
	}
	if at.Before(c.floor.now(elapsed)) { // the centre has insisted, or is within the slack
		c.floor = reading{at: at, mark: elapsed}
	}
	c.raise(&c.floor, at.Add(-r.within), elapsed)
	c.differs = 0
	delete(c.claims, SourceCentre)
	if d := at.Sub(c.now(elapsed)).Abs(); c.source != SourceNone && c.next == nil && d <= r.within {
		// The answer says nothing else than what is known: what runs evenly is
		// not moved to and fro with the chance of each answer.
		r = reading{at: c.now(elapsed), mark: elapsed, within: r.uncertainty(elapsed) + d}
	}
	c.adopt(r, SourceCentre, elapsed)
	return true
}

// contradicts tells whether an answer needs more than one word of the centre.
func (c *Clock) contradicts(at time.Time, elapsed time.Duration) bool {
	if at.Add(slack).Before(c.floor.now(elapsed)) {
		return true
	}
	if c.source == SourceNone {
		return false
	}
	d := at.Sub(c.now(elapsed)).Abs()
	return d > Leap && d > c.known.uncertainty(elapsed)
}

// insists notes what somebody says against what is known, and tells whether it
// was said for long enough.
func (c *Clock) insists(source string, r reading, elapsed time.Duration) bool {
	old, known := c.claims[source]
	if !known || old.now(elapsed).Sub(r.now(elapsed)).Abs() > agree+old.uncertainty(elapsed) {
		old.since = elapsed
	}
	c.claims[source] = claim{r, old.since}
	return elapsed-old.since >= insisted
}

func (c *Clock) compare(d, within time.Duration) {
	if c.differs = 0; d.Abs() > within {
		c.differs = d
	}
}

// Poll looks whether a time service keeps the system's clock right: then that is
// air time. It tells whether air time is trusted now and was not before.
func (c *Clock) Poll() (trusted bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := c.source
	c.poll(c.system.Elapsed())
	return before == SourceNone && c.source != SourceNone
}

func (c *Clock) poll(elapsed time.Duration) {
	within, ok := c.system.Synced()
	if !ok {
		return
	}
	r := reading{at: c.system.Now(), mark: elapsed, within: within + resolution}
	if r.at.Add(slack).Before(c.floor.now(elapsed)) && !c.insists(SourceSystem, r, elapsed) {
		c.differs = r.at.Sub(c.now(elapsed))
		if c.source == SourceNone {
			c.reason = WhyBehind
		}
		return
	}
	if r.at.Before(c.floor.now(elapsed)) {
		c.floor = reading{at: r.at, mark: elapsed}
	}
	delete(c.claims, SourceSystem)
	c.adopt(r, SourceSystem, elapsed)
}

// Believe takes the system's clock as it is, within so much: what a centre of
// the first version, which gives no time, leaves a unit to go by.
func (c *Clock) Believe(within time.Duration) (trusted bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	elapsed := c.system.Elapsed()
	r := reading{at: c.system.Now(), mark: elapsed, within: within}
	if c.source != SourceNone || r.at.Add(within).Before(c.bottom(elapsed)) {
		return false
	}
	c.adopt(r, SourceSystem, elapsed)
	return true
}

// adopt makes a reading air time: at once where nothing can be heard of it,
// else when nothing sounds.
func (c *Clock) adopt(r reading, source string, elapsed time.Duration) {
	c.remember(r, source, elapsed)
	if c.source == SourceNone || r.now(elapsed).Sub(c.known.now(elapsed)).Abs() <= Smooth {
		c.known, c.source, c.next = r, source, nil
		return
	}
	if c.next == nil {
		c.since = elapsed
	}
	c.next, c.from = &r, source
}

// Settle carries out a correction that waits, unless something sounds and it
// has not waited for long. It gives how far air time has moved.
func (c *Clock) Settle(sounding bool) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	elapsed := c.system.Elapsed()
	if c.next == nil || sounding && elapsed-c.since < patience {
		return 0
	}
	moved := c.next.now(elapsed).Sub(c.known.now(elapsed))
	c.known, c.source, c.next = *c.next, c.from, nil
	return moved
}

// Waits tells whether a correction waits for silence.
func (c *Clock) Waits() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.next != nil
}
