package store

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/villagecast/villagecast/scheduler"
)

// eventsKept is how many events the log holds.
const eventsKept = 10_000

// eventLog holds the newest events in memory. Its ids begin at the time of the
// start, so that one from before a restart is known to be too old. Its room is
// taken at the start: a centre is as heavy in its first hour as in its tenth week.
type eventLog struct {
	mu   sync.Mutex
	ring []scheduler.Event // in order, at most 2 × eventsKept
	last int64
	wake signal
}

func (l *eventLog) init() {
	l.last = time.Now().UnixMilli() * 1000
	l.ring = make([]scheduler.Event, 0, 2*eventsKept)
}

func (l *eventLog) add(es ...scheduler.Event) {
	if len(es) == 0 {
		return
	}
	l.mu.Lock()
	for _, e := range es {
		l.last++
		e.ID = l.last
		if len(l.ring) == 2*eventsKept {
			l.ring = slices.Delete(l.ring, 0, eventsKept)
		}
		l.ring = append(l.ring, e)
	}
	l.mu.Unlock()
	l.wake.wake()
}

// Events are the events after id, oldest first, at most limit. If id is older
// than the log reaches (it keeps 10,000, and none from before a restart) or
// unknown, reset is true and the events are none: the caller reads everything
// anew and goes on from last.
func (s *Store) Events(_ context.Context, after int64, limit int) (es []scheduler.Event, last int64, reset bool, err error) {
	l := &s.events
	l.mu.Lock()
	defer l.mu.Unlock()
	kept := l.ring[max(0, len(l.ring)-eventsKept):]
	oldest := l.last - int64(len(kept)) // the id before the oldest kept
	if after < oldest || after > l.last {
		return nil, l.last, true, nil
	}
	kept = kept[after-oldest:]
	if limit > 0 && len(kept) > limit {
		kept = kept[:limit]
	}
	return slices.Clone(kept), l.last, false, nil
}

// LastEvent is the id of the newest event; it is the place from which a new
// listener goes on.
func (s *Store) LastEvent(context.Context) (int64, error) {
	s.events.mu.Lock()
	defer s.events.mu.Unlock()
	return s.events.last, nil
}

// Wake is closed at the next event. Ask for it before Events, then nothing is missed.
func (s *Store) Wake() <-chan struct{} { return s.events.wake.wait() }
