package agent

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

const (
	// echoEvery is the distance of echoes, echoWithin how long one may be on its way.
	echoEvery  = 20 * time.Second
	echoWithin = 30 * time.Second
	// echoFirst is within which the first one of a session is said, at random.
	echoFirst = 2 * time.Second
	// echoDoubt is after how many sessions without a single echo, though other
	// messages came, the broker's rules are held to be the reason.
	echoDoubt = 3
)

// errNoEcho ends a session that does not carry, although it stands.
var errNoEcho = errors.New("the link does not carry: no echo of the unit's own word within 30 s")

// inUse are the features that the session may use.
func (s *session) inUse() []string { return list(&s.features) }

func list(p *atomic.Pointer[[]string]) []string {
	if f := p.Load(); f != nil {
		return *f
	}
	return nil
}

// heardEcho takes what came back. It runs in paho's goroutine.
func (s *session) heardEcho(payload []byte) {
	e, err := wire.DecodeLenient[wire.Echo](payload)
	if err != nil || e.Session != s.number {
		return
	}
	s.echoed.Store(time.Now().UnixMilli())
	select {
	case s.echoes <- e:
	default: // those that wait say the same
	}
}

// echo speaks to itself through the broker and ends a session over which that
// does not come back. With a centre that does not know the echo, the pings of
// MQTT have to do: they prove that the broker hears, not that we do.
func (l *link) echo(s *session) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var number uint64
	var next, asked, last time.Time // asked: when the oldest one without an answer was said
	ready := false
	for {
		switch known := slices.Contains(s.inUse(), wire.FeatureEcho); {
		case !known:
			ready, asked = false, time.Time{}
		case !ready:
			ready, next = true, time.Now().Add(rand.N(echoFirst))
		}
		now := time.Now()
		if ready && !now.Before(next) {
			number++
			l.post(wire.ChannelEcho, wire.Echo{Unit: l.unit, Session: s.number, Number: number}, true)
			if last, next = now, now.Add(echoEvery); asked.IsZero() {
				asked = now
			}
		}
		if !asked.IsZero() && now.Sub(asked) >= echoWithin {
			if l.unheard(s) {
				s.end(errNoEcho)
				return
			}
			asked = time.Time{}
		}
		timer.Reset(until(ready, now, next, asked))
		select {
		case <-s.lost:
			return
		case <-s.learned:
		case <-timer.C:
		case e := <-s.echoes:
			l.heard()
			if asked = last; e.Number >= number {
				asked = time.Time{}
			}
		}
	}
}

// until is how long the echo's loop has to wait.
func until(ready bool, now, next, asked time.Time) time.Duration {
	if !ready {
		return time.Hour // what is learned wakes it
	}
	if end := asked.Add(echoWithin); !asked.IsZero() && end.Before(next) {
		next = end
	}
	return next.Sub(now)
}

// unheard judges an echo that did not come back in time. It is false where the
// broker's rules, and not the link, must be the reason: an operator who has not
// given a broker of another make the new access list must not lose the county.
func (l *link) unheard(s *session) bool {
	if s.echoed.Load() != 0 || s.received.Load() == 0 {
		return true // it carried before, or never carried anything
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.unechoed++; l.unechoed < echoDoubt {
		return true
	}
	l.cond.raise(CodeBroker, fmt.Sprintf("the broker brings messages, and never what is said on %s: give it the access list of the centre's version", wire.EchoTopic(l.unit)))
	return false
}

func (l *link) heard() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unechoed = 0
	l.cond.clear(CodeBroker)
}
