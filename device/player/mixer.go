package player

import (
	"errors"
	"fmt"
	"log/slog"
	"time"
)

const (
	// gapTime without frames being taken splits what sounds.
	gapTime = time.Second
	// stallTime without frames being taken, and without a reported fault, is a
	// stall that only a new process can end.
	stallTime = 5 * time.Second
)

// fill is the rendering engine: it gives the output the next len(buf) frames.
func (p *Player) fill(buf []float32) {
	p.mu.Lock()
	now := p.clock.since()
	p.anchor(now)
	if jump := p.clock.readAir(); jump.Abs() > 50*time.Millisecond {
		p.log.say(slog.LevelInfo, "air time jumped", "by", jump)
	}
	clear(buf)
	overlap := len(p.deck.fading) > 0
	p.deck.run(int64(len(buf)), buf)
	if overlap {
		clip(buf)
	}
	p.tone.mix(buf)
	p.applyMute(buf)
	p.lastFill, p.lastLen, p.filled = now, int64(len(buf)), true
	p.mu.Unlock()
	p.meter.take(buf)
}

// anchor notes the ask for frames and what it tells of the output.
func (p *Player) anchor(now time.Duration) {
	quiet := now - p.lastFill - duration(p.lastLen)
	gap := p.filled && (quiet > gapTime || p.lost)
	p.lost = false
	if gap {
		p.clock.forget()
		p.deck.gap()
	}
	slip := p.clock.note(now, p.deck.pos)
	if !p.filled || slip < slipNotice {
		return
	}
	p.status.Reanchors++
	p.status.Slipped += slip
	p.log.say(slog.LevelWarn, "sound output fell behind: re-anchored", "by", slip.Round(time.Microsecond), "gap", gap)
}

// applyMute silences buf if the player is muted, without a click.
func (p *Player) applyMute(buf []float32) {
	v := &p.volume
	for i := range buf {
		if v.steady() {
			if v.now == 0 {
				clear(buf[i:])
			}
			return
		}
		buf[i] *= float32(v.now)
		v.skip(1)
	}
}

// clip keeps two stretches that overlap in a fade within full scale.
func clip(buf []float32) {
	for i, s := range buf {
		buf[i] = max(-1, min(1, s))
	}
}

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
	stalled := errors.Is(p.status.Fault, ErrStalled)
	switch {
	case still == 0:
		if stalled {
			p.setFault(nil)
		}
	case p.status.Fault != nil && !stalled:
	case still > stallTime:
		if !errors.Is(p.status.Fault, ErrGivenUp) {
			p.setFault(fmt.Errorf("%w for %v: %w", ErrStalled, still, ErrGivenUp))
		}
	case !stalled:
		p.setFault(ErrStalled)
	}
}
