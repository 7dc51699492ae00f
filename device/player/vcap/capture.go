package vcap

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"strings"
	"time"
)

// Capture is what a card has consumed so far.
type Capture struct {
	Rate, Channels int
	Period, Buffer int // frames, of the last opening
	// Samples are all of it, interleaved, full scale 1.
	Samples []float32
	// XRuns are the times at which the program was too late: a gap on a real
	// card. The host is to blame as often as the program; tell them apart from
	// wrong samples.
	XRuns []XRun

	runs []run
}

// XRun is one underrun.
type XRun struct {
	Frame int           // of the capture at which it happened
	Late  time.Duration // by which the program was late
}

// A run is what was consumed without interruption.
type run struct {
	first int       // frame of the capture
	start time.Time // when it sounded
}

// Capture reads what the card has consumed up to now.
func (c *Card) Capture() (*Capture, error) {
	log, err := os.ReadFile(c.path("out.log"))
	if err != nil {
		return nil, fmt.Errorf("read capture: %w", err)
	}
	raw, err := os.ReadFile(c.path("out.raw"))
	if err != nil {
		return nil, fmt.Errorf("read capture: %w", err)
	}
	var p Capture
	format, err := p.readLog(log)
	if err != nil {
		return nil, fmt.Errorf("read capture: %w", err)
	}
	switch format {
	case "FLOAT_LE":
		for ; len(raw) >= 4; raw = raw[4:] {
			p.Samples = append(p.Samples, math.Float32frombits(binary.LittleEndian.Uint32(raw)))
		}
	case "S16_LE":
		for ; len(raw) >= 2; raw = raw[2:] {
			p.Samples = append(p.Samples, float32(int16(binary.LittleEndian.Uint16(raw)))/32768)
		}
	default:
		return nil, fmt.Errorf("read capture: format is %q, want FLOAT_LE or S16_LE", format)
	}
	return &p, nil
}

func (p *Capture) readLog(log []byte) (format string, err error) {
	prepared, stood := 0, 0
	for lines := bufio.NewScanner(bytes.NewReader(log)); lines.Scan(); {
		line := lines.Text()
		if strings.HasPrefix(line, "params ") {
			if _, err := fmt.Sscanf(line, "params rate=%d ch=%d fmt=%s period=%d buffer=%d",
				&p.Rate, &p.Channels, &format, &p.Period, &p.Buffer); err != nil {
				return "", fmt.Errorf("line %q: %w", line, err)
			}
			continue
		}
		var event string
		var n, mono, wall int64
		var frames int
		if _, err := fmt.Sscanf(line, "%s %d mono=%d wall=%d frames=%d", &event, &n, &mono, &wall, &frames); err != nil {
			return "", fmt.Errorf("line %q: %w", line, err)
		}
		switch event {
		case "prepare":
			prepared = frames
		case "start":
			p.runs = append(p.runs, run{first: prepared, start: time.Unix(0, wall-(mono-n))})
		case "stand":
			stood = prepared + int(n)
		case "move":
			zero := time.Unix(0, wall-(mono-n))
			p.runs = append(p.runs, run{first: stood, start: zero.Add(time.Duration(stood-prepared) * time.Second / time.Duration(p.Rate))})
		case "xrun":
			p.XRuns = append(p.XRuns, XRun{Frame: frames, Late: time.Duration(n) * time.Second / time.Duration(p.Rate)})
		}
	}
	return format, nil
}

// Frames is how many frames were consumed.
func (p *Capture) Frames() int { return len(p.Samples) / p.Channels }

// Channel is one channel of the capture, 0 the first.
func (p *Capture) Channel(i int) []float32 {
	c := make([]float32, 0, p.Frames())
	for ; i < len(p.Samples); i += p.Channels {
		c = append(c, p.Samples[i])
	}
	return c
}

// Instant is when a frame of the capture sounded, by the system clock, to
// within a few microseconds; zero if it did not.
func (p *Capture) Instant(frame int) time.Time {
	for i := len(p.runs) - 1; i >= 0; i-- {
		if r := p.runs[i]; frame >= r.first {
			return r.start.Add(time.Duration(frame-r.first) * time.Second / time.Duration(p.Rate))
		}
	}
	return time.Time{}
}

// A Turn is a switching of an amplifier.
type Turn struct {
	At time.Time
	On bool
}

// Amplified is one channel as it is heard behind an amplifier that was switched
// so, and is silent until it has been on for as long as it takes to wake.
func (p *Capture) Amplified(i int, turns []Turn, wake time.Duration) []float32 {
	heard := p.Channel(i)
	for f, s := range heard {
		if s == 0 {
			continue
		}
		at, last := p.Instant(f), Turn{}
		for _, turn := range turns {
			if !turn.At.After(at) {
				last = turn
			}
		}
		if !last.On || at.Sub(last.At) < wake {
			heard[f] = 0
		}
	}
	return heard
}

// Match is where a sound was found in a capture.
type Match struct {
	Frame    int     // at which its first frame stands
	Frames   int     // that were compared: fewer than searched for if the capture ends
	Gain     float64 // capture over source
	MaxError float64 // the greatest difference from source × gain
}

const (
	loud   = 0.05 // the first frame of the source that is this loud is looked for
	window = 512  // frames that must be alike, to within 1 %, for a place to be the place
)

// Find looks for src in one channel of a capture, whatever its gain, from a
// frame on.
func Find(capture, src []float32, from int) (Match, bool) {
	key := 0
	for key < len(src) && math.Abs(float64(src[key])) < loud {
		key++
	}
	if key == len(src) {
		return Match{}, false
	}
	for at := max(0, from); at+key < len(capture); at++ {
		if capture[at+key] != 0 && alike(capture[at+key:], src[key:]) {
			return compare(capture[at:], src, at), true
		}
	}
	return Match{}, false
}

// alike says whether c begins like src, up to a gain. It gives up at the first
// frame that does not fit, so most places cost nothing.
func alike(c, src []float32) bool {
	n := min(window, len(src))
	if len(c) < n {
		return false
	}
	gain := c[0] / src[0]
	if gain <= 0 || gain > 100 {
		return false
	}
	for i := range n {
		if d := c[i] - src[i]*gain; d > 0.01*gain || d < -0.01*gain {
			return false
		}
	}
	return true
}

func compare(c, src []float32, at int) Match {
	m := Match{Frame: at, Frames: min(len(c), len(src))}
	var cross, power float64
	for i, s := range src[:m.Frames] {
		cross += float64(s) * float64(c[i])
		power += float64(s) * float64(s)
	}
	m.Gain = cross / power
	for i, s := range src[:m.Frames] {
		m.MaxError = max(m.MaxError, math.Abs(float64(c[i])-float64(s)*m.Gain))
	}
	return m
}
