package watch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// agenda is what a test has waiting for instants.
type agenda struct {
	mu      sync.Mutex
	changed chan struct{}
	due     []time.Time
	fails   int
	done    []time.Duration // after begun
	begun   time.Time
}

func (a *agenda) Timed() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.changed
}

func (a *agenda) add(at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.due = append(a.due, at)
	close(a.changed)
	a.changed = make(chan struct{})
}

func (a *agenda) Elapse(_ context.Context, now time.Time) (next time.Time, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.fails > 0 {
		a.fails--
		return time.Time{}, errors.New("disk full")
	}
	a.due = slices.DeleteFunc(a.due, func(at time.Time) bool {
		if !now.Before(at) {
			a.done = append(a.done, now.Sub(a.begun))
			return true
		}
		if next.IsZero() || at.Before(next) {
			next = at
		}
		return false
	})
	return next, nil
}

func TestTimedComesToTheSecondAndIsNeverLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		a := &agenda{begun: begun, changed: make(chan struct{}), due: []time.Time{begun.Add(-time.Hour)}}
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { RunTimed(ctx, a, nil) })
		synctest.Wait() // what became due while nobody ran
		a.add(begun.Add(95 * time.Second))
		time.Sleep(7 * time.Second)
		a.add(time.Now().Add(10 * time.Second)) // sooner than what it waits for
		time.Sleep(60 * time.Second)
		a.mu.Lock()
		a.fails = 3
		a.mu.Unlock()
		a.add(time.Now())
		time.Sleep(time.Minute)
		cancel()
		running.Wait()
		if got, want := fmt.Sprint(a.done), "[0s 17s 1m10s 1m35s]"; got != want {
			t.Errorf("done at %s, want %s", got, want)
		}
	})
}
