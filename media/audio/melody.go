package audio

import (
	"io"
	"math"
)

// Melody is a gentle tune on a struck chime, made here and of the given length,
// for trials and where no speech is at hand. It rings out within its length, its
// level stays under -6 dBFS, and it never glides between tones, wails or repeats one
// tone fast: it cannot be taken for an official siren.
func Melody(seconds int) Stream {
	return &melody{frames: int64(max(seconds, 0)) * Rate}
}

// beat is one step of the tune, in frames: 0.4 s.
const beat = Rate * 2 / 5

// tune is the melody in half tones above C5, one entry a beat; rest is silence.
// It is in the five-tone scale (C D E G A), four phrases of eight beats.
var tune = [...]int8{
	4, 7, 9, 7, 4, 2, 0, rest,
	2, 4, 7, 4, 2, 0, -3, rest,
	0, 2, 4, 7, 9, 7, 4, rest,
	2, 4, 2, 0, -3, 0, 0, rest,
}

const rest = math.MinInt8

type melody struct {
	frames, pos int64
	notes       []note
}

// note is a tone that still rings: partials of a bar, each a damped sine kept as
// a rotating pair.
type note struct {
	left int64
	part [3]struct{ re, im, c, s float64 }
}

func (m *melody) Read(p []float32) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if m.pos >= m.frames {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), m.frames-m.pos))
	for i := range p[:n] {
		p[i] = m.next()
	}
	return n, nil
}

func (m *melody) next() float32 {
	if m.pos%beat == 0 && m.frames-m.pos > beat {
		if k := tune[m.pos/beat%int64(len(tune))]; k != rest {
			m.notes = append(m.notes, strike(k))
		}
	}
	var v float64
	for i := range m.notes {
		v += m.notes[i].next()
	}
	if len(m.notes) > 0 && m.notes[0].left <= 0 {
		m.notes = m.notes[1:]
	}
	// The end of the stream rings out within the last half second.
	v *= min(1, float64(m.frames-m.pos)/(Rate/2))
	m.pos++
	return float32(v)
}

// ring is how long a note is heard: 2 s, at the end of which it is under -60 dB.
const ring = 2 * Rate

func strike(halftones int8) note {
	f := 523.2511 * math.Pow(2, float64(halftones)/12)
	n := note{left: ring}
	for i, k := range []struct{ ratio, level, life float64 }{{1, 0.18, 0.28}, {2, 0.05, 0.18}, {3.93, 0.02, 0.08}} {
		w, d := 2*math.Pi*f*k.ratio/Rate, math.Exp(-1/(k.life*Rate))
		n.part[i].re, n.part[i].c, n.part[i].s = k.level, d*math.Cos(w), d*math.Sin(w)
	}
	return n
}

func (n *note) next() float64 {
	n.left--
	var v float64
	for i := range n.part {
		p := &n.part[i]
		v += p.im
		p.re, p.im = p.re*p.c-p.im*p.s, p.re*p.s+p.im*p.c
	}
	return v * min(1, float64(ring-n.left)/96) // 2 ms of attack: no click
}
