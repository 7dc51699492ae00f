package player

import (
	"math"
	"time"
)

// frames is how many whole frames fit into d.
func frames(d time.Duration) int64 {
	s, ns := int64(d/time.Second), int64(d%time.Second)
	if ns < 0 {
		s, ns = s-1, ns+int64(time.Second)
	}
	return s*Rate + ns*Rate/int64(time.Second)
}

// nearest is the number of frames nearest to d.
func nearest(d time.Duration) int64 {
	return frames(d + time.Second/(2*Rate))
}

// duration is the least time into which n frames fit, so that
// frames(duration(n)) == n.
func duration(n int64) time.Duration {
	s, f := n/Rate, n%Rate
	if f < 0 {
		s, f = s-1, f+Rate
	}
	return time.Duration(s)*time.Second + time.Duration((f*int64(time.Second)+Rate-1)/Rate)
}

const (
	anchorWindow = 1500 * time.Millisecond // how long an ask can hold the anchor down
	slipNotice   = 5 * time.Millisecond    // a rise of the anchor that is an underrun, not jitter
	slipRun      = 5                       // asks in a row above the anchor that prove a slip early
	skewQuality  = 200 * time.Microsecond  // two clocks read within this are read at once
)

// An ask is one call of an output for frames.
type ask struct {
	at    time.Duration // when, since the clock's base
	ahead time.Duration // at less the time of the frames handed out before
}

// frameClock maps frames to air time and back. An output asks as soon as it has
// room, so the earliest ask says when frame 0 would have been asked for by an
// output that is never late: the anchor. Its latency later that frame sounds.
type frameClock struct {
	base    time.Time        // monotonic zero
	now     func() time.Time // air time
	latency time.Duration
	skew    int64         // air time in unix nanoseconds, less time since base
	anchor  time.Duration // since base
	asks    []ask         // within the window, oldest first
	opened  time.Duration // first ask since the output was opened
}

// since is the time since the clock's base, by the monotonic clock.
func (c *frameClock) since() time.Duration { return time.Since(c.base) }

// readAir compares air time with the monotonic clock; it returns how far
// air time has jumped since the last reading.
func (c *frameClock) readAir() time.Duration {
	var skew int64
	for range 3 {
		before := c.since()
		air := c.now().UnixNano()
		after := c.since()
		skew = air - int64((before+after)/2)
		if after-before < skewQuality {
			break
		}
	}
	jump := skew - c.skew
	c.skew = skew
	return time.Duration(jump)
}

// note takes in an ask made now, before which pos frames were handed out, and
// returns by how much the anchor rose (the output has lost time) or fell.
func (c *frameClock) note(now time.Duration, pos int64) time.Duration {
	a := ask{at: now, ahead: now - duration(pos)}
	if len(c.asks) == 0 {
		c.opened = now
		c.asks = append(c.asks, a)
		slip := a.ahead - c.anchor
		c.anchor = a.ahead
		return slip
	}
	c.asks = append(c.asks, a)
	old := 0
	for now-c.asks[old].at > anchorWindow {
		old++
	}
	if n := len(c.asks) - slipRun; n > old && least(c.asks[n:]) > c.anchor+slipNotice {
		old = n
	}
	c.asks = append(c.asks[:0], c.asks[old:]...)
	slip := least(c.asks) - c.anchor
	c.anchor += slip
	return slip
}

// forget drops what is known of the output's pace, for one that was opened anew.
func (c *frameClock) forget() { c.asks = c.asks[:0] }

// settled says whether the anchor can be trusted: the first asks of an output
// fill its empty buffers and come too soon one after the other.
func (c *frameClock) settled() bool {
	n := len(c.asks)
	return n > 0 && c.asks[n-1].at-c.opened >= c.latency/2
}

func least(asks []ask) time.Duration {
	m := time.Duration(math.MaxInt64)
	for _, a := range asks {
		m = min(m, a.ahead)
	}
	return m
}

// frame is the frame that sounds at the air time at.
func (c *frameClock) frame(at time.Time) int64 {
	return nearest(time.Duration(at.UnixNano()-c.skew) - c.anchor - c.latency)
}

// instant is the air time at which frame f sounds.
func (c *frameClock) instant(f int64) time.Time {
	return time.Unix(0, c.skew+int64(c.anchor+c.latency+duration(f))).UTC()
}
