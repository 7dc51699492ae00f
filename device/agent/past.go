package agent

import (
	"time"
)

// keepPast is how many changes of the link are remembered.
const keepPast = 100

// change is one turn in the life of the link, for the diagnostics bundle.
type change struct {
	At time.Time `json:"at"`
	// Up: something was received. Otherwise Why the session ended, or did not begin.
	Up      bool   `json:"up,omitempty"`
	Session uint64 `json:"session,omitempty"`
	Why     string `json:"why,omitempty"`
	// Times is how often the same was met in a row, if more than once.
	Times int `json:"times,omitempty"`
}

func (l *link) remember(c change) {
	if n := len(l.past); n > 0 && !c.Up && l.past[n-1].Why == c.Why {
		last := &l.past[n-1]
		last.Times = max(last.Times, 1) + 1
		return
	}
	l.past = append(l.past, c)
	l.past = l.past[max(0, len(l.past)-keepPast):]
}

// proven notes the first message of a session: from now on it is shown as good.
func (l *link) proven() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.since = time.Now()
	l.remember(change{At: l.since, Up: true})
}

// set begins or ends the session in force.
func (l *link) set(s *session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now, l.since = s, time.Now()
}

// ended notes why there is no session.
func (l *link) ended(why error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = why
	l.remember(change{At: time.Now(), Why: words(why.Error(), 300)})
}

// history is what happened to the link, oldest first.
func (l *link) history() []change {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]change{}, l.past...)
}

// state is what the page shows. A connection over which nothing was received
// is none yet.
func (l *link) state() Link {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := Link{Since: l.since.UnixMilli()}
	switch {
	case l.now != nil && l.now.received.Load() > 0:
		s.Up, s.Session, s.Heard, s.Echo = true, l.now.number, l.now.received.Load(), l.now.echoed.Load()
	case l.now != nil:
		s.Session, s.Err = l.now.number, "connected, and nothing was received yet"
	case l.last != nil:
		s.Err = l.last.Error()
	}
	return s
}
