package player

import (
	"log/slog"
	"time"
)

// gapTime without frames being taken splits what sounds.
const gapTime = time.Second

// fill is the rendering engine: it gives the output the next len(buf) frames.
func (p *Player) fill(buf []float32) {
	p.mu.Lock()
	now := p.clock.since()
	if p.race.note(now, p.asked, int64(len(buf)), p.clock.latency) {
		p.asked = now
		p.raced(buf)
		p.mu.Unlock()
		time.Sleep(duration(int64(len(buf))) / 4) // to spare the processor; it races still
		return
	}
	p.asked = now
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
	p.runAside(buf)
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
		p.deck.gap(0)
	}
	slip := p.clock.note(now, p.deck.pos)
	if !p.filled || slip < slipNotice {
		return
	}
	p.status.Reanchors++
	p.status.Slipped += slip
	p.behind.note(p.log, now, slip)
}

// behindEvery is how often it is logged at most that the output fell behind. A busy
// board has that each second: the line would fill its journal, and what is logged
// beside it would be lost.
const behindEvery = time.Minute

// behind gathers how often and how far the output fell behind since it was logged.
type behind struct {
	logged time.Duration
	times  int
	by     time.Duration
}

func (b *behind) note(log scribe, now, slip time.Duration) {
	b.times, b.by = b.times+1, b.by+slip
	if b.logged > 0 && now-b.logged < behindEvery {
		return
	}
	log.say(slog.LevelWarn, "sound output fell behind: re-anchored", "times", b.times, "by", b.by.Round(time.Microsecond))
	*b = behind{logged: now}
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
