package audio

import "math"

// quiet is -60 dBFS: what is below it at both ends may be left out.
const quiet = 0.001

// meter measures a stream as it passes.
type meter struct {
	frames       int64
	first, loud  int64 // first and last frame that is not quiet; loud is -1 if none
	silence      int64 // longest quiet stretch between them
	peak         float64
	energy       float64 // sum of squares since first
	energyToLoud float64 // the same up to loud

	weight [2]biquad
	step   float64   // weighted energy of the current 100 ms
	steps  []float32 // of all former ones: 10 a second
}

func newMeter() *meter {
	return &meter{loud: -1, weight: kWeighting}
}

func (m *meter) add(p []float32) {
	for _, v := range p {
		x := float64(v)
		a := math.Abs(x)
		if a >= quiet {
			if m.loud < 0 {
				m.first = m.frames
			} else {
				m.silence = max(m.silence, m.frames-m.loud-1)
			}
			m.loud = m.frames
			m.peak = max(m.peak, a)
		}
		if m.loud >= 0 {
			m.energy += x * x
			if m.loud == m.frames {
				m.energyToLoud = m.energy
			}
		}
		w := m.weight[1].next(m.weight[0].next(x))
		m.step += w * w
		m.frames++
		if m.frames%(Rate/10) == 0 {
			m.steps = append(m.steps, float32(m.step/(Rate/10)))
			m.step = 0
		}
	}
}

// biquad is a filter of second order with its memory.
type biquad struct{ b0, b1, b2, a1, a2, z1, z2 float64 }

func (f *biquad) next(x float64) float64 {
	y := f.b0*x + f.z1
	f.z1 = f.b1*x - f.a1*y + f.z2
	f.z2 = f.b2*x - f.a2*y
	return y
}

// kWeighting is ITU-R BS.1770-4 annex 1, tables 1 and 2, which are given for 48 kHz.
var kWeighting = [2]biquad{
	{b0: 1.53512485958697, b1: -2.69169618940638, b2: 1.19839281085285, a1: -1.69065929318241, a2: 0.73248077421585},
	{b0: 1, b1: -2, b2: 1, a1: -1.99004745483398, a2: 0.99007225036621},
}

// noLoudness stands for what is under the absolute gate.
const noLoudness = -70

// loudness is the integrated loudness: the mean of 400 ms blocks, 100 ms apart,
// over the absolute gate and over 10 LU under the mean of those.
func (m *meter) loudness() float64 {
	mean := func(gate float64) float64 {
		var sum float64
		var n int
		for i := 0; i+4 <= len(m.steps); i++ {
			e := float64(m.steps[i]+m.steps[i+1]+m.steps[i+2]+m.steps[i+3]) / 4
			if lufs(e) > gate {
				sum += e
				n++
			}
		}
		return lufs(sum / float64(max(n, 1)))
	}
	first := mean(noLoudness)
	return max(noLoudness, mean(max(noLoudness, first-10)))
}

func lufs(energy float64) float64 { return -0.691 + 10*math.Log10(max(energy, 1e-12)) }
