package player

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// bench is a card whose openings are counted and that can be taken away.
type bench struct {
	mu            sync.Mutex
	gone, hangs   bool
	now           *benchLine
	opened, tried atomic.Int32
}

type benchLine struct {
	b      *bench
	err    error
	closed bool
}

func (l *benchLine) lost() error {
	l.b.mu.Lock()
	defer l.b.mu.Unlock()
	return l.err
}

func (l *benchLine) close() {
	l.b.mu.Lock()
	defer l.b.mu.Unlock()
	l.closed = true
}

func (b *bench) open(_ func([]float32), stop <-chan struct{}) (line, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tried.Add(1)
	if b.hangs {
		return nil, fmt.Errorf("open: %w", errNoAnswer)
	}
	if b.gone {
		return nil, errors.New("no such device")
	}
	b.opened.Add(1)
	b.now = &benchLine{b: b}
	return b.now, nil
}

// unplug takes the card away for a while.
func (b *bench) unplug(d time.Duration) {
	b.set(func() {
		b.gone = true
		if b.now != nil {
			b.now.err = errors.New("no such device")
		}
	})
	time.Sleep(d)
	b.set(func() { b.gone = false })
}

// set changes it while the card's own goroutine may look.
func (b *bench) set(change func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change()
}

// benchTest runs a test in a bubble; fault is the last that the card told.
func benchTest(t *testing.T, b *bench, wait bool, test func(t *testing.T, fault func() error)) {
	synctest.Test(t, func(t *testing.T) {
		var fault atomic.Pointer[error]
		c := &card{name: "bench", wait: wait, open: b.open, stop: make(chan struct{})}
		if err := c.Start(nil, func(err error) { fault.Store(&err) }); (err == nil) == (b.gone && !wait) {
			t.Fatalf("start: %v", err)
		}
		test(t, func() error {
			synctest.Wait()
			if err := fault.Load(); err != nil {
				return *err
			}
			return nil
		})
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestCardIsOpenedAgainTwentyTimesInAProcess(t *testing.T) {
	b := &bench{}
	benchTest(t, b, false, func(t *testing.T, fault func() error) {
		for i := range maxReopens {
			b.unplug(time.Second)
			time.Sleep(2 * time.Second)
			if err := fault(); err != nil {
				t.Fatalf("after %d losses: %v", i+1, err)
			}
			time.Sleep(time.Hour) // nothing is forgiven: what was opened stays open
		}
		if b.opened.Load() != maxReopens+1 {
			t.Errorf("opened %d times", b.opened.Load())
		}
		b.unplug(time.Second)
		time.Sleep(10 * time.Second)
		if err := fault(); !errors.Is(err, ErrGivenUp) || b.opened.Load() != maxReopens+1 {
			t.Errorf("after %d losses: %v, opened %d times; want given up", maxReopens+1, err, b.opened.Load())
		}
	})
}

func TestProcessThatHoldsALostCardSoonGivesUp(t *testing.T) {
	b := &bench{}
	benchTest(t, b, false, func(t *testing.T, fault func() error) {
		time.Sleep(time.Hour)
		b.unplug(5 * time.Second)
		if err := fault(); !errors.Is(err, ErrGivenUp) {
			t.Errorf("5 s after the loss: %v, want given up", err)
		}
	})
}

// A process that holds no card waits for one, so that it plays within 10 s of
// the card's coming; what its tries cost is bounded.
func TestProcessWithoutACardWaitsForIt(t *testing.T) {
	b := &bench{gone: true}
	benchTest(t, b, true, func(t *testing.T, fault func() error) {
		if err := fault(); !errors.Is(err, ErrNoCard) || errors.Is(err, ErrGivenUp) {
			t.Errorf("without a card: %v", err)
		}
		time.Sleep(20 * time.Minute)
		b.set(func() { b.gone = false })
		time.Sleep(5 * time.Second)
		if err := fault(); err != nil || b.opened.Load() != 1 {
			t.Errorf("5 s after the card came: %v, opened %d times", err, b.opened.Load())
		}
	})
	b = &bench{gone: true}
	benchTest(t, b, true, func(t *testing.T, fault func() error) {
		time.Sleep(time.Hour)
		if err := fault(); !errors.Is(err, ErrGivenUp) || b.tried.Load() > emptyTries {
			t.Errorf("after an hour and %d tries: %v, want given up", b.tried.Load(), err)
		}
	})
	benchTest(t, &bench{gone: true}, false, func(*testing.T, func() error) {}) // Start fails
}

func TestCardThatDoesNotAnswerIsNotAskedAgain(t *testing.T) {
	b := &bench{hangs: true}
	benchTest(t, b, true, func(t *testing.T, fault func() error) {
		time.Sleep(30 * time.Second)
		if err := fault(); !errors.Is(err, errNoAnswer) || errors.Is(err, ErrGivenUp) {
			t.Errorf("after 30 s: %v", err)
		}
		time.Sleep(time.Hour)
		if err := fault(); !errors.Is(err, ErrGivenUp) || b.tried.Load() != 1 {
			t.Errorf("after an hour and %d tries: %v, want one try", b.tried.Load(), err)
		}
	})
}
