package player

import (
	"errors"
	"fmt"
	"time"
)

const (
	// stallTime without sound, of an output that has played in this process, is
	// a fault that only a new process can end.
	stallTime = 5 * time.Second
	// stallFresh is the same for an output that has not: a process that is
	// started again and again must not be so every few seconds.
	stallFresh = time.Minute
	// proven is how much an output must have taken to have played.
	proven = 10 * Rate
	// raceSlack is how far an output may be ahead of time, beside its latency.
	raceSlack = time.Second
	// raceLook is how long an output is watched that was ahead of time.
	raceLook = time.Second
)

// watch looks each second whether the output still takes frames.
func (p *Player) watch() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	last, still := int64(-1), time.Duration(0)
	for {
		select {
		case <-p.stopping.Done():
			return
		case <-tick.C:
		}
		p.mu.Lock()
		if p.deck.pos != last {
			last, still = p.deck.pos, 0
		} else {
			still += time.Second
		}
		p.judge(still)
		p.mu.Unlock()
	}
}

// judge tells a stall from an output that has said what ails it. Ticks are
// counted, not hours: a process that was stopped itself is no stalled output.
func (p *Player) judge(still time.Duration) {
	fault := p.status.Fault
	ours := errors.Is(fault, ErrStalled) || errors.Is(fault, ErrRacing)
	patience := stallTime
	if p.deck.pos < proven {
		patience = stallFresh
	}
	switch {
	case still == 0:
		if ours && !p.race.on {
			p.setFault(nil)
		}
	case fault != nil && !ours, errors.Is(fault, ErrGivenUp):
	case still > patience && fault != nil:
		p.setFault(fmt.Errorf("%w for %v: %w", fault, still, ErrGivenUp))
	case fault == nil:
		p.setFault(ErrStalled)
	}
}

// A racer finds out that an output takes frames without playing them: faster
// than time goes by. No card is two per cent off.
type racer struct {
	ahead time.Duration // how far it is ahead of time
	on    bool
	since time.Duration // while on: when the look began, and
	taken int64         // what was taken since
}

// note takes in that n frames are asked for at now, the asks before having been
// at last; it answers whether the output races.
func (r *racer) note(now, last time.Duration, n int64, latency time.Duration) bool {
	past := now - last
	if r.ahead += duration(n) - past; r.ahead > 0 {
		r.ahead = max(0, r.ahead-past/50)
	} else { // one that was late may catch up
		r.ahead = max(-raceSlack, min(0, r.ahead+past/50))
	}
	if !r.on {
		if r.ahead > latency+raceSlack {
			r.on, r.since, r.taken = true, now, 0
		}
		return r.on
	}
	r.taken += n
	if look := now - r.since; look >= raceLook {
		r.on = duration(r.taken) > look+look/4
		r.since, r.taken, r.ahead = now, 0, 0
	}
	return r.on
}

// raced gives silence to an output that takes it at any speed, and tells of it.
// Nothing that it takes has sounded, and the deck stands still meanwhile. It
// is called with the lock held.
func (p *Player) raced(buf []float32) {
	clear(buf)
	if !errors.Is(p.status.Fault, ErrRacing) {
		p.deck.gap(frames(p.race.ahead))
		p.setFault(ErrRacing)
	}
}
