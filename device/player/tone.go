package player

import (
	"errors"
	"math"
	"time"
)

// ErrMuted says that the player is muted.
var ErrMuted = errors.New("muted")

// The test tone: two notes, so that nobody takes it for the mains.
const (
	toneLow  = 660.0
	toneHigh = 880.0
	toneEdge = Rate / 50 // frames of its edges
)

// tone is a test tone that is mixed over whatever sounds.
type tone struct {
	length, done int64
	gain, phase  float64
}

// Tone mixes a test tone of so long over what sounds, at a gain. It is no part of
// any plan and no proof of anything. An error says why nobody will hear it.
func (p *Player) Tone(length time.Duration, gain float64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.status.Fault != nil {
		return p.status.Fault
	}
	if p.deck.muted {
		return ErrMuted
	}
	p.tone = tone{length: frames(length), gain: gain}
	return nil
}

// mix adds the tone to buf.
func (t *tone) mix(buf []float32) {
	for i := range buf {
		if t.done >= t.length {
			return
		}
		hertz := toneLow
		if t.done >= t.length/2 {
			hertz = toneHigh
		}
		edge := min(1, float64(min(t.done, t.length-t.done))/toneEdge)
		t.phase += 2 * math.Pi * hertz / Rate
		buf[i] = max(-1, min(1, buf[i]+float32(t.gain*edge*math.Sin(t.phase))))
		t.done++
	}
}
