package player

import "math"

// The test tone: two notes, so that nobody takes it for the mains.
const (
	toneLow  = 660.0
	toneHigh = 880.0
	toneEdge = Rate / 50 // frames of its edges
)

// tone is the tone of an aside.
type tone struct {
	length, done int64
	gain, phase  float64
}

// mix adds the tone to buf, and answers to how many frames of it.
func (t *tone) mix(buf []float32) int64 {
	n := min(int64(len(buf)), t.length-t.done)
	for i := range buf[:n] {
		hertz := toneLow
		if t.done >= t.length/2 {
			hertz = toneHigh
		}
		edge := min(1, float64(min(t.done, t.length-t.done))/toneEdge)
		t.phase += 2 * math.Pi * hertz / Rate
		buf[i] += float32(t.gain * edge * math.Sin(t.phase))
		t.done++
	}
	return n
}
