// Package watch is the duty officer: every few seconds it lets the store judge
// which units are gone, and it knows when nobody can judge, because the centre
// itself does not hear its units.
package watch

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// DefaultEach is how often units are judged.
const DefaultEach = 5 * time.Second

// longest is how far apart two sweeps may be. Beyond it the machine slept, stood
// still, or its clock was set: nobody watched in between.
const longest = 30 * time.Second

// whyAsleep says so.
const whyAsleep = "the centre's machine slept, stood still, or its clock was set"

// Judge decides, and keeps what it decided. After Watch it gives the units a
// time of grace to come back.
type Judge interface {
	// Watch says that from now on the centre hears its units.
	Watch(ctx context.Context, now time.Time) error
	// Unwatch says that it does not, and why.
	Unwatch(ctx context.Context, now time.Time, why string) error
	// Sweep judges who is gone, and opens and closes outages.
	Sweep(ctx context.Context, now time.Time) error
}

// Options of a watch. Judge must be given.
type Options struct {
	Judge Judge
	// Each is the time between two sweeps; DefaultEach if zero.
	Each time.Duration
	// Alive is called, if not nil, at every turn of the loop: when it falls
	// silent, the store no longer answers.
	Alive  func()
	Logger *slog.Logger
}

// Watch runs in Run. At first it does not hear.
type Watch struct {
	judge Judge
	each  time.Duration
	alive func()
	log   *slog.Logger

	changed chan struct{}
	mu      sync.Mutex
	wanted  link
}

// link is what the broker link was last said to be.
type link struct {
	up  bool
	at  time.Time
	why string
}

// New makes a watch.
func New(o Options) (*Watch, error) {
	if o.Judge == nil {
		return nil, errors.New("make watch: no judge given")
	}
	if o.Each <= 0 {
		o.Each = DefaultEach
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Alive == nil {
		o.Alive = func() {}
	}
	return &Watch{
		judge: o.Judge, each: o.Each, alive: o.Alive, log: o.Logger.With("component", "watch"),
		changed: make(chan struct{}, 1),
		wanted:  link{why: "the centre starts"},
	}, nil
}

// Link says whether the centre hears its units, since when, and if not, why.
func (w *Watch) Link(up bool, now time.Time, why string) {
	w.mu.Lock()
	w.wanted = link{up, now, why}
	w.mu.Unlock()
	select {
	case w.changed <- struct{}{}:
	default: // Run will see the newest
	}
}

// Run sweeps until ctx ends, and leaves the store unwatched.
func (w *Watch) Run(ctx context.Context) {
	tick := time.NewTicker(w.each)
	defer tick.Stop()
	w.mu.Lock()
	if w.wanted.at.IsZero() {
		w.wanted.at = time.Now()
	}
	w.mu.Unlock()
	var told link
	last := time.Now()
	for {
		w.alive()
		w.mu.Lock()
		wanted := w.wanted
		w.mu.Unlock()
		if wanted != told {
			if err := w.tell(ctx, wanted); err == nil {
				told = wanted
			} else if ctx.Err() == nil {
				w.log.Error("note the link", "up", wanted.up, "error", err)
			}
		}
		select {
		case <-ctx.Done():
			if told.up {
				end := link{at: time.Now(), why: "the centre stops"}
				if err := w.tell(context.WithoutCancel(ctx), end); err != nil {
					w.log.Error("note the end of the watch", "error", err)
				}
			}
			return
		case <-w.changed:
		case now := <-tick.C:
			if !told.up || !wanted.up {
				last = now
				continue // and a state that could not be told is told again above
			}
			if asleep(last, now) {
				if err := w.wake(ctx, last, now); err != nil {
					w.log.Error("note that nobody watched", "since", last, "error", err)
					continue // at the next tick again
				}
				last, told = now, link{}
				continue
			}
			last = now
			if err := w.judge.Sweep(ctx, now); err != nil && ctx.Err() == nil {
				w.log.Error("sweep", "error", err)
			}
		}
	}
}

// asleep tells whether nobody watched between two sweeps. A machine that sleeps
// stops the monotonic clock, but not the wall clock; a process that is stopped
// stops neither.
func asleep(last, now time.Time) bool {
	wall := now.Round(0).Sub(last.Round(0))
	return wall > longest || wall < -longest || now.Sub(last) > longest
}

// wake ends the watch where it was last awake; it begins anew now.
func (w *Watch) wake(ctx context.Context, last, now time.Time) error {
	w.log.Warn("nobody watched", "from", last, "to", now)
	if err := w.tell(ctx, link{at: last, why: whyAsleep}); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.wanted.up {
		w.wanted.at = now
	}
	return nil
}

func (w *Watch) tell(ctx context.Context, l link) error {
	if l.up {
		return w.judge.Watch(ctx, l.at)
	}
	return w.judge.Unwatch(ctx, l.at, l.why)
}
