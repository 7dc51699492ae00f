package player

import (
	"sync"
	"time"
)

// Counting is an output that takes spans and no frames: it renders nothing,
// opens no clip and wakes only where a span begins or ends. It fails on command
// alone. In a synctest bubble it is deterministic.
type Counting struct {
	// Hear, if not nil, is told whenever sound begins or ends, at the moment at
	// which the first frame of it, or the first silent one, is taken. It must not
	// call the player. Set it before the player is made.
	Hear func(sounds bool)

	mu     sync.Mutex
	fault  func(error)
	sounds bool // the player's lock is held
}

// NewCounting returns a counting output.
func NewCounting() *Counting { return &Counting{} }

// Name implements Output.
func (*Counting) Name() string { return "counting" }

// Latency implements Output: a span sounds at its instant.
func (*Counting) Latency() time.Duration { return 0 }

// Start implements Output; fill is never called, the player's counter does
// without.
func (c *Counting) Start(_ func([]float32), fault func(error)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fault = fault
	return nil
}

// Fail loses the output of a player that has started, as a card is that is
// pulled out; nil brings it back.
func (c *Counting) Fail(err error) {
	c.mu.Lock()
	fault := c.fault
	c.mu.Unlock()
	if fault != nil {
		fault(err)
	}
}

// Close implements Output.
func (*Counting) Close() error { return nil }

// maxSleep bounds how long a jump of air time can go unnoticed while a span
// waits for its instant.
const maxSleep = time.Minute

// count is the counting engine: it moves the deck on from edge to edge.
func (p *Player) count() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-p.stopping.Done():
			return
		case <-p.poke:
		case <-timer.C:
		}
		p.mu.Lock()
		p.catchUp()
		wait := p.untilEdge()
		p.mu.Unlock()
		if wait >= 0 {
			timer.Reset(wait)
		} else {
			timer.Stop()
		}
	}
}

// untilEdge is how long nothing happens, negative: not before the next plan.
func (p *Player) untilEdge() time.Duration {
	at, begins := p.deck.edge()
	if at == never || p.status.Fault != nil {
		return -1
	}
	wait := max(0, duration(at)-p.clock.since())
	if begins {
		wait = min(wait, maxSleep)
	}
	return wait
}

// catchUp brings a counting deck to the present; one that renders is where its
// output has brought it. The lock is held.
func (p *Player) catchUp() {
	if !p.counting() || !p.started {
		return
	}
	p.clock.readAir()
	now := p.clock.since()
	if p.status.Fault != nil { // it takes nothing
		return
	}
	if p.lost { // it plays again, from where the clock is
		p.lost, p.deck.pos = false, frames(now)
	}
	p.deck.run(max(0, frames(now)-p.deck.pos), nil)
	p.lastFill, p.filled = now, true
	p.hear()
}

// hear tells a counting output what it would let hear. The lock is held.
func (p *Player) hear() {
	c, ok := p.out.(*Counting)
	sounds := p.deck.on != nil || len(p.deck.fading) > 0
	if !ok || c.Hear == nil || sounds == c.sounds {
		return
	}
	c.sounds = sounds
	c.Hear(sounds)
}

// wake makes the counter look at the plan again.
func (p *Player) wake() {
	select {
	case p.poke <- struct{}{}:
	default:
	}
}
